"""A document's outline: headings by level as the linked items that readers show beside pages (ISO 32000-1, 12.3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.production.describing import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(slots=True)
class _Item:
    number: int
    level: int
    spelled: bytes = b""
    kids: list[_Item] = field(default_factory=list)


def outlined(headings: Sequence[tuple[int, str, bytes]], first: int) -> Iterator[bytes]:
    """Yield the outline's objects, numbered from ``first``: it and its items, of headings with level, words and place.

    A heading stands below the nearest one before it that has a lower level. What is below an item is folded.
    """
    root = _Item(first, 0)
    above = [root]
    items = []
    for number, (level, words, place) in enumerate(headings, first + 1):
        while above[-1].level >= level:
            above.pop()
        item = _Item(number, level, b"/Title %s/Dest %s/Parent %d 0 R" % (text(words), place, above[-1].number))
        above[-1].kids.append(item)
        above.append(item)
        items.append(item)
    yield b"<</Type /Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % _ends(root, len(root.kids))
    beside = dict(_beside(root))
    for item in items:
        below = b"/First %d 0 R/Last %d 0 R/Count %d" % _ends(item, -len(item.kids)) if item.kids else b""
        yield b"<<%s%s%s>>" % (item.spelled, beside[item.number], below)


def _ends(item: _Item, count: int) -> tuple[int, int, int]:
    return item.kids[0].number, item.kids[-1].number, count


def _beside(item: _Item) -> Iterator[tuple[int, bytes]]:
    """Yield for each item below which one comes before it, and which after."""
    for place, kid in enumerate(item.kids):
        before = b"/Prev %d 0 R" % item.kids[place - 1].number if place else b""
        after = b"/Next %d 0 R" % item.kids[place + 1].number if place + 1 < len(item.kids) else b""
        yield kid.number, before + after
        yield from _beside(kid)
