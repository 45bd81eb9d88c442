"""The frozen files of version 2 of records, proofs and productions: the good are accepted, the bad refused by code."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ediscovery.production import checking
from ediscovery.production.signed import SignedPdf
from manifests.proofs.file import RedactedProof, check_proof_of_record, read_proof_of_record
from manifests.proofs.record import RecordProof, native_in
from manifests.proofs.redacted import reasons
from manifests.proofs.vouching import Trust, vouch
from manifests.signing import Verifier
from schemas.errors import ArchiveError
from schemas.instant import Instant
from storage import parquet

V2 = Path(__file__).parent / "v2"
GOOD, BAD = V2 / "good", V2 / "bad"
FROZEN = "84efdef62ecb1240bba1d3f9dc199cbb3a8f77c5f2b2ca4c5a1a4a138c61c928"
"""SHA-256 over the name and SHA-256 of every file: whoever changes one has to change this line, too, and should not."""

AT = Instant.from_text("2026-12-01T00:00:00.000000Z")
TRUST = Trust(at=AT, verifier=Verifier.from_text((GOOD / "checkpoint.vkey").read_text()))


def checked(content: bytes, native: bytes | None = None):
    """What a proof proves; of a whole record by the native bytes in it."""
    proof = read_proof_of_record(content)
    return check_proof_of_record(content, native_in(proof) if isinstance(proof, RecordProof) else native, TRUST)


def test_not_one_byte_is_another() -> None:
    files = sorted(path for path in V2.rglob("*") if path.is_file())
    lines = [f"{path.relative_to(V2).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == FROZEN


def test_a_record_is_proved_and_lies_in_its_partition() -> None:
    proved = checked((GOOD / "record.proof").read_bytes())
    assert (proved.normalised.kind, proved.normalised.title) == ("post", "Bus")
    rows = list(parquet.read_rows(GOOD / "partition.parquet"))
    assert [row.record.id for row in rows] == [row.id for row in rows]
    assert {row.record.version for row in rows} == {2}
    assert proved.record in {row.id for row in rows}


def test_a_redacted_record_is_proved_as_far_as_it_is_shown() -> None:
    content = (GOOD / "redacted.proof").read_bytes()
    proof = read_proof_of_record(content)
    assert isinstance(proof, RedactedProof)
    proved = checked(content)
    assert proved.normalised.text == "About the bus.\nCall [redacted: FERPA]: [redacted: private]. Or walk!"
    assert (proved.normalised.author, proved.normalised.item) == (None, "5")
    assert reasons(proof.parts)["normalised.title"] == ("draft",)


def test_a_production_with_a_redacted_record_is_sound() -> None:
    handed = SignedPdf.read((GOOD / "production.pdf").read_bytes(), at=AT)
    report = checking.check(
        handed,
        check_record=lambda content, native: check_proof_of_record(content, native, TRUST),
        check_checkpoint=lambda note, claims: vouch(note, claims, TRUST),
    )
    assert report.sound
    assert len(report.records) == 4
    assert sum(any(words.startswith("It is redacted") for words in one.proved) for one in report.records) == 1


@pytest.mark.parametrize("path", sorted(BAD.iterdir()), ids=lambda path: path.stem)
def test_what_is_bad_is_refused_by_its_code(path: Path) -> None:
    with pytest.raises(ArchiveError) as refused:
        checked(path.read_bytes())
    assert refused.value.code == path.name.partition("--")[0]
