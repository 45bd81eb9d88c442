"""A reckoning in plain words, for people who ask why a record is due, or is not. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ediscovery.retention.reckoning import Reached, Reckoned
    from schemas.retention import Combine, Cutoff, Period, Term, Trigger

TRIGGERS = {
    "created": "its creation",
    "captured": "its capture",
    "last-activity": "the last activity in it",
    "closed": "the closing of its account",
    "superseded": "its next version",
    "subject-born": "its subject's birth",
}
CUTOFFS: dict[Cutoff, str] = {
    "none": "",
    "month-end": "the end of the month of ",
    "calendar-year-end": "the end of the year of ",
    "fiscal-year-end": "the end of the fiscal year of ",
}
COMBINES: dict[Combine, str] = {"max": "whichever is later", "min": "whichever is earlier"}


def words(reckoned: Reckoned) -> tuple[str, ...]:
    """Return sentences: one for each term with its days, and at last when the record is due, or why it is not."""
    return (*map(_reached, reckoned.terms), _verdict(reckoned))


def trigger_in_words(trigger: Trigger) -> str:
    """Return a trigger as something that has a day: ``its creation``, ``the event 'election'``."""
    return TRIGGERS.get(trigger) or f"the event {trigger.removeprefix('event:')!r}"


def term_in_words(term: Term) -> str:
    """Return a term such as ``3 years after the end of the fiscal year of its creation``."""
    end = f"{CUTOFFS[term.cutoff]}{trigger_in_words(term.trigger)}"
    return f"{period} after {end}" if (period := _period_in_words(term.period)) else f"until {end}"


def _period_in_words(period: Period) -> str:
    lengths = [(period.years, "year"), (period.months, "month"), (period.days, "day")]
    parts = [f"{number} {unit}{'s' * (number != 1)}" for number, unit in lengths if number]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _reached(reached: Reached) -> str:
    said = term_in_words(reached.term)
    sentence = said[0].upper() + said[1:]
    if reached.day is None:
        return f"{sentence}: that day is not known."
    ends = "" if reached.term.cutoff == "none" or reached.cutoff is None else f", which ends on {reached.cutoff}"
    until = f"until {reached.last}" if isinstance(reached.last, date) else "beyond the year 9999"
    return f"{sentence} on {reached.day}{ends}: kept {until}."


def _verdict(reckoned: Reckoned) -> str:
    days = " and ".join(map(trigger_in_words, reckoned.unknown))
    match reckoned.why:
        case None:
            known = f" The day of {days} is not known, and could only make it earlier." if days else ""
            choice = f"{COMBINES[reckoned.series.combine]}: " if len(reckoned.terms) > 1 else ""
            sentence = f"{choice}due on {reckoned.due}."
            return sentence[0].upper() + sentence[1:] + known
        case "unknown":
            return f"Not due: the day of {days} is not known."
        case "beyond":
            return "Never due: the day lies beyond the year 9999."
        case "for-ever":
            return "Never due: kept for ever."
