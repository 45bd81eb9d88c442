"""Where the items of a feed lie in its bytes, whatever the encoding and however ill-formed the document.

It finds places, it does not read: what an item says is for ``entries``. Every function takes linear time and
raises nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEM_NAMES = frozenset({b"item", b"entry"})
OPENING = re.compile(rb"<(?:!--|!\[CDATA\[|\?|!DOCTYPE|/?[^\s<>/!?=\"'])", re.IGNORECASE)
NAME = re.compile(rb"[^\s<>/=\"']+")
IN_TAG = re.compile(rb"=[ \t\r\n]*[\"']|[<>]")
IN_DOCTYPE = re.compile(rb"[\"'\[\]>]|<!--|<\?")
SHIFTED = re.compile(rb"\x1b\$[^\x1b]*")
FILLER = 0x80
EBCDIC_OPENING = b"\x4c\x6f\xa7\x94"
"""``<?xm`` in code page 037, which is how XML 1.0 appendix F recognises EBCDIC."""

FROM_EBCDIC = bytes(range(256)).decode("cp037").encode("latin-1")
OPENINGS_BY_WIDTH: tuple[tuple[bytes, int, Literal["little", "big"]], ...] = (
    (b"\x00\x00\xfe\xff", 4, "big"),
    (b"\xff\xfe\x00\x00", 4, "little"),
    (b"\x00\x00\x00<", 4, "big"),
    (b"<\x00\x00\x00", 4, "little"),
    (b"\xfe\xff", 2, "big"),
    (b"\xff\xfe", 2, "little"),
    (b"\x00<", 2, "big"),
    (b"<\x00", 2, "little"),
)


@dataclass(frozen=True, slots=True)
class Shadow:
    """A document with one byte a code unit, markup in ASCII; ``width`` is the code unit's size in bytes."""

    units: bytes
    width: int


def shadow_of(document: bytes) -> Shadow:
    """Return the shadow of ``document``; the encoding is told by its first bytes (XML 1.0 appendix F)."""
    for opening, width, order in OPENINGS_BY_WIDTH:
        if document.startswith(opening):
            return Shadow(_narrow(document, width, order), width)
    if document.startswith(EBCDIC_OPENING):
        return Shadow(document.translate(FROM_EBCDIC), 1)
    if b"\x1b$" in document:  # ISO 2022: between the escapes a "<" is half a character
        return Shadow(SHIFTED.sub(lambda shifted: bytes((FILLER,)) * len(shifted[0]), document), 1)
    return Shadow(document, 1)


def _narrow(document: bytes, width: int, order: Literal["little", "big"]) -> bytes:
    low = 0 if order == "little" else width - 1
    units = bytearray(document[low::width])
    for place in range(width):
        if place != low:
            for index, byte in enumerate(document[place::width]):
                if byte and index < len(units):
                    units[index] = FILLER
    return bytes(units)


class Token(NamedTuple):
    """One piece of markup: where it starts and ends in the shadow, and for tags the name in lower case."""

    kind: Literal["start", "empty", "end", "doctype"]
    start: int
    end: int
    name: bytes = b""


@dataclass(slots=True)
class _Seeker:
    """Finds terminators; remembers each one's last place, so that looking in vain costs nothing the second time."""

    units: bytes
    last: dict[bytes, int] = field(default_factory=dict)

    def after(self, terminator: bytes, start: int) -> int:
        """Return the place just after the next ``terminator``, or -1."""
        if terminator not in self.last:
            self.last[terminator] = self.units.rfind(terminator)
        if start > self.last[terminator]:
            return -1
        return self.units.find(terminator, start) + len(terminator)

    def tag_end(self, start: int) -> int:
        """Return where the tag ends: after its ``>``, or where the next tag begins, or at the end."""
        while found := IN_TAG.search(self.units, start):
            if found[0] == b">":
                return found.end()
            if found[0] == b"<":
                return found.start()
            closed = self.after(found[0][-1:], found.end())
            start = closed if closed >= 0 else found.end()
        return len(self.units)

    def doctype_end(self, start: int) -> int:
        """Return the place after a document type declaration with its internal subset, or after the next ``>``."""
        place, inside = start, False
        while found := IN_DOCTYPE.search(self.units, place):
            mark, place = found[0], found.end()
            if mark == b">" and not inside:
                return place
            if mark in b"[]":
                inside = mark == b"["
            elif mark != b">":
                closed = self.after({b"<!--": b"-->", b"<?": b"?>"}.get(mark, mark), place)
                place = closed if closed >= 0 else place
        end = self.after(b">", start)
        return end if end >= 0 else len(self.units)


def tokens(units: bytes) -> Iterator[Token]:
    """Yield a shadow's tags in order, and its first document type; comments, CDATA and the like are passed over."""
    seeker, place, typed = _Seeker(units), 0, False
    while found := OPENING.search(units, place):
        opening, start = found[0].upper(), found.start()
        place = found.end()
        if opening == b"<!DOCTYPE":
            if not typed:
                typed, place = True, seeker.doctype_end(place)
                yield Token("doctype", start, place)
        elif opening[1] in b"!?":
            terminator = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}.get(opening, b"?>")
            closed = seeker.after(terminator, place)
            place = closed if closed >= 0 else place
        else:
            closing = opening[1] == ord("/")
            name = NAME.match(units, start + 1 + closing)
            place = seeker.tag_end(place)
            empty = units[place - 2 : place] == b"/>"
            kind: Literal["start", "empty", "end"] = "end" if closing else "empty" if empty else "start"
            yield Token(kind, start, place, name[0].lower() if name else b"")


@dataclass(slots=True)
class _Item:
    """The item that is being passed through: where it began and what stands open inside."""

    start: int
    inner: list[bytes] = field(default_factory=list)
    counts: Counter[bytes] = field(default_factory=Counter)

    def close(self, name: bytes) -> None:
        """Close the innermost ``name`` with all that was left open in it; an end without a start changes nothing."""
        if self.counts[name]:
            while (closed := self.inner.pop()) != name:
                self.counts[closed] -= 1
            self.counts[name] -= 1


def item_slices(shadow: Shadow, size: int) -> list[tuple[int, int]]:
    """Return ``(offset, length)`` in bytes of each outermost item of a feed of ``size`` bytes, in order.

    An item is the first element named ``item`` or ``entry`` and every one of the same qualified name that stands in
    no other. One that is never closed ends where its next sibling starts, or at the end.
    """
    width = shadow.width
    ends = ((start * width, min(end * width, size)) for start, end in _item_places(shadow.units))
    return [(start, end - start) for start, end in ends]


def _item_places(units: bytes) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    item_name: bytes | None = None
    item: _Item | None = None
    for token in tokens(units):
        name = token.name
        if item is None:
            if token.kind in {"start", "empty"} and _is_item(name, item_name):
                item_name = name
                if token.kind == "empty":
                    places.append((token.start, token.end))
                else:
                    item = _Item(token.start)
        elif token.kind == "end":
            if name == item_name and not item.counts[name]:
                places.append((item.start, token.end))
                item = None
            else:
                item.close(name)
        elif name == item_name and not item.inner:
            places.append((item.start, token.start))
            item = _Item(token.start) if token.kind == "start" else None
            if item is None:
                places.append((token.start, token.end))
        elif token.kind == "start":
            item.inner.append(name)
            item.counts[name] += 1
    if item is not None:
        places.append((item.start, len(units)))
    return places


def _is_item(name: bytes, item_name: bytes | None) -> bool:
    return name == item_name if item_name else name.rpartition(b":")[2] in ITEM_NAMES


def find_doctype(shadow: Shadow) -> tuple[int, int] | None:
    """Return ``(offset, length)`` in bytes of the document type declaration with its internal subset, if any."""
    first = next(tokens(shadow.units), None)
    if first is None or first.kind != "doctype":
        return None
    return first.start * shadow.width, (first.end - first.start) * shadow.width
