"""No shorter: proof, from the terms alone, that one series never makes a record due before another does. Pure.

It is enough to look at terms. One *covers* another when, from the same trigger, it cuts off no earlier and then runs no
less: its last day is then never earlier, and unknown or beyond the year 9999 whenever the other's is. What the whole
series needs follows from how each combines its terms:

====================  =====================================================================
the local one         so that it is never due before the authority's
====================  =====================================================================
later of / later of   each of the authority's terms is covered by one of the local terms
earlier of / earlier  each local term covers one of the authority's
earlier of / later    each local term covers each of the authority's
later of / earlier    one local term covers one of the authority's
====================  =====================================================================

What cannot be shown so is refused, even where it would be longer (ADR 0019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ediscovery.retention.reckoning import MONTHS
from ediscovery.retention.schedules import follow
from ediscovery.retention.wording import term_in_words
from schemas.errors import InputError

if TYPE_CHECKING:
    from ediscovery.retention.reckoning import Calendar
    from ediscovery.retention.schedules import Scheduled, Schedules
    from schemas.retention import Cutoff, Period, Term

SHORTEST_YEAR, LONGEST_YEAR = 365, 366  # days between a day and the same of the next year, the last for one it lacks
SHORTEST_MONTH, LONGEST_MONTH = 28, 31


class ScheduleShortensError(InputError):
    """A series keeps records shorter than the authority's series that it names, or may do so."""

    code = "SCHEDULE_SHORTENS"


def demand_minimums(schedules: Schedules) -> None:
    """Demand of every series that names an authority's (``at_least``) that it is no shorter.

    Raises:
        ScheduleShortensError: one is, or cannot be shown not to be.
        SeriesUnknownError: one that is named does not exist.
        SeriesCycleError: series name each other in a circle.
    """
    for name in schedules:
        path = follow(name, lambda one: schedules.find(one)[1].at_least)
        if len(path) > 1:
            demand_no_shorter(schedules.resolve(name), schedules.resolve(path[1]))


def demand_no_shorter(local: Scheduled, authority: Scheduled) -> None:
    """Demand that whatever is known of a record, it is never due by the local series before it is by the authority's.

    Its disposal may only stay or become ``keep``, and what is not kept for ever needs no less approval.

    Raises:
        ScheduleShortensError: it may be due earlier; the first term that shows it is named.
    """
    if local.series.disposal == "keep":
        return
    if local.series.disposal != authority.series.disposal:
        _refuse(local, authority, f"its disposal would be {local.series.disposal!r}, not {authority.series.disposal!r}")
    _demand_approval(local, authority)
    if not local.series.terms:
        return
    if not authority.series.terms:
        _refuse(local, authority, "the latter is kept for ever")
    if local.calendar.zone != authority.calendar.zone:
        _refuse(local, authority, f"days begin in {local.calendar.zone} and not in {authority.calendar.zone}")
    if (term := _find_uncovered(local, authority)) is not None:
        _refuse(local, authority, f"nothing shows that it is not shorter in this: {term_in_words(term)}")


def _refuse(local: Scheduled, authority: Scheduled, because: str) -> NoReturn:
    raise ScheduleShortensError(
        f"The series {local.name} is to be at least {authority.name}, but {because}.",
        do="Lengthen it: keep every trigger, cut off no earlier, let periods be no less and approvals no fewer.",
        local=local.name,
        authority=authority.name,
    )


def _demand_approval(local: Scheduled, authority: Scheduled) -> None:
    ours, theirs = local.series.approval, authority.series.approval
    if missing := set(theirs.roles) - set(ours.roles):
        _refuse(local, authority, f"no {' and no '.join(sorted(missing))} would approve")
    if theirs.external not in (None, ours.external):
        _refuse(local, authority, f"the permission of {theirs.external} would not be asked for")
    if ours.wait_days < theirs.wait_days:
        _refuse(local, authority, f"{ours.wait_days} days would be waited instead of {theirs.wait_days}")


def _find_uncovered(local: Scheduled, authority: Scheduled) -> Term | None:
    """Return a term, the authority's or where its terms are alternatives a local one, that the proof lacks."""
    ours, theirs = local.series.terms, authority.series.terms

    def covers(our: Term, their: Term) -> bool:
        return _covers(our, local.calendar, their, authority.calendar)

    match local.series.combine, authority.series.combine:
        case "max", "max":
            return next((their for their in theirs if not any(covers(our, their) for our in ours)), None)
        case "min", "min":
            return next((our for our in ours if not any(covers(our, their) for their in theirs)), None)
        case "min", "max":
            return next((their for their in theirs if not all(covers(our, their) for our in ours)), None)
        case _:
            return None if any(covers(our, their) for our in ours for their in theirs) else theirs[0]


def _covers(our: Term, ours: Calendar, their: Term, theirs: Calendar) -> bool:
    return (
        our.trigger == their.trigger
        and _cuts_no_earlier(our.cutoff, ours, their.cutoff, theirs)
        and _runs_no_less(our.period, their.period)
    )


def _cuts_no_earlier(our: Cutoff, ours: Calendar, their: Cutoff, theirs: Calendar) -> bool:
    end, least = _end_of(our, ours), _end_of(their, theirs)
    # The end of a month is never after the end of a year that ends with a month.
    return least in ("", end) or (least == "month" and end.endswith("-01"))


def _end_of(cutoff: Cutoff, calendar: Calendar) -> str:
    """Return what ends at a cutoff: nothing, a ``month``, or a year by the day on which it begins."""
    match cutoff:
        case "none":
            return ""
        case "month-end":
            return "month"
        case "calendar-year-end":
            return "01-01"
        case "fiscal-year-end":
            return calendar.fiscal_year


def _runs_no_less(our: Period, their: Period) -> bool:
    """Say whether one period, from any day, ends no earlier than another from the same day."""
    months = (our.years - their.years) * MONTHS + our.months - their.months
    days = our.days - their.days
    if months >= 0:
        return days + months // MONTHS * SHORTEST_YEAR + months % MONTHS * SHORTEST_MONTH >= 0
    return days >= -months // MONTHS * LONGEST_YEAR + -months % MONTHS * LONGEST_MONTH
