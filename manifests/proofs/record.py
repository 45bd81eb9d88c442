"""The hops from a record to a signed checkpoint, checked offline (FORMAT 6.3). Pure."""

from __future__ import annotations

import base64
import binascii
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
from schemas.record import SALT_SIZE, Normalised, Provenance, commitment

if TYPE_CHECKING:
    from manifests.proofs.vouching import Trust, Vouched
    from manifests.signing import Verifier
    from schemas.instant import Instant


class RecordProofError(IntegrityError):
    """A proof does not prove the record it is offered for."""

    code = "RECORD_NOT_PROVED"


class RecordProof(Canonical, frozen=True, tag_field="proves", tag="record"):
    """Everything that leads from one record to a signed checkpoint.

    ``normalised`` and ``provenance`` are the exact texts that the record commits to; ``native`` its bytes in base64,
    absent where they travel beside the proof. ``partition`` is the line of the entry that names the record's partition,
    ``entry`` the entry's signed note, ``inclusion`` a C2SP tlog-proof of that note.
    """

    format: str
    record: Digest
    salt: str
    native_sha256: Digest
    normalised: str
    provenance: str
    row: Natural
    row_path: tuple[Digest, ...]
    partition: str
    line: Natural
    line_path: tuple[Digest, ...]
    entry: str
    inclusion: str
    claims: Claims
    native: str | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof proved: this record, with these native bytes, in this archive, not later than that entry."""

    record: Digest
    normalised: Normalised
    provenance: Provenance
    origin: str
    entry_index: int
    entry_at: Instant
    vouched: Vouched

    @property
    def verifier(self) -> Verifier:
        """The checkpoint key under which it was proved."""
        return self.vouched.verifier

    def statements(self) -> tuple[str, ...]:
        """Return what was proved, in plain words."""
        return (
            f"The native bytes are those of record {self.record}.",
            f"It was sealed in entry {self.entry_index} of the ledger of {self.origin} at {self.entry_at}.",
            *self.vouched.statements(),
        )


def _refuse(why: str) -> RecordProofError:
    return RecordProofError(f"The record is not proved: {why}.", do="Do not rely on it; ask who handed it over.")


def native_in(proof: RecordProof) -> bytes:
    """Return the native bytes that a proof carries.

    Raises:
        RecordProofError: it carries none.
    """
    try:
        content = base64.b64decode(proof.native or "", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if proof.native is None or base64.b64encode(content).decode() != proof.native:
        raise _refuse("its native bytes are not with it; name the file that holds them")
    return content


def check(proof: RecordProof, native: bytes, trust: Trust) -> Proved:
    """Return what ``proof`` proves of ``native``. The steps are those of FORMAT 6.3.

    Raises:
        IntegrityError: any step fails.
        PolicyError: a time stamp is not trusted.
    """
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
    spelled = proof.partition.encode()
    partition = Partition.from_bytes(spelled)
    verify_inclusion(leaf=record, index=proof.row, size=partition.rows, path=proof.row_path, root=partition.root)
    # 4. The partition is the account's.
    shown = Provenance.from_bytes(provenance)
    if shown.account != partition.account:
        raise _refuse("it is of another account than its partition")
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
        raise _refuse("entry and checkpoint do not belong together")
    # 7. The checkpoint is vouched for.
    vouched = vouch(inclusion.note, proof.claims, trust)
    return Proved(
        record=record,
        normalised=Normalised.from_bytes(normalised),
        provenance=shown,
        origin=signed.origin,
        entry_index=heading.index,
        entry_at=heading.at,
        vouched=vouched,
    )
