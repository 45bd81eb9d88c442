"""Destroying: what a bucket and a folder keep, and what they leave behind."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from storage import layout
from storage.directory import DirectoryStore
from storage.objects import Content, ObjectLockedError, read
from tests.storage.s3_stores import DAY, bucket_on, in_turn
from tests.storage.shredding import ShredderContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storage.s3.store import S3Store
    from tests.lanes.s3 import Lane
    from tests.storage.s3_stores import LaneBucket

KEY = "partitions/blog/any/2026-03/a.parquet"


@pytest.fixture
def bucket(s3_lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaneBucket]:
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


class TestS3Store(ShredderContract):
    @pytest.fixture
    def store(self, bucket: LaneBucket) -> S3Store:
        return bucket.store(lock="none")

    @pytest.fixture
    def other(self, bucket: LaneBucket, store: S3Store) -> Callable[[], S3Store]:
        return in_turn(store, bucket.store(lock="none"))


def everything(bucket: LaneBucket) -> list[str]:
    """Every version, marker and pending upload in a bucket."""
    listed = bucket.client.list_object_versions(Bucket=bucket.name)
    uploads = bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])
    return [one["Key"] for one in (*listed.get("Versions", []), *listed.get("DeleteMarkers", []), *uploads)]


def test_versions_put_over_markers_and_unfinished_uploads_go_too(bucket: LaneBucket):
    store = bucket.store(lock="none")
    store.put_new(KEY, Content.of(b"ours"))
    bucket.put(KEY, b"over it")
    bucket.hide(KEY)
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key=KEY)
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key=f"{KEY}.beside")

    assert store.destroy(KEY) == 4

    assert everything(bucket) == [f"{KEY}.beside"]


@pytest.mark.parametrize("mode", ["compliance", "governance"])
def test_what_is_locked_is_kept_by_the_store_itself(bucket: LaneBucket, mode: str):
    store = bucket.store(lock=mode, lease_days=30)
    stored = store.put_new(KEY, Content.of(b"ours"))

    with pytest.raises(ObjectLockedError):
        store.destroy(KEY)

    assert read(store, KEY, version=stored.version) == b"ours"


def test_what_is_under_a_legal_hold_is_kept_and_goes_when_it_is_lifted(bucket: LaneBucket):
    store = bucket.store(lock="none")
    store.put_new(KEY, Content.of(b"ours"))
    store.hold(KEY, on=True)
    with pytest.raises(ObjectLockedError):
        store.destroy(KEY)
    assert read(store, KEY) == b"ours"
    store.hold(KEY, on=False)
    assert store.destroy(KEY) == 1
    assert everything(bucket) == []


def test_the_owner_of_a_key_goes_last(bucket: LaneBucket):
    store = bucket.store(lock="none")
    ours = store.put_new(KEY, Content.of(b"ours"))
    store.hold(KEY, on=True)
    bucket.put(KEY, b"over it")
    with pytest.raises(ObjectLockedError):
        store.destroy(KEY)
    assert read(store, KEY, version=ours.version) == b"ours"
    assert everything(bucket) == [KEY]


def test_a_lock_that_has_ended_keeps_nothing(bucket: LaneBucket):
    bucket.clock.ahead = -30 * DAY + 3
    store = bucket.store(lock="compliance", lease_days=30)
    stored = store.put_new(KEY, Content.of(b"ours"))
    assert stored.lock is not None
    with pytest.raises(ObjectLockedError):
        store.destroy(KEY)
    bucket.clock.ahead = 0
    while bucket.clock() < stored.lock.until.plus(seconds=30) and everything(bucket):
        with suppress(ObjectLockedError):
            store.destroy(KEY)
    assert everything(bucket) == []


def test_a_file_and_the_drafts_of_dead_writers_leave_no_bytes(tmp_path: Path):
    store = DirectoryStore(tmp_path / "store")
    store.put_new(layout.entry(0), Content.of(b"stays"))
    store.put_new(KEY, Content.of(b"goes away"))
    (tmp_path / "store" / "+incoming" / ("0" * 32)).write_bytes(b"a part of what goes away")
    store.destroy(KEY)
    left = [path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert left == [b"stays"]
