"""``production.json``: what a production's PDF carries and what each attachment must hash to (FORMAT section 6)."""

from __future__ import annotations

from ediscovery.answers.receipt import SearchReceipt
from schemas.canonical import Canonical, Natural
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.production import BatesRange

MANIFEST_NAME = "production.json"
MANIFEST_FORMAT = "holdfast-production/v1"


class ManifestRecord(Canonical, frozen=True):
    """One record: its pages, and its two attachments with size in bytes and digest.

    ``matched`` is the version that the search found, where that is another one of the item.
    """

    record: Digest
    account: str
    kind: str
    item: str
    bates: BatesRange
    native: str
    native_media_type: str
    native_size: Natural
    native_sha256: Digest
    proof: str
    proof_size: Natural
    proof_sha256: Digest
    matched: Digest | None = None


class ProductionManifest(Canonical, frozen=True):
    """The whole production, in the order of its pages. ``bates`` numbers all of them, those without records too.

    ``receipt`` says what was searched, and that these records are all that was found.
    """

    format: str
    production: str
    organisation: str
    matter: str
    requester: str
    prepared_by: str
    prepared_at: Instant
    query_typed: str
    query_words: str
    origin: str
    ledger_size: int
    ledger_root: Digest
    checkpoint: str
    claims: Claims
    software: str
    signer: str
    bates: BatesRange
    records: tuple[ManifestRecord, ...]
    test_certificate: bool = False
    receipt: SearchReceipt | None = None

    @property
    def verifier(self) -> str:
        """The checkpoint key that the archive claims."""
        return self.claims.verifier

    @property
    def attachments(self) -> frozenset[str]:
        """The names of the attachments beside this manifest."""
        return frozenset(name for record in self.records for name in (record.native, record.proof))

    @property
    def octets(self) -> int:
        """How many bytes a reader of all records reads: a file that is named twice counts twice."""
        return sum(record.native_size + record.proof_size for record in self.records)
