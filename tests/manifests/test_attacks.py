"""The attacks on an archive, each performed on a real one, and the check that names it (docs/THREAT-MODEL.md)."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest

from archiver import importing, rounds
from manifests import chain
from manifests.acts import ActRefusedError
from manifests.archive import SOFTWARE
from manifests.audit import audit, keep, read_kept
from manifests.chain import ClockBehindError, Head
from manifests.ledger import Ledger, LedgerChangedError
from manifests.notes import Checkpoint, SignedNote
from manifests.registers import Snapshot
from manifests.replication import CopyAheadError, CopyDiffersError, compare, copy_archive
from manifests.signing import SigningKey
from manifests.witness.client import WitnessDisputesError
from schemas.holds import Scope
from schemas.ledger import HoldPlaced
from storage import layout
from storage.directory import DirectoryStore
from tests.manifests.archives import registered
from tests.manifests.checkpointing import START, Now, Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.findings import Report

FORGED = (registered("forged"),)
LINES = b'{"id":"%d","text":"Snow day","created_at":"2026-02-0%dT12:00:00.000Z"}\n'


@dataclass
class Scene:
    """An archive with records, a witness, an authority, an auditor who keeps what he saw, and a copy elsewhere."""

    office: Office
    kept: Path
    copy: DirectoryStore

    @property
    def store(self) -> Path:
        return self.office.home / "archive"

    def file(self, key: str) -> Path:
        return self.store / key

    def size(self) -> int:
        return len(list((self.store / "ledger").iterdir()))

    def capture(self, number: int) -> None:
        """Import two posts more."""
        source = self.office.home.parent / f"{number}.jsonl"
        source.write_bytes(b"".join(LINES % (2 * number + n, n + 1) for n in range(2)))
        archive = self.office.open()
        account = archive.ledger.history.accounts["x"]
        importing.import_file(archive, account, source, rounds.system_chance())

    def keep(self) -> None:
        """The auditor comes and keeps what he saw."""
        report = self.office.audit()
        assert report.sound, report.findings
        keep(self.kept, report, begun=self.office.now())

    def copy_out(self) -> None:
        """Bring the copy up to date."""
        copied = copy_archive(self.office.open().ledger, Ledger(self.copy), everything=True, tell=lambda *_: None)
        assert copied.failures == ()

    def compare(self) -> None:
        """Compare the archive with its copy."""
        compare(self.office.open().ledger, Ledger(self.copy)).refuse_ahead()

    def audited(self, *, again: bool = True) -> Report:
        """What the auditor finds when he comes again."""
        since = read_kept(self.kept) if again else None
        return audit(DirectoryStore(self.store), now=self.office.now(), since=since)

    def cut_off(self, number: int, *, everything: bool) -> None:
        """Remove the newest entries, and the checkpoints and what others said of them."""
        size = self.size()
        for index in range(size - number, size):
            self.file(layout.entry(index)).unlink()
        if everything:
            for prefix in layout.ATTESTING:
                for path in self.office.objects(prefix):
                    if any(str(gone) in path.as_posix() for gone in (f"{one:020d}" for one in range(size, 0, -1))):
                        path.unlink()
        self.office.forget()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    office = Office(tmp_path / "home", Now(START))
    with ExitStack() as stack:
        office.open()
        stack.enter_context(office.witnessed("county"))
        stack.enter_context(office.stamping("alpha"))
        office.checkpoint(needed=1)
        (tmp_path / "copy").mkdir()
        scene = Scene(office, tmp_path / "kept.json", DirectoryStore(tmp_path / "copy"))
        register = registered("x")
        account = msgspec.structs.replace(register.account, platform="x", url="https://x.example/")
        office.open().append(lambda _history: (msgspec.structs.replace(register, account=account),))
        assert office.make().lacking == ()  # names the neighbours
        for number in range(3):
            office.now.later(seconds=60)
            scene.capture(number)
        assert office.make().lacking == ()
        office.now.later(seconds=60)
        scene.keep()
        scene.copy_out()
        yield scene


def codes(report: Report) -> set[tuple[str, str]]:
    return {(finding.severity, finding.code) for finding in report.findings}


def faults(report: Report) -> set[tuple[str, str]]:
    """The code of every fault, and the object that it names."""
    return {(finding.code, finding.key) for finding in report.findings if finding.severity == "fault"}


def test_truncation_is_named_by_what_others_said_by_the_auditor_and_by_this_machine(scene: Scene):
    recalled = scene.office.open().home / "state" / "ledger.db"
    shutil.copy(recalled, recalled.with_suffix(".aside"))
    scene.cut_off(1, everything=False)
    assert ("fault", "ENTRIES_MISSING") in codes(scene.audited(again=False))
    assert ("fault", "LEDGER_ROLLED_BACK") in codes(scene.audited())
    scene.office.forget()
    shutil.copy(recalled.with_suffix(".aside"), recalled)
    with pytest.raises(LedgerChangedError):
        scene.office.open()


def test_a_rollback_that_hides_what_others_said_too_is_named_by_auditor_witness_and_copy(scene: Scene):
    scene.cut_off(1, everything=True)
    assert faults(scene.audited(again=False)) == set()
    assert ("fault", "LEDGER_ROLLED_BACK") in codes(scene.audited())
    with pytest.raises(CopyAheadError):
        scene.compare()
    with pytest.raises(WitnessDisputesError):
        scene.office.make()


def test_a_fork_by_the_owner_of_all_keys_is_named_by_auditor_witness_and_copy(scene: Scene):
    scene.cut_off(1, everything=True)
    for name in ("instead", "and-more"):
        scene.office.open().append(lambda _history, name=name: (registered(name),))
    assert scene.audited(again=False).sound  # by itself it is a whole archive: that is why others watch
    assert ("fault", "LEDGER_FORKED") in codes(scene.audited())
    with pytest.raises(CopyDiffersError):
        scene.compare()
    with pytest.raises(WitnessDisputesError):
        scene.office.make()


def test_a_second_checkpoint_of_one_size_is_named(scene: Scene):
    archive, size = scene.office.open(), scene.size()
    text = Checkpoint(archive.ledger.origin, size, archive.ledger.root_at(size - 1)).to_text()
    path = scene.file(layout.checkpoint(size))
    path.chmod(0o600)
    path.write_bytes(SignedNote.sign(text, archive.checkpoint_key()).to_bytes())
    assert faults(scene.audited()) == {("ENTRY_REFUSED", layout.checkpoint(size))}


def test_a_line_that_somebody_adds_to_a_checkpoint_is_named(scene: Scene):
    path = scene.file(layout.checkpoint(scene.size()))
    note = SignedNote.from_bytes(path.read_bytes())
    stranger = SignedNote.sign(note.text, SigningKey.generate("mallory"))
    path.chmod(0o600)
    path.write_bytes(SignedNote(note.text, (*note.signatures, *stranger.signatures)).to_bytes())
    assert faults(scene.audited()) == {("ENTRY_REFUSED", layout.checkpoint(scene.size()))}


def test_entries_in_another_order_are_named(scene: Scene):
    one, other = (scene.file(layout.entry(index)) for index in (3, 4))
    first, second = one.read_bytes(), other.read_bytes()
    for path, content in ((one, second), (other, first)):
        path.chmod(0o600)
        path.write_bytes(content)
    found = [finding for finding in scene.audited(again=False).findings if finding.severity == "fault"]
    assert (found[0].code, found[0].key) == ("ENTRY_REFUSED", layout.entry(3))


def test_an_object_exchanged_for_another_is_named(scene: Scene):
    partitions = scene.office.objects("partitions")
    partitions[0].chmod(0o600)
    partitions[0].write_bytes(partitions[1].read_bytes())
    found = [finding for finding in scene.audited(again=False).findings if finding.severity == "fault"]
    assert {finding.key for finding in found} == {partitions[0].relative_to(scene.store).as_posix()}
    assert {finding.code for finding in found} == {"OBJECT_ALTERED"}


def test_an_object_that_somebody_puts_there_is_named_and_its_records_count_for_nothing(scene: Scene):
    records = scene.audited(again=False).records
    partition = scene.office.objects("partitions")[0]
    shutil.copy(partition, partition.with_name("planted.parquet"))
    report = scene.audited(again=False)
    assert codes(report) == {("notice", "OBJECT_UNREFERENCED")}
    assert report.records == records


@pytest.mark.parametrize("whose", ["a stranger's key", "the checkpoint key"])
def test_a_forged_entry_is_refused_and_named(scene: Scene, whose: str):
    archive = scene.office.open()
    key = archive.checkpoint_key() if whose == "the checkpoint key" else SigningKey.generate("mallory/entry")
    place = layout.entry(scene.size())
    scene.file(place).write_bytes(forged(archive, key))
    assert ("ENTRY_REFUSED", place) in faults(scene.audited())


def forged(archive, key, *, acts=FORGED) -> bytes:
    ledger = archive.ledger
    entry = chain.entry_after(ledger.head, acts=acts, at=archive.now(), clock=archive.now(), actor="m", software="m")
    return chain.sign(ledger.origin, entry, key)


def test_a_capture_that_is_played_again_is_refused(scene: Scene):
    archive = scene.office.open()
    (act,) = archive.ledger.entry(scene.size() - 1).acts
    with pytest.raises(ActRefusedError):
        archive.append(lambda _history: (act,))
    place = layout.entry(scene.size())
    scene.file(place).write_bytes(forged(archive, archive.entry_key(), acts=(act,)))
    assert ("ENTRY_REFUSED", place) in faults(scene.audited())


def test_an_entry_that_is_played_again_is_refused(scene: Scene):
    size = scene.size()
    shutil.copy(scene.file(layout.entry(size - 1)), scene.file(layout.entry(size)))
    assert ("ENTRY_REFUSED", layout.entry(size)) in faults(scene.audited())


def test_a_writer_whose_clock_is_turned_back_is_refused(scene: Scene):
    scene.office.now.later(seconds=-3600)
    with pytest.raises(ClockBehindError):
        scene.office.grow("late")


def test_an_entry_dated_after_its_own_time_stamp_is_named(scene: Scene):
    true = scene.office.now.at
    scene.office.now.later(days=30)  # the writer's clock; the authority's stays where it was
    scene.office.grow("dated-ahead")
    scene.office.now.at = true
    made = scene.office.make()
    assert [lack.error.code for lack in made.lacking if lack.name == "alpha"] == ["STAMP_BEFORE_ENTRY"]


def test_destruction_without_authority_is_named(scene: Scene):
    gone = [scene.office.objects(prefix)[0] for prefix in ("partitions", "exchanges")]
    for path in gone:
        path.unlink()
    found = [finding for finding in scene.audited(again=False).findings if finding.severity == "fault"]
    assert {finding.key for finding in found} == {path.relative_to(scene.store).as_posix() for path in gone}
    assert {finding.code for finding in found} == {"OBJECT_MISSING"}


def test_a_capture_taken_out_of_the_ledger_is_named_by_whoever_saw_it(scene: Scene):
    """Whoever holds all keys writes the ledger anew without one capture; it is sound, and another one."""
    archive, size = scene.office.open(), scene.size()
    entries = [archive.ledger.entry(index) for index in range(size)]
    kept = [entry for index, entry in enumerate(entries) if index != size - 2]
    rewrite(scene, archive, kept)
    assert ("fault", "LEDGER_ROLLED_BACK") in codes(scene.audited())
    with pytest.raises(CopyDiffersError):
        scene.compare()
    with pytest.raises(WitnessDisputesError):
        scene.office.make()


def rewrite(scene: Scene, archive, entries) -> None:
    size, head, base = scene.size(), Head(), None
    scene.cut_off(size, everything=True)
    for old in entries:
        acts = tuple(
            msgspec.structs.replace(act, base=base) if hasattr(act, "poll") and act.poll.account == "x" else act
            for act in old.acts
        )
        entry = chain.entry_after(head, acts=acts, at=old.at, clock=old.clock, actor=old.actor, software=SOFTWARE)
        content = chain.sign(archive.ledger.origin, entry, archive.entry_key())
        scene.file(layout.entry(entry.index)).write_bytes(content)
        head = Head.after(entry, chain.leaf_of(content))
        base = entry.index if any(hasattr(act, "poll") for act in acts) else base


def test_a_hold_that_is_hidden_on_one_machine_is_in_the_ledger_for_all_others(scene: Scene):
    archive = scene.office.open()
    archive.append(lambda _history: (HoldPlaced(hold="case", reason="lawsuit", scope=Scope(accounts=("x",))),))
    registers = archive.ledger.history.registers
    snapshot = registers.snapshot()
    assert snapshot is not None
    without = snapshot.content.replace(b'"case"', b'"none"')
    assert without != snapshot.content
    registers.keep(Snapshot(snapshot.size + 1, snapshot.last, without))
    with pytest.raises(LedgerChangedError):  # what this machine says it saw is not what the store holds
        scene.office.open()
    scene.office.forget()
    assert "case" in scene.office.open().ledger.history.holds
