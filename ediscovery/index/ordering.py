"""Documents over all segments: what is known of them, and their order by date.

In a segment they are numbered by date, then capture, then record id. So only those of several segments are compared.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ediscovery.index import segments
from ediscovery.index.sets import NONE, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ediscovery.index.opened import Segment
    from ediscovery.index.sets import Numbers

ORDER = ("date", "captured", "record")


class Documents:
    """The documents of segments, whose numbers go on from one to the next."""

    def __init__(self, opened: Sequence[Segment]) -> None:
        """Know them by their segments."""
        self._segments = opened

    def described(self, docs: Numbers, names: Sequence[str]) -> pa.Table:
        """Return columns of documents, as these come."""
        order = np.argsort(docs, kind="stable")
        parts = [segment.described(own, names) for segment, own in self._parted(docs[order])]
        schema = pa.schema([segments.DOCS.field(name) for name in names])
        table = pa.concat_tables([schema.empty_table(), *(part.select(names).cast(schema) for part in parts)])
        return table if (np.diff(order) > 0).all() else table.take(pa.array(np.argsort(order), pa.int64()))

    def earliest(self, docs: Numbers, number: int) -> Numbers:
        """Return the rows of a set among which its first so many by date are."""
        lengths = np.array([len(own) for _, own in self._parted(docs)], np.int64)
        return ranges(np.cumsum(lengths) - lengths, np.minimum(lengths, number))

    def by_date(self, docs: Numbers) -> Numbers:
        """Return the rows of a set in the order of date."""
        parts = [len(own) for _, own in self._parted(docs)]
        segment = np.repeat(np.arange(len(parts)), parts)
        order = np.arange(len(docs))
        unsure = order.copy() if len(parts) > 1 else NONE
        # The next column is looked at only where the ones before are the same in two segments.
        for number in range(1, len(ORDER) + 1):
            if not len(unsure):
                break
            rows = np.sort(order[unsure])
            keys = [self._column(docs[rows], name) for name in ORDER[:number]]
            own = np.lexsort(keys[::-1])
            order[unsure] = rows[own]
            alike = np.logical_and.reduce([key[own][1:] == key[own][:-1] for key in keys])
            mixed = alike & (np.diff(segment[rows[own]]) != 0)
            run = np.cumsum(np.concatenate([[False], ~alike]))
            unsure = unsure[np.isin(run, run[1:][mixed])]
        return order

    def _column(self, docs: Numbers, name: str) -> NDArray[Any]:
        if name == "record":
            return np.array(self.described(docs, (name,)).column(name).to_pylist(), "S32")
        # Decoding is Arrow's, which does several at once.
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
            return np.concatenate([NONE, *workers.map(lambda part: part[0].numbers(name, part[1]), self._parted(docs))])

    def _parted(self, docs: Numbers) -> Iterator[tuple[Segment, Numbers]]:
        """Yield segments with those documents that are in each."""
        ends = np.searchsorted(docs, [segment.end for segment in self._segments])
        start = 0
        for segment, end in zip(self._segments, ends, strict=True):
            if start < end:
                yield segment, docs[start:end]
            start = end
