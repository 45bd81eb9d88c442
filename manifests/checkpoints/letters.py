"""The way to a witness by mail or on a stick: a request in a file, and the cosigned note that comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.checkpoints.judging import cosigners
from manifests.checkpoints.stored import checkpoint_at, keep, sizes
from manifests.notes import Checkpoint, SignedNote
from manifests.proofs.vouching import CheckpointOfAnotherError
from manifests.witness.cosignatures import joined
from manifests.witness.requests import LogForkedError, Request
from schemas.errors import InputError
from storage import layout

if TYPE_CHECKING:
    from manifests.ledger import Ledger


class WitnessUnnamedError(InputError):
    """The ledger names no such witness."""

    code = "WITNESS_UNNAMED"


def request(ledger: Ledger, witness: str, *, old: int | None = None) -> Request:
    """Return the request that ``witness`` cosign the newest checkpoint.

    It starts at ``old`` entries, or where the witness's newest cosignature is that is kept here.

    Raises:
        WitnessUnnamedError: the ledger names no such witness now.
        CheckpointUnknownError: there is no checkpoint yet.
        ProofRefusedError: ``old`` is more than there is.
    """
    size = max(sizes(ledger.store), default=0)
    note = checkpoint_at(ledger, size)
    if witness not in {one.name for one in ledger.history.attestors_at(size).witnesses}:
        raise WitnessUnnamedError(
            f"The ledger names no witness {witness!r} for the newest checkpoint.",
            do=f"Add [witness.{witness}] to holdfast.toml and run 'holdfast checkpoint make', or correct the name.",
        )
    old = _cosigned(ledger, witness) if old is None else old
    return Request(old, ledger.consistency(old, size=size) if old else (), note)


def _cosigned(ledger: Ledger, witness: str) -> int:
    found = (layout.cosignature_of(key) for key in ledger.store.keys(layout.COSIGNATURES))
    return max((one[0] for one in found if one and one[1] == witness), default=0)


def accept(ledger: Ledger, content: bytes) -> tuple[int, tuple[str, ...]]:
    """Keep the cosignatures in a note that came back; return the checkpoint's size and whose they are.

    Raises:
        CheckpointOfAnotherError: it is another archive's.
        LogForkedError: the archive signed this note, and it is of another ledger.
        CheckpointUnknownError: the store holds no such checkpoint.
        WitnessUnnamedError: none of its lines is by a witness that the ledger names.
        IntegrityError: it is no note, or a line is forged.
    """
    note = SignedNote.from_bytes(content)
    checkpoint = Checkpoint.from_text(note.text)
    if checkpoint.origin != ledger.origin:
        raise CheckpointOfAnotherError(
            "The file holds the checkpoint of another archive.", do="Give it to the archive that it belongs to."
        )
    ledger.checkpoint_signer(note)
    own = checkpoint_at(ledger, checkpoint.size)
    if own.text != note.text:
        raise LogForkedError(
            f"The file holds a checkpoint over {checkpoint.size} entries that this archive signed, of another ledger.",
            do="Stop and keep both: they prove that the history was rewritten. Run 'holdfast verify'.",
            size=checkpoint.size,
        )
    kept = []
    for witness in ledger.history.attestors_at(checkpoint.size).witnesses:
        lines = joined(own, note.signatures, cosigners(ledger.history, witness.name)).signatures[len(own.signatures) :]
        if lines:
            line = SignedNote(own.text, lines[:1]).to_bytes()
            keep(ledger.store, layout.cosignature(checkpoint.size, witness.name), line)
            kept.append(witness.name)
    if not kept:
        raise WitnessUnnamedError(
            "None of the signatures in the file is by a witness that the ledger names.",
            do="See that the file is the cosigned note, and that the witness's key in holdfast.toml is its own.",
        )
    return checkpoint.size, tuple(kept)
