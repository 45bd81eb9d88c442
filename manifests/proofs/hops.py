"""From a record's id to a signed checkpoint, checked offline (FORMAT 6.3, steps 3 to 7). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests import chain
from manifests.proofs.inclusion import Inclusion
from manifests.proofs.vouching import vouch
from schemas.canonical import Canonical, Natural
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.merkle import leaf_hash, verify_inclusion
from schemas.partition import Partition

if TYPE_CHECKING:
    from manifests.proofs.vouching import Trust, Vouched
    from manifests.signing import Verifier
    from schemas.instant import Instant
    from schemas.record import Normalised, Provenance, RecordVersion


PROOF_FORMATS: dict[RecordVersion, str] = {1: "holdfast-proof/v1", 2: "holdfast-proof/v2"}
"""What a proof says of itself, by the version of its record."""


class RecordProofError(IntegrityError):
    """A proof does not prove the record it is offered for."""

    code = "RECORD_NOT_PROVED"


def refused(why: str) -> RecordProofError:
    """Return the error for a proof that does not prove its record."""
    return RecordProofError(f"The record is not proved: {why}.", do="Do not rely on it; ask who handed it over.")


class Hops(Canonical, frozen=True):
    """What every proof of a record has (FORMAT 6.1): its id, its place, and the way from there to a checkpoint.

    ``partition`` is the line of the entry that names the record's partition, ``entry`` the entry's signed note,
    ``inclusion`` a C2SP tlog-proof of that note.
    """

    format: str
    record: Digest
    row: Natural
    row_path: tuple[Digest, ...]
    partition: str
    line: Natural
    line_path: tuple[Digest, ...]
    entry: str
    inclusion: str
    claims: Claims


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof proved: this record says this, in this archive, not later than that entry.

    ``shows`` says of what of the record that is true, in plain words: the native bytes are proved, or some parts.
    """

    record: Digest
    normalised: Normalised
    provenance: Provenance
    origin: str
    entry_index: int
    entry_at: Instant
    vouched: Vouched
    shows: tuple[str, ...]

    @property
    def verifier(self) -> Verifier:
        """The checkpoint key under which it was proved."""
        return self.vouched.verifier

    def statements(self) -> tuple[str, ...]:
        """Return what was proved, in plain words."""
        return (
            *self.shows,
            f"It was sealed in entry {self.entry_index} of the ledger of {self.origin} at {self.entry_at}.",
            *self.vouched.statements(),
        )


def follow(proof: Hops, normalised: Normalised, provenance: Provenance, shows: tuple[str, ...], trust: Trust) -> Proved:
    """Return what is proved if a record with the id that ``proof`` names says this.

    Raises:
        IntegrityError: a hop fails.
        PolicyError: a time stamp is not trusted.
    """
    # 3. The id is in the partition.
    spelled = proof.partition.encode()
    partition = Partition.from_bytes(spelled)
    verify_inclusion(leaf=proof.record, index=proof.row, size=partition.rows, path=proof.row_path, root=partition.root)
    # 4. The partition is the account's.
    if provenance.account != partition.account:
        raise refused("it is of another account than its partition")
    # 5. The partition is in the entry.
    signed = chain.Signed.from_bytes(proof.entry.encode())
    heading = signed.heading
    verify_inclusion(
        leaf=leaf_hash(spelled), index=proof.line, size=heading.lines, path=proof.line_path, root=heading.lines_root
    )
    # 6. The entry is in the checkpoint's tree.
    inclusion = Inclusion.from_text(proof.inclusion)
    checkpoint = inclusion.verify(signed.leaf)
    if inclusion.index != heading.index or checkpoint.origin != signed.origin:
        raise refused("entry and checkpoint do not belong together")
    # 7. The checkpoint is vouched for.
    vouched = vouch(inclusion.note, proof.claims, trust)
    return Proved(
        record=proof.record,
        normalised=normalised,
        provenance=provenance,
        origin=signed.origin,
        entry_index=heading.index,
        entry_at=heading.at,
        vouched=vouched,
        shows=shows,
    )
