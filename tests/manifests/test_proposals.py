"""Proposals of keys on their way: what their file may be, who may sign, and what a reader is told in plain words."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from manifests.ceremony.carrying import CarriedFileError
from manifests.ceremony.files import load_proposal, read_verifier, save_proposal
from manifests.ceremony.proposals import (
    Changes,
    ProposalError,
    Proposed,
    approver_key_name,
    propose,
    read_proposal,
    signed,
)
from manifests.ceremony.words import changes_in_words, keys_in_words, waiting_in_words
from manifests.signing import KeyMalformedError, SigningKey
from manifests.statements import StatementRefusedError
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.keys import KeyProposal
from tests.manifests.archives import ORIGIN
from tests.manifests.officers import Office, added, entry_key, revoked


@pytest.fixture
def office() -> Office:
    """An archive after its ceremony."""
    return Office().hold_ceremony()


def proposed(office: Office, changes: Changes) -> Proposed:
    return propose(office.ledger.history.keys, changes, size=office.ledger.head.size)


def test_a_proposal_survives_its_file_with_and_without_signatures(office: Office, tmp_path) -> None:
    bare = proposed(office, Changes(added=added(entry_key("x"))))
    once = signed(bare, office.alice)
    for number, one in enumerate((bare, once, signed(once, office.carol))):
        save_proposal(tmp_path / f"{number}.json", one, new=True)
        assert load_proposal(tmp_path / f"{number}.json") == one


def test_the_first_proposal_lists_the_keys_of_the_first_entry_and_shows_all_of_them() -> None:
    office = Office()
    first = proposed(office, office.first)
    assert read_proposal(first.to_proposal().to_bytes()) == first
    assert first.new.statement.keys == added(office.writer.key, office.writer.checkpoint_key)
    for key in (office.writer.key, office.writer.checkpoint_key):
        assert any(line.startswith(f"Key: {key.name} ({key.verifier.id.hex()})") for line in changes_in_words(first))


def test_any_flipped_bit_of_a_signed_proposal_is_refused_or_still_says_the_same(office: Office) -> None:
    change = signed(proposed(office, Changes(added=added(entry_key("x")))), office.alice)
    content = change.to_proposal().to_bytes()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 7
        try:
            found = read_proposal(bytes(flipped))
        except ArchiveError:
            continue
        assert found.new == change.new, position  # what differs are signatures under the statement before


def test_a_proposal_that_tells_of_another_statement_before_it_is_refused(office: Office) -> None:
    honest = proposed(office, Changes(added=added(entry_key("x"))))
    other = Office().hold_ceremony().ledger.history.keys.statement
    for before in (None, other):
        with pytest.raises(StatementRefusedError, match="is due"):
            read_proposal(replace(honest, before=before).to_proposal().to_bytes())


def test_only_root_keys_sign_and_each_once(office: Office) -> None:
    change = proposed(office, Changes(added=added(entry_key("x"))))
    once = signed(change, office.alice.under("whatever"))
    assert signed(once, office.alice) == once
    with pytest.raises(ProposalError, match="no root key") as caught:
        signed(once, SigningKey.generate("alice"))
    assert "alice, bob, carol" in caught.value.do


def test_what_changes_is_said_in_plain_words(office: Office) -> None:
    stolen, new = entry_key("stolen"), entry_key("new")
    dan = SigningKey.generate("dan")
    office.adopt(Changes(added=added(stolen)))
    change = proposed(
        office,
        Changes(
            roots=(dan.verifier,),
            needed=3,
            added=added(new),
            retired=(office.writer.key.verifier,),
            revoked=(revoked(stolen, 2),),
        ),
    )

    def named(key: SigningKey) -> str:
        return f"{key.name} ({key.verifier.id.hex()})"

    assert changes_in_words(change) == (
        f"New root key: {named(dan)}",
        "Root keys that must sign: 3 of 4 (before: 2 of 3)",
        f"New key: {named(new)} for entries",
        f"Retired: {named(office.writer.key)} for entries; what it signed stays good",
        f"REVOKED: {named(stolen)}; what it signed from entry 2 on is suspect: Laptop stolen on May 2",
    )
    assert waiting_in_words(change) == ("2 more of: alice, bob, carol", "3 more of: alice, bob, carol, dan")
    assert waiting_in_words(proposed(office, Changes(added=added(new)))) == ("2 more of: alice, bob, carol",)
    assert waiting_in_words(signed(change, office.bob)) == ("1 more of: alice, carol", "2 more of: alice, carol, dan")
    assert any(dan.verifier.to_text() in line for line in keys_in_words(change))


def test_a_proposal_that_changes_nothing_is_refused(office: Office) -> None:
    with pytest.raises(ProposalError, match="changes nothing"):
        proposed(office, Changes())
    with pytest.raises(ProposalError, match="changes nothing"):
        proposed(office, Changes(needed=2))


def test_the_first_proposal_says_how_many_must_sign() -> None:
    office = Office()
    with pytest.raises(ProposalError, match="how many"):
        proposed(office, Changes(roots=office.officers))


def test_a_proposal_is_not_put_over_another_file(office: Office, tmp_path) -> None:
    change = proposed(office, Changes(added=added(entry_key("x"))))
    save_proposal(tmp_path / "a.json", change, new=True)
    with pytest.raises(CarriedFileError, match="exists already"):
        save_proposal(tmp_path / "a.json", change, new=True)
    with pytest.raises(CarriedFileError, match="cannot be written"):
        save_proposal(tmp_path / "missing" / "a.json", change, new=True)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b"[]", b'{"text":""}', b'{"text":"a\\n\\nb\\n"}', b"x" * 3_000_000]
)
def test_files_that_are_no_proposals_are_refused(tmp_path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ArchiveError):
        load_proposal(tmp_path / "a.json")


def test_control_characters_reach_no_terminal(office: Office) -> None:
    change = proposed(office, Changes(added=added(entry_key("x")))).to_proposal()
    for text in (change.text.replace(ORIGIN, "\x1b[31mred"), change.text.replace("entry/x", "entry/\\u001b[31m")):
        with pytest.raises(ArchiveError) as caught:
            read_proposal(msgspec.structs.replace(change, text=text).to_bytes())
        assert "\x1b" not in str(caught.value)


def test_a_public_key_is_given_as_it_is_printed_or_as_its_file(tmp_path) -> None:
    verifier = entry_key("x").verifier
    (tmp_path / "x.pub").write_text(f"{verifier.to_text()}\n")
    assert read_verifier(verifier.to_text()) == read_verifier(str(tmp_path / "x.pub")) == verifier
    (tmp_path / "y+z.pub").write_text("nonsense")
    for text, error in (
        ("nowhere", CarriedFileError),
        ("a+b", KeyMalformedError),
        (str(tmp_path / "y+z.pub"), KeyMalformedError),
    ):
        with pytest.raises(error):
            read_verifier(text)


def test_a_proposal_has_one_spelling() -> None:
    proposal = KeyProposal(text="x\n", signatures=("— a b",), current="y")
    assert KeyProposal.from_bytes(proposal.to_bytes()) == proposal
    assert Digest.of(proposal.to_bytes()) == Digest.of(KeyProposal.from_bytes(proposal.to_bytes()).to_bytes())


def test_before_the_ceremony_people_who_approve_are_told_that_it_comes_first() -> None:
    office = Office()
    with pytest.raises(ProposalError, match="No root key decides") as refused:
        proposed(office, Changes(added=added(entry_key("x"))))
    assert "ceremony" in refused.value.do


@pytest.mark.parametrize("origin", ["Maple Grove USD: archive maple-grove/0a1b2c3d", "", "maple+grove/0a1b2c3d"])
def test_what_is_no_archives_name_is_not_the_name_of_a_key(origin: str) -> None:
    with pytest.raises(ProposalError, match="is no archive's name"):
        approver_key_name(origin, "records-officer", "jane")
