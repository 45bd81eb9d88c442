"""Byte strings overwritten in files, wherever they lie outside what must stay."""

from __future__ import annotations

import io
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from schemas.errors import InputError
from storage.warc.sought import Sought

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

Span: TypeAlias = tuple[int, int]
"""A part of a file: where it begins and where it ends, in bytes."""

STEP = 1 << 20
# What is easily seen first; never an end of line, which would change how a header is read.
FILLERS = [bytes([code]) for code in dict.fromkeys((*b"*~.!_-", *range(33, 127), *range(256))) if code not in b"\r\n"]


class NativesCoverAllError(InputError):
    """Nothing can be written over native bytes that does not spell some of them."""

    code = "NATIVES_COVER_ALL"


class Clearing:
    """Overwrites every occurrence of the natives with a filler that spells none of them.

    The filler is a byte that is in no native, ``*`` if it can be: so none can arise from it and what stands around it.
    Where every byte is in one (as in media), it is a byte that alone makes none, and files are searched again until
    nothing is found.

    Raises:
        NativesCoverAllError: every byte but ends of lines makes a native by itself.
    """

    def __init__(self, natives: Collection[bytes]) -> None:
        self._sought = Sought(natives)
        self.filler = _filler(self._sought.strings)

    def clear(self, file: BinaryIO, spans: Collection[Span]) -> tuple[int, bool]:
        """Overwrite natives within ``spans`` (ascending, apart); return how many bytes, and whether some still occur.

        Of a native that lies partly outside, only what lies inside is overwritten.
        """
        octets = 0
        while True:
            found, done = False, 0
            for place in self._sought.places(file):
                found = True
                done += self.fill(file, _common(place, spans))
            octets += done
            if not done:
                return octets, found

    def fill(self, file: BinaryIO, spans: Iterable[Span]) -> int:
        """Overwrite ``spans`` whole; return how many bytes had another value before."""
        octets = 0
        for start, end in spans:
            for at in range(start, end, STEP):
                file.seek(at)
                piece = file.read(min(STEP, end - at))
                octets += len(piece) - piece.count(self.filler)
                file.seek(at)
                file.write(self.filler * len(piece))
        return octets

    def occurs(self, file: BinaryIO) -> bool:
        """Tell whether a native occurs."""
        return any(True for _ in self._sought.places(file))

    def cleared(self, content: bytes, spans: Collection[Span]) -> tuple[bytes, int, bool]:
        """Return a short text with its natives overwritten within ``spans``; and as ``clear``."""
        file = io.BytesIO(content)
        octets, found = self.clear(file, spans)
        return file.getvalue(), octets, found


def outside(kept: Iterable[Span], size: int) -> list[Span]:
    """Return what of the first ``size`` bytes lies in none of the parts that are kept, in order."""
    free: list[Span] = []
    at = 0
    for start, end in chain(sorted(kept), ((size, size),)):
        if min(start, size) > at:
            free.append((at, min(start, size)))
        at = max(at, end)
    return free


def _common(place: Span, spans: Iterable[Span]) -> Iterator[Span]:
    for start, end in spans:
        first, last = max(start, place[0]), min(end, place[1])
        if first < last:
            yield first, last


def _filler(natives: Collection[bytes]) -> bytes:
    for filler in FILLERS:
        if not any(filler in native for native in natives):
            return filler
    for filler in FILLERS:
        if not any(native.count(filler) == len(native) for native in natives):
            return filler
    raise NativesCoverAllError(
        "Nothing can be written over these native bytes that does not spell some of them.",
        do="Leave out natives of one byte.",
    )
