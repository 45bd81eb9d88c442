"""The rows of a CSV file (RFC 4180) with their exact bytes, in files of any size. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.parsing.json_slices import BOM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_slices import Buffer

LARGEST_ROW = 16 << 20
MOST_COLUMNS = 1_000
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How text in UTF-16 begins."""

ROW = re.compile(rb'(?:[^"\r\n]++|"(?:[^"]++|"")*+")*+')
LINE = re.compile(rb"[^\r\n]*+")
LINE_END = re.compile(rb"\r\n|\n|\r")
CELL = re.compile(r'"((?:[^"]++|"")*+)"([^,]*+)|([^,]*+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A row without its line end: ``length`` bytes at ``offset``, and its cells; ``replaced`` is as ``decode`` says."""

    offset: int
    length: int
    cells: tuple[str, ...]
    replaced: bool


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """Bytes that are no row, and why in words."""

    offset: int
    length: int
    why: str


def rows(content: Buffer) -> Iterator[Row | BrokenRow]:
    """Yield the rows of a file in UTF-8 (or, where that fails, Windows-1252), in order; empty lines are none."""
    if content[:2] in WIDE:
        yield BrokenRow(0, len(content), "it is in UTF-16")
        return
    offset = len(BOM) if content[: len(BOM)] == BOM else 0
    while offset < len(content):
        end = _end(ROW, content, offset)
        why = None
        if content[end : end + 1] == b'"':
            # A quotation that never closes: its line is refused, and what follows may be read.
            end, why = _end(LINE, content, offset), "a quotation in it never closes"
        elif end - offset > LARGEST_ROW:
            why = f"it is larger than {LARGEST_ROW >> 20} MiB"
        if why:
            yield BrokenRow(offset, end - offset, why)
        elif end > offset:
            yield _row(content[offset:end], offset)
        offset = _end(LINE_END, content, end)


def _row(native: bytes, offset: int) -> Row | BrokenRow:
    text, replaced = decode(native)
    cells = cells_of(text)
    if len(cells) > MOST_COLUMNS:
        return BrokenRow(offset, len(native), "it has far too many columns")
    return Row(offset, len(native), cells, replaced)


def cells_of(text: str) -> tuple[str, ...]:
    """Return the cells of one row, without the quotation marks around them."""
    cells: list[str] = []
    place = 0
    while len(cells) <= MOST_COLUMNS:
        found = CELL.match(text, place)
        if found is None:
            break
        cells.append(found[3] if found[1] is None else found[1].replace('""', '"') + found[2])
        place = found.end() + 1
        if found.end() >= len(text):
            break
    return tuple(cells)


def decode(native: bytes) -> tuple[str, bool]:
    """Return the text that bytes spell, and whether they had to be guessed at: they are no UTF-8."""
    try:
        return native.decode(), False
    except UnicodeDecodeError:
        return native.decode("cp1252", "replace"), True


def _end(pattern: re.Pattern[bytes], content: Buffer, offset: int) -> int:
    found = pattern.match(content, offset)
    return found.end() if found else offset
