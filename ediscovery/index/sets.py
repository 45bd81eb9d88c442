"""Sets of documents, and where words stand in them, as sorted arrays of numbers. Pure.

A *set* is sorted and has each number once. A *key* is where a word stands: the document's number and, in its last
``PLACE_BITS``, the place in it. *Spans* are where several words stand, as the keys of their first and of their last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ediscovery.index.places import PLACE_BITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[np.int64]"
Mask: TypeAlias = "NDArray[np.bool_]"

NONE: Numbers = np.empty(0, np.int64)


def among(numbers: Numbers, wanted: Numbers) -> Mask:
    """Return which of some documents, in any order, are in a set."""
    return np.isin(numbers, wanted, kind="table") if len(wanted) else np.zeros(len(numbers), np.bool_)


def both(one: Numbers, other: Numbers) -> Numbers:
    """Return what is in both of two sets."""
    fewer, more = sorted((one, other), key=len)
    if not len(fewer):
        return NONE
    at = np.searchsorted(more, fewer)
    shared: Numbers = fewer[more[np.minimum(at, len(more) - 1)] == fewer]
    return shared


def without(one: Numbers, other: Numbers) -> Numbers:
    """Return what is in one set of documents and not in the other."""
    left: Numbers = one[~among(one, other)]
    return left


def joined(several: Sequence[Numbers]) -> Numbers:
    """Return the set of what is in any of several arrays."""
    if len(several) == 1:
        return np.unique(several[0])
    return np.unique(np.concatenate(several)) if several else NONE


def documents_of(keys: Numbers) -> Numbers:
    """Return the set of the documents of sorted keys."""
    docs = keys >> PLACE_BITS
    return docs[np.flatnonzero(np.diff(docs, prepend=-1))]


def ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the numbers of several ranges, one range after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)


@dataclass(frozen=True, slots=True)
class Spans:
    """Where words stand together: keys of the first and of the last, sorted by both, each pair once."""

    first: Numbers
    last: Numbers

    @classmethod
    def of(cls, pairs: Sequence[tuple[Numbers, Numbers]]) -> Spans:
        """Return the spans of all these pairs."""
        first, last = (np.concatenate([pair[at] for pair in pairs]) if pairs else NONE for at in (0, 1))
        order = np.lexsort((last, first))
        first, last = first[order], last[order]
        anew = np.ones(len(first), np.bool_)
        anew[1:] = (np.diff(first) != 0) | (np.diff(last) != 0)
        return cls(first[anew], last[anew])

    @property
    def documents(self) -> Numbers:
        """The documents in which they are."""
        return documents_of(self.first)


def followed(before: Spans, after: Spans, most: int) -> tuple[Numbers, Numbers]:
    """Return for each span before where those spans begin and end, in ``after``, that follow by ``most`` words at most.

    No field of a document is so long that it would reach into the next document's.
    """
    low = np.searchsorted(after.first, before.last + 1)
    high = np.searchsorted(after.first, before.last + most, side="right")
    return low, high
