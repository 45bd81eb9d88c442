"""``production.json``: what a production's PDF carries and what each attachment must hash to (FORMAT section 6)."""

from __future__ import annotations

from typing import NamedTuple

from ediscovery.answers.receipt import SearchReceipt
from schemas.canonical import Canonical, Natural
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.production import BatesRange

MANIFEST_NAME = "production.json"
MANIFEST_FORMAT = "holdfast-production/v2"
MANIFEST_FORMATS = ("holdfast-production/v1", MANIFEST_FORMAT)
"""Since the second one, records may be redacted."""


class NativeFile(NamedTuple):
    """The native bytes of a record, as an attachment: ``size`` is in bytes."""

    name: str
    media_type: str
    size: int
    sha256: Digest


class ManifestRecord(Canonical, frozen=True):
    """One record: its pages, and its two attachments with size in bytes and digest.

    Of a record that is redacted there are no native bytes. ``matched`` is the version that the search found, where that
    is another one of the item.
    """

    record: Digest
    account: str
    kind: str
    item: str
    bates: BatesRange
    proof: str
    proof_size: Natural
    proof_sha256: Digest
    native: str | None = None
    native_media_type: str | None = None
    native_size: Natural | None = None
    native_sha256: Digest | None = None
    matched: Digest | None = None

    def __post_init__(self) -> None:
        known = {one is None for one in (self.native, self.native_media_type, self.native_size, self.native_sha256)}
        if len(known) > 1:
            raise ValueError("native bytes are described in part")

    @property
    def whole(self) -> NativeFile | None:
        """Its native bytes; ``None`` of a record that is redacted."""
        if (
            self.native is None
            or self.native_media_type is None
            or self.native_size is None
            or self.native_sha256 is None
        ):
            return None
        return NativeFile(self.native, self.native_media_type, self.native_size, self.native_sha256)


class WithheldRecord(Canonical, frozen=True):
    """A record that was found and is not produced: the page in its place, and why; ``matched`` as of a record."""

    record: Digest
    bates: BatesRange
    reason: str
    description: str = ""
    matched: Digest | None = None


class ElsewhereRecord(Canonical, frozen=True):
    """A record that was found and is in another volume, produced or withheld; ``matched`` as of a record."""

    record: Digest
    volume: Natural
    matched: Digest | None = None


class Volume(Canonical, frozen=True):
    """Which of how many volumes a production is, and what the search found that is ``elsewhere``."""

    number: Natural
    of: Natural
    elsewhere: tuple[ElsewhereRecord, ...]

    @property
    def is_last(self) -> bool:
        """Whether it is the one that has what is withheld."""
        return self.number == self.of


class ProductionManifest(Canonical, frozen=True):
    """The whole production, in the order of its pages. ``bates`` numbers all of them, those without records too.

    ``receipt`` says what was searched, and that these records, those that are ``withheld``, and those in other volumes
    are all that was found. ``held_back`` tells that something of that, or around it, is withheld or may be redacted,
    here or in another volume.
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
    withheld: tuple[WithheldRecord, ...] = ()
    volume: Volume | None = None
    held_back: bool = False

    @property
    def verifier(self) -> str:
        """The checkpoint key that the archive claims."""
        return self.claims.verifier

    @property
    def attachments(self) -> frozenset[str]:
        """The names of the attachments beside this manifest."""
        return frozenset(name for record in self.records for name in (record.native, record.proof) if name)

    @property
    def redacted(self) -> int:
        """How many records are redacted."""
        return sum(record.native is None for record in self.records)

    @property
    def octets(self) -> int:
        """How many bytes a reader of all records reads: a file that is named twice counts twice."""
        return sum((record.native_size or 0) + record.proof_size for record in self.records)
