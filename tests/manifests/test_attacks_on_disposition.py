"""What an insider with the machine's keys can do with the acts of destruction, and what names it (THREAT-MODEL)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.audit import audit
from manifests.dispositions.rules import PlanRefusedError
from manifests.ledger import Ledger
from manifests.replication import copy_archive
from schemas.digest import Digest
from schemas.disposition import Replaced
from schemas.ledger import ObjectsCondemned, ObjectsDestroyed
from schemas.record import Record
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import Content
from storage.warc import read_warc
from tests.manifests.archives import Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.ledger import Captured


@pytest.fixture
def insider(tmp_path: Path) -> Undertaker:
    """Somebody who has the machine, its keys and its store, and two people's approval for the plan ``p``."""
    made = Undertaker(tmp_path, Writer(store=DirectoryStore(tmp_path / "store")))
    made.seal("a")
    made.seal("b")
    return made


def capture(insider: Undertaker, number: int = 0) -> Captured:
    return [act for _, act in insider.ledger.history.sealed("blog")][number]


def approved(insider: Undertaker, *rows: int, number: int = 0) -> list[tuple[Captured, tuple[Digest, ...]]]:
    """A plan of these records of a capture is approved and begun."""
    act = capture(insider, number)
    gone = [(act, ids_of(insider.rows(act), *rows))]
    insider.begun("p", gone)
    return gone


def faults(insider: Undertaker, store=None) -> set[tuple[str, str]]:
    report = audit(store or insider.store, now=insider.writer.clock.at, copy=store is not None)
    return {
        (finding.code, finding.key.rpartition("/")[2]) for finding in report.findings if finding.severity == "fault"
    }


def test_a_record_that_was_never_planned_goes_along_and_is_named(insider: Undertaker):
    approved(insider, 1)
    act = capture(insider)
    insider.condemn("p", [(act, ids_of(insider.rows(act), 1, 2))])
    assert faults(insider) == {("RECORD_UNPLANNED", "a.parquet")}
    insider.destroy("p")
    insider.certify("p")
    assert faults(insider) == {("RECORD_UNPLANNED", "a.parquet")}


def test_a_whole_capture_that_was_never_planned_is_destroyed_under_another_plan_and_is_named(insider: Undertaker):
    gone = approved(insider, 1)
    other = capture(insider, 1)
    insider.condemn("p", [*gone, (other, ids_of(insider.rows(other)))])
    insider.destroy("p")
    assert faults(insider) == {("RECORD_UNPLANNED", "b.parquet")}


def test_a_record_in_the_list_of_a_plan_that_was_stopped_is_not_thereby_planned(insider: Undertaker):
    gone = approved(insider, 1)
    insider.condemn("p", gone)
    insider.stop("p")
    act = capture(insider)
    insider.begun("q", [(act, ids_of(insider.rows(act), 0))])
    insider.condemn("q", [(act, ids_of(insider.rows(act), 0, 1))])
    assert faults(insider) == {("RECORD_UNPLANNED", "a.parquet")}


def test_a_record_in_the_list_of_a_plan_that_touched_something_else_is_not_thereby_planned(insider: Undertaker):
    act, other = capture(insider), capture(insider, 1)
    one, two = ids_of(insider.rows(other), 0, 1)
    insider.begun("p", [(act, ids_of(insider.rows(act), 1)), (other, (one,))])
    insider.condemn("p", [(act, ids_of(insider.rows(act), 1))])
    insider.begun("q", [(other, (two,))])
    insider.condemn("q", [(other, (one, two))])
    assert faults(insider) == {("RECORD_UNPLANNED", "b.parquet")}


def altered(records: list[Record]) -> list[Record]:
    """The first one says something else, and has the id that goes with it."""
    first = records[0]
    other = Record(
        salt=first.salt,
        native=b"X" + first.native[1:],
        normalised=first.normalised,
        provenance=first.provenance,
    )
    return [other, *records[1:]]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (altered, {"SURVIVORS_DIFFER", "SLICE_DIFFERS"}),
        (lambda records: records[::-1], {"SURVIVORS_DIFFER"}),
        (lambda records: [*records, records[0]], {"SURVIVORS_DIFFER"}),
        (lambda records: records[:1], {"ROOT_DIFFERS"}),
    ],
)
def test_survivors_that_are_altered_moved_added_or_left_out_are_named(
    insider: Undertaker, change: Callable[[list[Record]], list[Record]], codes: set[str]
):
    insider.condemn("p", approved(insider, 1), change=change)
    insider.destroy("p")
    assert faults(insider) == {(code, "a.p.parquet") for code in codes}


def test_leaves_of_rows_that_never_were_are_named(insider: Undertaker):
    act = approved(insider, 1)[0][0]
    key = act.partitions[0].stored.key
    false = b"".join(Digest.of(bytes([number])).raw for number in range(3))
    leaves = insider.store.put_new(layout.leaves(key, "p"), Content.of(false))
    replaced = Replaced(key=key, was=key, leaves=leaves)
    insider.append(ObjectsCondemned(plan="p", account="blog", replaced=(replaced,)))
    assert faults(insider) == {("SURVIVORS_DIFFER", "a.parquet")}


def test_the_exchange_of_records_that_survive_goes_and_is_missed(insider: Undertaker):
    act = approved(insider, 1)[0][0]
    key = act.exchanges[0].key
    insider.append(ObjectsCondemned(plan="p", account="blog", replaced=(Replaced(key=key, was=key),)))
    insider.destroy("p")
    assert faults(insider) == {("EXCHANGE_MISSING", "a.parquet")}


def test_an_object_that_is_deleted_without_an_act_is_missed(insider: Undertaker):
    approved(insider, 1)
    insider.store.destroy(capture(insider).partitions[0].stored.key)
    assert faults(insider) == {("OBJECT_MISSING", "a.parquet")}


def test_what_is_said_to_be_gone_and_was_kept_is_named(insider: Undertaker):
    insider.condemn("p", approved(insider, 1))
    insider.complete("p")
    doomed = tuple(insider.replacements.doomed("p"))
    insider.delete("p", doomed)
    insider.append(ObjectsDestroyed(plan="p", keys=doomed, places=("store",)))
    assert faults(insider) == {("OBJECT_NOT_GONE", "a.parquet"), ("OBJECT_NOT_GONE", "a.warc.gz")}


def test_what_is_said_to_be_gone_and_stays_in_a_copy_is_named_by_the_audit_of_the_copy(
    insider: Undertaker, tmp_path: Path
):
    gone, copy = approved(insider, 1), DirectoryStore(tmp_path / "copy")
    copy_archive(insider.writer.ledger(), Ledger(copy), tell=lambda *_: None)
    insider.condemn("p", gone)
    insider.destroy("p", places=("store", "vault"))
    insider.certify("p")
    copy_archive(insider.writer.ledger(), Ledger(copy), tell=lambda *_: None)
    assert faults(insider) == set()
    assert faults(insider, copy) == {("OBJECT_NOT_GONE", "a.parquet"), ("OBJECT_NOT_GONE", "a.warc.gz")}


def test_a_record_that_is_certified_and_was_spared_is_named(insider: Undertaker):
    act = approved(insider, 0, 1)[0][0]
    insider.condemn("p", [(act, ids_of(insider.rows(act), 1))])
    insider.destroy("p")
    insider.certify("p")
    assert faults(insider) == {("RECORD_NOT_GONE", "a.parquet")}


def test_a_partition_that_is_certified_and_was_never_touched_is_named(insider: Undertaker):
    act, other = capture(insider), capture(insider, 1)
    spared, gone = (other, ids_of(insider.rows(other), 2)), (act, ids_of(insider.rows(act), 1))
    insider.begun("p", [gone, spared])
    insider.condemn("p", [gone])
    insider.destroy("p")
    insider.certify("p")
    assert faults(insider) == {("RECORD_NOT_GONE", "b.parquet")}


def test_an_object_that_no_capture_names_takes_anothers_place_for_nothing(insider: Undertaker):
    approved(insider, 1)
    key = "exchanges/blog/never.warc.gz"
    insider.append(ObjectsCondemned(plan="p", account="blog", replaced=(Replaced(key=key, was=key),)))
    assert faults(insider) == {("REPLACED_UNKNOWN", "never.warc.gz")}


def test_another_list_put_under_what_people_approved_is_named(insider: Undertaker):
    gone = approved(insider, 1)
    insider.store.destroy(layout.planned("p"))
    insider.store.put_new(layout.planned("p"), Content.of(b"another list"))
    insider.condemn("p", gone)
    assert faults(insider) == {("OBJECT_ALTERED", "p.records.jsonl")}


@pytest.mark.parametrize(
    "key",
    [
        layout.entry(0),
        layout.checkpoint(3),
        layout.planned("p"),
        layout.matter("request-14"),
        "partitions/other/unscheduled/2026-03/a.parquet",
        "productions/x.pdf",
    ],
)
def test_nothing_but_an_accounts_partitions_and_exchanges_can_be_condemned(insider: Undertaker, key: str):
    approved(insider, 1)
    for act in (
        ObjectsCondemned(plan="p", account="blog", strays=(key,)),
        ObjectsCondemned(plan="p", account="blog", replaced=(Replaced(key=key, was=key),)),
        ObjectsCondemned(plan="p", replaced=(Replaced(key=key, was=key),)),
    ):
        with pytest.raises(PlanRefusedError):
            insider.append(act)
    if key != "productions/x.pdf":
        with pytest.raises(PlanRefusedError):
            insider.append(ObjectsCondemned(plan="p", strays=(key,)))


def test_a_plan_of_more_than_is_due_is_for_whoever_approves_to_see(insider: Undertaker):
    insider.condemn("p", approved(insider))
    insider.destroy("p")
    insider.certify("p")
    assert faults(insider) == set()  # nothing in the archive says that it was not due


def test_what_else_was_in_an_exchange_is_nobodys_to_miss(insider: Undertaker):
    """The old file is gone: only the slices of records that survive are held to the new one."""
    gone = approved(insider, 1)
    insider.condemn("p", gone, also=(b"/archive/of/feed.xml",))
    insider.destroy("p")
    insider.certify("p")
    exchange = insider.stands(gone[0][0].exchanges[0])
    assert exchange is not None
    with insider.store.open(exchange.key) as stream:
        said = [dict(record.headers).get("WARC-Target-URI") for record in read_warc(stream)]
    assert said[-1] == "file://********************"
    assert faults(insider) == set()
