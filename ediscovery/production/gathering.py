"""Printed pages before they are bound: the objects of a PDF that stand for some pages, numbered among themselves.

A gathering knows nothing of the file that it is bound into (``binding``): its numbers are shifted there, and what it
refers to beyond itself, the page tree and the structure's root, are two numbers for which others are put in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Strings of both spellings come first: what looks like a reference in one is none.
TOKEN = re.compile(
    rb"\((?:[^\\()]|\\.)*\)|<[0-9A-Fa-f]*>|\b(?P<reference>\d+) 0 R\b|(?P<kind>/StructParents? )(?P<key>\d+)", re.DOTALL
)
PAGES, DOCUMENT = 1, 2
"""Numbers that stand for what is above: the page tree's root, and the structure's outermost element."""
FIRST = 3
"""The number of the first object, the node of the page tree that holds the pages."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on a page, in points from the lower left; ``page`` is counted from 0 within the gathering."""

    page: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class About:
    """What the first page says of its document."""

    title: str
    language: str
    authors: tuple[str, ...] = ()
    description: str | None = None
    software: str | None = None
    created: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """An object of a PDF: ``head`` has the references, ``data`` of a stream has none.

    ``digest`` is that of all it stands for, where the same may stand in other gatherings: pictures and fonts.
    """

    head: bytes
    data: bytes | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Gathering:
    """Some pages, printed.

    ``objects`` are numbered from ``FIRST``; ``pages`` are the numbers of the pages, ``parts`` those of the structure's
    outermost parts. ``parents`` say for each key of the structure what bears it: spelled values of the parent tree
    (ISO 32000-1, 14.7.4.4). ``places`` are where named elements begin, ``headings`` the outline: level, words, place.
    ``field`` is the number of the empty field for a signature, if there is one.
    """

    about: About
    objects: tuple[Printed, ...]
    pages: tuple[int, ...]
    parts: tuple[int, ...]
    parents: tuple[bytes, ...]
    places: Mapping[str, Place]
    headings: tuple[tuple[int, str, Place], ...]
    field: int | None = None
    without_glyph: frozenset[str] = frozenset()


def renumbered(head: bytes, number: Callable[[int], int], key: int = 0) -> bytes:
    """Return an object's head with other numbers for those it refers to, and its structure's keys from ``key``."""

    def other(token: re.Match[bytes]) -> bytes:
        if token["reference"]:
            return b"%d 0 R" % number(int(token["reference"]))
        if token["key"]:
            return token["kind"] + b"%d" % (key + int(token["key"]))
        return token[0]

    return TOKEN.sub(other, head)


def referred(head: bytes) -> list[int]:
    """Return the numbers that an object refers to."""
    return [int(token["reference"]) for token in TOKEN.finditer(head) if token["reference"]]
