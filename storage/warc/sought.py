"""Many byte strings looked for at once in files of any size: the only door to ahocorasick_rs.

An automaton over the strings' beginnings, in Rust, finds where one may lie; the sorted strings tell which one does.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO

from ahocorasick_rs import BytesAhoCorasick

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

WINDOW = 1 << 20
HEAD = 16
NEAR = 256
STEP = 1 << 16


class Sought:
    """Byte strings to be found. Empty ones are nowhere."""

    def __init__(self, strings: Collection[bytes]) -> None:
        self._strings = sorted(set(strings) - {b""})
        self._longest = max(map(len, self._strings), default=0)
        self._within = _prefixes(self._strings)
        heads = _heads(self._strings)
        self._heads = BytesAhoCorasick(heads) if heads else None

    @property
    def strings(self) -> Sequence[bytes]:
        """The strings, each once, in their order."""
        return self._strings

    def places(self, file: BinaryIO) -> Iterator[tuple[int, int]]:
        """Yield the parts of a file that occurrences cover, from first to last: start and end, none touching another.

        Every occurrence counts, also within or across others. A part may be overwritten as soon as it is yielded: no
        occurrence that is looked for afterwards begins before its end.
        """
        start = end = 0
        for at, length in self._occurrences(file):
            if at > end:
                if end > start:
                    yield start, end
                start = at
            end = max(end, at + length)
        if end > start:
            yield start, end

    def _occurrences(self, file: BinaryIO) -> Iterator[tuple[int, int]]:
        """Yield where occurrences begin, in order, with the longest one's length."""
        if self._heads is None:
            return
        base = 0
        while window := _part(file, base, WINDOW + HEAD - 1):
            for at in sorted({at for _, at, _ in self._heads.find_matches_as_indexes(window, overlapping=True)}):
                if length := self._longest_at(file, base + at, window[at : at + NEAR]):
                    yield base + at, length
            base += WINDOW

    def _longest_at(self, file: BinaryIO, at: int, text: bytes) -> int:
        """Return the length of the longest string that begins at byte ``at``, where ``text`` begins; 0 for none."""
        following = bisect_right(self._strings, text)
        # Strings that begin with all of the text, and go on, follow it at once.
        while self._begins(following, text):
            if not self._begins(following + 1, text):
                if _lies(file, at, self._strings[following]):
                    return len(self._strings[following])
                break
            longer = _part(file, at, min(4 * max(len(text), NEAR), self._longest))
            if len(longer) <= len(text):
                break
            text = longer
            following = bisect_right(self._strings, text)
        # What begins the text, if anything, is the last string before it, or begins that one.
        candidate = following - 1
        while candidate >= 0 and not text.startswith(self._strings[candidate]):
            candidate = self._within[candidate]
        return len(self._strings[candidate]) if candidate >= 0 else 0

    def _begins(self, number: int, text: bytes) -> bool:
        return number < len(self._strings) and self._strings[number].startswith(text)


def _lies(file: BinaryIO, at: int, string: bytes) -> bool:
    """Tell whether a string lies at byte ``at``; its end is looked at first, as what repeats itself differs there."""
    end = max(0, len(string) - NEAR)
    return _part(file, at + end, len(string) - end) == string[end:] and all(
        _part(file, at + place, min(STEP, end - place)) == string[place : min(place + STEP, end)]
        for place in range(0, end, STEP)
    )


def _part(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _prefixes(strings: list[bytes]) -> list[int]:
    """Return for each of the sorted strings which other one is its longest beginning; -1 for none."""
    within: list[int] = []
    open_ones: list[int] = []
    for number, string in enumerate(strings):
        while open_ones and not string.startswith(strings[open_ones[-1]]):
            open_ones.pop()
        within.append(open_ones[-1] if open_ones else -1)
        open_ones.append(number)
    return within


def _heads(strings: list[bytes]) -> list[bytes]:
    """Return the beginnings of the sorted strings, none of which begins with another."""
    heads: list[bytes] = []
    for string in strings:
        if not heads or not string.startswith(heads[-1]):
            heads.append(string[:HEAD])
    return heads
