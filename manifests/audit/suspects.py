"""The audit of keys: what was signed with a key that is revoked by now. Such entries stay, and a reader should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.notes import NoteUnsignedError
from manifests.statements import StatementRefusedError
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.audit.found import Found
    from manifests.audit.register import Register
    from manifests.keyring import KeyRing
    from manifests.signing import Verifier
    from schemas.errors import ArchiveError
    from schemas.keys import Revocation


def suspect_entries(ring: KeyRing, register: Register, found: Found) -> None:
    """Add a notice for each entry from which on its signer's key is revoked."""
    for revocation in ring.revocations:
        name, key_id, _ = revocation.verifier.split("+", 2)
        for index in register.signed_by(f"{name}+{key_id}", since=revocation.since):
            what = f"This entry was signed with a key that {_revoked(revocation)}. Find out who wrote it."
            found.notice("ENTRY_SUSPECT", layout.entry(index), what)


def suspect_checkpoint(ring: KeyRing, size: int, signers: Iterable[Verifier], found: Found) -> None:
    """Add a notice if the checkpoint of ``size`` entries rests on a key that is revoked from before it."""
    revocations = [ring.find_revocation(signer) for signer in signers]
    if revocations and all(one and size >= one.since for one in revocations) and (first := revocations[0]):
        what = f"This checkpoint was signed with a key that {_revoked(first)}. Compare it with a witness or a copy."
        found.notice("CHECKPOINT_SUSPECT", layout.checkpoint(size), what)


def _revoked(revocation: Revocation) -> str:
    return f"is revoked from entry {revocation.since} on ({revocation.reason})"


def hangs_on_damaged(error: ArchiveError) -> bool:
    """Whether what was refused may be right after all, if a damaged entry before it has changed the keys."""
    return isinstance(error.__cause__ or error, NoteUnsignedError | StatementRefusedError)
