"""Native JSON on disk: one value, an array, JSON lines or values in a row; each object with its exact bytes. Pure.

Every top-level value is a record, and so is everything in it if it is an envelope that the platform is known to use.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from archiver.imports.refusals import ImportRefusedError, Refused, refusals
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import BOM, WHITE, JsonMalformedError, decode, find_extent
from archiver.platforms.known import find_platform, platforms
from archiver.platforms.objects import Item, find_view, item_of
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_objects import Path
    from archiver.parsing.json_slices import Buffer, Decoded
    from archiver.platforms.dialect import Dialect
    from schemas.account import Platform

OPENING = (b"{", b"[")
GAP = re.compile(rb"[ \t\r\n]*")


def read(content: bytes, platform: Platform) -> Iterator[Item | Refused]:
    """Yield every object of a file of native JSON, and every part of it that is refused, in order.

    An envelope comes before what it contains, as a list.

    Raises:
        ImportRefusedError: the file is empty or not in UTF-8, or the platform has no importer.
    """
    known = find_platform(platform)
    if known is None:
        raise ImportRefusedError(
            f"There is no JSON to import for accounts of the platform {platform}.",
            do=f"Import into an account on one of: {', '.join(platforms())}.",
        )
    for found in _values(content):
        if isinstance(found, Refused):
            yield found
        else:
            yield from records(content, found, known.dialect)


def _values(content: bytes) -> Iterator[Located | Refused]:
    start = len(BOM) if content.startswith(BOM) else 0
    stripped = content[start:].strip(WHITE)
    if not stripped or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        why = "is in UTF-16" if stripped else "is empty"
        raise ImportRefusedError(
            f"The file {why}.", do="Obtain it as UTF-8 with at least one record.", line=1, offset=0
        )
    start += len(content[start:]) - len(content[start:].lstrip(WHITE))
    try:
        yield from _split(decode(stripped), start)
    except JsonMalformedError as error:
        yield from _in_a_row(content, start, str(error.facts["reason"]))


def _split(decoded: Decoded, start: int) -> Iterator[Located]:
    whole = Located.whole(decoded, shift=start)
    if isinstance(decoded.value, list):
        yield from whole.elements()
    else:
        yield whole


def in_a_row(content: Buffer, dialect: Dialect) -> Iterator[Item | Refused]:
    """Yield every object of a file of values that stand one after the other, and every part that is refused."""
    start = len(BOM) if content[: len(BOM)] == BOM else 0
    gap = GAP.match(content, start)
    for found in _in_a_row(content, gap.end() if gap else start, "it starts no object"):
        if isinstance(found, Refused):
            yield found
        else:
            yield from records(content, found, dialect)


def _in_a_row(content: Buffer, start: int, why: str) -> Iterator[Located | Refused]:
    """Yield what stands one after the other, most often one a line, and between two readable values what is refused.

    ``why`` is the reason for which the content is not one value; it is also the first one's, if that is refused.
    """
    refuse = refusals(content)
    refused: tuple[int, str] | None = None
    for offset, found in _pieces(content, start):
        if isinstance(found, str):
            refused = refused or (offset, why if offset == start else found)
        else:
            if refused:
                yield refuse(refused[0], _length(content, refused[0], offset), refused[1])
            refused = None
            yield from _split(found, offset)
    if refused:
        yield refuse(refused[0], _length(content, refused[0], len(content)), refused[1])


def _length(content: Buffer, start: int, end: int) -> int:
    """Return the length of what is refused, without the white space after it."""
    while end > start and content[end - 1 : end] in (b" ", b"\t", b"\r", b"\n"):
        end -= 1
    return end - start


def _pieces(content: Buffer, start: int) -> Iterator[tuple[int, Decoded | str]]:
    """Yield where each object or array begins and what it spells; for a line that begins none, why."""
    offset, searched = start, 0
    while offset < len(content):
        end = content.find(b"\n", offset)
        piece = content[offset : end if end >= 0 else len(content)].rstrip(WHITE)
        found = _decoded(piece)
        if isinstance(found, str) and piece[:1] in OPENING and offset >= searched:
            # Over several lines, or several on one. Each byte is searched once, so that this stays linear.
            extent = find_extent(content, offset)
            searched = offset + extent if extent else len(content)
            again = _decoded(content[offset:searched]) if extent else found
            found = found if isinstance(again, str) else again
        yield offset, found
        offset += len(piece if isinstance(found, str) else found.readable)
        gap = GAP.match(content, offset)
        offset = gap.end() if gap else offset


def _decoded(piece: bytes) -> Decoded | str:
    """Return what ``piece`` spells, or why it is refused: a bare text or number is no record of a row."""
    if piece[:1] not in OPENING:
        return "it starts no object"
    try:
        return decode(piece)
    except JsonMalformedError as error:
        return str(error.facts["reason"])


def records(content: Buffer, found: Located, dialect: Dialect) -> Iterator[Item]:
    value = found.value
    view = dialect.view(value, {}) if isinstance(value, dict) else None
    if view is not None or not isinstance(value, dict):
        yield item_of(content, found, view)
        if isinstance(value, dict) and dialect.within:
            yield from _inner(content, found, dialect, dialect.within)
        return
    items = _inner(content, found, dialect, dialect.paths)
    said = dialect.list_view(value)
    if not items and said is None:
        yield item_of(content, found, None)
        return
    listed = tuple(item.normalised.item for item in items)
    said = said or Normalised(kind="list", type="Collection", item="")
    whole = item_of(content, found, msgspec.structs.replace(said, listed=listed))
    # What stands before the first item: the items are records of their own, and go when they are due.
    head = min((item.offset - whole.offset for item in items), default=whole.length)
    yield replace(whole, length=head)
    yield from items


def _inner(content: Buffer, found: Located, dialect: Dialect, paths: tuple[Path, ...]) -> list[Item]:
    """Return the objects that ``paths`` lead to, each with what it stands in says of it."""
    context = dialect.context(found.value)
    inner = (one for path in paths for one in found.at(path))
    return [item_of(content, one, find_view(one.value, dialect, context)) for one in inner]
