"""What the index holds of a record: its words with their places, and what is so of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct

from ediscovery.folding import spaced
from ediscovery.index.places import APART, HASH_DIGITS, LINKED, fact, room
from schemas.query import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schemas.query import TextField

SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?://)?", re.IGNORECASE)
MEDIA: Mapping[str, str] = {"image": "image", "video": "video", "audio": "audio", "document": "document"}
ANSWERING = ("comment", "reply")
UNREAD_FLAGS = ("unread", "unrecognised", "replaced-characters", "truncated")
"""Flags of a derived view that say that it may not hold all that its native bytes say."""

ROOMS = {field: room(field) for field in TEXT_FIELDS}


class SeenAuthor(Struct, frozen=True):
    """Of an author (``schemas.record.Author``): all."""

    id: str | None = None
    name: str | None = None
    handle: str | None = None
    url: str | None = None


class SeenAttachment(Struct, frozen=True):
    """What is indexed of an attachment."""

    role: str = "resource"
    media_type: str | None = None
    alt: str | None = None
    sha256: str | None = None


class SeenAbsence(Struct, frozen=True):
    """What is indexed of an absence."""

    verdict: str


class Seen(Struct, frozen=True):
    """What is indexed of a derived view (``schemas.record.Normalised``): to read no more takes a third of the time."""

    kind: str
    item: str
    title: str | None = None
    text: str | None = None
    lang: str | None = None
    author: SeenAuthor | None = None
    edited: str | None = None
    thread: str | None = None
    parent: str | None = None
    attachments: tuple[SeenAttachment, ...] = ()
    tags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    absence: SeenAbsence | None = None
    flags: tuple[str, ...] = ()


class Origin(Struct, frozen=True):
    """What is indexed of a provenance."""

    platform: str


@dataclass(frozen=True, slots=True)
class Document:
    """The words of one record: runs of them, folded, each with the place of its first; and its facts, as terms."""

    runs: Sequence[tuple[int, str]]
    facts: Sequence[str]


def document_of(view: Seen, origin: Origin, account: str, native: bytes) -> Document:
    """Return what the index holds of a record of an account; ``native`` is the SHA-256 of its native bytes."""
    runs: list[tuple[int, str]] = []
    cut = False
    for field, values in _values(view).items():
        place, end = ROOMS[field]
        end -= 2 * APART
        for value in values:
            words = spaced(value)
            if not words:
                continue
            count = words.count(" ") + 1
            if count > end - place:
                cut = True
                words = " ".join(words.split(" ", max(0, end - place))[: max(0, end - place)])
            if words:
                runs.append((place, _linked(words) if field == "link" else words))
            place += count + APART
    facts = _facts(view, origin, account, native)
    if cut:
        facts.append(fact("unread", "words"))
    return Document(runs, facts)


def _linked(words: str) -> str:
    return " ".join(f"{LINKED}{word}" for word in words.split(" "))


def _values(view: Seen) -> dict[TextField, Iterable[str]]:
    """Return what each field says, in the order of ``TEXT_FIELDS``; those that say nothing may be left out."""
    said: dict[TextField, Iterable[str]] = {}
    if view.text:
        said["text"] = (view.text,)
    if view.title:
        said["title"] = (view.title,)
    if view.author:
        said["author"] = dict.fromkeys(filter(None, (view.author.name, view.author.handle)))
    if view.attachments:
        said["media"] = [one.alt for one in view.attachments if one.alt]
    if view.tags or view.mentions:
        tags = [f"#{tag.lstrip('#')}" for tag in view.tags]
        said["tag"] = [*tags, *(f"@{name.lstrip('@')}" for name in view.mentions)]
    if view.links:
        said["link"] = [SCHEME.sub("", link) for link in view.links]
    return said


def _facts(view: Seen, origin: Origin, account: str, native: bytes) -> list[str]:
    """Return what is so of a record, each once."""
    facts = [
        fact("type", view.kind),
        fact("account", account),
        fact("platform", origin.platform.lower()),
        fact("thread", view.thread or view.item),
        fact("hash", native.hex()[:HASH_DIGITS]),
    ]
    if view.lang:
        spelled = view.lang.lower().replace("_", "-")
        facts += [fact("lang", spelled), fact("lang", spelled.partition("-")[0])]
    if view.author:
        facts += [fact("author", name) for name in (view.author.id, view.author.handle, view.author.url) if name]
    if view.edited is not None:
        facts.append(fact("is", "edited"))
    if view.parent is not None or view.kind in ANSWERING:
        facts.append(fact("is", "reply"))
    if view.attachments:
        facts += [fact("has", part) for part in _media(view)]
        facts += [fact("hash", one.sha256[:HASH_DIGITS]) for one in view.attachments if one.sha256]
    facts += [fact("unread", reason) for reason in _unread(view)]
    for part, there in (("link", view.links), ("hashtag", view.tags), ("mention", view.mentions)):
        if there:
            facts.append(fact("has", part))
    return list(dict.fromkeys(facts))


def _media(view: Seen) -> Iterator[str]:
    for one in view.attachments:
        kind = _kind_of(one)
        if kind:
            yield "media"
            yield kind


def _unread(view: Seen) -> Iterator[str]:
    """Yield what of a record no search reads: media without a description, and what was not understood."""
    for one in view.attachments:
        kind = _kind_of(one)
        if kind and not (one.alt or "").strip():
            yield kind
    yield from (flag for flag in view.flags if flag in UNREAD_FLAGS)


def _kind_of(attachment: SeenAttachment) -> str | None:
    """Return which sort of medium an attachment is, or ``None`` for what a page merely loads."""
    told = (attachment.media_type or "").partition("/")[0].lower()
    if attachment.role in MEDIA:
        return MEDIA[attachment.role]
    if attachment.role == "enclosure":
        return told if told in MEDIA else "document"
    return None
