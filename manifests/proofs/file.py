"""The one file format of proofs (FORMAT 6.1): read, and told what it proves."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from manifests.acts import FormatUnknownError
from manifests.proofs import record, redacted
from manifests.proofs.continuity import ContinuityProof
from manifests.proofs.hops import PROOF_FORMATS, refused
from manifests.proofs.record import RecordProof
from manifests.proofs.redacted import RedactedProof
from schemas.canonical import NotCanonicalError, unspell
from schemas.record import Normalised, Provenance

if TYPE_CHECKING:
    from manifests.proofs.hops import Proved
    from manifests.proofs.vouching import Trust

LARGEST = 400 << 20
"""The native bytes of a record may be 256 MiB; in base64 they are a third more."""

ProofOfRecord: TypeAlias = RecordProof | RedactedProof
Proof: TypeAlias = ProofOfRecord | ContinuityProof
PROOF_FORMAT = PROOF_FORMATS[1]
KNOWN: dict[type[Proof], tuple[str, ...]] = {
    ContinuityProof: (PROOF_FORMAT,),
    RecordProof: tuple(PROOF_FORMATS.values()),
    RedactedProof: (PROOF_FORMATS[2],),
}


def read_proof(content: bytes) -> Proof:
    """Read a proof file in its one spelling.

    Raises:
        NotCanonicalError: it is none.
        FormatUnknownError: it is of a later format.
    """
    if len(content) > LARGEST:
        raise NotCanonicalError(f"A proof file has at most {LARGEST} bytes.", do="Do not use this file.")
    proof: Proof = unspell(content, Proof)
    if proof.to_bytes() != content:
        raise NotCanonicalError("The proof is not in its canonical spelling.", do="Ask for the file again.")
    known = KNOWN[type(proof)]
    if proof.format not in known:
        raise FormatUnknownError(
            f"The proof is of format {proof.format[:40]!r}; this version knows {', '.join(known)}.",
            do="Update Holdfast.",
        )
    return proof


def read_record_proof(content: bytes) -> RecordProof:
    """Read the proof of a record that is shown whole (``read_proof``).

    Raises:
        NotCanonicalError: it proves something else.
    """
    proof = read_proof(content)
    if not isinstance(proof, RecordProof):
        raise NotCanonicalError("This proof is not that of a whole record.", do="Give the file of a record's proof.")
    return proof


def read_proof_of_record(content: bytes) -> ProofOfRecord:
    """Read the proof of a record that is shown whole, or redacted (``read_proof``).

    Raises:
        NotCanonicalError: it proves something else.
    """
    proof = read_proof(content)
    if isinstance(proof, ContinuityProof):
        raise NotCanonicalError("This proof is not that of a record.", do="Give the file of a record's proof.")
    return proof


def shown_in(proof: ProofOfRecord) -> tuple[Normalised, Provenance]:
    """Return what a proof shows of its record; whether it is so, is not judged here.

    Raises:
        IntegrityError: a part of the proof is not in its one spelling.
    """
    if isinstance(proof, RedactedProof):
        return redacted.view_of(proof.parts)
    return Normalised.from_bytes(proof.normalised.encode()), Provenance.from_bytes(proof.provenance.encode())


def check_proof_of_record(content: bytes, native: bytes | None, trust: Trust) -> Proved:
    """Return what a proof proves of a record whose native bytes are at hand, or are not, because it is redacted.

    Raises:
        IntegrityError: it proves something else, or nothing.
        PolicyError: a time stamp is not trusted.
    """
    match read_proof_of_record(content), native:
        case RecordProof() as proof, bytes():
            return record.check(proof, native, trust)
        case RedactedProof() as proof, None:
            return redacted.check(proof, trust)
        case _:
            raise refused("native bytes are handed over of every record that is not redacted, and of no other")
