"""What the index holds of a record: its words with their places, and what is so of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.folding import spaced
from ediscovery.index.compiling import HASH_DIGITS
from ediscovery.index.places import APART, fact, room
from schemas.query import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schemas.digest import Digest
    from schemas.query import TextField
    from schemas.record import Attachment, Normalised, Provenance

SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?://)?", re.IGNORECASE)
MEDIA: Mapping[str, str] = {"image": "image", "video": "video", "audio": "audio", "document": "document"}
ANSWERING = ("comment", "reply")


@dataclass(frozen=True, slots=True)
class Document:
    """The words of one record: runs of them, folded, each with the place of its first; and its facts, as terms.

    ``cut`` says that a field has more words than are indexed.
    """

    runs: tuple[tuple[int, str], ...]
    facts: tuple[str, ...]
    cut: bool


def document_of(view: Normalised, provenance: Provenance, native: Digest) -> Document:
    """Return what the index holds of a record; ``native`` is the SHA-256 of its native bytes."""
    runs: list[tuple[int, str]] = []
    cut = False
    for field in TEXT_FIELDS:
        place, end = room(field)
        end -= 2 * APART
        for value in _values(field, view):
            words = spaced(value)
            if not words:
                continue
            count = words.count(" ") + 1
            if count > end - place:
                cut = True
                words = " ".join(words.split(" ", max(0, end - place))[: max(0, end - place)])
            if words:
                runs.append((place, words))
            place += count + APART
    return Document(tuple(runs), tuple(dict.fromkeys(_facts(view, provenance, native))), cut)


def _values(field: TextField, view: Normalised) -> Iterable[str]:
    match field:
        case "text":
            return filter(None, (view.text,))
        case "title":
            return filter(None, (view.title,))
        case "author":
            return dict.fromkeys(filter(None, (view.author.name, view.author.handle))) if view.author else ()
        case "media":
            return [one.alt for one in view.attachments if one.alt]
        case "tag":
            tags = [f"#{tag.lstrip('#')}" for tag in view.tags]
            return (*tags, *(f"@{name.lstrip('@')}" for name in view.mentions))
        case "link":
            return [SCHEME.sub("", link) for link in view.links]


def _facts(view: Normalised, provenance: Provenance, native: Digest) -> Iterator[str]:
    yield fact("type", view.kind)
    yield fact("account", provenance.account)
    yield fact("platform", provenance.platform.lower())
    if view.lang:
        spelled = view.lang.lower().replace("_", "-")
        yield fact("lang", spelled)
        yield fact("lang", spelled.partition("-")[0])
    yield fact("thread", view.thread or view.item)
    if view.author:
        yield from (fact("author", name) for name in (view.author.id, view.author.handle, view.author.url) if name)
    if view.edited is not None:
        yield fact("is", "edited")
    if view.parent is not None or view.kind in ANSWERING:
        yield fact("is", "reply")
    yield from (fact("has", part) for part in _parts(view))
    yield fact("hash", native.hex[:HASH_DIGITS])
    yield from (fact("hash", one.sha256.hex[:HASH_DIGITS]) for one in view.attachments if one.sha256)


def _parts(view: Normalised) -> Iterator[str]:
    for one in view.attachments:
        kind = _kind_of(one)
        if kind:
            yield "media"
            yield kind
    if view.links:
        yield "link"
    if view.tags:
        yield "hashtag"
    if view.mentions:
        yield "mention"


def _kind_of(attachment: Attachment) -> str | None:
    """Return which sort of medium an attachment is, or ``None`` for what a page merely loads."""
    told = (attachment.media_type or "").partition("/")[0].lower()
    if attachment.role in MEDIA:
        return MEDIA[attachment.role]
    if attachment.role == "enclosure":
        return told if told in MEDIA else "document"
    return None
