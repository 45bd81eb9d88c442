"""Records that bear the last activity of others, without which those would be due earlier: they stay as long. Pure.

Whatever is destroyed, no record's last activity is earlier than it was as long as the record is not due. For that no
more is needed than one record of its thread, or of an edit two (``gathering``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.mass import NUMBERS, STRICTNESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ediscovery.retention.assigning import Column
    from ediscovery.retention.schedules import Scheduled

LAST_ACTIVITY = "last-activity"
BEARERS = ("bearer", "other", "about")
"""Columns of ``gathering`` that name records which bear the days of a row; an absence has those of what it is about."""
FOR_EVER = NUMBERS["for-ever"] << STRICTNESS
SCHEDULED = (NUMBERS["unscheduled"] + 1) << STRICTNESS
LEAST = 1 << 17  # names that are gathered before equal ones are put together


class Bearing:
    """Gathers, batch by batch, how long others need each record."""

    def __init__(self, assigned: Mapping[str, tuple[Scheduled, ...]]) -> None:
        """Take the series that each text of the column ``series`` stands for."""
        active = [text for text, several in assigned.items() if reckons_from_activity(several)]
        self._active = pa.array(active, pa.string())
        self._found = _longest(pa.table({"record": pa.array([], pa.binary()), "length": pa.array([], pa.int64())}))
        self._most = LEAST

    def add(self, batch: pa.RecordBatch, series: Column, lengths: Column) -> None:
        """Take records as ``gathering`` gives them, their series, and how long these keep them (``MassReckoning``)."""
        found = [self._found]
        for name in BEARERS:
            chosen = self.needing(batch, series, lengths, name)
            table = pa.table({"record": batch.column(name).filter(chosen), "length": lengths.filter(chosen)})
            found.append(_longest(table))
        self._found = pa.concat_tables(found)
        if self._found.num_rows > self._most:
            self._found = _longest(self._found)
            self._most = 2 * max(self._found.num_rows, LEAST)

    def needing(self, batch: pa.RecordBatch, series: Column, lengths: Column, name: str) -> Column:
        """Return which records need the one that a column of ``BEARERS`` names. What is kept for ever needs none."""
        active: Column = pc.is_in(series.dictionary, value_set=self._active).take(series.indices)
        other: Column = pc.not_equal(batch.column(name), batch.column("record"))
        needing: Column = pc.and_(pc.and_(active, other), pc.less(lengths, pa.scalar(FOR_EVER)))
        return pc.fill_null(needing, False)  # noqa: FBT003 - Arrow's order

    def needed(self) -> Needed:
        """Return how long all that were taken need each record."""
        found = _longest(self._found)
        return Needed(found.column("record").combine_chunks(), found.column("length").combine_chunks())


@dataclass(frozen=True, slots=True)
class Needed:
    """Records that others need, and the greatest length of these."""

    records: Column
    longest: Column

    def lengths(self, batch: pa.RecordBatch, lengths: Column) -> Column:
        """Return how long records are kept for their own sake and for others; what is in no series stays so.

        What becomes of them is what their own series say.
        """
        strictness = (1 << STRICTNESS) - 1
        needed: Column = self.longest.take(pc.index_in(batch.column("about"), value_set=self.records))
        own = pc.bit_wise_and(lengths, strictness)
        longer: Column = pc.max_element_wise(lengths, pc.bit_wise_or(pc.bit_wise_and(needed, ~strictness), own))
        return pc.if_else(pc.less(lengths, pa.scalar(SCHEDULED)), lengths, longer)


def reckons_from_activity(several: tuple[Scheduled, ...]) -> bool:
    """Return whether one of some series reckons from the last activity."""
    return any(term.trigger == LAST_ACTIVITY for one in several for term in one.series.terms)


def _longest(found: pa.Table) -> pa.Table:
    """Return a row for each record."""
    grouped = found.group_by("record").aggregate([("length", "max")])
    return grouped.rename_columns({"length_max": "length"}).select(["record", "length"])
