"""The proof of a record that is shown whole, checked offline (FORMAT 6.3). Pure."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from manifests.proofs.hops import PROOF_FORMATS, Hops, follow, refused
from schemas.digest import Digest
from schemas.record import SALT_SIZE, Normalised, Provenance, commitment

if TYPE_CHECKING:
    from manifests.proofs.hops import Proved
    from manifests.proofs.vouching import Trust


class RecordProof(Hops, frozen=True, tag_field="proves", tag="record"):
    """Everything that leads from one record, shown whole, to a signed checkpoint.

    ``normalised`` and ``provenance`` are the exact texts that the record commits to; ``native`` its bytes in base64,
    absent where they travel beside the proof.
    """

    salt: str
    native_sha256: Digest
    normalised: str
    provenance: str
    native: str | None = None


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
        raise refused("its native bytes are not with it; name the file that holds them")
    return content


def check(proof: RecordProof, native: bytes, trust: Trust) -> Proved:
    """Return what ``proof`` proves of ``native``. The steps are those of FORMAT 6.3.

    Raises:
        IntegrityError: any step fails.
        PolicyError: a time stamp is not trusted.
    """
    # 1. The native bytes are the ones that are committed to.
    if Digest.of(native) != proof.native_sha256:
        raise refused("the native bytes have another SHA-256")
    # 2. Salt, native bytes, derived view and provenance make the record's id.
    if len(proof.salt) != 2 * SALT_SIZE or not set(proof.salt) <= set("0123456789abcdef"):
        raise refused("the salt is malformed")
    normalised, provenance = proof.normalised.encode(), proof.provenance.encode()
    record = commitment(
        salt=bytes.fromhex(proof.salt),
        native=proof.native_sha256,
        normalised=normalised,
        provenance=provenance,
        version=next(version for version, name in PROOF_FORMATS.items() if name == proof.format),
    )
    if record != proof.record:
        raise refused("its parts do not make its id")
    return follow(
        proof,
        Normalised.from_bytes(normalised),
        Provenance.from_bytes(provenance),
        (f"The native bytes are those of record {record}.",),
        trust,
    )
