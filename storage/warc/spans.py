"""Parts of a file, told by where they begin and end: put together, cut out of each other, written over."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Span: TypeAlias = tuple[int, int]
"""A part of a file: where it begins and where it ends, in bytes."""

STEP = 1 << 20


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield what the spans cover, in order, none touching another."""
    start = end = 0
    for first, last in sorted(spans):
        if first > end:
            if end > start:
                yield start, end
            start = first
        end = max(end, last)
    if end > start:
        yield start, end


def outside(spans: Iterable[Span], size: int) -> Iterator[Span]:
    """Yield what of the first ``size`` bytes lies in none of the spans, in order."""
    at = 0
    for start, end in chain(sorted(spans), ((size, size),)):
        if min(start, size) > at:
            yield at, min(start, size)
        at = max(at, end)


def common(spans: Iterable[Span], others: Iterable[Span]) -> Iterator[Span]:
    """Yield what lies in both, in order; each of the two comes in order, no span of it within another."""
    rest = iter(others)
    other = next(rest, None)
    for start, end in spans:
        while other and other[1] <= start:
            other = next(rest, None)
        while other and other[0] < end:
            yield max(start, other[0]), min(end, other[1])
            if other[1] > end:
                break
            other = next(rest, None)


def fill(file: BinaryIO, spans: Iterable[Span], filler: bytes) -> int:
    """Write ``filler``, one byte, all over ``spans``; return how many bytes had another value before."""
    octets = 0
    for start, end in spans:
        for at in range(start, end, STEP):
            file.seek(at)
            piece = file.read(min(STEP, end - at))
            octets += len(piece) - piece.count(filler)
            file.seek(at)
            file.write(filler * len(piece))
    return octets
