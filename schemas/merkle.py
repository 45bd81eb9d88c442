"""Merkle trees as in RFC 6962 section 2.1 and RFC 9162 section 2.1.3: hashes, roots, paths and their verification."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.digest import Digest
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        peaks, carry, size = list(self.peaks), leaf, self.size
        while size & 1:
            carry = node_hash(peaks.pop(), carry)
            size >>= 1
        return CompactRange(self.size + 1, (*peaks, carry))

    @property
    def root(self) -> Digest:
        """The Merkle tree hash over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


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


def inclusion_path(leaves: Sequence[Digest], index: int) -> tuple[Digest, ...]:
    """Return the audit path of leaf ``index`` (RFC 9162 section 2.1.3.1), lowest sibling first."""
    if not 0 <= index < len(leaves):
        raise ProofRefusedError(f"There is no leaf {index} among {len(leaves)}.", do="Ask for a leaf that exists.")
    path: list[Digest] = []
    level = [leaf.raw for leaf in leaves]
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(Digest(level[sibling]))
        level = _level_up(level)
        index >>= 1
    return tuple(path)


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


def consistency_path(leaves: Sequence[Digest], first: int) -> tuple[Digest, ...]:
    """Return the proof that the tree over ``leaves[:first]`` is a prefix of ``leaves`` (RFC 9162 section 2.1.4.1)."""
    if not 0 < first <= len(leaves):
        raise ProofRefusedError(
            f"There is no consistency proof from size {first} to {len(leaves)}.", do="Ask for a smaller, positive size."
        )
    return tuple(_subproof(first, leaves, complete=True))


def _subproof(first: int, leaves: Sequence[Digest], *, complete: bool) -> list[Digest]:
    if first == len(leaves):
        return [] if complete else [root_of(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if first <= split:
        return [*_subproof(first, leaves[:split], complete=complete), root_of(leaves[split:])]
    return [*_subproof(first - split, leaves[split:], complete=False), root_of(leaves[:split])]


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
