"""Statements of root keys: what they may say, who must sign them, which follows which; every refusal by name."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.ceremony.proposals import Changes, ProposalError
from manifests.keyring import KeyRing
from manifests.notes import SignedNote
from manifests.signing import SigningKey, Verifier
from manifests.statements import StatementRefusedError, StatementUnsignedError, read_statement, statement_text
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.keys import KeyStatement
from schemas.ledger import KeysChanged
from storage import layout
from tests.manifests.archives import ORIGIN, registered
from tests.manifests.officers import Office, added, entry_key, revoked


@pytest.fixture
def office() -> Office:
    """An archive after its ceremony: two of three officers decide, in entry 1."""
    return Office().hold_ceremony()


def restated(office: Office, *signers: SigningKey, **changes) -> str:
    """The statement that is in force with fields changed, whatever the rules say, as the next one, signed."""
    last = office.ledger.history.keys.statement
    statement = msgspec.structs.replace(
        last.statement, **{"version": last.statement.version + 1, "previous": last.digest, **changes}
    )
    note = SignedNote.sign(statement_text(ORIGIN, statement), *(signers or (office.alice, office.bob)))
    return note.to_bytes().decode()


def test_one_of_three_officers_decides_nothing(office: Office) -> None:
    with pytest.raises(StatementUnsignedError, match="1 of the 2") as caught:
        office.adopt(Changes(added=added(entry_key("x"))), office.carol)
    assert "alice, bob" in caught.value.do
    assert not office.writer.store.exists(layout.entry(2))


def test_a_lost_root_key_is_replaced_by_the_others(office: Office) -> None:
    dan = SigningKey.generate("dan")
    office.adopt(Changes(roots=(dan.verifier,), retired=(office.alice.verifier,)), office.bob, office.carol)
    office.adopt(Changes(added=added(entry_key("x"))), dan, office.carol)
    with pytest.raises(ProposalError, match="no root key"):
        office.adopt(Changes(added=added(entry_key("y"))), office.alice, office.bob)


def test_new_root_keys_sign_too_and_old_ones_alone_cannot_leave_the_archive_to_keys_that_nobody_has(
    office: Office,
) -> None:
    dan, eve = SigningKey.generate("dan"), SigningKey.generate("eve")
    others = Changes(roots=(dan.verifier, eve.verifier), retired=office.officers)
    with pytest.raises(StatementUnsignedError, match="statement 2"):
        office.adopt(others, office.alice, office.bob, dan)
    with pytest.raises(StatementUnsignedError, match="statement 1"):
        office.adopt(others, office.alice, dan, eve)
    office.adopt(others, office.alice, office.bob, dan, eve)


def test_a_revocation_may_be_found_to_reach_further_back_and_is_never_taken_back(office: Office) -> None:
    stolen = entry_key("stolen")
    office.adopt(Changes(added=added(stolen)))
    office.append(registered())
    office.adopt(Changes(revoked=(revoked(stolen, 4),)))

    with pytest.raises(StatementRefusedError, match="takes a revocation back"):
        office.adopt(Changes(revoked=(revoked(stolen, 5),)))
    office.adopt(Changes(revoked=(revoked(stolen, 3, "It was earlier"),)))
    with pytest.raises(StatementRefusedError, match="takes a revocation back"):
        office.ledger.history.keys.adopting(restated(office, revoked=()), index=6)
    assert office.ledger.history.keys.find_revocation(stolen.verifier).since == 3


def test_a_key_is_not_revoked_from_an_entry_on_that_is_not_written(office: Office) -> None:
    with pytest.raises(StatementRefusedError, match="not written yet"):
        office.note(Changes(added=added(entry_key("x")), revoked=(revoked(office.writer.key, 3),)))


def test_what_was_never_in_force_is_neither_revoked_nor_retired(office: Office) -> None:
    with pytest.raises(StatementRefusedError, match="never in force"):
        office.note(Changes(revoked=(revoked(entry_key("x"), 0),)))
    with pytest.raises(ProposalError, match="not in force"):
        office.note(Changes(retired=(entry_key("x").verifier,)))


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "\x1b[31mred", "x" * 501])
def test_a_reason_is_one_printable_line(office: Office, reason: str) -> None:
    stolen = entry_key("stolen")
    office.adopt(Changes(added=added(stolen)))
    with pytest.raises(StatementRefusedError, match="reason"):
        office.note(Changes(revoked=(revoked(stolen, 0, reason),)))


def test_every_purpose_and_every_job_has_a_key_of_its_own(office: Office) -> None:
    key, twin = entry_key("capture-2"), office.writer.checkpoint_key.under(f"{ORIGIN}/entry/capture-2")
    for keys in ((key, key), (key, key.under(f"{ORIGIN}/entry/capture-3")), (twin,)):
        with pytest.raises(StatementRefusedError, match="twice"):
            office.note(Changes(added=added(*keys)))
    with pytest.raises(StatementRefusedError, match="twice"):
        office.note(Changes(roots=(office.writer.key.under("dan").verifier,)))


def test_a_key_keeps_its_name_and_purpose_also_when_it_was_retired(office: Office) -> None:
    key = entry_key("capture-2")
    office.adopt(Changes(added=added(key)))
    office.adopt(Changes(retired=(key.verifier,)))
    for other in (key.under(f"{ORIGIN}/entry/capture-3"), key.under(ORIGIN)):
        with pytest.raises(StatementRefusedError, match="would be for"):
            office.note(Changes(added=added(other)))
    office.adopt(Changes(added=added(key)))


def twins(name: str) -> tuple[Verifier, Verifier]:
    """Two public keys of one name whose ids of four bytes are the same: a hundred thousand guesses find them."""
    met: dict[bytes, Verifier] = {}
    for number in itertools.count():
        guess = Verifier(name, Digest.of(b"%d" % number).raw)
        if other := met.get(guess.id):
            return other, guess
        met[guess.id] = guess
    raise AssertionError


def test_root_keys_that_a_note_cannot_tell_apart_are_refused(office: Office) -> None:
    one, two = twins("dan")
    with pytest.raises(StatementRefusedError, match="one name and one id"):
        office.note(Changes(roots=(one, two)))
    office.adopt(Changes(roots=(one,)))
    with pytest.raises(StatementRefusedError, match="one name and one id"):
        office.note(Changes(roots=(two,), retired=(one,)))


@pytest.mark.parametrize(
    ("name", "said"),
    [("josé", "a root key is named"), ("x" * 101, "a root key is named"), ("\u202enad", "cannot name")],
)
def test_a_root_key_is_named_by_a_word_that_every_version_of_unicode_prints(
    office: Office, name: str, said: str
) -> None:
    with pytest.raises(ArchiveError, match=said):
        office.note(Changes(roots=(Verifier(name, SigningKey.generate("dan").verifier.public),)))


@pytest.mark.parametrize("name", [f"{ORIGIN}/entry/", f"{ORIGIN}/entry/Two", f"{ORIGIN}/entry/a/b", "else/entry", "x"])
def test_keys_for_entries_are_named_after_the_archive_and_a_job(office: Office, name: str) -> None:
    with pytest.raises(StatementRefusedError, match="is named"):
        office.note(Changes(added=added(SigningKey.generate(name))))


def test_some_key_is_left_for_every_purpose(office: Office) -> None:
    for key in (office.writer.key, office.writer.checkpoint_key):
        with pytest.raises(StatementRefusedError, match="leaves no key"):
            office.note(Changes(retired=(key.verifier,)))


@pytest.mark.parametrize("needed", [0, 4])
def test_more_root_keys_than_there_are_cannot_be_needed_nor_none(office: Office, needed: int) -> None:
    with pytest.raises(StatementRefusedError, match=f"wants {needed} signatures of 3"):
        office.ledger.history.keys.adopting(restated(office, needed=needed), index=2)


@pytest.mark.parametrize(
    "changes", [{"version": 1}, {"version": 3}, {"previous": None}, {"previous": Digest.of(b"another")}]
)
def test_a_statement_follows_the_one_that_is_in_force(office: Office, changes: dict) -> None:
    with pytest.raises(StatementRefusedError, match="version 2 is due"):
        office.ledger.history.keys.adopting(restated(office, **changes), index=2)


def test_of_two_statements_that_were_signed_for_one_place_the_first_that_is_adopted_counts(office: Office) -> None:
    one, two = (office.note(Changes(added=added(entry_key(job))), office.alice, office.bob) for job in ("one", "two"))
    office.append(KeysChanged(statement=one))
    with pytest.raises(StatementRefusedError, match="version 3 is due"):
        office.append(KeysChanged(statement=two))
    with pytest.raises(StatementRefusedError, match="adopted already"):
        office.append(KeysChanged(statement=one))


def test_a_statement_of_another_archive_is_refused(office: Office) -> None:
    ring = office.ledger.history.keys
    with pytest.raises(StatementRefusedError, match="another archive"):
        KeyRing("else/1", ring.periods).adopting(restated(office), index=2)


def test_signatures_that_do_not_count_are_refused(office: Office) -> None:
    ring, stranger = office.ledger.history.keys, SigningKey.generate("stranger")
    with pytest.raises(StatementRefusedError, match="no root key"):
        ring.adopting(restated(office, office.alice, office.bob, stranger), index=2)
    with pytest.raises(StatementRefusedError, match="two signatures by one key"):
        ring.adopting(restated(office, office.alice, office.alice), index=2)


def test_a_statement_of_a_later_format_is_refused_with_the_advice_to_update(office: Office) -> None:
    note = SignedNote.sign(read_statement(restated(office)).note.text.replace("keys/v1", "keys/v2"), office.alice)
    with pytest.raises(StatementRefusedError, match="Update Holdfast"):
        office.append(KeysChanged(statement=note.to_bytes().decode()))


def test_any_flipped_bit_of_a_statement_is_refused(office: Office) -> None:
    note = office.note(Changes(added=added(entry_key("x"))), office.alice, office.bob).encode()
    for position in range(len(note)):
        flipped = bytearray(note)
        flipped[position] ^= 1 << position % 7
        with pytest.raises(ArchiveError):
            office.ledger.history.keys.adopting(flipped.decode(errors="replace"), index=2)


statements = st.builds(
    KeyStatement,
    version=st.integers(0, 2**53 - 1),
    needed=st.integers(0, 2**53 - 1),
    roots=st.lists(st.text(max_size=20), max_size=4).map(tuple),
    keys=st.just(()),
    previous=st.none() | st.binary(min_size=32, max_size=32).map(Digest),
)


@given(statements)
def test_a_statement_has_one_spelling_and_survives_it(statement: KeyStatement) -> None:
    assert KeyStatement.from_bytes(statement.to_bytes()) == statement
