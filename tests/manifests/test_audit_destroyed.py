"""The audit of archives in which records were destroyed: what is as it should be, and every way in which it is not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from manifests.audit import Draw, Workers, audit, finished_in, keep, read_kept, workers
from schemas.ledger import ObjectsCondemned
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import Content
from tests.manifests.archives import Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Kept, Report
    from schemas.ledger import Captured

STEP = 13


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive in a folder, with three captures of three records each."""
    made = Undertaker(tmp_path, Writer(store=DirectoryStore(tmp_path / "store")))
    for name in ("a", "b", "c"):
        made.seal(name)
    return made


def acts_of(one: Undertaker) -> list[Captured]:
    """The captures that sealed records."""
    return [act for _, act in one.ledger.history.sealed("blog")]


def some_of(one: Undertaker, *numbers: int) -> list[tuple]:
    """These records of the first capture, to be destroyed."""
    act = acts_of(one)[0]
    return [(act, ids_of(one.rows(act), *numbers))]


def audited(one: Undertaker, **how) -> Report:
    return audit(one.store, now=one.writer.clock.at, **how)


def found(report: Report) -> list[tuple[str, str]]:
    """Codes, each with the last part of its key."""
    return [(finding.code, finding.key.rpartition("/")[2]) for finding in report.findings]


def kept_now(one: Undertaker) -> Kept:
    """What a full audit keeps."""
    path = one.folder / "kept.json"
    keep(path, audited(one), begun=one.writer.clock.at)
    return read_kept(path)


def test_an_archive_is_sound_at_every_step_of_a_plan_and_says_how_far_it_is(one: Undertaker):
    gone = some_of(one, 1)
    one.plan("p", {act.partitions[0].stored.key: ids for act, ids in gone})
    report = audited(one)
    assert (report.sound, found(report), report.objects, report.read) == (True, [], 7, 7)
    one.begin("p")
    assert found(audited(one)) == [("DISPOSITION_UNDER_WAY", "p.records.jsonl")]
    one.condemn("p", gone)
    report = audited(one)
    assert found(report) == [("DISPOSITION_UNDER_WAY", "p.records.jsonl")]
    assert "2 objects condemned" in report.findings[0].what
    assert (report.sound, report.records, report.objects, report.read) == (True, 8, 8, 8)
    doomed = list(one.replacements.doomed("p"))
    one.store.destroy(doomed[0])  # killed before it could say so
    assert audited(one).sound
    one.destroy("p")
    assert "0 objects condemned" in audited(one).findings[0].what
    one.certify("p")
    report = audited(one)
    assert (report.sound, found(report), report.objects, report.read, report.records) == (True, [], 9, 9, 8)
    assert (report.steps[STEP].verdict, report.steps[STEP].checked) == ("sound", 1)
    assert report.unread == ()


def test_where_nothing_was_ever_planned_the_step_is_not_taken(one: Undertaker):
    assert audited(one).steps[STEP].verdict == "not checked"


def test_a_partition_of_which_nothing_is_left_is_judged_by_its_leaves(one: Undertaker):
    one.carry_out("p", some_of(one))
    report = audited(one)
    assert (report.sound, found(report), report.records, report.steps[STEP].checked) == (True, [], 6, 3)


def test_several_plans_one_after_the_other_take_records_of_one_partition(one: Undertaker):
    one.carry_out("p", some_of(one, 0))
    one.carry_out("q", some_of(one, 1))
    report = audited(one)
    assert (report.sound, found(report), report.records, report.steps[STEP].checked) == (True, [], 7, 2)
    one.carry_out("r", some_of(one))
    report = audited(one)
    assert (report.sound, found(report), report.records, report.steps[STEP].checked) == (True, [], 6, 3)


def test_of_a_plan_that_was_stopped_the_old_objects_stand(one: Undertaker):
    one.begun("p", some_of(one, 1))
    one.condemn("p", some_of(one, 1))
    one.stop("p")
    report = audited(one)
    assert (report.sound, report.records) == (True, 9)
    assert found(report) == [("DISPOSITION_UNDER_WAY", "p.records.jsonl")]
    assert "3 objects condemned" in report.findings[0].what
    one.destroy("p")
    report = audited(one)
    assert (report.sound, found(report), report.records) == (True, [], 9)
    one.carry_out("q", some_of(one, 2))  # and goes by a later one
    report = audited(one)
    assert (report.sound, found(report), report.records, report.objects) == (True, [], 8, 10)


def test_of_a_plan_that_was_stopped_in_the_middle_what_is_gone_stays_gone(one: Undertaker):
    gone = some_of(one, 1)
    one.begun("p", gone)
    one.condemn("p", gone)
    partition = gone[0][0].partitions[0].stored.key
    one.destroy("p", keys=[partition])
    one.stop("p")
    report = audited(one)
    assert (report.sound, report.records) == (True, 8)
    one.destroy("p")
    assert (audited(one).sound, found(audited(one))) == (True, [])


def test_what_is_said_to_be_gone_and_is_there_is_named(one: Undertaker):
    one.carry_out("p", some_of(one, 1))
    key = acts_of(one)[0].partitions[0].stored.key
    one.store.put_new(key, Content.of(b"kept aside, and put back"))
    assert found(audited(one)) == [("OBJECT_NOT_GONE", "a.parquet")]


@pytest.mark.parametrize("kind", ["parquet", "leaves", "warc.gz"])
def test_what_survives_and_is_gone_or_altered_is_named(one: Undertaker, kind: str):
    one.carry_out("p", some_of(one, 1))
    (path,) = (one.folder / "store").rglob(f"a.p.{kind}")
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    assert found(audited(one)) == [("OBJECT_ALTERED", f"a.p.{kind}")]
    path.unlink()
    assert found(audited(one)) == [("OBJECT_MISSING", f"a.p.{kind}")]


@pytest.mark.parametrize("name", ["p.records.jsonl", "p.certificate.pdf"])
def test_a_plans_list_or_certificate_that_is_gone_or_altered_is_named(one: Undertaker, name: str):
    one.carry_out("p", some_of(one, 1))
    path = one.folder / "store" / layout.PRODUCTIONS / name
    path.chmod(0o644)
    path.write_bytes(b"something else")
    assert found(audited(one)) == [("OBJECT_ALTERED", name)]
    path.unlink()
    assert found(audited(one)) == [("OBJECT_MISSING", name)]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b"\n",
        lambda content: content.replace(b'"partition":"', b'"partition": "'),
        lambda content: content.replace(b"a.parquet", b"z.parquet"),
        lambda content: b"x" * len(content),
        lambda content: content.replace(b'"records":["', b'"records":["' + b"0" * 64 + b'","'),
    ],
)
def test_a_list_that_does_not_say_what_was_proposed_is_named_and_nothing_is_judged_by_it(one: Undertaker, change):
    gone = some_of(one, 1)

    def said(act):
        content = change((one.folder / "store" / layout.planned("p")).read_bytes())
        one.store.destroy(layout.planned("p"))
        return replace(act, listed=one.store.put_new(layout.planned("p"), Content.of(content)))

    one.plan("p", {act.partitions[0].stored.key: ids for act, ids in gone}, say=said)
    one.begin("p")
    one.condemn("p", gone)
    one.destroy("p")
    one.certify("p")
    report = audited(one)
    assert {key for _, key in found(report)} == {"p.records.jsonl"}
    assert report.steps[STEP].verdict == "faulty"


def test_an_object_that_no_entry_names_goes_as_a_stray_and_one_that_is_named_does_not(one: Undertaker):
    stray = layout.exchanges(account="blog", capture="cut-short")
    one.store.put_new(stray, Content.of(b"left behind"))
    assert found(audited(one)) == [("OBJECT_UNREFERENCED", "cut-short.warc.gz")]
    one.begun("p", some_of(one, 1))
    one.condemn("p", some_of(one, 1), strays=(stray,))
    assert found(audited(one)) == [("DISPOSITION_UNDER_WAY", "p.records.jsonl")]
    one.destroy("p")
    one.certify("p")
    assert found(audited(one)) == []
    one.begun("q", some_of(one, 0))
    named = acts_of(one)[1].exchanges[0].key
    one.append(ObjectsCondemned(plan="q", account="blog", strays=(named,)))
    one.destroy("q", keys=[named])
    assert ("STRAY_NAMED", "b.warc.gz") in found(audited(one))


# Less than everything


def test_an_audit_that_goes_on_reads_again_what_was_touched_since_and_says_what_it_did_not_judge(one: Undertaker):
    one.carry_out("p", some_of(one, 1))
    kept = kept_now(one)
    act = acts_of(one)[1]
    one.carry_out("q", [(act, ids_of(one.rows(act), 2))])
    report = audited(one, since=kept)
    assert (report.sound, found(report), report.mode) == (True, [], "incremental")
    assert (report.read, report.records, report.steps[STEP].checked) == (5, 2, 1)
    assert "2 captures were destroyed, and 1 of these" in report.unread[-1]
    (path,) = (one.folder / "store").rglob("b.q.parquet")
    path.unlink()
    assert found(audited(one, since=kept)) == [("OBJECT_MISSING", "b.q.parquet")]


@pytest.mark.parametrize("last", ["certify", "stop"])
def test_an_audit_that_goes_on_judges_what_ended_since(one: Undertaker, last: str):
    one.begun("p", some_of(one, 1))
    one.condemn("p", some_of(one, 1))
    if last == "certify":
        one.destroy("p")
    kept = kept_now(one)
    getattr(one, last)("p")
    report = audited(one, since=kept)
    assert (report.sound, report.records) == (True, 2 if last == "certify" else 3)


def test_a_sample_draws_what_stands_and_reads_the_lists_that_it_needs(one: Undertaker):
    one.carry_out("p", some_of(one, 1))
    drawn = [audited(one, draw=Draw(seed=str(seed), objects=1, confidence=0.5)) for seed in range(12)]
    assert {report.sample.population for report in drawn} == {9}
    assert {report.sound for report in drawn} == {True}
    reads = {(report.read, report.steps[STEP].checked) for report in drawn}
    # What is left of a capture with the list; a capture of which nothing is gone; the certificate, or the list, alone.
    assert reads == {(4, 1), (2, 0), (1, 0)}


def test_a_resumed_audit_takes_over_nothing_of_which_something_was_destroyed_since(one: Undertaker):
    path = one.folder / "resume.db"

    class KilledError(Exception):
        pass

    def killed(step: str, done: int, total: int) -> None:
        if step == "objects" and done == total:
            raise KilledError

    with pytest.raises(KilledError), finished_in(path) as finished:
        audited(one, finished=finished, progress=killed)
    one.carry_out("p", some_of(one, 1))
    with finished_in(path) as finished:
        report = audited(one, finished=finished)
    assert (report.sound, found(report), report.resumed.objects) == (True, [], 4)
    assert (report.read, report.records, report.steps[STEP].checked) == (5, 2, 1)


def test_a_capture_that_was_found_sound_while_condemned_is_read_when_it_stands_again(one: Undertaker):
    path = one.folder / "resume.db"
    one.begun("p", some_of(one, 1))
    one.condemn("p", some_of(one, 1))
    with pytest.raises(ZeroDivisionError), finished_in(path) as finished:
        audited(one, finished=finished, progress=lambda step, done, total: 1 // (step != "inventory"))
    one.stop("p")
    path_of_it = one.folder / "store" / acts_of(one)[0].partitions[0].stored.key
    path_of_it.chmod(0o644)
    path_of_it.write_bytes(b"altered while nobody read it")
    with finished_in(path) as finished:
        assert ("OBJECT_ALTERED", "a.parquet") in found(audited(one, finished=finished))


def test_an_audit_in_parallel_finds_what_one_by_itself_finds(one: Undertaker, monkeypatch: pytest.MonkeyPatch):
    one.carry_out("p", some_of(one, 1))
    act = acts_of(one)[1]
    one.begun("q", [(act, ids_of(one.rows(act), 0))])
    one.condemn("q", [(act, ids_of(one.rows(act)))])
    alone = audited(one)
    monkeypatch.setattr(workers, "WORTH_STARTING", 0)
    monkeypatch.setattr(workers, "BATCH_ACTS", 2)
    together = audited(one, workers=Workers(2, partial(DirectoryStore, one.folder / "store")))
    assert together == alone
    assert found(alone) == [("DISPOSITION_UNDER_WAY", "q.records.jsonl"), *[("RECORD_UNPLANNED", "b.parquet")] * 2]
