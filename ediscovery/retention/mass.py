"""When millions of records are due: what ``reckoning`` says of one, for columns of days.

Each term is reckoned by ``last_day`` once for each day that its trigger has, and the results are looked up. Terms and
series are combined by the order of ``reckoning.Last``, which the numbers used here share: days since 1970, then the
reasons why there is no day. What belongs to no series is before all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.reckoning import UNDUE, Undue, last_day
from ediscovery.retention.schedules import SeriesUnknownError
from schemas.errors import InputError
from schemas.retention import DISPOSALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ediscovery.retention.reckoning import Calendar, Last
    from ediscovery.retention.schedules import Scheduled
    from schemas.retention import Combine, Term

Fate: TypeAlias = Literal["due", "unscheduled"] | Undue
Column: TypeAlias = Any  # pyarrow's arrays; their stubs tell types apart that Arrow converts

SERIES = "series"
EPOCH = date(1970, 1, 1).toordinal()
LARGEST = 2**31 - 1
# Nobody keeps records to the year 5 881 580, where these would be days.
NUMBERS: dict[Fate, int] = {undue: LARGEST - number for number, undue in enumerate(reversed(UNDUE))}
NUMBERS["unscheduled"] = -LARGEST
FATES: tuple[Fate, ...] = (*NUMBERS, "due")
STRICTNESS = 2  # bits of a length that say what becomes of the record: later in ``DISPOSALS`` is stricter


class ZonesDifferError(InputError):
    """Series whose days begin in different zones are to be reckoned from the same days."""

    code = "ZONES_DIFFER"


@dataclass(frozen=True, slots=True)
class Due:
    """Columns: the days on which records are due (``date32``; null: on none), and what becomes of each.

    ``fate`` (text) is one of ``FATES``; ``disposal`` (text; null: unscheduled) is that of the series that keeps the
    record longest, and of several that keep it equally long, the strictest.
    """

    days: Column
    fate: Column
    disposal: Column

    @property
    def fates(self) -> Counter[Fate]:
        """How many records have which fate."""
        counted: Column = pc.value_counts(self.fate)
        return Counter({one["values"]: one["counts"] for one in counted.to_pylist()})

    @classmethod
    def of(cls, *lengths: Column) -> Self:
        """Return what follows for records of these lengths (``MassReckoning.lengths``); of several the longest wins."""
        length = pc.max_element_wise(*lengths)
        last = pc.shift_right(length, STRICTNESS)
        reasons = pc.index_in(last, value_set=pa.array(list(NUMBERS.values()), pa.int64()))
        day_after = pc.if_else(pc.is_null(reasons), pc.add(last, 1), None)
        stricter = pc.bit_wise_and(length, (1 << STRICTNESS) - 1).cast(pa.int8())
        unscheduled = pc.equal(last, pa.scalar(NUMBERS["unscheduled"], pa.int64()))
        return cls(
            days=day_after.cast(pa.int32()).cast(pa.date32()),
            fate=_named(pc.fill_null(reasons, len(NUMBERS)).cast(pa.int8()), FATES),
            disposal=_named(pc.if_else(unscheduled, None, stricter), DISPOSALS),
        )


def last_of(length: int) -> Last:
    """Return the last day of keeping, or why there is none, that one of ``MassReckoning.lengths`` says."""
    number = length >> STRICTNESS
    return next((undue for undue in UNDUE if NUMBERS[undue] == number), None) or date.fromordinal(number + EPOCH)


class MassReckoning:
    """Reckons batches of records; what was reckoned for one batch is known for the next. For one thread."""

    def __init__(self, assigned: Mapping[str, Sequence[Scheduled]]) -> None:
        """Take the series that each text of the column ``series`` stands for; of several the longest wins.

        Raises:
            ZonesDifferError: their days do not all begin in one zone.
        """
        zones = {scheduled.calendar.zone for several in assigned.values() for scheduled in several}
        if len(zones) > 1:
            raise ZonesDifferError(
                f"Days of the zones {' and '.join(sorted(zones))} cannot be reckoned together.",
                do="Reckon the series of each zone by themselves, from the days in that zone.",
            )
        self._assigned = assigned
        self._known: dict[tuple[Term, Calendar], dict[date, int]] = {}

    def reckon(self, batch: pa.RecordBatch) -> Due:
        """Return when each record of a batch is due.

        The column ``series`` (text, best dictionary-encoded) says what a record is assigned to; null is unscheduled.
        The other columns (``date32``) are named as triggers are, and hold the day of each, null where nobody knows it;
        a trigger without column is known of no record.

        Raises:
            SeriesUnknownError: a record is assigned to what no series is known for.
        """
        return Due.of(self.lengths(batch))

    def lengths(self, batch: pa.RecordBatch) -> Column:
        """Return how long each record of a batch (``reckon``) is kept, as numbers in this order; for ``Due.of``."""
        series: Column = batch.column(SERIES)
        if not pa.types.is_dictionary(series.type):
            series = series.dictionary_encode()
        found = pa.repeat(pa.scalar(NUMBERS["unscheduled"] << STRICTNESS, pa.int64()), batch.num_rows)
        for number, name in enumerate(series.dictionary.to_pylist()):
            chosen = pc.fill_null(pc.equal(series.indices, pa.scalar(number)), False)  # noqa: FBT003 - Arrow's order
            if name is not None and pc.any(chosen).as_py():
                found = pc.replace_with_mask(found, chosen, self._lengths(name, batch.filter(chosen)))
        return found

    def _lengths(self, name: str, batch: pa.RecordBatch) -> Column:
        several = self._assigned.get(name)
        if not several:
            raise SeriesUnknownError(
                f"Records are assigned to {name!r}, which stands for no series.", do="Assign them anew.", series=name
            )
        return pc.max_element_wise(*(self._length(scheduled, batch) for scheduled in several))

    def _length(self, scheduled: Scheduled, batch: pa.RecordBatch) -> Column:
        last = self._of_series(scheduled, batch).cast(pa.int64())
        return pc.add(pc.shift_left(last, STRICTNESS), DISPOSALS.index(scheduled.series.disposal))

    def _of_series(self, scheduled: Scheduled, batch: pa.RecordBatch) -> Column:
        if scheduled.series.disposal == "keep" or not scheduled.series.terms:
            return _everywhere("for-ever", batch)
        lasts = [self._of_term(term, scheduled.calendar, batch) for term in scheduled.series.terms]
        return _combined(scheduled.series.combine, lasts)

    def _of_term(self, term: Term, calendar: Calendar, batch: pa.RecordBatch) -> Column:
        if term.trigger not in batch.schema.names:
            return _everywhere("unknown", batch)
        column: Column = batch.column(term.trigger)
        distinct = column.dictionary_encode()
        known = self._known.setdefault((term, calendar), {})
        days: list[date] = distinct.dictionary.to_pylist()
        for day in days:
            if day not in known:
                last = last_day(term, day, calendar)
                known[day] = NUMBERS["beyond"] if last is None else last.toordinal() - EPOCH
        table: Column = pa.array([known[day] for day in days], pa.int32())
        return table.take(distinct.indices).fill_null(NUMBERS["unknown"])


def _combined(combine: Combine, lasts: Sequence[Column]) -> Column:
    return pc.max_element_wise(*lasts) if combine == "max" else pc.min_element_wise(*lasts)


def _everywhere(fate: Fate, batch: pa.RecordBatch) -> Column:
    return pa.repeat(pa.scalar(NUMBERS[fate], pa.int32()), batch.num_rows)


def _named(numbers: Column, names: Sequence[str]) -> Column:
    return pa.DictionaryArray.from_arrays(numbers, pa.array(names, pa.string()))
