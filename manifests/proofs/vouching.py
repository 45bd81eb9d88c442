"""Who vouches for a checkpoint: the archive's key, witnesses that cosigned it, authorities that stamped its time. Pure.

What the archive claims of them travels with the proof; whoever has the same from elsewhere uses that instead.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.notes import Checkpoint
from manifests.signing import Verifier
from manifests.timestamps import renewal
from manifests.timestamps.trust import TimestampExpiredError, load_der_roots
from manifests.witness.cosignatures import Cosigner, Policy, judge
from schemas.canonical import NotCanonicalError
from schemas.claims import Claims, StampChain
from schemas.digest import Digest
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.x509 import Certificate

    from manifests.notes import SignedNote
    from manifests.timestamps.stamp import Stamp
    from manifests.witness.cosignatures import Witnessed
    from schemas.instant import Instant


class CheckpointOfAnotherError(IntegrityError):
    """A checkpoint is signed under another archive's name."""

    code = "CHECKPOINT_OF_ANOTHER"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a checker knows from elsewhere, at the instant at which he checks: keys and roots that owners publish.

    What is absent is taken from the claims, and whoever reads the result must compare it.
    """

    at: Instant
    verifier: Verifier | None = None
    policy: Policy | None = None
    roots: tuple[Certificate, ...] | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """What was verified of a checkpoint: whose it is, who cosigned it when, and which authority stamped it when.

    The certificates under the stamps of those that ``ended`` are not valid any more: these stamps prove nothing now.
    """

    note: SignedNote
    verifier: Verifier
    witnessed: Witnessed
    stamps: Mapping[str, Stamp]
    ended: tuple[str, ...] = ()

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint."""
        return Checkpoint.from_text(self.note.text)

    @property
    def not_after(self) -> Instant | None:
        """The earliest time that an authority stamped: the checkpoint was there then."""
        return min((stamp.at for stamp in self.stamps.values()), default=None)

    def statements(self) -> tuple[str, ...]:
        """Return what was verified, and then what is lacking, in plain words."""
        cosigned = (self.witnessed.statement(),) if self.witnessed.enough else ()
        return (
            f"The ledger of {self.checkpoint.size} entries is signed by the key {self.verifier.to_text()}.",
            *cosigned,
            *(f"It was there at {stamp.at}, as {stamp.authority} stamped." for stamp in self.stamps.values()),
            *self.lacking(),
        )

    def lacking(self) -> tuple[str, ...]:
        """Return what nobody vouches for, in plain words."""
        return (
            *(() if self.witnessed.enough else (self.witnessed.statement(),)),
            *(() if self.stamps else ("No authority stamped its time.",)),
            *(f"The time stamp by {name} can no longer be verified: its certificates ended." for name in self.ended),
        )


def vouch(note: SignedNote, claims: Claims, trust: Trust) -> Vouched:
    """Return who vouches for the checkpoint in ``note``; every stamp and cosignature that is there must hold.

    A stamp whose certificates have ended is no fault of the checkpoint: the others still stand.

    Raises:
        SignatureRefusedError, NoteUnsignedError: the archive's key did not sign it, or a witness's line is forged.
        CheckpointOfAnotherError: it is another archive's.
        ArchiveError: a time stamp fails otherwise, as ``timestamps.renewal.verify`` says.
    """
    checkpoint = Checkpoint.from_text(note.text)
    (verifier, *_) = note.verify([trust.verifier or Verifier.from_text(claims.verifier)])
    if verifier.name != checkpoint.origin:
        raise CheckpointOfAnotherError(
            "The checkpoint is signed under another archive's name.", do="Do not rely on it; ask who handed it over."
        )
    stamps: dict[str, Stamp] = {}
    ended: list[str] = []
    for chain in claims.stamps:
        try:
            stamps[chain.authority] = _stamped(note, chain, trust)
        except TimestampExpiredError:
            ended.append(chain.authority)
    return Vouched(note, verifier, judge(note, trust.policy or _policy(claims)), stamps, tuple(ended))


def _policy(claims: Claims) -> Policy:
    """Return the witnesses that are claimed, and how many of them are needed.

    Raises:
        KeyMalformedError, WitnessPolicyError: the claims are impossible.
    """
    return Policy(claims.needed, tuple(Cosigner.from_text(text) for text in claims.witnesses))


def _stamped(note: SignedNote, chain: StampChain, trust: Trust) -> Stamp:
    roots = trust.roots if trust.roots is not None else load_der_roots([_decoded(one) for one in chain.roots])
    stamps = [_decoded(one) for one in chain.stamps]
    if not stamps:
        raise NotCanonicalError("A chain of time stamps is empty.", do="Ask for the proof again.")
    return renewal.verify(note.text, stamps, roots=roots, at=trust.at)[0]


def without_stamps(claims: Claims) -> Claims:
    """Return the claims without their time stamps, for proofs that travel together with one that has them."""
    return Claims(verifier=claims.verifier, needed=claims.needed, witnesses=claims.witnesses)


def chain_of(authority: str, stamps: Sequence[bytes], roots: Sequence[bytes]) -> StampChain:
    """Return stamps (oldest first) and roots, in DER, as they travel."""
    return StampChain(
        authority=authority,
        stamps=tuple(base64.b64encode(one).decode() for one in stamps),
        roots=tuple(base64.b64encode(one).decode() for one in roots),
    )


def fingerprints(claims: Claims) -> tuple[Digest, ...]:
    """Return the SHA-256 of every root that the claims carry, to be compared with what authorities publish."""
    return tuple(dict.fromkeys(Digest.of(_decoded(root)) for chain in claims.stamps for root in chain.roots))


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content or base64.b64encode(content).decode() != text:
        raise NotCanonicalError("A time stamp is not in base64.", do="Ask for the proof again.")
    return content
