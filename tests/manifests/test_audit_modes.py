"""Audits of less than everything: what is new, a sample, what a killed audit left to do; and audits in parallel."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.audit import (
    Draw,
    KeptUnreadableError,
    NotKeptError,
    ResumeUnusableError,
    SampleUnusableError,
    Workers,
    audit,
    enough,
    finished_in,
    keep,
    read_kept,
    workers,
)
from manifests.audit.sampling import drawn
from manifests.ledger import Ledger
from schemas.instant import Instant
from storage import layout
from storage.directory import DirectoryStore
from tests.manifests.archives import START, Writer, captured
from tests.manifests.sealing import Archivist, digest_of

if TYPE_CHECKING:
    from schemas.findings import Kept, Report

ROOT = Path(__file__).parents[2]
LATER = START.plus(seconds=86_400)


@pytest.fixture
def archivist(tmp_path: Path) -> Archivist:
    """An archive in a folder, with three captures."""
    made = Archivist(tmp_path, Writer(store=DirectoryStore(tmp_path / "store")))
    for name in ("one", "two", "three"):
        made.seal(name)
    return made


def kept_now(archivist: Archivist) -> Kept:
    """What a full audit keeps."""
    path = archivist.folder / "kept.json"
    keep(path, audit(archivist.store, now=START), begun=START)
    return read_kept(path)


def path_of(archivist: Archivist, name: str, kind: str = "partitions/blog/unscheduled/2026-03") -> Path:
    """The file of an object."""
    (path,) = (archivist.folder / "store" / kind).glob(f"{name}.*")
    return path


def spoil(path: Path) -> None:
    """Flip a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def found(report: Report) -> set[tuple[str, str]]:
    """The codes that were named, with the last part of their keys."""
    return {(one.code, name_in(one.key)) for one in report.findings}


def name_in(key: str) -> str:
    """The last part of a key, without what it ends in."""
    return key.rpartition("/")[2].partition(".")[0]


# What is new since an earlier audit


def test_what_an_earlier_audit_read_is_not_read_again_and_the_report_says_so(archivist: Archivist):
    kept = kept_now(archivist)
    archivist.seal("four")
    report = audit(archivist.store, now=LATER, since=kept)
    assert report.sound
    assert (report.mode, report.read, report.objects, report.records) == ("incremental", 2, 8, 3)
    assert report.since == kept
    assert "first 5 entries" in report.unread[0]
    assert report.steps[10].verdict == "sound"
    assert report.steps[1].verdict == "sound"  # the keys that were kept are keys that were given


def test_what_came_since_is_read_and_what_is_gone_from_before_is_missed(archivist: Archivist):
    kept = kept_now(archivist)
    archivist.seal("four")
    spoil(path_of(archivist, "four"))
    spoil(path_of(archivist, "one"))  # this is what an incremental audit relies on not to have happened
    path_of(archivist, "two", "exchanges/blog").unlink()
    report = audit(archivist.store, now=LATER, since=kept)
    assert found(report) == {("OBJECT_ALTERED", "four"), ("OBJECT_MISSING", "two")}


def test_an_old_entry_that_was_altered_is_named_and_everything_is_read(archivist: Archivist):
    kept = kept_now(archivist)
    spoil(archivist.folder / "store" / layout.entry(2))
    report = audit(archivist.store, now=LATER, since=kept)
    assert report.mode == "full"
    assert {one.key for one in report.findings} == {layout.entry(2)}


def test_a_ledger_that_was_rolled_back_is_named(archivist: Archivist):
    kept = kept_now(archivist)
    (archivist.folder / "store" / layout.entry(4)).unlink()
    report = audit(archivist.store, now=LATER, since=kept)
    assert found(report) == {("LEDGER_ROLLED_BACK", "00000000000000000004"), ("OBJECT_UNREFERENCED", "three")}
    assert report.mode == "full"
    assert not report.sound


def test_a_ledger_that_was_rolled_back_and_grown_anew_is_named(archivist: Archivist):
    kept = kept_now(archivist)
    (archivist.folder / "store" / layout.entry(4)).unlink()
    ledger = Ledger(archivist.store)
    ledger.refresh()
    archivist.writer.append(ledger, captured("other", base=3))
    assert audit(archivist.store, now=LATER).sound  # nobody who kept nothing can tell
    report = audit(archivist.store, now=LATER, since=kept)
    assert found(report) == {("LEDGER_FORKED", "00000000000000000004"), ("OBJECT_UNREFERENCED", "three")}


def test_another_archive_is_named_also_under_another_key(archivist: Archivist, tmp_path: Path):
    kept = kept_now(archivist)
    other = tmp_path / "other"
    other.mkdir()
    report = audit(Archivist(other).store, now=LATER, since=kept)
    assert {code for code, _ in found(report)} == {"KEY_NOT_TRUSTED", "LEDGER_ROLLED_BACK"}
    renamed = msgspec.structs.replace(kept, origin="elsewhere/1")
    report = audit(archivist.store, now=LATER, since=renamed)
    assert {code for code, _ in found(report)} == {"LEDGER_FORKED"}


def test_only_a_sound_audit_of_everything_is_kept_and_only_what_was_kept_is_read(archivist: Archivist, tmp_path: Path):
    path = tmp_path / "kept.json"
    sampled = audit(archivist.store, now=START, draw=Draw("seed", 1, 0.95))
    spoil(path_of(archivist, "one"))
    faulty = audit(archivist.store, now=START)
    for report in (sampled, faulty):
        with pytest.raises(NotKeptError):
            keep(path, report, begun=START)
    for content in (b"", b"{}", b"\xff"):
        path.write_bytes(content)
        with pytest.raises(KeptUnreadableError):
            read_kept(path)


# A sample


def test_a_sample_reads_what_its_seed_draws_and_lists_everything(archivist: Archivist):
    first = audit(archivist.store, now=START, draw=Draw("seed", 2, 0.95))
    again = audit(archivist.store, now=START, draw=Draw("seed", 2, 0.95))
    assert first == again
    assert first.mode == "sampled"
    assert first.sample is not None
    assert (first.sample.objects, first.sample.population) == (2, 6)
    assert first.read < 6
    assert {audit(archivist.store, now=START, draw=Draw(str(seed), 1, 0.95)).read for seed in range(3)} == {2}
    for name in ("one", "two", "three"):
        path_of(archivist, name).unlink()
    report = audit(archivist.store, now=START, draw=Draw("seed", 2, 0.95))
    assert found(report) == {("OBJECT_MISSING", name) for name in ("one", "two", "three")}


def test_what_is_at_fault_in_a_sample_is_named_and_what_is_not_drawn_is_not_read(archivist: Archivist):
    keys = [one.stored.key for one in archivist.ledger.history.objects()]
    draws = [Draw(str(seed), 1, 0.95) for seed in range(12)]
    for name in ("one", "two", "three"):
        spoil(path_of(archivist, name))
    named = [found(audit(archivist.store, now=START, draw=draw)) for draw in draws]
    captures = [name_in(drawn(keys, draw)[0]) for draw in draws]
    assert named == [{("OBJECT_ALTERED", name)} for name in captures]
    assert set(captures) == {"one", "two", "three"}


def test_a_sample_of_everything_tolerates_nothing(archivist: Archivist):
    report = audit(archivist.store, now=START, draw=Draw("seed", 100, 0.95))
    assert report.sample is not None
    assert (report.sample.objects, report.sample.tolerated) == (6, 0)
    assert report.read == 6


def test_what_is_at_fault_is_found_as_often_as_the_sample_states(archivist: Archivist):
    keys = [one.stored.key for one in archivist.ledger.history.objects()]
    seen = sum(keys[0] in drawn(keys, Draw(str(seed), 2, 0.5)) for seed in range(600))
    assert 140 < seen < 260  # a third of 600, five standard deviations either way


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0.01, 0.999))
def test_the_stated_share_holds_for_every_population(population: int, objects: int, confidence: float):
    stated = Draw("seed", objects, confidence).stated(population)
    damaged = population * stated.tolerated // 1_000_000 + 1  # more than is tolerated
    if damaged <= population:
        missed = comb(population - damaged, stated.objects) / comb(population, stated.objects)
        assert 1 - missed >= stated.confidence / 1_000_000 - 1e-9


@given(st.floats(0.5, 0.9999), st.floats(0.0001, 0.5))
def test_enough_is_enough_and_one_less_is_not(confidence: float, tolerate: float):
    objects = enough(confidence=confidence, tolerate=tolerate)
    stated = Draw("seed", objects, confidence).stated(10**9)
    assert stated.tolerated <= tolerate * 1_000_000 + 1  # and no more is stated than is needed
    assert (1 - tolerate) ** objects <= 1 - confidence + 1e-12
    assert objects == 1 or (1 - tolerate) ** (objects - 1) >= 1 - confidence - 1e-12


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float):
    for ask in (
        lambda: enough(confidence=share, tolerate=0.1),
        lambda: enough(confidence=0.9, tolerate=share),
        lambda: Draw("seed", 1, share),
        lambda: Draw("", 1, 0.9),
        lambda: Draw("seed", 0, 0.9),
    ):
        with pytest.raises(SampleUnusableError):
            ask()


# After being cut short

KILLED = """
import os, signal, sys
from pathlib import Path
from manifests.audit import audit, finished_in, workers
from schemas.instant import Instant
from storage.directory import DirectoryStore

workers.BATCH_ACTS = 1
def die(step, done, total):
    if step == "objects" and done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
with finished_in(Path(sys.argv[2])) as finished:
    audit(DirectoryStore(Path(sys.argv[1])), now=Instant(int(sys.argv[4])), finished=finished, progress=die)
"""


def run_killed(archivist: Archivist, state: Path, *, after: int) -> None:
    """Audit in a process that is killed after so many acts."""
    store = str(archivist.folder / "store")
    arguments = [sys.executable, "-c", KILLED, store, str(state), str(after), str(START.micros)]
    ended = subprocess.run(arguments, cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL


def resumed(archivist: Archivist, state: Path) -> Report:
    """Go on with what a killed audit left."""
    with finished_in(state) as finished:
        return audit(archivist.store, now=LATER, finished=finished)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_audit_that_was_killed_goes_on_and_says_what_it_relies_on(archivist: Archivist, tmp_path: Path, after: int):
    state = tmp_path / "state"
    run_killed(archivist, state, after=after)
    report = resumed(archivist, state)
    assert report.sound
    assert report.resumed is not None
    assert (report.resumed.objects, report.resumed.since) == (2 * after, START)
    assert report.read == 6 - 2 * after
    assert "cut short" in report.unread[0]
    assert not state.exists()  # all is done: the next audit reads everything


def test_what_was_finished_is_relied_on_and_what_was_not_is_read(archivist: Archivist, tmp_path: Path):
    state = tmp_path / "state"
    run_killed(archivist, state, after=1)
    for name in ("one", "two", "three"):
        spoil(path_of(archivist, name))
    report = resumed(archivist, state)
    assert len(found(report)) == 2
    assert {code for code, _ in found(report)} == {"OBJECT_ALTERED"}


def test_what_is_gone_since_it_was_finished_is_missed(archivist: Archivist, tmp_path: Path):
    state = tmp_path / "state"
    run_killed(archivist, state, after=3)
    path_of(archivist, "one").unlink()
    assert found(resumed(archivist, state)) == {("OBJECT_MISSING", "one")}


def test_what_was_at_fault_is_read_again(archivist: Archivist, tmp_path: Path):
    state, path = tmp_path / "state", path_of(archivist, "two")
    whole = path.read_bytes()
    spoil(path)
    run_killed(archivist, state, after=3)
    path.write_bytes(whole)
    report = resumed(archivist, state)
    assert report.sound
    assert report.read == 2


def test_an_entry_that_was_exchanged_is_not_taken_for_finished(archivist: Archivist, tmp_path: Path):
    state = tmp_path / "state"
    run_killed(archivist, state, after=3)
    (archivist.folder / "store" / layout.entry(4)).unlink()
    ledger = Ledger(archivist.store)
    ledger.refresh()
    archivist.ledger = ledger
    archivist.seal("four")
    report = resumed(archivist, state)
    assert report.resumed is not None
    assert (report.resumed.objects, report.read) == (4, 2)


def test_a_file_that_is_no_audits_or_another_archives_is_refused_and_left_alone(archivist: Archivist, tmp_path: Path):
    state, content = tmp_path / "state", b"something else that somebody keeps here, longer than a header of SQLite" * 2
    state.write_bytes(content)
    with pytest.raises(ResumeUnusableError):
        resumed(archivist, state)
    assert state.read_bytes() == content
    database = tmp_path / "database"
    with closing(sqlite3.connect(database)) as another:
        another.execute("CREATE TABLE somebodys (own)")
    content = database.read_bytes()
    with pytest.raises(ResumeUnusableError):
        resumed(archivist, database)
    assert database.read_bytes() == content
    other = tmp_path / "other"
    run_killed(archivist, other, after=1)
    with pytest.raises(ResumeUnusableError), finished_in(other) as finished:
        finished.begin("elsewhere/1", START)
    assert resumed(archivist, other).resumed is not None


# In parallel


def test_processes_find_what_one_finds(archivist: Archivist, monkeypatch: pytest.MonkeyPatch):
    for number in range(6):
        archivist.seal(f"more-{number}")
    spoil(path_of(archivist, "two"))
    spoil(path_of(archivist, "more-3", "exchanges/blog"))
    alone = audit(archivist.store, now=START)
    monkeypatch.setattr(workers, "WORTH_STARTING", 0)
    monkeypatch.setattr(workers, "BATCH_ACTS", 2)
    together = audit(
        archivist.store, now=START, workers=Workers(2, partial(DirectoryStore, archivist.folder / "store"))
    )
    assert together == alone
    assert found(alone) == {("OBJECT_ALTERED", "two"), ("OBJECT_ALTERED", "more-3")}


def ended() -> DirectoryStore:
    """End this process as the system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_process_that_is_lost_ends_the_audit_with_advice(archivist: Archivist, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "WORTH_STARTING", 0)
    with pytest.raises(workers.WorkerLostError) as caught:
        audit(archivist.store, now=START, workers=Workers(2, ended))
    assert "--resume" in caught.value.do


def test_a_kept_file_says_what_it_is_of(archivist: Archivist):
    kept = kept_now(archivist)
    assert kept.size == 5
    assert kept.root == archivist.ledger.head.tree.root
    assert kept.root != digest_of("")
    assert kept.at == Instant(START.micros)
