"""The proof that one ledger continues another: two checkpoints and the hashes between them, checked offline. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.notes import Checkpoint, SignedNote
from manifests.proofs.vouching import CheckpointOfAnotherError, vouch
from manifests.signing import Verifier
from schemas.canonical import Canonical
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.merkle import verify_consistency

if TYPE_CHECKING:
    from manifests.proofs.vouching import Trust, Vouched


class ContinuityProofError(IntegrityError):
    """Two checkpoints are not of one ledger."""

    code = "CONTINUITY_NOT_PROVED"


class ContinuityProof(Canonical, frozen=True, tag_field="proves", tag="continuity"):
    """Two signed checkpoints, and the RFC 9162 consistency proof between them; the claims are about the second.

    ``earlier`` is the checkpoint key that signed the first, where it is another than that of the second.
    """

    format: str
    first: str
    second: str
    path: tuple[Digest, ...]
    claims: Claims
    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class Continued:
    """What was proved: nothing of the ledger's first ``first.size`` entries was changed up to the second checkpoint."""

    first: Checkpoint
    signer: Verifier
    vouched: Vouched

    def statements(self) -> tuple[str, ...]:
        """Return what was proved, in plain words."""
        second = self.vouched.checkpoint
        same = f"its first {self.first.size} entries are those of the earlier checkpoint"
        return (
            f"The ledger of {second.origin} has {second.size} entries; {same}, unchanged, and none is missing.",
            f"The earlier checkpoint is signed by the key {self.signer.to_text()}.",
            *self.vouched.statements(),
        )


def check(proof: ContinuityProof, trust: Trust) -> Continued:
    """Return what ``proof`` proves (FORMAT 6.3.1).

    Raises:
        IntegrityError: a signature or the path fails, or the checkpoints are of different archives.
    """
    first_note, second_note = _note(proof.first), _note(proof.second)
    vouched = vouch(second_note, proof.claims, trust)
    first, second = Checkpoint.from_text(first_note.text), vouched.checkpoint
    if first.origin != second.origin:
        raise ContinuityProofError(
            "The two checkpoints are of different archives.", do="Do not rely on it; ask who handed it over."
        )
    (signer, *_) = first_note.verify([Verifier.from_text(proof.earlier) if proof.earlier else vouched.verifier])
    if signer.name != first.origin:
        raise CheckpointOfAnotherError(
            "The earlier checkpoint is signed under another archive's name.", do="Do not rely on it."
        )
    verify_consistency(
        first=first.size, second=second.size, path=proof.path, first_root=first.root, second_root=second.root
    )
    return Continued(first, signer, vouched)


def _note(spelled: str) -> SignedNote:
    note = SignedNote.from_bytes(spelled.encode())
    if note.to_bytes().decode() != spelled:
        raise ContinuityProofError("A checkpoint is not in its one spelling.", do="Ask for the proof again.")
    return note
