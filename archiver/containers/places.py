"""Which file of what was handed over is meant, where another file of it names one by the end of its path. Pure."""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeAlias

Place: TypeAlias = "tuple[str, str]"
"""A part of what was handed over, and a path in it."""

MOST_ALIKE = 100
"""Among how many files whose paths end alike the one with the shortest path is looked for."""


class Places:
    """The files of all parts. However many there are, and however alike their names: none is looked for one by one."""

    def __init__(self) -> None:
        self._known: set[Place] = set()
        self._turned: dict[str, dict[str, list[str]]] = {}
        self._unsorted: set[Place] = set()

    def add(self, part: str, path: str) -> None:
        """Take up a file."""
        if (part, path) not in self._known:
            self._known.add((part, path))
            last = path.rpartition("/")[2]
            self._turned.setdefault(last, {}).setdefault(part, []).append(_turned(path))
            self._unsorted.add((part, last))

    def find(self, place: Place, wanted: str) -> Place | None:
        """Return the file that the one at ``place`` calls ``wanted``.

        That is one beside it or above it, then one of its part, then one of another part, whose path ends so.
        """
        part, path = place
        wanted = wanted.removeprefix("./")
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            near = f"{folder}/{wanted}" if folder else wanted
            if (part, near) in self._known:
                return part, near
        last = wanted.rpartition("/")[2]
        others = self._turned.get(last, {})
        for other in (part, *(one for one in others if one != part)):
            if ending := self._find_ending(other, last, wanted):
                return other, ending
        return None

    def _find_ending(self, part: str, last: str, wanted: str) -> str | None:
        turned = self._turned.get(last, {}).get(part, [])
        if (part, last) in self._unsorted:
            self._unsorted.remove((part, last))
            turned.sort()
        start = _turned(wanted)
        first = bisect_left(turned, start)
        alike = [one for one in turned[first : first + MOST_ALIKE] if one.startswith(start)]
        return min(alike, key=len)[-2::-1] if alike else None


def _turned(path: str) -> str:
    """Return a path from its end to its beginning, so that those that end alike stand together."""
    return f"{path[::-1]}/"
