"""When millions of records are due: what ``reckoning`` says of one, for columns of days.

Each term is reckoned by ``last_day`` once for each day that its trigger has, and the results are looked up. Terms and
series are combined by the order of ``reckoning.Last``, which the numbers used here share: days since 1970, then the
reasons why there is no day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.reckoning import UNDUE, Undue, last_day
from ediscovery.retention.schedules import SeriesUnknownError
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ediscovery.retention.reckoning import Calendar
    from ediscovery.retention.schedules import Scheduled
    from schemas.retention import Combine, Term

Fate: TypeAlias = Literal["due", "unscheduled"] | Undue
Column: TypeAlias = Any  # pyarrow's arrays; their stubs tell types apart that Arrow converts

SERIES = "series"
EPOCH = date(1970, 1, 1).toordinal()
LARGEST = 2**31 - 1
# Nobody keeps records to the year 5 881 580, where these would be days.
NUMBERS: dict[Fate, int] = {undue: LARGEST - number for number, undue in enumerate(reversed(UNDUE))}
NUMBERS["unscheduled"] = LARGEST - len(NUMBERS)


class ZonesDifferError(InputError):
    """Series whose days begin in different zones are to be reckoned from the same days."""

    code = "ZONES_DIFFER"


@dataclass(frozen=True, slots=True)
class Due:
    """The days on which records are due (``date32``; null: on none), and how many records have which fate."""

    days: Column
    fates: Counter[Fate]


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
        series: Column = batch.column(SERIES)
        if not pa.types.is_dictionary(series.type):
            series = series.dictionary_encode()
        last = _everywhere("unscheduled", batch)
        for number, name in enumerate(series.dictionary.to_pylist()):
            chosen = pc.fill_null(pc.equal(series.indices, pa.scalar(number)), False)  # noqa: FBT003 - Arrow's order
            if name is not None and pc.any(chosen).as_py():
                last = pc.replace_with_mask(last, chosen, self._last_days(name, batch.filter(chosen)))
        return _due(last)

    def _last_days(self, name: str, batch: pa.RecordBatch) -> Column:
        several = self._assigned.get(name)
        if not several:
            raise SeriesUnknownError(
                f"Records are assigned to {name!r}, which stands for no series.", do="Assign them anew.", series=name
            )
        return _combined("max", [self._of_series(scheduled, batch) for scheduled in several])

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
    return pa.repeat(_scalar(NUMBERS[fate]), batch.num_rows)


def _scalar(number: int) -> Any:  # noqa: ANN401 - as columns are
    return pa.scalar(number, pa.int32())


def _count(last: Column, number: int) -> int:
    return pc.count(last.filter(pc.equal(last, _scalar(number)))).as_py()


def _due(last: Column) -> Due:
    fates = Counter({fate: _count(last, code) for fate, code in NUMBERS.items()})
    fates["due"] = len(last) - fates.total()
    day_after = pc.if_else(pc.less(last, _scalar(NUMBERS["unscheduled"])), pc.add(last, _scalar(1)), None)
    return Due(day_after.cast(pa.date32()), +fates)
