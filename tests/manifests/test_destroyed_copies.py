"""Copies, restored archives and locks after destruction: nothing comes back, nothing is kept up for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from manifests.audit import audit
from manifests.ledger import Ledger
from manifests.locking import mirror_holds, promises, sweep_copy
from manifests.replication import Copied, copy_archive
from schemas.holds import Scope
from schemas.ledger import HoldPlaced, LocksRenewed
from storage import layout
from storage.memory import MemoryStore
from tests.manifests.archives import Writer
from tests.manifests.destroyed import Undertaker, ids_of
from tests.storage.s3_stores import DAY, Clock, bucket_on

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Report
    from schemas.ledger import Captured
    from storage.objects import ObjectStore

STAGES = ("planned", "begun", "condemned", "half gone", "gone", "certified")


def made(folder: Path, store: ObjectStore | None = None) -> Undertaker:
    """An archive of two captures."""
    one = Undertaker(folder, Writer(store=store or MemoryStore()))
    one.seal("a")
    one.seal("b")
    return one


def first(one: Undertaker) -> list[tuple[Captured, tuple]]:
    """A record of the first capture, to be destroyed."""
    act = next(act for _, act in one.ledger.history.sealed("blog"))
    return [(act, ids_of(one.rows(act), 1))]


def advance(one: Undertaker, gone: list, stage: str) -> None:
    """Go on with a plan from the stage before."""
    match stage:
        case "planned":
            one.plan("p", {act.partitions[0].stored.key: ids for act, ids in gone})
        case "begun":
            one.begin("p")
        case "condemned":
            one.condemn("p", gone)
        case "half gone":
            one.destroy("p", keys=[gone[0][0].partitions[0].stored.key])
        case "gone":
            one.destroy("p")
        case "certified":
            one.certify("p")


def copied(one: Undertaker, copy: ObjectStore, *, everything: bool = False) -> Copied:
    result = copy_archive(one.writer.ledger(), Ledger(copy), everything=everything, tell=lambda *_: None)
    assert result.failures == ()
    return result


def judged(one: Undertaker, store: ObjectStore) -> Report:
    return audit(store, now=one.writer.clock.at, copy=True)


def objects(store: ObjectStore) -> list[str]:
    return [key for key in store.keys("") if not key.startswith(layout.LEDGER)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_fresh_copy_is_sound_at_every_stage_and_holds_what_stands(tmp_path: Path, stage: str):
    one = made(tmp_path)
    gone = first(one)
    for each in STAGES[: STAGES.index(stage) + 1]:
        advance(one, gone, each)
    copy = MemoryStore()
    copied(one, copy)
    assert judged(one, copy).sound
    out = {gone[0][0].partitions[0].stored.key, gone[0][0].exchanges[0].key}
    assert out.isdisjoint(objects(copy)) == (STAGES.index(stage) >= STAGES.index("condemned"))
    assert copied(one, copy, everything=True).objects == 0
    assert out.isdisjoint(objects(copy)) == (STAGES.index(stage) >= STAGES.index("condemned"))


@pytest.mark.parametrize("behind", STAGES)
def test_a_copy_that_is_behind_catches_up_and_is_clean_once_it_is_cleaned_too(tmp_path: Path, behind: str):
    one, copy = made(tmp_path), MemoryStore()
    gone = first(one)
    for stage in STAGES:
        advance(one, gone, stage)
        if stage == behind:
            copied(one, copy)
    copied(one, copy)
    for key in (gone[0][0].partitions[0].stored.key, gone[0][0].exchanges[0].key):
        copy.destroy(key)  # as the executor does before it says that they are gone from everywhere
    assert judged(one, copy).sound
    assert objects(copy) == objects(one.store)
    assert Ledger(copy).refresh() == one.ledger.head.size


def test_an_older_copy_brings_nothing_back_that_was_destroyed_since(tmp_path: Path):
    one, copy = made(tmp_path), MemoryStore()
    copied(one, copy)
    one.carry_out("p", first(one))
    lost = next(iter(one.store.keys(f"{layout.EXCHANGES}blog/b")))
    one.store.destroy(lost)
    before = objects(one.store)
    restored = copy_archive(Ledger(copy), one.writer.ledger(), everything=True, tell=lambda *_: None)
    assert (restored.entries, restored.objects, restored.failures) == (0, 1, ())
    assert objects(one.store) == sorted([*before, lost])
    assert audit(one.store, now=one.writer.clock.at).sound


def test_an_archive_that_was_lost_is_brought_back_as_it_was_after_destruction(tmp_path: Path):
    one, copy, anew = made(tmp_path), MemoryStore(), MemoryStore()
    one.carry_out("p", first(one))
    copied(one, copy)
    restored = copy_archive(Ledger(copy), Ledger(anew), everything=True, tell=lambda *_: None)
    assert (restored.failures, objects(anew)) == ((), objects(one.store))
    assert judged(one, anew).sound


def test_a_copy_that_was_cut_short_lacks_for_a_while_what_later_entries_condemn(tmp_path: Path):
    one, copy = made(tmp_path), MemoryStore()
    one.carry_out("p", first(one))
    copied(one, copy)
    for index in range(6, one.ledger.head.size):
        copy.destroy(layout.entry(index))
    assert {(one.code, one.severity) for one in judged(one, copy).findings} >= {("OBJECT_MISSING", "fault")}
    copied(one, copy)
    assert judged(one, copy).sound


# Locks


def test_nothing_is_promised_of_what_is_condemned_and_all_of_what_stands(tmp_path: Path):
    one = made(tmp_path)
    gone = first(one)
    one.begun("p", gone)
    before = {promised.stored.key for promised in promises(one.ledger.history)}
    replaced = one.condemn("p", gone)
    new = {stored.key for each in replaced for stored in (each.now, each.leaves) if stored}
    assert {promised.stored.key for promised in promises(one.ledger.history)} == (
        before - {each.was for each in replaced} | new
    )
    assert {promised.account for promised in promises(one.ledger.history) if promised.stored.key in new} == {"blog"}
    one.stop("p")
    assert {promised.stored.key for promised in promises(one.ledger.history)} == before


def test_what_was_condemned_when_locks_were_renewed_is_not_promised_when_its_plan_stops(tmp_path: Path):
    one = made(tmp_path)
    gone = first(one)
    one.begun("p", gone)
    out = {each.was for each in one.condemn("p", gone)}
    until = one.writer.clock.at.plus(seconds=30 * DAY)
    one.append(LocksRenewed(size=one.ledger.head.size, until=until, objects=2))
    one.stop("p")
    ends = {promised.stored.key: promised.until for promised in promises(one.ledger.history)}
    assert {key for key, end in ends.items() if end is None} == out
    assert {key for key, end in ends.items() if end == until} == ends.keys() - out
    # Also where it was condemned while the sweep was under way, which passed it over.
    size = one.ledger.head.size
    one.begun("q", gone)
    again = {each.was for each in one.condemn("q", gone)}
    one.append(LocksRenewed(size=size, until=until, objects=2))
    one.stop("q")
    ends = {promised.stored.key: promised.until for promised in promises(one.ledger.history)}
    assert {key for key, end in ends.items() if end is None} == again | {layout.planned("q")}
    one.append(LocksRenewed(size=one.ledger.head.size, until=until, objects=4))
    assert {promised.until for promised in promises(one.ledger.history)} == {until}


def test_locks_and_flags_of_what_is_condemned_are_left_alone_in_the_archive_and_in_a_copy_that_is_behind(
    s3_lane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        copy = replace(bucket, name=s3_lane.bucket())
        how = {"lease_days": 30, "versions": "oldest"}
        place = copy.place(**how)
        one = made(tmp_path, bucket.store(lease_days=30))
        gone = first(one)
        copied(one, copy.store(**how))  # it never hears of the plan
        one.begun("p", gone)
        out = {each.was for each in one.condemn("p", gone)}
        later = replace(copy, clock=Clock(20 * DAY)).store(**how)
        ends = {key: later.guard_of(key).lock.until for key in objects(later)}

        swept = sweep_copy(Ledger(later), place, of=one.ledger, now=Clock(20 * DAY)(), tell=lambda *_: None)

        assert swept.missing == ()
        renewed = {key for key in ends if later.guard_of(key).lock.until > ends[key]}
        assert renewed == ends.keys() - out
        one.append(HoldPlaced(hold="case", reason="x", scope=Scope(accounts=("blog",))))
        mirror_holds(one.ledger, bucket.place(lease_days=30), tell=lambda *_: None)
        held = {key for key in objects(one.store) if one.store.guard_of(key).hold}
        assert held == {promised.stored.key for promised in promises(one.ledger.history) if promised.account}
        assert out.isdisjoint(held)
