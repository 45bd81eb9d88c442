"""What is signed of a part of the index that is kept in the store: its files, and the digests of their blocks."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest

BLOCK = 1 << 18
"""What is read at least, in bytes: many columns of row groups are smaller, few are much larger."""

PIECE = 1 << 25
"""What an object holds of a file, in bytes: what a bucket takes in one request, and locks as it is told."""


class FileStated(Canonical, frozen=True):
    """A file: its name, its size in bytes, and the SHA-256 of each of its blocks, of which the last may be shorter."""

    name: str
    size: Natural
    blocks: tuple[Digest, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether it has as many blocks as its size needs."""
        return len(self.blocks) == -(-self.size // BLOCK)

    @property
    def pieces(self) -> int:
        """In how many objects it lies."""
        return -(-self.size // PIECE)


class PartStated(Canonical, frozen=True):
    """A part of the index, named by what it was made of, and its files."""

    part: str
    files: tuple[FileStated, ...]
