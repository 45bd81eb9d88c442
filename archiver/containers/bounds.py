"""How much a container may unpack to, while it is being unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from archiver.containers.members import ALL_FROM, ALL_RATIO, BOMB_FROM, BOMB_RATIO, LARGEST_MEMBER
from archiver.imports.refusals import ImportBombError, ImportTooLargeError

if TYPE_CHECKING:
    from typing import Protocol

    class Readable(Protocol):
        """Whatever gives its bytes one after the other."""

        def read(self, size: int, /) -> bytes: ...


STEP = 1 << 18


def check(path: str, *, size: int, packed: int) -> None:
    """Check that a file of ``size`` bytes which is ``packed`` in so many may be taken.

    Raises:
        ImportTooLargeError, ImportBombError: it may not.
    """
    if size > LARGEST_MEMBER:
        raise ImportTooLargeError(
            f"{path} is larger than {LARGEST_MEMBER >> 30} GiB.", do="Keep it elsewhere, or split it.", size=size
        )
    if size > BOMB_FROM and size > BOMB_RATIO * max(1, packed):
        raise ImportBombError(
            f"{path} unpacks to more than {BOMB_RATIO} times its packed size.",
            do="Look at what it is before you unpack it by hand; if it is real, import it as a file.",
            size=size,
        )


def most_of_all(size: int) -> int:
    """Return how many bytes all that a container of ``size`` bytes holds may have."""
    return max(ALL_FROM, ALL_RATIO * size)


def copy(stream: Readable, to: BinaryIO, *, path: str, packed: int) -> int:
    """Write what a stream gives to ``to``; return how many bytes there were.

    Raises:
        ImportTooLargeError, ImportBombError: there is more than may be taken.
    """
    size = 0
    while block := stream.read(STEP):
        size += len(block)
        check(path, size=size, packed=packed)
        to.write(block)
    return size
