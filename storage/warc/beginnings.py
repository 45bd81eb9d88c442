"""Which of many byte strings begin at a place of a text, told for one place after another in nearly linear time.

The strings are kept as a tree of their common beginnings. What one place has shown of the text is used at the next, as
Aho and Corasick do (Efficient String Matching, 1975): so a text that repeats itself is not compared again and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Locus: TypeAlias = tuple[int, int]
"""A node of the tree, and how many bytes were followed towards it: more than lead to its parent, at most its depth."""

ROOT = (0, 0)
NEAR = 256
STEP = 1 << 16
REMEMBERED = 1 << 16


class Tree:
    """The common beginnings of sorted strings, each of which is there once and has a byte at least.

    A node is a beginning after which strings differ or one ends. It is told by a number: ``depths`` are the lengths of
    the beginnings, ``examples`` the numbers of strings that begin so.
    """

    def __init__(self, strings: Sequence[bytes]) -> None:
        self.strings = strings
        self.depths, self.examples, self._parents = [0], [0], [0]
        self._longest: list[int] = []
        self._children: dict[int, int] = {}
        self._suffixes: dict[tuple[int, int], Locus] = {}
        self._walks: dict[int, Walk] = {}
        self._grow()

    def _grow(self) -> None:
        path, ends = [0], set[int]()
        for number, string in enumerate(self.strings):
            common = alike(self.strings[number - 1], string) if number else 0
            below = 0
            while self.depths[path[-1]] > common:
                below = path.pop()
            if self.depths[path[-1]] < common:
                path.append(self._node(common, number - 1, path[-1]))
                self._parents[below] = path[-1]
            path.append(self._node(len(string), number, path[-1]))
            ends.add(path[-1])
        self._longest = [0] * len(self.depths)
        for node in sorted(range(1, len(self.depths)), key=self.depths.__getitem__):
            parent = self._parents[node]
            self._longest[node] = self.depths[node] if node in ends else self._longest[parent]
            self._children[parent << 8 | self.strings[self.examples[node]][self.depths[parent]]] = node

    def _node(self, depth: int, example: int, parent: int) -> int:
        self.depths.append(depth)
        self.examples.append(example)
        self._parents.append(parent)
        return len(self.depths) - 1

    def longest(self, locus: Locus) -> int:
        """Return the length of the longest string that lies on the way to a locus; 0 for none."""
        node, depth = locus
        return self._longest[node if depth == self.depths[node] else self._parents[node]]

    def cut(self, locus: Locus, depth: int) -> Locus:
        """Return the locus ``depth`` bytes on the way to a deeper one, or to the same."""
        node, _ = locus
        while depth <= self.depths[self._parents[node]] and node:
            node = self._parents[node]
        return node, depth

    def follow(self, locus: Locus, read: Callable[[int, int], bytes]) -> Locus:
        """Return how far a text can be followed from a locus on; ``read`` returns bytes of it: from where, how many."""
        node, depth = locus
        text, start, size = b"", depth, NEAR
        while True:
            at = depth - start
            if at == len(text):
                text, start, at, size = read(depth, size), depth, 0, min(4 * size, STEP)
                if not text:
                    return node, depth
            left = self.depths[node] - depth
            if not left:
                child = self._children.get(node << 8 | text[at])
                if child is None:
                    return node, depth
                node = child
                continue
            expected = self.strings[self.examples[node]][depth : depth + min(left, len(text) - at)]
            if not text.startswith(expected, at):
                return node, depth + alike(expected, text[at : at + len(expected)])
            depth += len(expected)

    def suffix(self, number: int, at: int) -> Locus:
        """Return how far the end of a string, from byte ``at`` on, can be followed as a text."""
        if (number, at) not in self._suffixes:
            if number not in self._walks:
                self._walks[number] = Walk(self, self._reading(number), self._suffix_anew)
            self._remember(number, at, self._walks[number].at(at))
        return self._suffixes[number, at]

    def _suffix_anew(self, number: int, at: int) -> Locus:
        # Followed from its first byte on, and by no other suffix, which could rest on the one that is looked for.
        if (number, at) not in self._suffixes:
            read = self._reading(number)
            self._remember(number, at, self.follow(ROOT, lambda start, size: read(at + start, size)))
        return self._suffixes[number, at]

    def _reading(self, number: int) -> Callable[[int, int], bytes]:
        string = self.strings[number]
        return lambda at, size: string[at : at + size]

    def _remember(self, number: int, at: int, locus: Locus) -> None:
        if len(self._suffixes) >= REMEMBERED:
            self._suffixes.clear()
            self._walks.clear()
        self._suffixes[number, at] = locus


class Walk:
    """A text gone through from place to place; ``read`` returns bytes of it, ``suffix`` what ``Tree.suffix`` does."""

    def __init__(self, tree: Tree, read: Callable[[int, int], bytes], suffix: Callable[[int, int], Locus]) -> None:
        self._tree, self._read, self._suffix = tree, read, suffix
        self._from, self._locus = 0, ROOT

    def at(self, place: int) -> Locus:
        """Return how far the tree can be followed from a place of the text on."""
        node, depth = self._locus
        locus, known = ROOT, self._from + depth - place
        if self._from < place and known > 0:
            # At this place the text is the end of a beginning that it was seen to have before.
            seen = self._suffix(self._tree.examples[node], place - self._from)
            if seen[1] < known:
                return seen
            locus = self._tree.cut(seen, known)
        locus = self._tree.follow(locus, lambda at, size: self._read(place + at, size))
        if locus[1] >= known:
            self._from, self._locus = place, locus
        return locus


def alike(one: bytes, other: bytes) -> int:
    """Return how many bytes two strings have in common at their beginning."""
    size = min(len(one), len(other))
    for start in range(0, size, STEP):
        left, right = one[start : min(start + STEP, size)], other[start : min(start + STEP, size)]
        if left != right:
            differing = int.from_bytes(left, "big") ^ int.from_bytes(right, "big")
            return start + len(left) - (differing.bit_length() + 7) // 8
    return size
