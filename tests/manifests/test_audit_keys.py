"""The audit of keys: what a stolen key signed is named and stays; damage to a change of keys accuses nothing else."""

from __future__ import annotations

import pytest

from manifests.audit import audit
from manifests.ceremony.proposals import Changes
from manifests.keyring import KeyNotInForceError
from manifests.notes import Checkpoint, NoteUnsignedError, SignedNote
from manifests.signing import SigningKey
from schemas.errors import IntegrityError
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content, read
from tests.manifests.archives import ORIGIN, Clock, registered
from tests.manifests.officers import Office, added, entry_key, revoked


@pytest.fixture
def office() -> Office:
    """An archive after its ceremony, with two keys for entries: entries 0 to 2."""
    office = Office().hold_ceremony()
    office.second = entry_key("capture-2")
    office.adopt(Changes(added=added(office.second)))
    return office


def found(office: Office, store: MemoryStore | None = None, *, trusted=None) -> list[tuple[str, str, str]]:
    """What the audit finds."""
    report = audit(store or office.writer.store, now=Clock()(), trusted=trusted)
    return [(finding.severity, finding.code, finding.key) for finding in report.findings]


def copied(store: MemoryStore, *, damaged: str | None = None) -> MemoryStore:
    """The same objects, one of them with other bytes."""
    copy = MemoryStore()
    for each in store.keys(""):
        copy.put_new(each, Content.of(b"damaged" if each == damaged else read(store, each)))
    return copy


def test_an_archive_whose_keys_changed_is_sound(office: Office) -> None:
    office.append(registered("blog"))
    office.append(registered("wiki"), by=office.second)
    office.ledger.checkpoint(office.writer.checkpoint_key)
    assert found(office) == []


def test_entries_that_a_thief_wrote_stay_and_are_named(office: Office) -> None:
    office.append(registered("before"), by=office.second)  # entry 3
    office.append(registered("forged"), by=office.second)
    office.append(registered("meanwhile"))
    office.append(registered("forged-too"), by=office.second)
    office.adopt(Changes(revoked=(revoked(office.second, 4),)))
    office.append(registered("after"))

    report = audit(office.writer.store, now=Clock()())
    assert report.sound
    assert [(one.severity, one.code, one.key) for one in report.findings] == [
        ("notice", "ENTRY_SUSPECT", layout.entry(4)),
        ("notice", "ENTRY_SUSPECT", layout.entry(6)),
    ]
    assert "Laptop stolen on May 2" in report.findings[0].what
    assert office.writer.ledger().refresh() == 9


def test_checkpoints_that_a_thief_may_have_signed_are_named(office: Office) -> None:
    old, new = office.writer.checkpoint_key, SigningKey.generate(ORIGIN)
    office.ledger.checkpoint(old)  # of 3 entries
    office.append(registered("blog"))
    office.ledger.checkpoint(old)  # of 4 entries
    office.adopt(Changes(added=added(new), revoked=(revoked(old, 4, "Found on a forum"),)))
    office.ledger.checkpoint(new)

    assert found(office) == [("notice", "CHECKPOINT_SUSPECT", layout.checkpoint(4))]
    assert found(office, trusted=new.verifier) == found(office)
    assert found(office, trusted=old.verifier) == [("fault", "KEY_NOT_TRUSTED", layout.entry(0)), *found(office)]


def test_a_retired_checkpoint_key_signs_no_more_and_what_it_signed_is_good(office: Office) -> None:
    old, new = office.writer.checkpoint_key, SigningKey.generate(ORIGIN)
    note = office.ledger.checkpoint(old)
    office.adopt(Changes(added=added(new), retired=(old.verifier,)))

    with pytest.raises(KeyNotInForceError):
        office.ledger.checkpoint(old)

    assert office.ledger.checkpoint_signer(note) == old.verifier
    assert office.ledger.checkpoint_signer(office.ledger.checkpoint(new)) == new.verifier
    assert found(office, trusted=old.verifier) == []


def test_a_checkpoint_by_a_key_that_was_not_in_force_at_its_size_is_a_fault(office: Office) -> None:
    old, new = office.writer.checkpoint_key, SigningKey.generate(ORIGIN)
    office.adopt(Changes(added=added(new), retired=(old.verifier,)))  # entry 3
    office.append(registered("blog"))
    office.ledger.checkpoint(new)  # of 5 entries
    assert found(office) == []

    for size, key in ((3, new), (4, old)):  # each by the key of the other time
        note = SignedNote.sign(Checkpoint(ORIGIN, size, office.ledger.root_at(size)).to_text(), key)
        with pytest.raises(NoteUnsignedError):
            office.ledger.checkpoint_signer(note)
        store = copied(office.writer.store)
        store.put_new(layout.checkpoint(size), Content.of(note.to_bytes()))
        assert found(office, store) == [("fault", "NOTE_UNSIGNED", layout.checkpoint(size))]


def test_two_machines_with_keys_of_their_own_share_the_checkpoint_of_one_size(office: Office) -> None:
    second = SigningKey.generate(ORIGIN)
    office.adopt(Changes(added=added(second)))
    first = office.ledger.checkpoint(office.writer.checkpoint_key)

    again = office.ledger.checkpoint(second)

    assert again == first
    assert office.ledger.checkpoint_signer(again) == office.writer.checkpoint_key.verifier


def test_a_foreign_checkpoint_in_the_place_of_ours_is_refused(office: Office) -> None:
    other = Office()
    size = office.ledger.head.size
    for number in range(size - 1):
        other.append(registered(f"a{number}"))
    note = other.ledger.checkpoint(other.writer.checkpoint_key)
    office.writer.store.put_new(layout.checkpoint(size), Content.of(note.to_bytes()))
    with pytest.raises(IntegrityError):
        office.ledger.checkpoint(office.writer.checkpoint_key)


@pytest.mark.parametrize("damaged", range(7))
def test_a_damaged_entry_is_named_and_nothing_else_also_when_it_changed_the_keys(office: Office, damaged: int) -> None:
    third, checkpoint = entry_key("capture-3"), SigningKey.generate(ORIGIN)
    office.ledger.checkpoint(office.writer.checkpoint_key)
    swap = Changes(
        added=added(third, checkpoint), retired=(office.writer.key.verifier, office.writer.checkpoint_key.verifier)
    )
    office.adopt(swap, by=third)  # entry 3
    office.append(registered("blog"), by=office.second)
    office.adopt(Changes(retired=(office.second.verifier,)), by=third)
    office.append(registered("wiki"), by=third)
    office.ledger.checkpoint(checkpoint)
    assert found(office) == []

    key = layout.entry(damaged)
    assert {(severity, name) for severity, _, name in found(office, copied(office.writer.store, damaged=key))} == {
        ("fault", key)
    }
