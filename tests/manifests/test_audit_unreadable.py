"""Where the ledger cannot be read an audit says what it could not judge, calls nothing sound, and accuses nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.audit import audit, keep, read_kept
from manifests.ceremony.proposals import Changes
from manifests.notes import Checkpoint, SignedNote
from manifests.signing import SigningKey
from schemas.digest import Digest
from storage import layout
from storage.directory import DirectoryStore
from storage.memory import MemoryStore
from storage.objects import Content, read
from tests.manifests.archives import ORIGIN, START, Writer, registered
from tests.manifests.officers import Office, added
from tests.manifests.test_audit_keys import copied

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Kept, Report


def verdicts(report: Report) -> dict[int, str]:
    """What each step says, by its number."""
    return {step.number: step.verdict for step in report.steps}


def found(report: Report) -> set[tuple[str, str]]:
    """What is at fault, and where."""
    return {(finding.code, finding.key) for finding in report.findings if finding.severity == "fault"}


@pytest.fixture
def office() -> Office:
    """An archive of a few entries."""
    office = Office().hold_ceremony()
    for number in range(4):
        office.append(registered(f"account-{number}"))
    return office


def test_no_ledger_is_not_a_sound_one(office: Office, tmp_path: Path) -> None:
    office.ledger.checkpoint(office.writer.checkpoint_key)
    store = MemoryStore()
    for key in office.writer.store.keys(layout.CHECKPOINTS):
        store.put_new(key, Content.of(read(office.writer.store, key)))
    for nothing in (MemoryStore(), DirectoryStore(tmp_path / "none"), store):
        report = audit(nothing, now=START, trusted=office.writer.checkpoint_key.verifier)
        assert not report.sound
        assert found(report) == {("LEDGER_MISSING", layout.entry(0))}
        assert "sound" not in {verdicts(report)[number] for number in (1, 2)}
        assert report.checkpoint is None


def test_continuity_that_cannot_be_judged_is_not_sound(office: Office, tmp_path: Path) -> None:
    kept = kept_of(office, tmp_path)
    other = Office(writer=Writer(key=office.writer.key, checkpoint_key=office.writer.checkpoint_key))
    for number in range(office.ledger.head.size - 1):
        other.append(registered(f"another-{number}"))
    last = office.ledger.head.size - 1
    report = audit(copied(other.writer.store, damaged=layout.entry(last)), now=START, since=kept)
    assert found(report) == {("ENTRY_REFUSED", layout.entry(last))}
    assert verdicts(report)[11] == "not checked"


def test_a_checkpoint_that_nothing_readable_vouches_for_is_not_counted_as_sound(office: Office) -> None:
    genuine = office.ledger.checkpoint(office.writer.checkpoint_key)
    store = copied(office.writer.store, damaged=layout.entry(2))
    stranger = SigningKey.generate(ORIGIN)
    forged = SignedNote.sign(Checkpoint(ORIGIN, 9, Digest.of(b"x")).to_text(), stranger)
    store.put_new(layout.checkpoint(9), Content.of(forged.to_bytes()))
    report = audit(store, now=START)
    assert found(report) == {("ENTRY_REFUSED", layout.entry(2))}
    assert verdicts(report)[3] == "not checked"
    assert report.checkpoint == genuine.to_bytes().decode()


def test_a_key_that_a_damaged_entry_put_in_force_is_not_accused(office: Office) -> None:
    new = SigningKey.generate(ORIGIN)
    office.adopt(Changes(added=added(new)))
    office.append(registered("later"))
    damaged = layout.entry(office.ledger.head.size - 2)
    report = audit(copied(office.writer.store, damaged=damaged), now=START, trusted=new.verifier)
    assert found(report) == {("ENTRY_REFUSED", damaged)}
    assert verdicts(report)[2] == "not checked"


def kept_of(office: Office, folder: Path) -> Kept:
    """What an audit of the office's archive leaves."""
    keep(folder / "kept.json", audit(office.writer.store, now=START), begun=START)
    return read_kept(folder / "kept.json")
