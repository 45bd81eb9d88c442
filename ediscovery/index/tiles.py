"""Which stretches of the ledger segments are made over: the same ones on every machine. Pure.

As tiles of a log do, they are stretches of 16^n entries that begin at a multiple of their length. So a ledger of a
million entries has at most ninety segments, and a new entry leaves all but the smallest as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """The entries from ``first`` up to, and without, ``end``."""

    first: int
    end: int


def tiles(size: int) -> Iterator[Tile]:
    """Yield the tiles of a ledger of so many entries, the largest and oldest first."""
    first = 0
    while first < size:
        level = (size - first).bit_length() - 1
        level -= level % BITS
        end = first + (1 << level)
        yield Tile(first, end)
        first = end
