"""What a production says: plain facts about the matter, the archive and each record. No layout, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from schemas.digest import Digest
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.evidence import Extension
    from ediscovery.production.manifest import Volume
    from ediscovery.production.pictures import Picture
    from schemas.account import Account
    from schemas.claims import Claims
    from schemas.instant import Instant
    from schemas.record import Absence, Normalised, Provenance

Paper: TypeAlias = Literal["Letter", "A4"]


class ProductionEmptyError(InputError):
    """A production would hold no record."""

    code = "PRODUCTION_EMPTY"


@dataclass(frozen=True, slots=True)
class CustodyEvent:
    """One act in the chain of custody, in words; ``entry`` is the index of the ledger entry that proves it."""

    at: Instant
    actor: str
    what: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an item as it was seen; shown to tell what changed."""

    record: Digest
    captured: Instant
    title: str | None = None
    text: str | None = None
    edited: Instant | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One item of the conversation around a record, quoted in short. ``depth`` 0 is the thread's first item."""

    author: str | None
    text: str | None
    at: Instant | None = None
    depth: int = 0
    produced: bool = False


@dataclass(frozen=True, slots=True)
class ProducedItem:
    """A record as it is handed over.

    ``versions`` are all known versions of the item, oldest first. ``absence`` is the
    latest finding that the item was gone, if there is one. ``entry`` is the index of the ledger entry that sealed the
    record, ``claim`` its level of corroboration in words, ``proof`` the bytes of its proof. ``matched`` is the version
    that the search found, where that is another one. Of a record that is redacted there are no ``native`` bytes,
    ``normalised`` and ``provenance`` say what is left, and ``hidden`` names what is not, each with its reasons.
    ``pictures`` are small ones of its attachments.
    """

    record: Digest
    normalised: Normalised
    provenance: Provenance
    native: bytes | None
    media_type: str
    extension: Extension
    versions: tuple[Version, ...]
    partition_root: Digest
    entry: int
    claim: str
    proof: bytes
    thread: tuple[ThreadLine, ...] = ()
    absence: Absence | None = None
    matched: Digest | None = None
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()

    @property
    def number(self) -> int | None:
        """Which version this is, counted from 1; ``None`` for a record that is no version, such as an absence."""
        places = (place for place, version in enumerate(self.versions, 1) if version.record == self.record)
        return next(places, None)

    @property
    def native_sha256(self) -> Digest | None:
        """The digest of the native bytes."""
        return None if self.native is None else Digest.of(self.native)


@dataclass(frozen=True, slots=True)
class WithheldItem:
    """A record that was found and is not produced: nothing is said of it but its id, why, and what a person wrote."""

    record: Digest
    reason: str
    description: str = ""
    matched: Digest | None = None


@dataclass(frozen=True, slots=True)
class ProductionDocument:
    """Everything that a production's PDF says.

    ``query_typed`` is the search as it was typed and ``query_words`` what it means. The archive's state is that of
    its first ``ledger_size`` entries, whose root the signed ``checkpoint`` states; ``claims`` and
    ``vouched`` are who vouches for it, for programs and in words.
    ``timezone`` is the IANA zone in which times are shown beside UTC. ``receipt`` is that of the search, ``volume``
    which part of what it found this is, if it is one; ``held_back`` tells that something of that is withheld, or may be
    redacted, here or in another volume.
    """

    organisation: str
    production: str
    matter: str
    requester: str
    prepared_by: str
    prepared_at: Instant
    timezone: str
    query_words: str
    query_typed: str
    origin: str
    ledger_size: int
    ledger_root: Digest
    checkpoint: str
    claims: Claims
    vouched: tuple[str, ...]
    software: str
    signer: str
    test_certificate: bool
    bates_prefix: str
    accounts: tuple[Account, ...]
    custody: tuple[CustodyEvent, ...]
    items: tuple[ProducedItem, ...]
    withheld: tuple[WithheldItem, ...] = ()
    paper: Paper = "Letter"
    receipt: SearchReceipt | None = None
    volume: Volume | None = None
    held_back: bool = False

    @property
    def attested(self) -> tuple[str, ...]:
        """What others than the archive say of the checkpoint, in words: all of ``vouched`` but its own signature."""
        return self.vouched[1:]

    def __post_init__(self) -> None:
        if not self.items:
            raise ProductionEmptyError("This production holds no record.", do="Widen the search, then produce again.")
