"""Series, facts and calendars, made by hand or by hypothesis: around month ends, leap days and each other's bounds."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from ediscovery.retention.reckoning import Calendar, Facts
from ediscovery.retention.schedules import Scheduled
from schemas.retention import Cutoff, Period, Schedule, Series, Term

CHICAGO = "America/Chicago"
TEXAS = Calendar(CHICAGO, "09-01")
PLAIN = ("created", "captured", "last-activity", "closed", "superseded", "subject-born")
CUTOFFS: tuple[Cutoff, ...] = ("none", "month-end", "calendar-year-end", "fiscal-year-end")


def term(trigger="created", cutoff: Cutoff = "none", **period):
    return Term(trigger=trigger, period=Period(**period), cutoff=cutoff)


def series(*terms, item="A", disposal="destroy", **more):
    return Series(item=item, title="Test", disposal=disposal, terms=terms, **more)


def scheduled(one, *, name="here", calendar=TEXAS):
    return Scheduled(f"{name}/{one.item}", one, calendar)


def schedule(name, *several, zone=CHICAGO, fiscal_year="09-01"):
    return Schedule(
        name=name,
        title=name,
        authority="Test",
        edition="1",
        zone=zone,
        effective=date(2020, 1, 1),
        series=several,
        fiscal_year=fiscal_year,
    )


def facts_of(days):
    """The facts in which triggers have these days."""
    plain = {trigger.replace("-", "_"): days.get(trigger) for trigger in PLAIN}
    events = {trigger.removeprefix("event:"): day for trigger, day in days.items() if trigger.startswith("event:")}
    return Facts(**plain, events=events)


EDGES = [
    date(year, month, day) + timedelta(days=more)
    for year in (1900, 2000, 2023, 2024)
    for month, day in ((1, 1), (2, 28), (3, 1), (8, 31), (12, 31))
    for more in (-1, 0, 1)
]
DAYS = st.sampled_from(EDGES) | st.dates(date(1890, 1, 1), date(2060, 12, 31))
FISCAL_YEARS = st.sampled_from(["01-01", "02-28", "02-29", "03-01", "07-01", "08-31", "09-01", "10-01"]) | st.dates(
    date(2024, 1, 1), date(2024, 12, 31)
).map("{:%m-%d}".format)
CALENDARS = st.builds(Calendar, st.just(CHICAGO), FISCAL_YEARS)
PERIODS = st.builds(
    Period,
    years=st.sampled_from([0, 1, 4, 5]) | st.integers(0, 8),
    months=st.sampled_from([0, 1, 12]) | st.integers(0, 30),
    days=st.sampled_from([0, 1, 28, 30, 31, 365, 366]) | st.integers(0, 800),
)
TRIGGERS = st.sampled_from(["created", "last-activity", "subject-born", "event:election", "event:no-longer-needed"])
TERMS = st.builds(Term, trigger=TRIGGERS, period=PERIODS, cutoff=st.sampled_from(CUTOFFS))
ANY_SERIES = st.builds(
    Series,
    item=st.just("A"),
    title=st.just("Test"),
    disposal=st.just("destroy"),
    terms=st.lists(TERMS, min_size=1, max_size=3).map(tuple),
    combine=st.sampled_from(["max", "min"]),
)
KNOWN = st.dictionaries(TRIGGERS, DAYS)
"""Days by trigger; those that are missing nobody knows."""
