"""Destruction in buckets with Object Lock: the store keeps what is locked; what goes goes in all its versions."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from demo.site import BlogSite
from manifests.audit import audit
from manifests.dispositions.rules import PlanOvertakenError
from manifests.ledger import Ledger
from manifests.locking import mirror_holds, sweep
from schemas.holds import Scope
from schemas.ledger import HoldPlaced
from storage.objects import ObjectLockedError
from storage.s3.store import S3Store
from tests.ediscovery.disposition.offices import Office, needles, silent, traces
from tests.storage.s3_stores import DAY, bucket_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.record import Record
    from tests.lanes.s3 import Lane
    from tests.storage.s3_stores import LaneBucket

LEASE = 30
SHORT = 25.0
"""For how many seconds the first locks last: the clock of whoever captures is a lease behind, but for that."""
PATIENCE = 120.0


@pytest.fixture
def bucket(s3_lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaneBucket]:
    """A bucket with Object Lock."""
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


def captured(bucket: LaneBucket, home: Path, site: BlogSite) -> Office:
    """An office whose first capture is locked for some seconds, and whose clock is right afterwards."""
    bucket.clock.ahead = SHORT - LEASE * DAY
    office = Office.founded(home, place=bucket.place(lock="compliance", lease_days=LEASE), now=bucket.clock)
    office.register("blog", site.feed)
    office.capture()
    bucket.clock.ahead = 0
    return office


def everything(bucket: LaneBucket) -> Iterator[tuple[str, bytes]]:
    """Every version of every object in the bucket, as its own client reads them."""
    for page in bucket.client.get_paginator("list_object_versions").paginate(Bucket=bucket.name):
        for one in page.get("Versions", []):
            found: Any = bucket.client.get_object(Bucket=bucket.name, Key=one["Key"], VersionId=one["VersionId"])
            yield one["Key"], found["Body"].read()


def gone_from(bucket: LaneBucket, before: dict[Digest, Record], gone: set[Digest]) -> None:
    """Nothing of what is gone is in any version of any object."""
    contents = list(everything(bucket))
    for one in gone:
        assert not traces(contents, needles(before[one]))


def test_the_store_keeps_what_is_locked_and_it_goes_when_its_lock_has_ended(bucket: LaneBucket, tmp_path: Path):
    with BlogSite() as site:
        office = captured(bucket, tmp_path / "home", site)
    before = office.records()
    office.begin(office.plan())
    done = office.go_on()
    after = office.records()
    gone = before.keys() - after.keys()
    assert gone
    assert done.certificate is None
    assert (done.destroyed.waiting > 0, done.destroyed.locked) == (True, ("store",))
    assert done.destroyed.until is not None
    first = next(office.archive.ledger.history.replacements.doomed("p1"))
    with pytest.raises(ObjectLockedError):
        office.archive.store.destroy(first)  # type: ignore[attr-defined]
    end = time.monotonic() + PATIENCE
    while done.certificate is None:
        assert time.monotonic() < end, done
        done = office.go_on()
    gone_from(bucket, before, gone)
    assert office.records() == after
    faults = [one for one in audit(office.archive.store, now=office.archive.now()).findings if one.severity == "fault"]
    # The clock that made the first locks short was a lease behind the store's.
    assert {one.code for one in faults} <= {"CLOCKS_DIFFER", "LOCK_LAPSED"}, faults


def test_a_hold_stops_a_plan_whose_objects_are_all_locked(bucket: LaneBucket, tmp_path: Path):
    with BlogSite() as site:
        office = Office.founded(tmp_path / "home", place=bucket.place(lease_days=LEASE), now=bucket.clock)
        office.register("blog", site.feed)
        office.capture()
    before = office.records()
    office.begin(office.plan())
    assert office.go_on().destroyed.objects == 0
    assert office.records() != before
    office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",))))
    with pytest.raises(PlanOvertakenError):
        office.go_on()
    assert office.archive.ledger.history.plans["p1"].state == "stopped"
    assert office.records() == before


class Interrupted(S3Store):
    """A bucket in which something else happens before the first lock is renewed."""

    def meanwhile(self, act: Callable[[], object]) -> Interrupted:
        """Say what happens."""
        self._acts = [act]
        return self

    def retain(self, key: str, *, until: Instant, version: str | None = None) -> None:
        """Have it happen, then go on."""
        while self._acts:
            self._acts.pop()()
        super().retain(key, until=until, version=version)


def test_a_sweep_that_meets_a_destruction_misses_nothing_and_at_most_puts_its_end_off(
    bucket: LaneBucket, tmp_path: Path
):
    with BlogSite() as site:
        office = Office.founded(tmp_path / "home", place=bucket.place(lock="none"), now=bucket.clock)
        office.register("blog", site.feed)
        office.capture()
    before = office.records()
    office.begin(office.plan())
    place = bucket.place(lock="governance", lease_days=LEASE)
    store = Interrupted(place, home=tmp_path, now=bucket.clock).meanwhile(office.go_on)
    settings = msgspec.structs.replace(office.archive.settings, store=place)
    sweeping = replace(office.archive, settings=settings, store=store, ledger=Ledger(store))

    swept = sweep(sweeping, tell=silent)

    assert (swept.missing, swept.renewed > 0) == ((), True)
    # What the sweep locked first waits for the end of that lock, and nothing is said to be gone that is there.
    done, after = office.go_on(), office.records()
    assert before.keys() > after.keys()
    certified = office.archive.ledger.history.plans["p1"].state == "certified"
    assert (done.destroyed.until is None, done.destroyed.waiting == 0) == (certified, certified)
    assert audit(office.archive.store, now=office.archive.now()).sound
    bucket.clock.ahead = 2 * LEASE * DAY
    assert sweep(sweeping, tell=silent).missing == ()
    waiting = list(office.archive.ledger.history.replacements.doomed("p1"))
    ends = [office.archive.store.guard_of(key).lock.until for key in waiting]  # type: ignore[attr-defined]
    assert not ends or max(ends) < bucket.clock(), "nobody renews what is condemned"


def test_a_locked_record_under_a_hold_outlives_its_schedule_and_flags_are_lifted_from_what_goes(
    bucket: LaneBucket, tmp_path: Path
):
    with BlogSite() as site:
        office = captured(bucket, tmp_path / "home", site)
    before = office.records()
    kept = min(one for one, record in before.items() if b'"kind":"comment"' in record.normalised)
    office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(records=(kept,))))
    place = office.archive.settings.store
    assert mirror_holds(office.archive.ledger, place, tell=silent).held > 0
    office.begin(office.plan())
    done = office.go_on()
    end = time.monotonic() + PATIENCE
    while done.certificate is None:
        assert time.monotonic() < end, done
        done = office.go_on()
    after = office.records()
    assert kept in after
    gone_from(bucket, before, before.keys() - after.keys())
    assert mirror_holds(office.archive.ledger, place, tell=silent).missing == ()
