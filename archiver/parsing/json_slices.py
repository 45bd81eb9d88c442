"""JSON values and where they lie in their bytes: natives are cut out, never spelled again. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Raw

from schemas.errors import InputError

if TYPE_CHECKING:
    from mmap import mmap

Place: TypeAlias = "tuple[int, int]"
"""Offset and length in bytes."""

Buffer: TypeAlias = "bytes | mmap"
"""The bytes of a document, or a map of a file that may be larger than memory."""

BOM = b"\xef\xbb\xbf"
WHITE = b" \t\r\n"
GAP = re.compile(rb"[ \t\r\n]*[,\[]?[ \t\r\n]*")
KEY = re.compile(rb'[ \t\r\n]*[{,][ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|"', re.DOTALL)
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
LONE_SIZE = 6


class JsonMalformedError(InputError):
    """Bytes are not one JSON value (RFC 8259) in UTF-8."""

    code = "JSON_MALFORMED"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A JSON value, and ``readable``, the bytes it was read from: as given, or as long with characters replaced."""

    value: Any
    readable: bytes
    replaced: bool


def decode(content: bytes) -> Decoded:
    """Return the value that ``content`` spells.

    Escapes of lone surrogates, which JSON's grammar allows and no text can hold, are read as U+FFFD.

    Raises:
        JsonMalformedError: it is not JSON, not UTF-8, or nested deeper than can be read.
    """
    try:
        return Decoded(msgspec.json.decode(content), content, replaced=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason: Exception = error
    readable = without_lone_surrogates(content)
    if readable != content:
        try:
            return Decoded(msgspec.json.decode(readable), readable, replaced=True)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            reason = error
    why = str(reason).partition(" - at")[0][:200]
    raise JsonMalformedError(f"This is not JSON: {why}.", do="Obtain it again; keep this one.", reason=why)


def without_lone_surrogates(content: bytes) -> bytes:
    """Return ``content`` with each escape of a lone surrogate replaced by one of U+FFFD; nothing moves."""

    def replaced(escape: re.Match[bytes]) -> bytes:
        lone = len(escape[0]) == LONE_SIZE and escape[0][2:3] in (b"d", b"D") and escape[0][3:4] in b"89abcdefABCDEF"
        return b"\\ufffd" if lone else escape[0]

    return ESCAPE.sub(replaced, content)


def elements(readable: bytes, place: Place) -> list[Place]:
    """Return where the elements of the array at ``place`` lie, in order; ``readable`` is as ``decode`` gave it."""
    places: list[Place] = []
    offset = place[0]
    for raw in msgspec.json.decode(_cut(readable, place), type=list[Raw]):
        gap = GAP.match(readable, offset)
        offset = gap.end() if gap else offset
        places.append((offset, len(raw)))
        offset += len(raw)
    return places


def members(readable: bytes, place: Place) -> dict[str, Place] | None:
    """Return where the values of the object at ``place`` lie; ``None`` when a key occurs twice.

    ``readable`` is as ``decode`` gave it.
    """
    places: dict[str, Place] = {}
    offset, end = place[0], sum(place)
    for name, raw in msgspec.json.decode(_cut(readable, place), type=dict[str, Raw]).items():
        key = KEY.match(readable, offset, end)
        if key is None or msgspec.json.decode(key[1]) != name or not readable.startswith(bytes(raw), key.end()):
            return None
        places[name] = (key.end(), len(raw))
        offset = key.end() + len(raw)
    return places if readable[offset:end].strip(WHITE) in (b"}", b"{}") else None


def _cut(content: bytes, place: Place) -> bytes:
    return content if place == (0, len(content)) else content[place[0] : place[0] + place[1]]


def find_extent(content: Buffer, start: int) -> int | None:
    """Return the length of the object or array that opens at ``start``; ``None`` when it never closes."""
    depth = 0
    for mark in STRUCTURE.finditer(content, start):
        if mark[0] in (b"{", b"["):
            depth += 1
        elif mark[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return mark.end() - start
        elif mark[0] == b'"':
            return None  # a string that never closes
    return None
