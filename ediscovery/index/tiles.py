"""Which stretches of the ledger segments are made over: the same ones on every machine. Pure.

As tiles of a log do, they are stretches of 4^n entries that begin at a multiple of their length. So a ledger of a
million entries has at most thirty segments, and a new entry leaves all but the smallest as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS = 2
NAME = re.compile("([0-9a-f]{1,16})-([0-9a-f]{1,16})-", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """The entries from ``first`` up to, and without, ``end``."""

    first: int
    end: int

    @property
    def name(self) -> str:
        """The tile as the name of its segment begins."""
        return f"{self.first:x}-{self.end - self.first:x}"

    @classmethod
    def named(cls, name: str) -> Tile | None:
        """Return the tile that the name of a segment begins with, if it is such a name."""
        match = NAME.match(name)
        return cls(int(match[1], 16), int(match[1], 16) + int(match[2], 16)) if match else None

    @property
    def parts(self) -> tuple[Tile, ...]:
        """The tiles that were there before they became this one; the smallest has none."""
        length = (self.end - self.first) >> BITS
        return tuple(Tile(at, at + length) for at in range(self.first, self.end, length)) if length else ()

    def holds(self, other: Tile) -> bool:
        """Return whether another tile lies in this one."""
        return self.first <= other.first and other.end <= self.end


def tiles(size: int) -> Iterator[Tile]:
    """Yield the tiles of a ledger of so many entries, the largest and oldest first."""
    first = 0
    while first < size:
        level = (size - first).bit_length() - 1
        level -= level % BITS
        end = first + (1 << level)
        yield Tile(first, end)
        first = end
