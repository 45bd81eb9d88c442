"""What a schedule or a classification must fulfil as a whole, beyond the type of each value. Pure.

The line that a refusal names is that of the key whose value is wrong.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ediscovery.retention.places import Page, Path
    from schemas.retention import Approval, Classification, Schedule, Series, Term

LEAP_YEAR = 2000
YEARS = range(1800, 2200)
"""The years in which a schedule can have been adopted or come into effect."""
LONGEST_YEARS = 500
DAYS_A_YEAR, MONTHS_A_YEAR = 366, 12
CERTAIN_TRIGGERS = ("created", "captured", "last-activity")
"""What has happened as soon as there is a record: without a period after it, nothing would be kept at all."""


def demand_schedule(schedule: Schedule, page: Page) -> None:
    """Return if a schedule makes sense as a whole.

    Raises:
        ScheduleError: it does not; the first fault, with its line.
    """
    at: Path = ("schedule",)
    for key in ("title", "authority", "edition"):
        _demand_words(getattr(schedule, key), page, (*at, key))
    _demand_zone(schedule.zone, page, (*at, "zone"))
    _demand_fiscal_year(schedule.fiscal_year, page, (*at, "fiscal_year"))
    _demand_year(schedule.effective, page, (*at, "effective"))
    _demand_adoption(schedule.adopted_by, schedule.adopted_on, page, at)
    if not schedule.series:
        raise page.error(
            ("series",), "the schedule has no series.", do="Write [[series]], and below it the series' keys."
        )
    items: dict[str, int] = {}
    for number, series in enumerate(schedule.series):
        if series.item in items:
            first = page.line(("series", items[series.item], "item"))
            raise page.error(
                ("series", number, "item"),
                f"the item number {series.item!r} stands in line {first} already.",
                do="Give every series a number of its own.",
            )
        items[series.item] = number
        _demand_series(series, page, ("series", number))
    for key in ("same_as", "at_least"):
        _demand_references(schedule, key, items, page)


def demand_classification(classification: Classification, page: Page) -> None:
    """Return if a classification makes sense as a whole.

    Raises:
        ScheduleError: it does not; the first fault, with its line.
    """
    at: Path = ("classification",)
    _demand_words(classification.title, page, (*at, "title"))
    _demand_adoption(classification.adopted_by, classification.adopted_on, page, at)
    if not classification.rules:
        raise page.error(("rule",), "there is no rule.", do="Write [[rule]], and below it match and series.")
    for number, rule in enumerate(classification.rules):
        if not rule.series:
            raise page.error(
                ("rule", number, "series"),
                "the rule leads to no series.",
                do="Name at least one; records that no rule matches are kept without any.",
            )


def _demand_words(value: str, page: Page, at: Path) -> None:
    if not value.strip():
        raise page.error(at, f"{at[-1]!r} is empty.", do="Write what the schedule itself says there.")


def _demand_zone(zone: str, page: Page, at: Path) -> None:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError) as error:
        raise page.error(
            at, f"there is no time zone {zone!r}.", do='Write an IANA name, as in zone = "America/Chicago".'
        ) from error


def _demand_fiscal_year(day: str, page: Page, at: Path) -> None:
    try:
        date.fromisoformat(f"{LEAP_YEAR}-{day}")
    except ValueError as error:
        raise page.error(
            at, f"no month has a day {day}.", do='Write the first day of the fiscal year, as in fiscal_year = "09-01".'
        ) from error


def _demand_year(day: date | None, page: Page, at: Path) -> None:
    if day is not None and day.year not in YEARS:
        raise page.error(
            at, f"{day} is no day on which this can have been.", do=f"Write a day from {YEARS[0]} to {YEARS[-1]}."
        )


def _demand_adoption(by: str, day: date | None, page: Page, at: Path) -> None:
    _demand_year(day, page, (*at, "adopted_on"))
    if day is not None and not by.strip():
        raise page.error(
            (*at, "adopted_on"),
            "there is a day of adoption, and nothing that says by what it was adopted.",
            do='Name the resolution or form, as in adopted_by = "Resolution 2026-14".',
        )


def _demand_series(series: Series, page: Page, at: Path) -> None:
    _demand_words(series.title, page, (*at, "title"))
    _demand_approval(series.approval, page, (*at, "approval"))
    if series.disposal == "keep":
        if series.terms or series.same_as is not None:
            raise page.error(
                (*at, "disposal"),
                "what is kept for ever has no trigger, no period and no same_as.",
                do='Remove them, or write another disposal, such as "destroy".',
            )
        return
    if series.same_as is not None and series.terms:
        raise page.error(
            (*at, "same_as"),
            "same_as says whose trigger and period these are, and the series has its own as well.",
            do="Remove either.",
        )
    if series.same_as is None and not series.terms:
        raise page.error(
            at,
            f"series {series.item} does not say how long its records are kept.",
            do='Write both trigger = "created" and period = { years = 2 }, say; or disposal = "keep".',
        )
    for number, term in enumerate(series.terms):
        _demand_term(term, page, (*at, "alternative", number - 1) if number else at)


def _demand_term(term: Term, page: Page, at: Path) -> None:
    period = term.period
    years = period.years + period.months / MONTHS_A_YEAR + period.days / DAYS_A_YEAR
    if years > LONGEST_YEARS:
        raise page.error(
            (*at, "period"),
            f"the period is longer than {LONGEST_YEARS} years.",
            do='For what is kept for ever, write disposal = "keep" and no period.',
        )
    if not years and term.cutoff == "none" and term.trigger in CERTAIN_TRIGGERS:
        raise page.error(
            (*at, "period" if (*at, "period") in page.lines else "trigger"),
            f"a period of nothing from {term.trigger!r} would keep nothing.",
            do="Write how long, as in period = { years = 2 }; or name the event from which it is no longer needed.",
        )


def _demand_approval(approval: Approval, page: Page, at: Path) -> None:
    if not approval.roles or len(set(approval.roles)) < len(approval.roles):
        raise page.error(
            (*at, "roles"),
            "nobody must approve, or somebody twice.",
            do='Name each role once, as in roles = ["records-officer", "legal-reviewer"].',
        )


def _demand_references(schedule: Schedule, key: str, items: Mapping[str, int], page: Page) -> None:
    """Demand that what series of this file say of others of this file leads to an end."""
    names = [getattr(series, key) for series in schedule.series]
    prefix = f"{schedule.name}/"
    leads: dict[int, int] = {}
    for number, named in enumerate(names):
        if named is None or not named.startswith(prefix):
            continue  # another schedule's: seen when the office's schedules are taken together
        if (item := named.removeprefix(prefix)) not in items:
            raise page.error(
                ("series", number, key),
                f"this schedule has no series {item!r}.",
                do=f"Write the number of one that it has, after {prefix!r}.",
            )
        leads[number] = items[item]
    if (circle := _find_circle(leads)) is not None:
        lines = ", ".join(str(page.line(("series", number, key))) for number in circle)
        raise page.error(
            ("series", circle[0], key),
            f"the series lead to each other in a circle (lines {lines}).",
            do="Say of one of them what it is itself.",
        )


def _find_circle(leads: Mapping[int, int]) -> tuple[int, ...] | None:
    """Return the series of a circle in the order in which they lead to each other, if there is one."""
    done: set[int] = set()
    for start in leads:
        trail: dict[int, None] = {}
        at: int | None = start
        while at is not None and at not in done and at not in trail:
            trail[at] = None
            at = leads.get(at)
        if at is not None and at in trail:
            way = tuple(trail)
            return way[way.index(at) :]
        done |= trail.keys()
    return None
