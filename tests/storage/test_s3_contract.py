"""The bucket store keeps the object store's contract on every server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.contract import ObjectStoreContract
from tests.storage.s3_stores import LaneBucket, bucket_on, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.s3.store import S3Store
    from tests.lanes.s3 import Lane

HANDLES = 4


class TestS3Store(ObjectStoreContract):
    """All tests share a bucket, under compliance locks, and keep to areas of their own."""

    @pytest.fixture(scope="class")
    def bucket(self, s3_lane: Lane) -> Iterator[LaneBucket]:
        with pytest.MonkeyPatch.context() as environment, bucket_on(s3_lane, environment) as bucket:
            yield bucket

    @pytest.fixture(scope="class")
    def store(self, bucket: LaneBucket) -> S3Store:
        return bucket.store(lock="compliance")

    @pytest.fixture(scope="class")
    def other(self, bucket: LaneBucket) -> Callable[[], S3Store]:
        return in_turn(*(bucket.store(lock="compliance") for _ in range(HANDLES)))
