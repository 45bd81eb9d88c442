"""What makes somebody's word on a checkpoint count, as the ledger names them: rules alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from manifests.chain import CLOCK_TOLERANCE_SECONDS
from manifests.notes import SignedNote
from manifests.witness.cosignatures import MICROSECONDS, Cosigner
from schemas.errors import IntegrityError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.history import History
    from manifests.notes import Signature
    from manifests.proofs.vouching import Vouched
    from manifests.timestamps.stamp import Stamp
    from schemas.claims import Claims
    from schemas.digest import Digest
    from schemas.instant import Instant


class CosignatureMisplacedError(IntegrityError):
    """What is kept as a witness's cosignature is none of that witness, or of another checkpoint."""

    code = "COSIGNATURE_MISPLACED"


class StampBeforeEntryError(PolicyError):
    """A time stamp says that a checkpoint was there before the last entry in it was written."""

    code = "STAMP_BEFORE_ENTRY"


def standing(claims: Claims, vouched: Vouched) -> Claims:
    """Return the claims without the stamps that ended: what is handed over can be verified when it is."""
    return msgspec.structs.replace(
        claims, stamps=tuple(chain for chain in claims.stamps if chain.authority not in vouched.ended)
    )


def cosigners(history: History, witness: str) -> tuple[Cosigner, ...]:
    """Return every key that the ledger ever named for a witness; none where it never named one."""
    keys = (one.key for _, act in history.attestors for one in act.witnesses if one.name == witness)
    return tuple(Cosigner.from_text(key) for key in dict.fromkeys(keys))


def roots_named(history: History, authority: str) -> tuple[Digest, ...]:
    """Return the SHA-256 of every certificate that the ledger ever named for an authority; none where it never did."""
    named = (
        root for _, act in history.attestors for one in act.authorities if one.name == authority for root in one.roots
    )
    return tuple(dict.fromkeys(named))


def line_in(content: bytes, *, text: str, by: Iterable[Cosigner]) -> Signature:
    """Return the line of a kept cosignature: of the checkpoint ``text``, by one of ``by``, alone (FORMAT 5.3).

    Raises:
        CosignatureMisplacedError: it is something else.
        SignatureRefusedError: it is forged.
    """
    note = SignedNote.from_bytes(content)
    line = note.signatures[0]
    witness = next((one for one in by if one.made(line)), None)
    if note.text != text or witness is None or SignedNote(text, (line,)).to_bytes() != content:
        raise CosignatureMisplacedError(
            "What is kept as a cosignature of this checkpoint is not one by that witness.",
            do="Keep it, run 'holdfast verify', and restore it from a second copy.",
        )
    witness.verify(text, line.signature)
    return line


def demand_after(stamp: Stamp, entry: Instant) -> None:
    """Refuse a stamp on a checkpoint that was there before its last ``entry``, by clocks five minutes apart at most.

    Raises:
        StampBeforeEntryError: it was (FORMAT 5.4).
    """
    latest = stamp.at.micros + (stamp.accuracy or 0) + CLOCK_TOLERANCE_SECONDS * MICROSECONDS
    if latest < entry.micros:
        raise StampBeforeEntryError(
            f"{stamp.authority} stamped the checkpoint at {stamp.at}, before its last entry says that it was written, "
            f"{entry}.",
            do="Compare both clocks with a third one: the archive's ran ahead, or the authority's is behind.",
            stamped=str(stamp.at),
            entry=str(entry),
        )
