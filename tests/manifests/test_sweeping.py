"""Sweeps of real locks: whatever is missing, refused or set otherwise meanwhile, no other lock is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from manifests.ledger import Ledger
from manifests.locking import leases, mirror_holds, sweep, sweep_copy
from manifests.replication import copy_archive
from schemas.holds import Scope
from schemas.ledger import HoldPlaced, LocksRenewed
from storage import layout
from storage.objects import Content, LockRefusedError
from tests.manifests.archives import archive_in, captured, registered
from tests.storage.s3_proxy import once, proxy, refusal
from tests.storage.s3_stores import DAY, Clock, LaneBucket, bucket_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.instant import Instant
    from schemas.stored import StoredObject
    from tests.lanes.s3 import Lane

NAMES = ("a", "b", "c")


def nobody(*_: object) -> None:
    """Be told of progress."""


@dataclass
class Office:
    """An archive in a bucket whose locks can be lifted by a bypass, with an object for every capture."""

    archive: Archive
    bucket: LaneBucket
    objects: tuple[StoredObject, ...] = ()

    @classmethod
    def made(cls, home: Path, bucket: LaneBucket, **settings: Any) -> Office:
        place = bucket.place(lease_days=30, **settings)
        archive = archive_in(home, place, now=Clock())
        archive.append(lambda _: (registered(),))
        return cls(archive, bucket)

    def capture(self, *names: str) -> None:
        """Commit a capture for each name."""
        for name in names:
            key = layout.exchanges(account="blog", capture=name)
            stored = self.archive.store.put_new(key, Content.of(name.encode()))
            last = self.archive.ledger.history.last_capture.get("blog")
            act = captured(name, base=last[0] if last else None, at=self.archive.now())
            self.archive.append(lambda _, act=act, stored=stored: (msgspec.structs.replace(act, exchanges=(stored,)),))  # type: ignore[misc]
            self.objects += (stored,)

    def remove(self, stored: StoredObject) -> None:
        assert stored.version is not None
        self.bucket.remove(stored.key, stored.version)

    def later(self, days: float, **settings: Any) -> Archive:
        """The archive so many days later, under other settings of its place."""
        clock, place = Clock(days * DAY), msgspec.structs.replace(self.archive.settings.store, **settings)
        store = replace(self.bucket, clock=clock).store(**msgspec.structs.asdict(place))
        changed = msgspec.structs.replace(self.archive.settings, store=place)
        return replace(self.archive, settings=changed, store=store, ledger=Ledger(store), now=clock)

    def ends(self) -> dict[str, Instant]:
        """When the lock of every object that is there ends, as the store says."""
        guards = {key: self.bucket.store().guard_of(key) for key in self.archive.store.keys("exchanges/")}
        return {key: guard.lock.until for key, guard in guards.items() if guard.lock is not None}


@pytest.fixture
def bucket(s3_lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaneBucket]:
    """A bucket of the test's own."""
    with bucket_on(s3_lane, monkeypatch) as made:
        yield made


@pytest.fixture
def office(bucket: LaneBucket, tmp_path: Path) -> Office:
    """An archive with three captures."""
    made = Office.made(tmp_path, bucket)
    made.capture(*NAMES)
    return made


def test_nothing_is_asked_of_the_objects_until_half_a_lease_is_over(office: Office):
    before = office.ends()
    early, due = office.later(14), office.later(16)

    assert sweep(early, tell=nobody).renewed == 0
    assert office.ends() == before
    swept = sweep(due, tell=nobody)

    assert (swept.renewed, swept.missing) == (3, ())
    assert set(office.ends().values()) == {swept.until}
    assert leases(due.ledger.history).first_end == swept.until


def test_a_missing_object_is_named_and_keeps_no_other_from_being_locked(office: Office):
    office.remove(office.objects[0])
    archive = office.later(20)

    swept = sweep(archive, tell=nobody)

    assert swept.missing == (office.objects[0].key,)
    assert swept.renewed == 2
    assert office.ends() == {stored.key: swept.until for stored in office.objects[1:]}
    assert isinstance(archive.ledger.history.renewed, LocksRenewed)
    assert archive.ledger.history.renewed.objects == 2


def test_a_lock_that_is_refused_keeps_no_other_from_being_locked_and_nothing_is_promised(office: Office):
    archive, before = office.later(20), office.ends()

    with proxy(office.bucket.lane, once("put_object_retention", refusal(403, "AccessDenied"))) as server:
        reached = replace(office.bucket, clock=Clock(20 * DAY)).through(server.endpoint)
        behind = replace(archive, store=reached, ledger=Ledger(reached))
        with pytest.raises(LockRefusedError):
            sweep(behind, tell=nobody)

    after = office.ends()
    assert sum(after[key] > before[key] for key in before) == 2
    archive.ledger.refresh()
    assert archive.ledger.history.renewed is None
    assert sweep(archive, tell=nobody).renewed == 3


def test_a_hold_is_mirrored_on_what_is_there_and_what_is_missing_is_named(office: Office):
    office.remove(office.objects[0])
    office.archive.append(lambda _: (HoldPlaced(hold="case", reason="x", scope=Scope(accounts=("blog",))),))

    told = mirror_holds(office.archive.ledger, office.archive.settings.store, tell=nobody)

    assert (told.held, told.lifted, told.missing) == (2, 0, (office.objects[0].key,))
    assert all(office.archive.store.guard_of(one.key).hold for one in office.objects[1:])  # type: ignore[attr-defined]


def test_entries_locked_for_a_year_are_extended_in_time_when_the_settings_say_ten(bucket: LaneBucket, tmp_path: Path):
    office = Office.made(tmp_path, bucket, ledger_years=1)

    assert sweep(office.later(0, ledger_years=1), tell=nobody).ledger == 0
    swept = sweep(office.later(200, ledger_years=10), tell=nobody)

    assert swept.ledger == 2
    lock = office.bucket.store().guard_of(layout.entry(1)).lock
    assert lock is not None
    assert lock.until.micros > office.archive.now().plus(seconds=3800 * DAY).micros


def test_entries_locked_for_less_than_the_first_are_seen_when_leases_are_renewed(bucket: LaneBucket, tmp_path: Path):
    office = Office.made(tmp_path, bucket, ledger_years=10)
    shorter = office.later(0, ledger_years=1)
    shorter.ledger.refresh()
    Office(shorter, bucket).capture("a")

    assert sweep(office.later(20), tell=nobody).ledger == 1

    lock = office.bucket.store().guard_of(layout.entry(2)).lock
    assert lock is not None
    assert lock.until.micros > office.archive.now().plus(seconds=3600 * DAY).micros


def test_the_locks_and_holds_of_a_copy_are_kept_up_and_its_ledger_stays_as_it_is(office: Office, tmp_path: Path):
    lane = office.bucket.lane
    copy = replace(office.bucket, name=lane.bucket())
    place = copy.place(lease_days=30, versions="oldest")

    def opened(days: float) -> Ledger:
        return Ledger(replace(copy, clock=Clock(days * DAY)).store(lease_days=30, versions="oldest"))

    office.archive.append(lambda _: (HoldPlaced(hold="case", reason="x", scope=Scope(accounts=("blog",))),))
    copy_archive(office.archive.ledger, opened(0), tell=nobody)

    early = sweep_copy(opened(10), place, of=office.archive.ledger, now=Clock(10 * DAY)(), tell=nobody)
    ledger = opened(20)
    swept = sweep_copy(ledger, place, of=office.archive.ledger, now=Clock(20 * DAY)(), tell=nobody)
    told = mirror_holds(ledger, place, tell=nobody)

    assert (early.renewed, early.until, early.ledger) == (0, None, 0)
    assert (swept.renewed, swept.missing) == (3, ())
    guards = [copy.store().guard_of(stored.key) for stored in office.objects]
    assert {guard.lock.until for guard in guards if guard.lock} == {swept.until}
    assert all(guard.hold for guard in guards)
    assert told.held == 3
    assert ledger.head == office.archive.ledger.head
