"""The one file format of proofs (FORMAT 6.1): read, and told what it proves."""

from __future__ import annotations

from typing import TypeAlias

from manifests.acts import FormatUnknownError
from manifests.proofs.continuity import ContinuityProof
from manifests.proofs.record import RecordProof
from schemas.canonical import NotCanonicalError, unspell

PROOF_FORMAT = "holdfast-proof/v1"
LARGEST = 400 << 20
"""The native bytes of a record may be 256 MiB; in base64 they are a third more."""

Proof: TypeAlias = RecordProof | ContinuityProof


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
    if proof.format != PROOF_FORMAT:
        raise FormatUnknownError(
            f"The proof is of format {proof.format[:40]!r}; this version knows {PROOF_FORMAT!r}.", do="Update Holdfast."
        )
    return proof


def read_record_proof(content: bytes) -> RecordProof:
    """Read the proof of a record (``read_proof``).

    Raises:
        NotCanonicalError: it proves something else.
    """
    proof = read_proof(content)
    if not isinstance(proof, RecordProof):
        raise NotCanonicalError("This proof is not that of a record.", do="Give the file of a record's proof.")
    return proof
