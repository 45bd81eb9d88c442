"""The checkpoints in the store: signed, and of this ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manifests import chain
from manifests.audit.found import Found
from manifests.audit.suspects import suspect_checkpoint
from manifests.notes import NOTE_LIMIT, Checkpoint, NoteUnsignedError, SignedNote
from schemas.errors import ArchiveError
from storage import layout
from storage.objects import read

if TYPE_CHECKING:
    from manifests.audit.walking import Walk
    from manifests.signing import Verifier
    from storage.objects import ObjectStore


@dataclass(slots=True)
class Checkpoints:
    """What looking at the checkpoints gave: how many are sound, and the newest of them.

    Those are unjudged whose size or key only entries tell of that cannot be read.
    """

    sound: int = 0
    unjudged: int = 0
    newest: SignedNote | None = None
    found: Found = field(default_factory=Found)


def check_checkpoints(store: ObjectStore, walk: Walk) -> Checkpoints:
    """Check every checkpoint in the store, and that none is missing that a production rests on."""
    result = Checkpoints()
    awaited = {layout.checkpoint(act.ledger_size): act.production for act in walk.history.produced.values()}
    for key in store.keys(layout.CHECKPOINTS):
        awaited.pop(key, None)
        try:
            content = read(store, key, limit=NOTE_LIMIT)
            note = SignedNote.from_bytes(content)
            checkpoint = Checkpoint.from_text(note.text)
            signers = _signers(walk, checkpoint, note)
            root = walk.register.find_root(checkpoint.size)
            judged = walk.whole or (root is not None and bool(signers))
            spelled = key == layout.checkpoint(checkpoint.size) and note.to_bytes() == content
            if not spelled or (judged and checkpoint.root != root):
                raise chain.refused(checkpoint.size, "a signed checkpoint tells of another ledger")
            if signers and len(signers) != len(note.signatures):
                raise chain.refused(checkpoint.size, "its checkpoint bears other signatures than the archive's own")
        except ArchiveError as error:
            result.found.error(error, key)
            continue
        if not judged:
            result.unjudged += 1
            continue
        result.sound += 1
        result.newest = note
        suspect_checkpoint(walk.history.keys, checkpoint.size, signers, result.found)
    for key, production in awaited.items():
        what = f"The checkpoint that production {production} rests on is missing."
        result.found.fault("CHECKPOINT_MISSING", key, what)
    return result


def _signers(walk: Walk, checkpoint: Checkpoint, note: SignedNote) -> tuple[Verifier, ...]:
    """Return the keys that signed a checkpoint, of those that were in force; none where a damaged entry hides them."""
    verifiers = walk.history.verifiers("checkpoint", at=checkpoint.size)
    try:
        return note.verify(verifiers) if verifiers else ()
    except NoteUnsignedError:
        if walk.whole:
            raise
        return ()
