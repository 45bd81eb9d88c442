"""A record: one observed version of one item, its native bytes, derived view, provenance and commitment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import msgspec

from schemas.canonical import Canonical, Name, Natural
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.parts import commitments, leaf_of, parts_of

Kind: TypeAlias = Literal["post", "comment", "reply", "message", "profile", "page", "media", "list", "event", "absence"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Method: TypeAlias = Literal["feed", "web", "api", "import"]
Role: TypeAlias = Literal["image", "audio", "video", "enclosure", "resource", "document"]
AbsenceClass: TypeAlias = Literal["deleted", "hidden", "undetermined", "present"]

RecordVersion: TypeAlias = Literal[1, 2]
VERSIONS: tuple[RecordVersion, ...] = get_args(RecordVersion)
NEWEST: RecordVersion = 2
SALT_SIZE = 32
WHOLE_DOMAIN = b"holdfast-record/v1\x00"
LATE = "late:"
"""How the ids of late media begin (FORMAT 3.4.3)."""


def is_late(kind: Kind, item: str) -> bool:
    """Return whether a record has media that could not be had when the item that shows them was captured."""
    return kind == "media" and item.startswith(LATE)


class Author(Canonical, frozen=True):
    """Who wrote the item, in the platform's words."""

    id: str | None = None
    name: str | None = None
    handle: str | None = None
    url: str | None = None


class Attachment(Canonical, frozen=True):
    """A media file or page resource of the item; ``exchange`` names the WARC record that holds its bytes, if any."""

    url: str
    role: Role = "resource"
    media_type: str | None = None
    alt: str | None = None
    size: Natural | None = None
    sha256: Digest | None = None
    exchange: str | None = None
    failure: str | None = None


class Absence(Canonical, frozen=True):
    """When an item left its list: after ``last_seen``, not later than ``first_missing``. Never an instant.

    ``verdict`` says what became of it: ``present`` means that it left the list but still answers at its address.
    """

    verdict: AbsenceClass
    last_seen: Instant
    first_missing: Instant
    reads: tuple[str, ...]
    reason: str


class Normalised(Canonical, frozen=True):
    """The derived view of an item, in the vocabulary of ActivityStreams 2.0 (``type``). Never evidence by itself.

    ``item`` is the platform's identifier, always text. ``created_text`` is the date as the platform wrote it;
    ``created`` is its reading, absent where there is none. ``listed`` is what a list or feed contained, in order.
    ``flags`` say what a reader must know (``ill-formed``, ``not-sliced``, ``truncated`` …).
    """

    kind: Kind
    type: str
    item: str
    url: str | None = None
    title: str | None = None
    text: str | None = None
    lang: str | None = None
    author: Author | None = None
    created: Instant | None = None
    created_text: str | None = None
    edited: Instant | None = None
    thread: str | None = None
    parent: str | None = None
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    counts: dict[Name, Natural] = msgspec.field(default_factory=dict)
    listed: tuple[str, ...] = ()
    absence: Absence | None = None
    flags: tuple[str, ...] = ()

    @property
    def late_of(self) -> str | None:
        """The item that a record of late media belongs to; ``None`` for any other record."""
        return (self.parent or self.item) if is_late(self.kind, self.item) else None


class Slice(Canonical, frozen=True):
    """Where native bytes lie: ``length`` bytes at ``offset`` in the decoded payload of WARC record ``exchange``."""

    exchange: str
    uri: str
    offset: Natural
    length: Natural


class Provenance(Canonical, frozen=True):
    """How the record came to be: which capture, by which way, when, from where, and what it follows.

    ``previous`` is the record id of the version before. ``claim`` is the level of corroboration, 0 (imported file)
    to 4 (signed by its origin); ``vouched`` are then the exchanges that prove it.
    """

    account: str
    platform: str
    capture: str
    captured: Instant
    method: Method
    collector: str
    claim: Natural
    source: Slice
    previous: Digest | None = None
    vouched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a partition; ``normalised`` and ``provenance`` in their canonical spelling. Its id is its leaf.

    ``version`` says how the id is made; records of version 1 are read, and no longer made.
    """

    salt: bytes
    native: bytes
    normalised: bytes
    provenance: bytes
    version: RecordVersion = NEWEST

    @property
    def id(self) -> Digest:
        """The record's id: the leaf hash of its salted commitments."""
        return commitment(
            salt=self.salt,
            native=Digest.of(self.native),
            normalised=self.normalised,
            provenance=self.provenance,
            version=self.version,
        )


def commitment(
    *, salt: bytes, native: Digest, normalised: bytes, provenance: bytes, version: RecordVersion = NEWEST
) -> Digest:
    """Return a record's leaf: what its salt, the digest of its native bytes and its two texts make (FORMAT 3.2).

    Without the salt the leaf confirms no guess at the content.
    """
    if version == 1:
        digests = native.raw + Digest.of(normalised).raw + Digest.of(provenance).raw
        return Digest(hashlib.sha256(b"\x00" + WHOLE_DOMAIN + salt + digests).digest())
    return Digest(leaf_of(commitments(salt, parts_of(native.raw, normalised, provenance))))
