"""The audit of keys: what was signed with a key that is revoked by now. Such entries stay, and a reader should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.notes import NoteUnsignedError
from manifests.statements import StatementRefusedError
from schemas.findings import Finding
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from manifests.keyring import KeyRing
    from manifests.signing import Verifier
    from schemas.errors import ArchiveError
    from schemas.keys import Revocation
    from schemas.ledger import Entry


def suspect_entries(ring: KeyRing, signed: Iterable[tuple[Entry, Verifier | None]]) -> Iterator[Finding]:
    """Yield a notice for each entry, given with its signer, from which on the signer's key is revoked."""
    for entry, signer in signed:
        revocation = signer and ring.find_revocation(signer)
        if revocation and entry.index >= revocation.since:
            what = f"This entry was signed with a key that {_revoked(revocation)}. Find out who wrote it."
            yield Finding(code="ENTRY_SUSPECT", severity="notice", key=layout.entry(entry.index), what=what)


def suspect_checkpoints(ring: KeyRing, size: int, signers: Iterable[Verifier]) -> Iterator[Finding]:
    """Yield a notice if the checkpoint of ``size`` entries rests on a key that is revoked from before it."""
    revocations = [ring.find_revocation(signer) for signer in signers]
    if revocations and all(one and size >= one.since for one in revocations) and (first := revocations[0]):
        what = f"This checkpoint was signed with a key that {_revoked(first)}. Compare it with a witness or a copy."
        yield Finding(code="CHECKPOINT_SUSPECT", severity="notice", key=layout.checkpoint(size), what=what)


def _revoked(revocation: Revocation) -> str:
    return f"is revoked from entry {revocation.since} on ({revocation.reason})"


def hangs_on_damaged(error: ArchiveError) -> bool:
    """Whether what was refused may be right after all, if a damaged entry before it has changed the keys."""
    return isinstance(error.__cause__ or error, NoteUnsignedError | StatementRefusedError)
