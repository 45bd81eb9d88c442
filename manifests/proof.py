"""The four hops from a record to a signature, in one file that is checked offline (FORMAT section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests import chain
from manifests.acts import FormatUnknownError
from manifests.notes import Checkpoint, SignedNote
from manifests.signing import Verifier
from schemas.canonical import Canonical, Natural, NotCanonicalError
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.ledger import Captured
from schemas.merkle import leaf_hash, verify_inclusion
from schemas.record import SALT_SIZE, Normalised, Provenance, commitment

if TYPE_CHECKING:
    from schemas.instant import Instant
    from schemas.ledger import Entry
    from schemas.partition import Partition

PROOF_FORMAT = "holdfast-proof/v1"


class RecordProofError(IntegrityError):
    """A proof does not prove the record it is offered for."""

    code = "RECORD_NOT_PROVED"


class RecordProof(Canonical, frozen=True):
    """Everything that leads from one record to a signed checkpoint, except the native bytes themselves.

    ``normalised`` and ``provenance`` are the exact texts that the record commits to; ``entry`` and ``checkpoint``
    are signed notes; ``verifier`` is the checkpoint key that the archive claims, to be compared with the one that
    its owner publishes.
    """

    format: str
    record: Digest
    salt: str
    native_sha256: Digest
    normalised: str
    provenance: str
    row: Natural
    rows: Natural
    row_path: tuple[Digest, ...]
    partition_root: Digest
    entry: str
    entry_path: tuple[Digest, ...]
    checkpoint: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof proved: this record, with these native bytes, in this archive, not later than that entry."""

    record: Digest
    normalised: Normalised
    provenance: Provenance
    origin: str
    entry_index: int
    entry_at: Instant
    ledger_size: Natural
    verifier: Verifier

    def statements(self) -> tuple[str, ...]:
        """Return what was proved, in plain words."""
        return (
            f"The native bytes are those of record {self.record}.",
            f"It was sealed in entry {self.entry_index} of the ledger of {self.origin} at {self.entry_at}.",
            f"That entry is in the ledger of {self.ledger_size} entries signed by the key {self.verifier.to_text()}.",
        )


def _refuse(why: str) -> RecordProofError:
    return RecordProofError(f"The record is not proved: {why}.", do="Do not rely on it; ask who handed it over.")


def check(proof: RecordProof, native: bytes, *, trusted: Verifier | None = None) -> Proved:
    """Return what ``proof`` proves of ``native``. The steps are those of FORMAT 6.3.

    ``trusted`` is the archive's checkpoint key as its owner publishes it; without it, the key that the proof names
    is used, and whoever reads the result must compare it.

    Raises:
        IntegrityError: any step fails.
    """
    if proof.format != PROOF_FORMAT:
        raise FormatUnknownError(
            f"The proof is of format {proof.format[:40]!r}; this version knows {PROOF_FORMAT!r}.", do="Update Holdfast."
        )
    # 1. The native bytes are the ones that are committed to.
    if Digest.of(native) != proof.native_sha256:
        raise _refuse("the native bytes have another SHA-256")
    # 2. Salt, native bytes, derived view and provenance make the record's id.
    if len(proof.salt) != 2 * SALT_SIZE or not set(proof.salt) <= set("0123456789abcdef"):
        raise _refuse("the salt is malformed")
    normalised, provenance = proof.normalised.encode(), proof.provenance.encode()
    record = commitment(
        salt=bytes.fromhex(proof.salt),
        native=proof.native_sha256,
        normalised=Digest.of(normalised),
        provenance=Digest.of(provenance),
    )
    if record != proof.record:
        raise _refuse("its parts do not make its id")
    # 3. The id is in the partition.
    verify_inclusion(leaf=record, index=proof.row, size=proof.rows, path=proof.row_path, root=proof.partition_root)
    # 4. The partition is in the entry.
    content = proof.entry.encode()
    origin, entry, _ = chain.parse_entry(content)
    partition = _partition(proof, entry)
    # 5. The entry is in the checkpoint's tree.
    note = SignedNote.from_bytes(proof.checkpoint.encode())
    checkpoint = Checkpoint.from_text(note.text)
    verify_inclusion(
        leaf=leaf_hash(content), index=entry.index, size=checkpoint.size, path=proof.entry_path, root=checkpoint.root
    )
    # 6. The checkpoint is this archive's, and signed.
    if checkpoint.origin != origin:
        raise _refuse("entry and checkpoint are of different archives")
    (verifier, *_) = note.verify([trusted or Verifier.from_text(proof.verifier)])
    if verifier.name != origin:
        raise _refuse("the checkpoint is signed under another archive's name")
    shown = Provenance.from_bytes(provenance)
    if shown.account != partition.account:
        raise _refuse("it is of another account than its partition")
    return Proved(
        record=record,
        normalised=Normalised.from_bytes(normalised),
        provenance=shown,
        origin=origin,
        entry_index=entry.index,
        entry_at=entry.at,
        ledger_size=checkpoint.size,
        verifier=verifier,
    )


def _partition(proof: RecordProof, entry: Entry) -> Partition:
    for act in entry.acts:
        if isinstance(act, Captured):
            for partition in act.partitions:
                if partition.root == proof.partition_root and partition.rows == proof.rows:
                    return partition
    raise _refuse("its partition is not named by the ledger entry")


def read_proof(content: bytes, *, limit: int = 16 << 20) -> RecordProof:
    """Read a proof file of at most ``limit`` bytes.

    Raises:
        NotCanonicalError: it is not one.
    """
    if len(content) > limit:
        raise NotCanonicalError(f"A proof file has at most {limit} bytes.", do="Do not use this file.")
    return RecordProof.from_bytes(content)
