"""When records are due, said a second time and slowly: a walk over the calendar, one day after the other.

No month is computed and no year: days are counted, and ends are noticed when the next day is another month or a
beginning. It goes no further than a walk of a thousand years would.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from schemas.instant import Instant
    from schemas.retention import Series, Term

TOMORROW = timedelta(days=1)
NEVER = date.max  # no walk gets there


def day_of(instant: Instant, zone: str) -> date:
    """The day in a zone, by Arrow's own reading of the zones (to 2037)."""
    local = pc.local_timestamp(pa.scalar(instant.micros, pa.timestamp("us", tz=zone))).as_py()
    assert isinstance(local, datetime)
    return local.date()


def due(series: Series, days: dict[str, date], fiscal_year: str) -> date | None:
    """The first day on which the record need not be kept, or none that is known; ``days`` are those of triggers."""
    if series.disposal == "keep" or not series.terms:
        return None
    known = [kept_until(term, days[term.trigger], fiscal_year) for term in series.terms if term.trigger in days]
    if series.combine == "max":
        return max(known) + TOMORROW if len(known) == len(series.terms) else None
    return min(known) + TOMORROW if known else None


def kept_until(term: Term, day: date, fiscal_year: str) -> date:
    """The last day of keeping by one term."""
    while not ends(term.cutoff, day, fiscal_year):
        day += TOMORROW
    day = walked(day, term.period.years * 12 + term.period.months)
    for _ in range(term.period.days):
        day += TOMORROW
    return day


def ends(cutoff: str, day: date, fiscal_year: str) -> bool:
    """Whether what the cutoff names ends with this day."""
    following = day + TOMORROW
    match cutoff:
        case "none":
            return True
        case "month-end":
            return following.month != day.month
        case "calendar-year-end":
            return following.year != day.year
        case _:
            return begins(following, fiscal_year)


def begins(day: date, fiscal_year: str) -> bool:
    """Whether a fiscal year begins on this day: the one that it is called by, or the last day of a month without it."""
    named = f"{day:%m-%d}"
    last_of_month = (day + TOMORROW).month != day.month
    return named == fiscal_year or (last_of_month and named[:2] == fiscal_year[:2] and named < fiscal_year)


def walked(start: date, months: int) -> date:
    """The day that is called as ``start`` is, so many months on; in a month that has none so called, its last day."""
    day = start
    for _ in range(months):
        month = day.month
        while day.month == month:
            day += TOMORROW
    while months and day.day != start.day and (day + TOMORROW).month == day.month:
        day += TOMORROW
    return day
