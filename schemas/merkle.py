"""Merkle trees as in RFC 6962 section 2.1 and RFC 9162 section 2.1.3: hashes, roots, paths and their verification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from schemas.digest import Digest
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

EMPTY_ROOT = Digest.of(b"")


class ProofRefusedError(IntegrityError):
    """A Merkle proof does not prove what it is offered for."""

    code = "PROOF_REFUSED"


def leaf_hash(content: bytes) -> Digest:
    """Return the hash of a leaf: SHA-256(00 || content)."""
    return Digest.of(b"\x00" + content)


def node_hash(left: Digest, right: Digest) -> Digest:
    """Return the hash of an inner node: SHA-256(01 || left || right)."""
    return Digest.of(b"\x01" + left.raw + right.raw)


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The roots of the perfect subtrees that make up the first ``size`` leaves, largest first.

    It is all that is needed to append a leaf and to compute the root: log2(size) hashes.
    """

    size: int = 0
    peaks: tuple[Digest, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ProofRefusedError(
                f"A compact range over {self.size} leaves cannot have {len(self.peaks)} hashes.",
                do="Do not use this data; keep it and report it.",
            )

    def append(self, leaf: Digest) -> CompactRange:
        """Return the range with one more leaf, given by its leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[Digest]) -> CompactRange:
        """Return the range with more leaves, given by their leaf hashes."""
        sha256 = hashlib.sha256
        size, peaks = self.size, [peak.raw for peak in self.peaks]
        for leaf in leaves:
            node = leaf.raw
            for _ in range(_trailing_ones(size)):
                node = sha256(b"\x01" + peaks.pop() + node).digest()
            peaks.append(node)
            size += 1
        return CompactRange(size, tuple(Digest(peak) for peak in peaks))

    def completed(self, leaf: Digest) -> Iterator[tuple[int, int, Digest]]:
        """Yield the perfect subtrees that one more leaf completes, itself first: level, number (``Nodes``) and root."""
        number, node = self.size, leaf
        yield 0, number, node
        for level, peak in enumerate(reversed(self.peaks[len(self.peaks) - _trailing_ones(self.size) :]), start=1):
            number, node = number >> 1, node_hash(peak, node)
            yield level, number, node

    @property
    def root(self) -> Digest:
        """The Merkle tree hash over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def _trailing_ones(size: int) -> int:
    return (~size & (size + 1)).bit_length() - 1


def _level_up(level: list[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    above = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root_of(leaves: Sequence[Digest]) -> Digest:
    """Return the Merkle tree hash over leaf hashes, in order."""
    if not leaves:
        return EMPTY_ROOT
    level = [leaf.raw for leaf in leaves]
    while len(level) > 1:
        level = _level_up(level)
    return Digest(level[0])


Nodes: TypeAlias = Callable[[int, int], Digest]
"""Tells the root of a perfect subtree: that of the ``2**level`` leaves from leaf ``number * 2**level`` on."""


def nodes_of(leaves: Sequence[Digest]) -> Nodes:
    """Return the perfect subtrees over leaf hashes, in order."""
    levels = [[leaf.raw for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(_level_up(below[: len(below) & ~1]))
    return lambda level, number: Digest(levels[level][number])


def root_at(nodes: Nodes, size: int) -> Digest:
    """Return the Merkle tree hash over the first ``size`` leaves."""
    return _root(nodes, 0, size) if size else EMPTY_ROOT


def _root(nodes: Nodes, begin: int, end: int) -> Digest:
    """Return the root over leaves ``begin`` to ``end``, a subtree of RFC 9162's: ``begin`` is aligned."""
    size = end - begin
    if size.bit_count() == 1:
        level = size.bit_length() - 1
        return nodes(level, begin >> level)
    middle = begin + _left(size)
    return node_hash(_root(nodes, begin, middle), _root(nodes, middle, end))


def _left(size: int) -> int:
    """Return the largest power of two below ``size``: how many leaves stand in a tree's left half."""
    return int(1 << (size - 1).bit_length() - 1)


def inclusion_path(nodes: Nodes, index: int, *, size: int) -> tuple[Digest, ...]:
    """Return the audit path of leaf ``index`` to the root over ``size`` leaves, lowest sibling first.

    RFC 9162 section 2.1.3.1; it asks for about log2(size)**2 / 2 nodes.
    """
    if not 0 <= index < size:
        raise ProofRefusedError(f"There is no leaf {index} among {size}.", do="Ask for a leaf that exists.")
    path: list[Digest] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left(end - begin)
        if index < middle:
            path.append(_root(nodes, middle, end))
            end = middle
        else:
            path.append(_root(nodes, begin, middle))
            begin = middle
    return tuple(reversed(path))


def _refuse(why: str) -> ProofRefusedError:
    return ProofRefusedError(f"The Merkle proof is refused: {why}.", do="Do not rely on it; keep it and report it.")


def verify_inclusion(*, leaf: Digest, index: int, size: int, path: Sequence[Digest], root: Digest) -> None:
    """Verify that ``leaf`` is leaf ``index`` of the tree with ``size`` leaves and ``root`` (RFC 9162 section 2.1.3.2).

    Raises:
        ProofRefusedError: when it is not proved.
    """
    if not 0 <= index < size:
        raise _refuse(f"index {index} lies outside a tree of {size}")
    fn, sn, running = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            raise _refuse("the path is too long")
        if fn & 1 or fn == sn:
            running = node_hash(sibling, running)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            running = node_hash(running, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise _refuse("the path is too short")
    if running != root:
        raise _refuse("it leads to another root")


def consistency_path(nodes: Nodes, first: int, *, second: int) -> tuple[Digest, ...]:
    """Return the proof that the tree of ``first`` leaves is a prefix of that of ``second``.

    RFC 9162 section 2.1.4.1.
    """
    if not 0 < first <= second:
        raise ProofRefusedError(
            f"There is no consistency proof from size {first} to {second}.", do="Ask for a smaller, positive size."
        )
    path: list[Digest] = []
    begin, end = 0, second
    while first < end:
        middle = begin + _left(end - begin)
        if first <= middle:
            path.append(_root(nodes, middle, end))
            end = middle
        else:
            path.append(_root(nodes, begin, middle))
            begin = middle
    if begin:  # what is left is no prefix by itself: the verifier needs its root
        path.append(_root(nodes, begin, end))
    return tuple(reversed(path))


def verify_consistency(
    *, first: int, second: int, path: Sequence[Digest], first_root: Digest, second_root: Digest
) -> None:
    """Verify that the tree of ``first`` leaves is a prefix of the tree of ``second`` (RFC 9162 section 2.1.4.2).

    Raises:
        ProofRefusedError: when it is not proved; also for ``first == 0``, about which a proof can say nothing.
    """
    if not 0 < first <= second:
        raise _refuse(f"sizes {first} and {second} are not in order")
    if first == second:
        if path or first_root != second_root:
            raise _refuse("trees of one size must be equal, with an empty proof")
        return
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not hashes:
        raise _refuse("the path is empty")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            raise _refuse("the path is too long")
        if fn & 1 or fn == sn:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new = node_hash(new, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise _refuse("the path is too short")
    if old != first_root or new != second_root:
        raise _refuse("it leads to another root")
