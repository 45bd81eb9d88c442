"""What is written over natives: one byte value that spells none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

# What is easily seen first; never an end of line, which would change how a header is read.
FILLERS = [code for code in dict.fromkeys((*b"*~.!_-", *range(33, 127), *range(256))) if code not in b"\r\n"]


class NativesCoverAllError(InputError):
    """Nothing can be written over native bytes that does not spell some of them."""

    code = "NATIVES_COVER_ALL"


class Filler:
    """The byte that is written over natives, chosen when all of them have been noted.

    It is one that is in no native, ``*`` if it can be: so none can arise from it and what stands around it. Where every
    byte is in one (as in media), it is a byte with which none begins or ends, so that one arises only around short
    pieces; where each is at such a place too, a byte that alone makes none.
    """

    def __init__(self) -> None:
        self._held, self._outer, self._alone = set[int](), set[int](), set[int]()

    def note(self, natives: Iterable[bytes]) -> None:
        """Take in natives; none of them is empty."""
        for native in natives:
            self._held.update(native.translate(None, bytes(self._held)))
            self._outer |= {native[0], native[-1]}
            if native.count(native[:1]) == len(native):
                self._alone.add(native[0])

    @property
    def spells(self) -> bool:
        """Whether the byte is in a native, so that one may arise where it is written."""
        return self.byte[0] in self._held

    @property
    def byte(self) -> bytes:
        """The byte.

        Raises:
            NativesCoverAllError: every byte but ends of lines makes a native by itself.
        """
        for taken in (self._held, self._outer | self._alone, self._alone):
            for code in FILLERS:
                if code not in taken:
                    return bytes([code])
        raise NativesCoverAllError(
            "Nothing can be written over these native bytes that does not spell some of them.",
            do="Overwrite those that repeat one byte in a turn of their own.",
        )
