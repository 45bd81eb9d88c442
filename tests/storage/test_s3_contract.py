"""The bucket store keeps the object store's contract on every server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.contract import ObjectStoreContract
from tests.storage.s3_stores import bucket_on, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.s3.store import S3Store
    from tests.lanes.s3 import Lane

HANDLES = 4


@pytest.fixture(scope="module")
def handles(s3_lane: Lane) -> Iterator[list[S3Store]]:
    """Some handles on one bucket that all tests share, under compliance locks; each keeps to an area of its own."""
    with pytest.MonkeyPatch.context() as environment, bucket_on(s3_lane, environment) as bucket:
        yield [bucket.store(lock="compliance") for _ in range(HANDLES)]


class TestS3Store(ObjectStoreContract):
    @pytest.fixture
    def store(self, handles: list[S3Store]) -> S3Store:
        return handles[0]

    @pytest.fixture
    def other(self, handles: list[S3Store]) -> Callable[[], S3Store]:
        return in_turn(*handles)
