"""What one format of exports declares: which of its files are read, and how. Data only.

A reader is a pure function over the bytes of one file, which may be larger than memory: it is given them as a map, goes
through them once and yields what it finds. What it does not yield, it refuses by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, unquote

from archiver.parsing.json_slices import Buffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.imports.refusals import Refused
    from archiver.platforms.objects import Item
    from schemas.account import Account
    from schemas.record import Attachment, Author, Normalised

LOCAL = "file:///"
"""How the address of a file begins that came with the export."""


@dataclass(frozen=True, slots=True)
class Claim:
    """How many items the export says that a file holds; an empty ``path`` is the file that says so."""

    count: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Bytes that a file holds in another form (a JSON text, base64): a WARC record of their own, with its items.

    ``name`` is what they are called below the file's own path; the item that follows finds its attachments at
    ``inner(path, name)``. ``offset`` is where in the file they stood.
    """

    name: str
    media_type: str
    content: bytes
    items: tuple[Item, ...] = ()
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hashed:
    """What the export says a file is: its size in bytes and its SHA-256 in hexadecimal digits, where it says so."""

    path: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of what, that are no items, a file holds."""

    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Said:
    """Something that whoever reads the report must know of a file, as a sentence of ours."""

    what: str


Found: TypeAlias = "Item | Refused | Claim | Unpacked | Hashed | Counted | Said"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader is told of the file that it reads.

    ``owner`` is whose export it is, as the export itself says. ``about`` is what the format's ``gather`` made of its
    files before any was read.
    """

    path: str
    account: Account
    owner: Author | None = None
    about: Mapping[str, str] = field(default_factory=dict)


Reader: TypeAlias = Callable[[Buffer, Asked], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class File:
    """One kind of file: the end of its path as a pattern, what it is called, and how it is read."""

    path: re.Pattern[str]
    title: str
    read: Reader


def ending(pattern: str) -> re.Pattern[str]:
    """Return the pattern of paths that end so, at a folder's boundary, whatever stands before it."""
    return re.compile(rf"(?:^|/)(?:{pattern})$", re.IGNORECASE)


def file(pattern: str, title: str, read: Reader) -> File:
    """Return a kind of file whose path ends in ``pattern``."""
    return File(ending(pattern), title, read)


def inner(path: str, name: str) -> str:
    """Return the address of something that was unpacked from the file at ``path``."""
    return f"{LOCAL}{quote(f'{path}#{name}')}"


def named(_: Normalised, attachment: Attachment) -> str | None:
    """Return the path of an attachment whose address is one in the export."""
    return unquote(attachment.url.removeprefix(LOCAL)) if attachment.url.startswith(LOCAL) else None


@dataclass(frozen=True, slots=True)
class Format:
    """One format of exports.

    ``collector`` is its name with a version, as polls and records have it; ``platforms`` are those whose accounts it
    may be imported into; none are all. ``mark`` is the end of a path that only this format has. ``gather`` reads, for
    each file that its pattern names, what other readers are told; ``owner`` makes the export's owner of it. ``file_of``
    returns the end of the path at which an attachment's bytes lie.
    """

    collector: str
    title: str
    platforms: tuple[str, ...]
    mark: re.Pattern[str]
    files: tuple[File, ...]
    gather: tuple[tuple[re.Pattern[str], Callable[[Buffer], Mapping[str, str]]], ...] = ()
    owner: Callable[[Mapping[str, str]], Author | None] = lambda _: None
    file_of: Callable[[Normalised, Attachment], str | None] = named

    def fits(self, platform: str) -> bool:
        """Return whether it may be imported into accounts on ``platform``."""
        return not self.platforms or platform in self.platforms

    def find_file(self, path: str) -> File | None:
        """Return how the file at ``path`` is read, or ``None`` when it is kept as it is."""
        return next((one for one in self.files if one.path.search(path)), None)
