"""Retention schedules: which series must be kept how long, by whose authority, and which records belong to which.

Dates are days of the schedule's own calendar (``zone``); nothing here knows a clock.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import Meta

from schemas.canonical import Canonical, Natural
from schemas.record import Kind
from schemas.roles import Role

ScheduleName: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")]
Item: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9 ._()-]{0,62}\Z")]
SeriesName: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,64}/[A-Za-z0-9][A-Za-z0-9 ._()-]{0,62}\Z")]
"""A series anywhere: its schedule's name, and its item number there: ``tx-gr/GR1000-26b``."""

Trigger: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"\A(created|captured|last-activity|closed|superseded|subject-born"
        r"|event:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)\Z"
    ),
]
"""From what a period runs.

``created`` and ``captured`` are the record's; ``last-activity`` that of the item with its versions and its thread;
``closed`` when its account was; ``superseded`` when the item's next version was captured; ``subject-born`` and
``event:<name>`` are declared by a person.
"""

Cutoff: TypeAlias = Literal["none", "month-end", "calendar-year-end", "fiscal-year-end"]
Combine: TypeAlias = Literal["max", "min"]
Disposal: TypeAlias = Literal["destroy", "review", "transfer", "keep"]
"""What becomes of records that are due: destroyed; looked at one by one first; handed to an archives; nothing, ever."""
DISPOSALS: tuple[Disposal, ...] = get_args(Disposal)
AuthorClass: TypeAlias = Literal["official", "public"]
Moderation: TypeAlias = Literal["removed", "hidden", "visible"]


class Period(Canonical, frozen=True):
    """A length of time on the calendar: years and months first, then days."""

    years: Natural = 0
    months: Natural = 0
    days: Natural = 0


class Term(Canonical, frozen=True):
    """The day of the trigger, moved to the end that ``cutoff`` names, and then the period."""

    trigger: Trigger
    period: Period = Period()
    cutoff: Cutoff = "none"


class Approval(Canonical, frozen=True):
    """Who must approve that records are disposed of: a signature of each role; and ``external``, whose permission."""

    roles: tuple[Role, ...] = ("records-officer", "legal-reviewer")
    external: str | None = None
    wait_days: Natural = 0


class Series(Canonical, frozen=True):
    """Records that are kept equally long.

    ``terms`` are combined by ``max`` (whichever is later) or ``min`` (whichever is earlier); only what is kept for ever
    has none. ``same_as`` names the series whose terms these are; ``at_least`` the one of an authority that this one
    may lengthen and never shorten.
    """

    item: Item
    title: str
    disposal: Disposal
    terms: tuple[Term, ...] = ()
    combine: Combine = "max"
    approval: Approval = Approval()
    citation: str = ""
    remarks: str = ""
    same_as: SeriesName | None = None
    at_least: SeriesName | None = None


class Schedule(Canonical, frozen=True):
    """The series of one authority, in one edition.

    ``fiscal_year`` is the month and day on which the fiscal year begins (``09-01``). An ``example`` was not checked by
    a records officer. ``adopted_by`` names the resolution or form by which the body adopted it.
    """

    name: ScheduleName
    title: str
    authority: str
    edition: str
    zone: str
    effective: date
    series: tuple[Series, ...]
    citation: str = ""
    fiscal_year: Annotated[str, Meta(pattern=r"\A(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")] = "01-01"
    adopted_by: str = ""
    adopted_on: date | None = None
    example: bool = False


class Match(Canonical, frozen=True):
    """What a record must be for a rule; what is empty asks for nothing."""

    accounts: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    classes: tuple[AuthorClass, ...] = ()
    moderation: tuple[Moderation, ...] = ()


class Rule(Canonical, frozen=True):
    """Records that match belong to these series, of which the longest wins."""

    match: Match
    series: tuple[SeriesName, ...]
    remarks: str = ""


class Classification(Canonical, frozen=True):
    """Which records belong to which series: the first rule that matches. What none matches is unscheduled, and kept.

    ``productions`` is where documents belong that were handed over; without it they are kept. What is in them is kept
    as long as they are.
    """

    title: str
    rules: tuple[Rule, ...]
    productions: tuple[SeriesName, ...] = ()
    adopted_by: str = ""
    adopted_on: date | None = None
