"""How many records of which series are due, held or kept, counted batch by batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.eligible import REASON, REASONS
from ediscovery.retention.mass import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ediscovery.retention.assigning import Column
    from ediscovery.retention.eligible import Reason


@dataclass(slots=True)
class Tally:
    """Counts of records: by their series (``None``: none) and reason; and by day, of those that are not due yet."""

    by_series: Counter[tuple[str | None, Reason]] = field(default_factory=Counter)
    coming: Counter[date] = field(default_factory=Counter)

    @property
    def reasons(self) -> Counter[Reason]:
        """Counts by reason alone."""
        found: Counter[Reason] = Counter()
        for (_, reason), count in self.by_series.items():
            found[reason] += count
        return found

    @property
    def series(self) -> list[str | None]:
        """The series that records belong to, by name; at last ``None`` if some belong to none."""
        return sorted({series for series, _ in self.by_series}, key=lambda one: (one is None, one or ""))

    def next_days(self, number: int) -> list[tuple[date, int]]:
        """Return the first days on which further records will be due, with how many; holds left aside."""
        return sorted(self.coming.items())[:number]


def tally(batches: Iterable[pa.RecordBatch]) -> Tally:
    """Count the records of ``eligible``."""
    found = Tally()
    for batch in batches:
        series: Column = batch.column(SERIES)
        reason: Column = batch.column(REASON)
        numbers = pc.multiply(series.indices.fill_null(-1), len(REASONS))
        pairs = pc.add(numbers, reason.indices.cast(pa.int32()))
        names: list[str | None] = [*series.dictionary.to_pylist(), None]  # the last one is at -1
        for pair, count in _counted(pairs):
            number, code = divmod(pair, len(REASONS))
            found.by_series[names[number], REASONS[code]] += count
        waiting = pc.equal(reason.indices, pa.scalar(REASONS.index("not-yet"), pa.int8()))
        for on, count in _counted(batch.column("due").filter(waiting)):
            found.coming[cast("date", on)] += count
    return found


def _counted(column: Column) -> Iterator[tuple[Any, int]]:
    counted: Column = pc.value_counts(column)
    for one in counted.to_pylist():
        yield one["values"], one["counts"]
