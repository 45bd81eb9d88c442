"""The records of a package, put together from their parts as these are read, checked by their proofs, forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.transfer import naming
from manifests.proofs import record
from manifests.proofs.file import LARGEST as LARGEST_PROOF
from manifests.proofs.file import read_record_proof
from schemas.errors import ArchiveError
from schemas.merkle import CompactRange

if TYPE_CHECKING:
    from collections.abc import Callable

    from ediscovery.transfer.manifest import Transfer
    from manifests.audit.found import Found
    from manifests.proofs.hops import Proved
    from manifests.proofs.record import RecordProof
    from manifests.proofs.vouching import Trust
    from schemas.digest import Digest

LARGEST_NATIVE = 256 << 20
NATIVE = "native"
PARTS = {NATIVE, naming.NORMALISED, naming.PROOF, naming.PROVENANCE}


@dataclass(slots=True)
class _Parts:
    """What was read of one record; ``told`` is the id that premis.xml gives it."""

    number: int
    content: dict[str, bytearray] = field(default_factory=dict)
    told: Digest | None = None
    too_large: bool = False


class Proving:
    """Checks records in the order of their numbers. ``tree`` is over the ids that their proofs are for."""

    def __init__(self, transfer: Transfer | None, trust: Trust, found: Found, tell: Callable[[int], None]) -> None:
        self.tree = CompactRange()
        self._transfer, self._trust, self._found, self._tell = transfer, trust, found, tell
        self._parts: _Parts | None = None

    def feed(self, name: str, chunk: bytes) -> None:
        """Take the next bytes of a file."""
        at = naming.part_of(name)
        if at is None:
            return
        number, part = at
        if self._parts is None or self._parts.number != number:
            self.finish()
            self._parts = _Parts(number)
        content = self._parts.content.setdefault(NATIVE if part.startswith(NATIVE) else part, bytearray())
        if len(content) + len(chunk) > (LARGEST_NATIVE if part.startswith(NATIVE) else LARGEST_PROOF):
            self._parts.too_large = True
        else:
            content += chunk

    def told(self, record_id: Digest) -> None:
        """Take the id that premis.xml gives to the record that was fed last."""
        if self._parts is not None:
            self._parts.told = record_id

    def finish(self) -> None:
        """Check the record that was fed last."""
        parts, self._parts = self._parts, None
        if parts is None:
            return
        name = naming.part(parts.number, naming.PROOF)
        claimed = parts.told
        try:
            if parts.too_large or parts.content.keys() != PARTS:
                self._found.fault(
                    "RECORD_INCOMPLETE", name, "Not all parts of this record are here, or one is too large."
                )
            else:
                proof = read_record_proof(bytes(parts.content[naming.PROOF]))
                claimed = proof.record
                self._compare(name, parts, proof, record.check(proof, bytes(parts.content[NATIVE]), self._trust))
        except ArchiveError as error:
            self._found.error(error, name)
        if claimed is not None:
            self.tree = self.tree.append(claimed)
        self._tell(self.tree.size)

    def _compare(self, name: str, parts: _Parts, proof: RecordProof, proved: Proved) -> None:
        """Compare what was proved with what else the package says of the record."""
        beside = bytes(parts.content[naming.NORMALISED]), bytes(parts.content[naming.PROVENANCE])
        if beside != (proof.normalised.encode(), proof.provenance.encode()):
            self._found.fault("RECORD_DIFFERS", name, "The parts beside it are not those that are proved.")
        if parts.told not in (None, proved.record):
            what = f"It proves another record than premis.xml names, {proved.record}."
            self._found.fault("PROOF_OF_ANOTHER_RECORD", name, what)
        transfer = self._transfer
        if transfer is None:
            return
        if proved.verifier.to_text() != transfer.claims.verifier:
            what = "It is signed by another key than the one that transfer.json names."
            self._found.fault("PROOF_OF_ANOTHER_ARCHIVE", name, what)
        if proved.vouched.checkpoint != transfer.ledger:
            what = "It leads to another checkpoint than the one in transfer.json."
            self._found.fault("PROOF_OF_ANOTHER_CHECKPOINT", name, what)
