"""When records are due: reckoned from a series and the days of its triggers, by the rules of ADR 0019. Pure.

Where an instant lies in a calendar is said here too; which series a name means is for ``schedules``, the words for
people are in ``wording``.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, get_args
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.instant import Instant
    from schemas.retention import Period, Schedule, Series, Term, Trigger

ONE_DAY = timedelta(days=1)
MONTHS = 12  # a year
DECEMBER = 12

Undue: TypeAlias = Literal["unknown", "beyond", "for-ever"]
"""Why nothing is due: a day that nobody knows; a day beyond the year 9999; no day at all."""
UNDUE: tuple[Undue, ...] = get_args(Undue)
Last: TypeAlias = date | Undue
"""The last day of keeping, or why there is none. The longer in this order: days, unknown, beyond, for ever."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """In which IANA zone a schedule's days begin, and on which month and day (``09-01``) its fiscal year does."""

    zone: str
    fiscal_year: str = "01-01"

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Return the calendar of a schedule."""
        return cls(schedule.zone, schedule.fiscal_year)

    def begin(self, year: int) -> date:
        """Return the day on which the fiscal year begins in a calendar year.

        A day that the month does not have is its last: a fiscal year of 02-29 begins on 02-28 where there is no other.
        """
        month, day = map(int, self.fiscal_year.split("-"))
        return date(year, month, min(day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Facts:
    """The day of each trigger for one record, in the zone of the schedule; ``None``, or no event: nobody knows it."""

    created: date | None = None
    captured: date | None = None
    last_activity: date | None = None
    closed: date | None = None
    superseded: date | None = None
    subject_born: date | None = None
    events: Mapping[str, date] = field(default_factory=dict)

    def day(self, trigger: Trigger) -> date | None:
        """Return the day of a trigger."""
        match trigger:
            case "created":
                return self.created
            case "captured":
                return self.captured
            case "last-activity":
                return self.last_activity
            case "closed":
                return self.closed
            case "superseded":
                return self.superseded
            case "subject-born":
                return self.subject_born
            case _:
                return self.events.get(trigger.removeprefix("event:"))


@dataclass(frozen=True, slots=True)
class Reached:
    """A term and its days: that of the trigger, the cutoff, and the last day of keeping."""

    term: Term
    day: date | None
    cutoff: date | None
    last: Last


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a series says about one record: the days of its terms, and the last day of keeping."""

    series: Series
    terms: tuple[Reached, ...]
    last: Last

    @property
    def due(self) -> date | None:
        """The day from which on the record may be disposed of; ``None`` where there is none, ``why`` says why."""
        return self.last + ONE_DAY if isinstance(self.last, date) else None

    @property
    def why(self) -> Undue | None:
        """Why the record is not due on any day."""
        return None if isinstance(self.last, date) else self.last

    @property
    def unknown(self) -> tuple[Trigger, ...]:
        """The triggers whose day nobody knows, each once."""
        return tuple(dict.fromkeys(reached.term.trigger for reached in self.terms if reached.day is None))


def day_of(instant: Instant, calendar: Calendar) -> date:
    """Return the day on which an instant falls in the calendar's zone; years stop at 1 and 9999."""
    moment = instant.to_datetime()
    try:
        return moment.astimezone(ZoneInfo(calendar.zone)).date()
    except OverflowError:
        return date.min if moment < datetime(MAXYEAR // 2, 1, 1, tzinfo=UTC) else date.max


def cutoff_of(term: Term, day: date, calendar: Calendar) -> date | None:
    """Return the end, named by the term's cutoff, of what ``day`` lies in; ``None`` beyond the year 9999."""
    match term.cutoff:
        case "none":
            return day
        case "month-end":
            return day.replace(day=monthrange(day.year, day.month)[1])
        case "calendar-year-end":
            return date(day.year, DECEMBER, 31)
        case "fiscal-year-end":
            return _fiscal_year_end(day, calendar)


def last_day(term: Term, day: date, calendar: Calendar) -> date | None:
    """Return the last day of keeping by a term whose trigger was on ``day``.

    ``None`` where the day after, on which the record is due, would lie beyond the year 9999.
    """
    cutoff = cutoff_of(term, day, calendar)
    return None if cutoff is None else _later(cutoff, term.period)


def reckon(series: Series, facts: Facts, calendar: Calendar) -> Reckoned:
    """Return what a series, with its terms (``schedules`` resolves ``same_as``), says about one record.

    A day that nobody knows makes *whichever is later* unknown; *whichever is earlier* goes by the others. What has no
    terms is kept for ever.
    """
    terms = tuple(_reached(term, facts.day(term.trigger), calendar) for term in series.terms)
    if series.disposal == "keep" or not terms:
        return Reckoned(series, terms, "for-ever")
    combined = max if series.combine == "max" else min
    return Reckoned(series, terms, combined((reached.last for reached in terms), key=length_of))


def longest(first: Reckoned, *others: Reckoned) -> Reckoned:
    """Return, of what several series say about one record, the one that keeps it longest; of equals the first.

    One that is unknown, beyond the year 9999 or for ever is longer than any that ends on a day.
    """
    return max((first, *others), key=lambda reckoned: length_of(reckoned.last))


def length_of(last: Last) -> tuple[int, date]:
    """Return what orders last days: the longest is the greatest."""
    return (0, last) if isinstance(last, date) else (1 + UNDUE.index(last), date.max)


def _reached(term: Term, day: date | None, calendar: Calendar) -> Reached:
    if day is None:
        return Reached(term, None, None, "unknown")
    return Reached(term, day, cutoff_of(term, day, calendar), last_day(term, day, calendar) or "beyond")


def _fiscal_year_end(day: date, calendar: Calendar) -> date | None:
    year = day.year if day < calendar.begin(day.year) else day.year + 1
    return calendar.begin(year) - ONE_DAY if year <= MAXYEAR else None


def _later(day: date, period: Period) -> date | None:
    months = (day.year + period.years) * MONTHS + day.month - 1 + period.months
    year, month = months // MONTHS, months % MONTHS + 1
    if year > MAXYEAR:
        return None
    moved = date(year, month, min(day.day, monthrange(year, month)[1]))
    ordinal = moved.toordinal() + period.days
    return date.fromordinal(ordinal) if ordinal < date.max.toordinal() else None
