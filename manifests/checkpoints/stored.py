"""What a store holds of a checkpoint: the note, who cosigned it, who stamped it, and the roots to verify that with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.checkpoints.judging import cosigners, line_in, roots_named
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from manifests.proofs.vouching import chain_of
from manifests.timestamps.token import LARGEST_RESPONSE
from manifests.witness.cosignatures import joined
from manifests.witness.requests import LogForkedError
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.errors import InputError
from storage import layout
from storage.objects import Content, KeyTakenError, ObjectAlteredError, ObjectMissingError, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.history import History
    from manifests.ledger import Ledger
    from storage.objects import ObjectStore

LARGEST_ROOT = 1 << 16


class CheckpointUnknownError(InputError):
    """The store holds no checkpoint of that size."""

    code = "CHECKPOINT_UNKNOWN"


def sizes(store: ObjectStore) -> Iterator[int]:
    """Yield the sizes of the ledger over which the store holds a checkpoint, in order."""
    for key in store.keys(layout.CHECKPOINTS):
        if (size := layout.checkpoint_size(key)) is not None:
            yield size


def text_at(ledger: Ledger, size: int) -> str:
    """Return the text of the checkpoint over the first ``size`` entries, from the ledger."""
    return Checkpoint(ledger.origin, size, ledger.root_at(size)).to_text()


def checkpoint_at(ledger: Ledger, size: int) -> SignedNote:
    """Return the checkpoint over the first ``size`` entries as it was signed by the archive alone.

    Raises:
        CheckpointUnknownError: there is none.
        LogForkedError: it tells of another ledger.
        IntegrityError: the archive did not sign it.
    """
    content = find(ledger.store, layout.checkpoint(size), limit=NOTE_LIMIT) if size > 0 else None
    if content is None:
        raise CheckpointUnknownError(
            f"There is no checkpoint over {size} entries.", do="See 'holdfast checkpoint show', or make one now."
        )
    note = SignedNote.from_bytes(content)
    ledger.checkpoint_signer(note)
    if size > ledger.head.size:
        ledger.refresh()  # another machine may have added entries and signed this
    if size > ledger.head.size or note.text != text_at(ledger, size):
        raise LogForkedError(
            f"The stored checkpoint over {size} entries is of another ledger than the one that is stored with it, "
            f"which has {ledger.head.size}.",
            do="Stop, keep everything and run 'holdfast verify'.",
            size=size,
        )
    return note


def attested(ledger: Ledger, size: int) -> SignedNote:
    """Return the checkpoint over ``size`` entries, with the line of every witness that was to cosign it and did.

    Raises:
        IntegrityError: what is kept is not what was put there (``checkpoint_at``, ``judging.line_in``).
        CheckpointUnknownError: there is no such checkpoint.
    """
    note = checkpoint_at(ledger, size)
    for witness in ledger.history.attestors_at(size).witnesses:
        content = find(ledger.store, layout.cosignature(size, witness.name), limit=NOTE_LIMIT)
        if content is not None:
            known = cosigners(ledger.history, witness.name)
            note = joined(note, [line_in(content, text=note.text, by=known)], known)
    return note


def claims_of(ledger: Ledger, size: int) -> Claims:
    """Return what the archive claims of who vouches for the checkpoint over ``size`` entries; nothing is verified.

    The policy is the one that the ledger names before entry ``size``.

    Raises:
        ObjectMissingError, ObjectAlteredError: a root is not there as the ledger names it.
        CheckpointUnknownError: there is no such checkpoint.
    """
    named = ledger.history.attestors_at(size)
    verifier = ledger.checkpoint_signer(checkpoint_at(ledger, size))
    chains = {authority.name: stamps_of(ledger.store, size, authority.name) for authority in named.authorities}
    return Claims(
        verifier=verifier.to_text(),
        needed=named.needed,
        witnesses=tuple(witness.key for witness in named.witnesses),
        stamps=tuple(
            chain_of(name, stamps, roots_of(ledger.store, ledger.history, name))
            for name, stamps in chains.items()
            if stamps
        ),
    )


def stamps_of(store: ObjectStore, size: int, authority: str) -> tuple[bytes, ...]:
    """Return the stamps of an authority on a checkpoint, oldest first; each but the first renews the one before."""
    stamps: list[bytes] = []
    while (found := find(store, layout.timestamp(size, authority, len(stamps)), limit=LARGEST_RESPONSE)) is not None:
        stamps.append(found)
    return tuple(stamps)


def roots_of(store: ObjectStore, history: History, authority: str) -> tuple[bytes, ...]:
    """Return the certificates (DER) that the ledger ever named as roots of an authority.

    Raises:
        ObjectMissingError: one is not there.
        ObjectAlteredError: one is not what the ledger names.
    """
    return tuple(root_of(store, digest) for digest in roots_named(history, authority))


def root_of(store: ObjectStore, digest: Digest) -> bytes:
    """Return the certificate (DER) with this SHA-256.

    Raises:
        ObjectMissingError, ObjectAlteredError: it is not there as such.
    """
    key = layout.root(digest.hex)
    content = read(store, key, limit=LARGEST_ROOT)
    if Digest.of(content) != digest:
        raise ObjectAlteredError(
            f"The object {key} is not the certificate that the ledger names.",
            do="Keep it, and restore it from a second copy.",
            key=key,
        )
    return content


def find(store: ObjectStore, key: str, *, limit: int) -> bytes | None:
    """Return a small object, or ``None``."""
    try:
        return read(store, key, limit=limit)
    except ObjectMissingError:
        return None


def keep(store: ObjectStore, key: str, content: bytes) -> None:
    """Store somebody's word; where another run stored one first, that one stays. Whoever reads it judges it."""
    try:
        store.put_new(key, Content.of(content))
    except KeyTakenError:
        return
