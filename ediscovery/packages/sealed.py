"""``sealed.json``: that the archive sealed a production as it is, proved by the ledger alone (FORMAT 6.8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.notes import SignedNote
from manifests.proofs import act
from manifests.proofs.vouching import vouch
from schemas.canonical import Canonical
from schemas.certificate import ProvedAct
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.ledger import Produced
from schemas.merkle import root_of, verify_consistency

if TYPE_CHECKING:
    from ediscovery.production.manifest import ProductionManifest
    from manifests.proofs.vouching import Trust, Vouched

SEALED_FORMAT = "holdfast-sealed/v1"


class SealedDiffersError(IntegrityError):
    """The archive sealed another production than this one."""

    code = "SEALED_DIFFERS"


class Sealed(Canonical, frozen=True):
    """The act that sealed a production, proved under a checkpoint; ``path`` leads to it from the production's own."""

    format: str
    produced: ProvedAct[Produced]
    checkpoint: str
    claims: Claims
    path: tuple[Digest, ...]


def check(sealed: Sealed, manifest: ProductionManifest, document: Digest, trust: Trust) -> Vouched:
    """Return who vouches for what ``sealed`` proves: that this production, with this document, is as it was sealed.

    Raises:
        SealedDiffersError: it is of another format or production, or not as it was sealed.
        IntegrityError: the act is not proved, or the ledger is not one with that of the production.
        PolicyError: a time stamp is not trusted.
    """
    if sealed.format != SEALED_FORMAT:
        raise _differs(f"sealed.json is of format {sealed.format[:40]!r}; this version knows {SEALED_FORMAT!r}")
    said = sealed.produced.act
    vouched = vouch(SignedNote.from_bytes(sealed.checkpoint.encode()), sealed.claims, trust)
    checkpoint = vouched.checkpoint
    act.check(sealed.produced, checkpoint)
    ids = [record.record for record in manifest.records]
    stated = (manifest.origin, manifest.production, manifest.bates, manifest.ledger_size, len(ids), root_of(ids))
    if (
        checkpoint.origin, said.production, said.bates, said.ledger_size, said.records, said.records_root
    ) != stated:  # fmt: skip
        raise _differs("the archive sealed a production with another name, numbers, or records")
    if said.document.sha256 != document:
        raise _differs("the archive sealed another document")
    verify_consistency(
        first=manifest.ledger_size,
        second=checkpoint.size,
        path=sealed.path,
        first_root=manifest.ledger_root,
        second_root=checkpoint.root,
    )
    return vouched


def _differs(why: str) -> SealedDiffersError:
    return SealedDiffersError(f"This is not what was sealed: {why}.", do="Do not rely on it; ask for it again.")
