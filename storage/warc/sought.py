"""Many byte strings looked for at once in files of any size: the only door to ahocorasick_rs.

An automaton over the strings' beginnings, in Rust, finds where one may lie; a tree of the strings tells which one does.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from ahocorasick_rs import BytesAhoCorasick

from storage.warc.beginnings import Tree, Walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from storage.warc.spans import Span

WINDOW = 1 << 18
HEAD = 16


class Sought:
    """Byte strings to be found. Empty ones are nowhere."""

    def __init__(self, strings: Collection[bytes]) -> None:
        ordered = sorted(set(strings) - {b""})
        self._shortest = min(map(len, ordered), default=0)
        self._tree = Tree(ordered)
        heads = _heads(ordered)
        self._heads = BytesAhoCorasick(heads) if heads else None

    def places(self, file: BinaryIO, *, within: Span | None = None) -> Iterator[Span]:
        """Yield the parts of a file that occurrences cover, in order, none touching another.

        Every occurrence counts, also within or across others; with ``within``, every one that lies in that part whole.
        """
        start, end = within or (0, file.seek(0, io.SEEK_END))
        first = last = start
        for at, length in self._occurrences(file, start, end):
            if at > last:
                if last > first:
                    yield first, last
                first = at
            last = max(last, at + length)
            if last == end:
                break
        if last > first:
            yield first, last

    def occurs(self, file: BinaryIO, *, within: Span | None = None) -> bool:
        """Tell whether an occurrence lies in a file, or in a part of it whole."""
        return any(True for _ in self.places(file, within=within))

    def _occurrences(self, file: BinaryIO, start: int, end: int) -> Iterator[Span]:
        """Yield where occurrences begin, in order, with the longest one's length."""
        if self._heads is None or end - start < self._shortest:
            return
        walk = Walk(self._tree, lambda at, size: _part(file, at, min(size, end - at)), self._tree.suffix)
        for base in range(start, end, WINDOW):
            window = _part(file, base, min(WINDOW + HEAD - 1, end - base))
            for at in sorted(at for _, at, _ in self._heads.find_matches_as_indexes(window, overlapping=True)):
                # What begins in the last bytes begins the next window too.
                if at < WINDOW and (length := self._tree.longest(walk.at(base + at))):
                    yield base + at, length


def _part(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _heads(strings: list[bytes]) -> list[bytes]:
    """Return the beginnings of the sorted strings, none of which begins with another."""
    heads: list[bytes] = []
    for string in strings:
        if not heads or not string.startswith(heads[-1]):
            heads.append(string[:HEAD])
    return heads
