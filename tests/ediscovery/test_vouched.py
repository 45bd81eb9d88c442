"""What a production says of who vouches for its checkpoint, and how that is judged from the file alone."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ediscovery.production.checking import check
from ediscovery.production.render import render
from ediscovery.production.signed import SignedPdf
from manifests.notes import SignedNote
from manifests.proofs.vouching import Trust, chain_of, vouch
from manifests.signing import SigningKey
from manifests.timestamps import renewal
from manifests.timestamps.stamp import request, settle
from manifests.witness.cosignatures import Cosigner, cosign
from schemas.digest import Digest
from tests import tsa
from tests.ediscovery.productions import NOW, Item, check_record, document_of, signer_of

DAY = 86_400


@pytest.fixture(scope="module")
def vouched():
    """A document whose checkpoint one of two witnesses cosigned, stamped by an authority for thirty days."""
    document = document_of(Item("The bus leaves at 7:15."))
    note = SignedNote.from_bytes(document.checkpoint.encode())
    county, school = (SigningKey.generate(f"{name}.example") for name in ("county", "school"))
    authority = tsa.make_authority("Alpha", since=NOW.plus(seconds=-DAY), days=30)
    stamp = settle(tsa.stamp(request(renewal.covered(note.text), nonce=1), authority, at=NOW))
    claims = msgspec.structs.replace(
        document.claims,
        needed=1,
        witnesses=tuple(Cosigner.of(key).to_text() for key in (county, school)),
        stamps=(chain_of("alpha", [stamp], [authority.root.public_bytes(Encoding.DER)]),),
    )
    cosigned = SignedNote(note.text, (*note.signatures, cosign(note.text, county, at=NOW)))
    return replace(document, claims=claims, checkpoint=cosigned.to_bytes().decode())


def checked(document, *, at=NOW):
    signer, _ = signer_of()
    pdf = signer.sign(render(document, first_number=1).pdf, reason="Production 1", at=NOW)
    trust = Trust(at=at)
    return check(
        SignedPdf.read(pdf, at=at),
        check_record=check_record,
        check_checkpoint=lambda note, claims: vouch(note, claims, trust),
    )


def codes(report) -> set[tuple[str, str]]:
    return {(finding.code, finding.severity) for finding in report.findings}


def test_who_cosigned_and_stamped_is_said_once_and_not_of_every_record(vouched) -> None:
    report = checked(vouched)
    assert report.sound
    assert report.vouched[1:] == (
        f"Cosigned by 1 of 2 witnesses (1 needed): county.example at {NOW}.",
        f"It was there at {NOW}, as Alpha stamped.",
    )
    (root,) = report.roots
    assert str(root) in report.to_text()
    assert report.to_text().count("as Alpha stamped") == 1
    assert "No authority stamped" not in report.to_text()
    assert [len(record.proved) for record in report.records] == [2]


def test_the_keys_that_a_production_names_for_its_witnesses_are_shown_to_be_compared(vouched) -> None:
    report = checked(vouched)
    assert report.witnesses == vouched.claims.witnesses
    assert all(key in report.to_text() for key in vouched.claims.witnesses)
    assert "compare them with what the witnesses publish" in report.to_text()


def test_a_stamp_that_ended_is_told_of_and_the_production_stays_sound(vouched) -> None:
    report = checked(vouched, at=NOW.plus(seconds=60 * DAY))
    assert report.sound
    assert ("TIMESTAMP_ENDED", "notice") in codes(report)
    assert "The time stamp by alpha can no longer be verified: its certificates ended." in report.vouched


def test_a_line_or_a_stamp_that_does_not_hold_makes_a_production_unsound(vouched) -> None:
    other = tsa.make_authority("Alpha", since=NOW.plus(seconds=-DAY))
    over = settle(tsa.stamp(request(Digest.of(b"something else"), nonce=1), other, at=NOW))
    moved = chain_of("alpha", [over], [other.root.public_bytes(Encoding.DER)])
    stamped = replace(vouched, claims=msgspec.structs.replace(vouched.claims, stamps=(moved,)))
    assert ("TIMESTAMP_IMPRINT", "fault") in codes(checked(stamped))
    note = SignedNote.from_bytes(vouched.checkpoint.encode())
    line = note.signatures[1]
    forged = SignedNote(
        note.text, (note.signatures[0], replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1])))
    )
    report = checked(replace(vouched, checkpoint=forged.to_bytes().decode()))
    assert ("SIGNATURE_REFUSED", "fault") in codes(report)
    assert [step.verdict for step in report.steps][7] == "faulty"


def test_records_and_statements_of_another_checkpoint_are_found(vouched) -> None:
    report = checked(replace(vouched, ledger_size=vouched.ledger_size - 1))
    assert codes(report) >= {("CHECKPOINT_DIFFERS", "fault"), ("PROOF_OF_ANOTHER_CHECKPOINT", "fault")}
    assert not report.sound
