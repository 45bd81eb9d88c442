"""The index in a bucket with Object Lock: read by ranges, locked for a minute whatever the bucket's rule, and gone."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.index import putting
from ediscovery.index.putting import clear
from manifests.archive import open_archive
from manifests.audit import audit
from schemas.query import Query, Word
from schemas.segments import BLOCK
from storage import layout
from storage.s3.store import S3Store
from tests.ediscovery.disposition.offices import Office, comments, traces
from tests.storage.s3_stores import DAY, bucket_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from tests.lanes.s3 import Lane
    from tests.storage.s3_stores import LaneBucket

LEASE = 30
SHORT = 25.0
"""For how many seconds the first locks last: the clock of whoever captures is a lease behind, but for that."""
BEHIND = -50.0
"""The clock of whoever puts the index: its locks of a minute end ten seconds after they are given."""
PATIENCE = 120.0
WORDS = ("budget", "volcano", "earthquake", "the")


@pytest.fixture
def bucket(s3_lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaneBucket]:
    """A bucket that locks for a year what is put there without a lock of its own."""
    with bucket_on(s3_lane, monkeypatch) as bucket:
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}
        bucket.client.put_object_lock_configuration(
            Bucket=bucket.name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
        yield bucket


@pytest.fixture
def office(bucket: LaneBucket, tmp_path: Path) -> Office:
    """An office whose captures are locked for some seconds, with its index in the bucket."""
    bucket.clock.ahead = SHORT - LEASE * DAY
    made = Office.founded(tmp_path / "home", place=bucket.place(lock="compliance", lease_days=LEASE), now=bucket.clock)
    with BlogSite() as site:
        made.register("blog", site.feed)
        made.capture()
        site.edit("bus-routes", paragraphs=("Earthquake drill.",))
        made.capture()
    bucket.clock.ahead = BEHIND
    assert putting.put(made.archive).new
    return made


class Watched(S3Store):
    """A bucket that notes what is read of it."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.opened: set[str] = set()
        self.ranges: list[tuple[str, int]] = []

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        self.opened.add(key)
        return super().open(key, version=version)

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        content = super().read_part(key, start, end, version=version)
        self.ranges.append((key, len(content)))
        return content


def answers(office: Office) -> dict[str, list[object]]:
    with searchable(office.archive) as opened:
        return {word: list(opened.hits(Query(term=Word(word)))) for word in WORDS}


def everything(bucket: LaneBucket, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Every version of every object under a prefix, as the bucket's own client reads them."""
    for page in bucket.client.get_paginator("list_object_versions").paginate(Bucket=bucket.name, Prefix=prefix):
        for one in page.get("Versions", []):
            found: Any = bucket.client.get_object(Bucket=bucket.name, Key=one["Key"], VersionId=one["VersionId"])
            yield one["Key"], found["Body"].read()


def test_a_fresh_machine_answers_from_a_bucket_by_ranges(bucket: LaneBucket, office: Office, tmp_path: Path):
    there = answers(office)
    home = tmp_path / "fresh"
    shutil.copytree(office.archive.home, home, ignore=shutil.ignore_patterns("state"))
    archive = open_archive(home, now=bucket.clock, actor="clerk@office")
    watched = Watched(archive.settings.store, home=home, now=bucket.clock)
    archive = replace(archive, store=watched)
    with searchable(archive) as opened:
        (hit,) = opened.hits(Query(term=Word("drill")))
    assert {key for key in watched.opened if key.startswith(layout.PARTITIONS)} == {hit.key}
    assert watched.ranges
    assert all(key.startswith(layout.INDEX) and size <= BLOCK for key, size in watched.ranges)
    assert answers(replace(office, archive=archive)) == there


def test_what_is_destroyed_leaves_the_index_in_every_version_though_the_bucket_locks_for_years(
    bucket: LaneBucket, office: Office
):
    locks = [
        office.archive.store.guard_of(key).lock  # type: ignore[attr-defined]
        for key in office.archive.store.keys(layout.INDEX)
    ]
    assert all(lock.until.micros - bucket.clock().micros <= 61_000_000 for lock in locks)
    gone = {str(record): record.raw for record in comments(office)}
    assert {name for _, name in traces(everything(bucket, layout.INDEX), gone)} == set(gone)
    bucket.clock.ahead = 0
    office.begin(office.plan())
    done, end = office.go_on(), time.monotonic() + PATIENCE
    while done.certificate is None:
        assert done.destroyed.waiting
        assert time.monotonic() < end, done
        done = office.go_on()
    assert not traces(everything(bucket, layout.INDEX), gone)
    codes = {one.code for one in audit(office.archive.store, now=office.archive.now()).findings}
    # The clock that made the first locks short was a lease behind the store's.
    assert codes <= {"CLOCKS_DIFFER", "LOCK_LAPSED"}, codes
    assert putting.put(office.archive).parts
    assert not traces(everything(bucket, layout.INDEX), gone)


def test_versions_and_markers_of_others_go_with_what_nobody_wants(bucket: LaneBucket, office: Office):
    key = layout.index("0-1-00", "docs.parquet", 0)
    lock: dict[str, Any] = {"ObjectLockMode": "COMPLIANCE"}
    until = bucket.clock().plus(seconds=62).to_datetime()
    for body in (b"one", b"other"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=body, ObjectLockRetainUntilDate=until, **lock)
    bucket.hide(key)
    kept, end = clear(office.archive, office.archive.store).kept, time.monotonic() + PATIENCE
    assert kept == (key,)
    while kept:
        assert time.monotonic() < end
        kept = clear(office.archive, office.archive.store).kept
    assert not dict(everything(bucket, key))
    assert putting.put(office.archive).new == 0
