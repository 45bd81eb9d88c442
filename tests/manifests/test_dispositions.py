"""The acts of plans of destruction: what is refused, and that refusing leaves everything as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from manifests.audit import audit
from manifests.decisions.decided import DecisionRefusedError
from manifests.dispositions.rules import PlanOvertakenError, PlanRefusedError
from schemas.digest import Digest
from schemas.disposition import Replaced
from schemas.holds import Scope
from schemas.ledger import (
    BatesAssigned,
    DeletionBegun,
    DispositionCertified,
    HoldPlaced,
    ObjectsCondemned,
    ObjectsDestroyed,
    Produced,
)
from schemas.production import BatesRange
from schemas.stored import StoredObject
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content
from tests.manifests.archives import Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.errors import ConflictError
    from schemas.ledger import Act, Captured

HOLD = HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",)))


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive with a capture."""
    made = Undertaker(tmp_path, Writer(store=MemoryStore()))
    made.seal("a")
    return made


def capture(one: Undertaker) -> Captured:
    return next(act for _, act in one.ledger.history.sealed("blog"))


def gone(one: Undertaker, *rows: int) -> list[tuple[Captured, tuple[Digest, ...]]]:
    return [(capture(one), ids_of(one.rows(capture(one)), *rows))]


def stored(key: str) -> StoredObject:
    return StoredObject(key=key, sha256=Digest.of(b""), size=0)


def refused(one: Undertaker, act: Callable[[], object], *, error: type[ConflictError] = PlanRefusedError) -> None:
    """It is refused, and no entry is written."""
    size = one.ledger.head.size
    with pytest.raises(error):
        act()
    ledger = one.writer.ledger()
    ledger.refresh()
    assert ledger.head.size == size


def condemned(one: Undertaker, **changes) -> ObjectsCondemned:
    """The act that replaces the capture's partition, or one that differs in something."""
    key = capture(one).partitions[0].stored.key
    right = {"key": key, "was": key, "now": stored(layout.surviving(key, "p")), "rows": 1}
    right |= {"leaves": stored(layout.leaves(key, "p"))} | changes
    return ObjectsCondemned(plan="p", account="blog", replaced=(Replaced(**right),))


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "P"},
        {"plan": ""},
        {"plan": "../p"},
        {"listed": stored("dispositions/q/records.jsonl")},
        {"size": 0},
        {"size": 99},
        {"records": 0},
        {"productions": ("never",)},
    ],
)
def test_a_plan_that_is_not_what_a_plan_must_be_is_refused(one: Undertaker, changes):
    refused(one, lambda: one.plan("p", {"partitions/x": (Digest.of(b""),)}, say=lambda act: replace(act, **changes)))


def test_a_plan_is_proposed_once_begun_once_and_in_turn(one: Undertaker):
    refused(one, lambda: one.stop("p"))
    one.plan("p", {"partitions/x": (Digest.of(b""),)})
    refused(one, lambda: one.plan("p", {"partitions/x": (Digest.of(b""),)}))
    refused(one, lambda: one.condemn("p", gone(one, 1)))
    refused(one, lambda: one.stop("p"))
    one.begin("p")
    refused(one, lambda: one.begin("p"))
    refused(one, lambda: one.certify("p"))  # nothing was condemned
    one.stop("p")
    refused(one, lambda: one.condemn("p", gone(one, 1)))
    refused(one, lambda: one.certify("p"))


def test_one_person_twice_or_whoever_carries_it_out_does_not_approve(one: Undertaker):
    one.plan("p", {"partitions/x": (Digest.of(b""),)})
    omar, one.omar = one.omar, one.jane
    refused(one, lambda: one.begin("p"), error=DecisionRefusedError)
    one.omar = omar
    one.begin("p")


@pytest.mark.parametrize("when", ["planned", "begun"])
def test_a_hold_that_is_placed_after_the_plan_stops_it(one: Undertaker, when: str):
    some = gone(one, 1)
    one.plan("p", {some[0][0].partitions[0].stored.key: some[0][1]})
    if when == "planned":
        one.append(HOLD)
        refused(one, lambda: one.begin("p"))
        return
    one.begin("p")
    one.append(HOLD)
    refused(one, lambda: one.condemn("p", some))


@pytest.mark.parametrize(
    "changes",
    [
        {"was": "partitions/blog/unscheduled/2026-03/other.parquet"},
        {"now": None},
        {"now": stored("partitions/blog/unscheduled/2026-03/other.parquet")},
        {"leaves": stored("partitions/blog/unscheduled/2026-03/other.leaves")},
        {"leaves": None},
    ],
)
def test_what_does_not_stand_or_lie_where_it_must_takes_nothings_place(one: Undertaker, changes):
    one.begun("p", gone(one, 1))
    refused(one, lambda: one.append(condemned(one, **changes)))
    one.append(condemned(one))


def test_an_exchange_has_no_rows_and_no_leaves(one: Undertaker):
    one.begun("p", gone(one, 1))
    key = capture(one).exchanges[0].key
    for changes in ({"leaves": stored(layout.leaves(key, "p"))}, {"rows": 1}):
        whole = {"key": key, "was": key, "now": stored(layout.surviving(key, "p")), "leaves": None, "rows": 0}
        refused(one, lambda whole=whole, changes=changes: one.append(condemned(one, **whole | changes)))


def test_an_object_is_condemned_once_and_another_plan_waits_until_it_is_gone(one: Undertaker):
    one.begun("p", gone(one, 1))
    act = condemned(one)
    refused(one, lambda: one.append(replace(act, replaced=act.replaced * 2)))
    refused(one, lambda: one.append(replace(act, strays=(act.replaced[0].was,))))
    one.condemn("p", gone(one, 1))
    refused(one, lambda: one.append(act))
    refused(one, lambda: one.append(ObjectsCondemned(plan="p", account="blog", strays=(act.replaced[0].was,))))
    one.begun("q", gone(one, 0))
    refused(one, lambda: one.condemn("q", gone(one, 0)))
    one.destroy("p")
    one.store.destroy(layout.surviving(capture(one).exchanges[0].key, "q"))
    one.condemn("q", gone(one, 0))


def test_only_what_a_plan_condemned_is_said_to_be_gone_and_once(one: Undertaker):
    one.begun("p", gone(one, 1))
    key = capture(one).partitions[0].stored.key

    def said(*keys: str, places: tuple[str, ...] = ("store",), plan: str = "p") -> Act:
        return ObjectsDestroyed(plan=plan, keys=keys, places=places)

    def begun(*keys: str, plan: str = "p") -> Act:
        return DeletionBegun(plan=plan, keys=keys)

    refused(one, lambda: one.append(begun(key)))
    one.condemn("p", gone(one, 1))
    one.begun("q", gone(one, 0))
    refused(one, lambda: one.append(begun(key)))
    one.complete("p")
    refused(one, lambda: one.append(said(key)))
    for act in (begun(), begun(key, key), begun(key, plan="q"), begun(layout.surviving(key, "p"))):
        refused(one, lambda act=act: one.append(act))
    one.append(begun(key))
    refused(one, lambda: one.append(begun(key)))
    for act in (said(), said(key, key), said(key, places=()), said(key, plan="q"), said(layout.surviving(key, "p"))):
        refused(one, lambda act=act: one.append(act))
    one.append(said(key))
    refused(one, lambda: one.append(said(key)))
    refused(one, lambda: one.certify("p"))
    one.destroy("p")
    one.certify("p")


@pytest.mark.parametrize(
    "changes", [{"records": 2}, {"objects": 3}, {"certificate": stored("dispositions/p/other.pdf")}]
)
def test_a_certificate_says_what_the_plan_was(one: Undertaker, changes):
    one.begun("p", gone(one, 1))
    one.condemn("p", gone(one, 1))
    one.destroy("p")
    right = {"records": 1, "objects": 2, "certificate": stored(layout.disposition_certificate("p"))}
    refused(one, lambda: one.append(DispositionCertified(plan="p", **right | changes)))
    one.append(DispositionCertified(plan="p", **right))


def test_a_hold_keeps_deletion_from_beginning_and_what_has_begun_comes_to_its_end(one: Undertaker):
    (act,) = (act for act, _ in gone(one, 1))
    one.begun("p", gone(one, 1))
    one.condemn("p", gone(one, 1))
    one.complete("p")
    partition, exchange = act.partitions[0].stored.key, act.exchanges[0].key
    one.append(DeletionBegun(plan="p", keys=(partition,)))
    one.append(HOLD)
    refused(one, lambda: one.append(DeletionBegun(plan="p", keys=(exchange,))), error=PlanOvertakenError)
    one.stop("p")
    # What was being deleted does not stand again, and its survivors stay; the other object is back.
    assert not one.replacements.is_out(layout.surviving(partition, "p"))
    assert one.replacements.is_out(partition)
    assert list(one.replacements.doomed("p")) == [partition, layout.surviving(exchange, "p")]
    one.destroy("p")
    assert audit(one.store, now=one.writer.clock.at).sound


def test_a_production_goes_with_the_plan_that_names_it_and_leaves_nothing(one: Undertaker):
    bates = BatesRange(prefix="X", first=1, last=1)
    one.ledger.checkpoint(one.writer.checkpoint_key, size=1)
    one.append(BatesAssigned(production="x", bates=bates))
    document = one.store.put_new(layout.production("x"), Content.of(b"%PDF"))
    root = Digest.of(b"")
    one.append(Produced(production="x", bates=bates, records=1, records_root=root, ledger_size=1, document=document))
    whole = ObjectsCondemned(plan="p", replaced=(Replaced(key=document.key, was=document.key),))
    one.begun("p", gone(one, 1))
    refused(one, lambda: one.append(whole))
    one.stop("p")
    one.plan(
        "q",
        {capture(one).partitions[0].stored.key: gone(one, 1)[0][1]},
        say=lambda act: replace(act, productions=("x",)),
    )
    one.begin("q")
    one.condemn("q", gone(one, 1))
    left = Replaced(key=document.key, was=document.key, now=stored(layout.surviving(document.key, "q")))
    refused(one, lambda: one.append(replace(whole, plan="q", replaced=(left,))))
    one.append(replace(whole, plan="q"))
    refused(one, lambda: one.certify("q"))
    one.destroy("q")
    refused(one, lambda: one.append(ObjectsCondemned(plan="q", complete=True)))
    one.certify("q")
    report = audit(one.store, now=one.writer.clock.at)
    assert (report.sound, report.findings, report.read) == (True, (), report.objects)
    assert not one.store.exists(document.key)
