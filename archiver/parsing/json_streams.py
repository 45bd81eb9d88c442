"""The elements of arrays in JSON that may be larger than memory, one after the other, each with where it lies. Pure.

What stands before a place where the JSON breaks off or is none is yielded, and the rest is told as broken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archiver.parsing.json_slices import BOM, JsonMalformedError, decode, find_extent, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_objects import Path
    from archiver.parsing.json_slices import Buffer, Place

LARGEST_PIECE = 64 << 20
SPACE = re.compile(rb"[ \t\r\n]*+")
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
SCALAR = re.compile(rb"[^,\]\[}{\"\s]++")
COLON = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+")
ANY = "*"
"""In a path: every member of an object."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A value: ``length`` bytes at ``offset``; ``readable`` is as ``json_slices.decode`` gave it."""

    value: Any
    offset: int
    length: int
    readable: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that are no value, or one that is too large: ``length`` at ``offset``, and why in words."""

    offset: int
    length: int
    why: str


def pieces(content: Buffer, *path: str, start: int = 0) -> Iterator[Piece | Broken]:
    """Yield what the members of ``path`` lead to: each element of an array, or an object; elsewhere nothing.

    It is read from ``start`` on. ``*`` stands for every member.
    """
    if start == 0 and content[: len(BOM)] == BOM:
        start = len(BOM)
    walk = _Walk(content)
    yield from walk.at(_after(SPACE, content, start), path)


class _Walk:
    """One pass through a document; ``end`` is where the value ended that was passed last, -1 where it never does."""

    def __init__(self, content: Buffer) -> None:
        self.content = content
        self.size = len(content)
        self.end = 0

    def at(self, offset: int, path: Path) -> Iterator[Piece | Broken]:
        """Yield what ``path`` leads to from the value at ``offset``, and go to the value's end."""
        opening = self.content[offset : offset + 1]
        if opening == b"[":
            yield from self._elements(offset, path)
        elif opening == b"{" and path:
            yield from self._members(offset, path)
        else:
            self.end = self.skip(offset)
            if self.end < 0:
                yield self._rest(offset)
            elif opening == b"{":
                yield self._piece(offset, self.end)

    def _elements(self, offset: int, path: Path) -> Iterator[Piece | Broken]:
        place = self._first(offset, b"]")
        while place is not None:
            if path and self.content[place : place + 1] == b"{":
                yield from self.at(place, path)
            else:
                self.end = self.skip(place)
                if self.end >= 0 and not path:
                    yield self._piece(place, self.end)
                elif self.end < 0:
                    yield self._rest(place)
            place, broken = self._next(b"]")
            if broken is not None:
                yield broken

    def _members(self, offset: int, path: Path) -> Iterator[Piece | Broken]:
        place = self._first(offset, b"}")
        while place is not None:
            key = STRING.match(self.content, place)
            colon = COLON.match(self.content, key.end()) if key else None
            if key is None or colon is None:
                self.end = -1
                yield self._rest(place)
                return
            if path[0] in (ANY, _text(key[0])):
                yield from self.at(colon.end(), path[1:])
            else:
                self.end = self.skip(colon.end())
                if self.end < 0:
                    yield self._rest(colon.end())
            place, broken = self._next(b"}")
            if broken is not None:
                yield broken

    def _first(self, offset: int, closing: bytes) -> int | None:
        """Return where the first element or member of what opens at ``offset`` begins; ``None`` where it has none."""
        place = _after(SPACE, self.content, offset + 1)
        if self.content[place : place + 1] == closing:
            self.end = place + 1
            return None
        return place

    def _next(self, closing: bytes) -> tuple[int | None, Broken | None]:
        """Return where the next element or member begins, if there is one, and what is broken before it."""
        if self.end < 0:
            return None, None
        place = _after(SPACE, self.content, self.end)
        mark = self.content[place : place + 1]
        if mark == b",":
            return _after(SPACE, self.content, place + 1), None
        self.end = place + 1 if mark == closing else -1
        return None, None if mark == closing else self._rest(place)

    def skip(self, offset: int) -> int:
        """Return where the value at ``offset`` ends; -1 where it never does, or where there is none."""
        opening = self.content[offset : offset + 1]
        if opening in (b"{", b"["):
            extent = find_extent(self.content, offset)
            return -1 if extent is None else offset + extent
        found = (STRING if opening == b'"' else SCALAR).match(self.content, offset)
        return found.end() if found else -1

    def _piece(self, offset: int, end: int) -> Piece | Broken:
        if end - offset > LARGEST_PIECE:
            return Broken(offset, end - offset, f"it is larger than {LARGEST_PIECE >> 20} MiB")
        try:
            decoded = decode(self.content[offset:end])
        except JsonMalformedError as error:
            return Broken(offset, end - offset, str(error.facts["reason"]))
        return Piece(decoded.value, offset, end - offset, decoded.readable)

    def _rest(self, offset: int) -> Broken:
        why = "it breaks off" if self.content[offset : offset + 1] in (b"{", b"[", b'"', b"") else "it is no JSON"
        return Broken(offset, self.size - offset, why)


def find_member(piece: Piece, *path: str) -> Place | None:
    """Return where the value that ``path`` leads to lies in the whole document, if it is there, once on the way."""
    place = (0, len(piece.readable))
    value = piece.value
    for name in path:
        found = members(piece.readable, place) if isinstance(value, dict) and name in value else None
        if found is None:
            return None
        place, value = found[name], value[name]
    return piece.offset + place[0], place[1]


def _after(pattern: re.Pattern[bytes], content: Buffer, offset: int) -> int:
    found = pattern.match(content, offset)
    return found.end() if found else offset


def _text(quoted: bytes) -> str | None:
    try:
        value = decode(quoted).value
    except JsonMalformedError:
        return None
    return value if isinstance(value, str) else None
