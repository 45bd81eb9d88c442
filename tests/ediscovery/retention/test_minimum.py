"""No shorter than the authority: what is let through is never due earlier, and plain lengthenings are let through."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ediscovery.retention.minimum import ScheduleShortensError, demand_minimums, demand_no_shorter
from ediscovery.retention.reckoning import Calendar, last_day, reckon
from ediscovery.retention.schedules import Schedules, SeriesCycleError, SeriesUnknownError
from schemas.retention import Approval, Period
from tests.ediscovery.retention.making import (
    ANY_SERIES,
    CALENDARS,
    CHICAGO,
    CUTOFFS,
    EDGES,
    KNOWN,
    PERIODS,
    TERMS,
    TEXAS,
    facts_of,
    schedule,
    scheduled,
    series,
    term,
)

CALENDAR_YEAR = Calendar(CHICAGO, "01-01")
OCTOBER, MIDDLE = Calendar(CHICAGO, "10-01"), Calendar(CHICAGO, "09-15")


def accepted(local, authority, ours=TEXAS, theirs=TEXAS):
    """Whether the local series is let through."""
    try:
        demand_no_shorter(scheduled(local, name="local", calendar=ours), scheduled(authority, calendar=theirs))
    except ScheduleShortensError as error:
        assert error.facts == {"local": f"local/{local.item}", "authority": f"here/{authority.item}"}  # noqa: PT017
        assert "local/A" in error.what  # noqa: PT017
        assert "here/A" in error.what  # noqa: PT017
        return False
    return True


# Whatever is let through


TRADES = [(0, 0), (0, 0), (1, 28), (1, 29), (1, 30), (1, 31), (2, 59), (3, 92), (12, 365), (12, 366), (13, 394)]
"""Months for about as many days."""


@st.composite
def neighbours(draw, one):
    """A term that is nearly another: of nearly the same length, and often cut off elsewhere."""
    more, fewer = draw(st.sampled_from(TRADES))
    sign = draw(st.sampled_from([1, 1, -1]))
    months = max(0, one.period.years * 12 + one.period.months + sign * more)
    days = one.period.days - sign * fewer + draw(st.sampled_from([0, 0, -1, 1, 28, 366]))
    years = draw(st.integers(0, months // 12))
    cutoff = draw(st.sampled_from([one.cutoff, one.cutoff, *CUTOFFS]))
    return replace(one, period=Period(years=years, months=months - 12 * years, days=max(0, days)), cutoff=cutoff)


@st.composite
def pairs(draw):
    """A series of an authority, and a local one that is made from its terms."""
    authority = draw(ANY_SERIES)
    terms = [draw(neighbours(one)) for one in authority.terms]
    terms += draw(st.lists(st.sampled_from(authority.terms).flatmap(neighbours) | TERMS, max_size=1))
    chosen = draw(st.lists(st.sampled_from(terms), min_size=1, max_size=4) | st.just(terms))
    return replace(authority, terms=tuple(chosen), combine=draw(st.sampled_from(["max", "min"]))), authority


def test_what_is_let_through_is_never_due_earlier_whatever_is_known():
    let_through = []

    @given(pairs(), CALENDARS, CALENDARS, st.booleans(), st.lists(KNOWN, min_size=3, max_size=3))
    @settings(max_examples=2_000, deadline=None)
    def compared(pair, ours, other, same, several):
        local, authority = pair
        theirs = ours if same else other
        if not accepted(local, authority, ours, theirs):
            return
        let_through.append(local)
        for known in several:
            facts = facts_of(known)
            mine, least = reckon(local, facts, ours).due, reckon(authority, facts, theirs).due
            assert mine is None or (least is not None and mine >= least), (mine, least, known)

    compared()
    assert len(let_through) > 250
    assert sum(len(local.terms) > 1 for local in let_through) > 60


STARTS = [date(1899, 12, 1) + timedelta(days=n) for n in range(500)] + [
    date(2022, 12, 1) + timedelta(days=n) for n in range(1_000)
]


@given(PERIODS, st.data())
@settings(max_examples=800, deadline=None)
def test_a_period_that_is_let_through_ends_no_earlier_from_any_day(least, data):
    their = term(years=least.years, months=least.months, days=least.days)
    our = data.draw(neighbours(their).filter(lambda one: one.cutoff == "none"))
    if accepted(series(our), series(their)):
        assert all(last_day(our, day, TEXAS) >= last_day(their, day, TEXAS) for day in STARTS)


@given(ANY_SERIES, st.data())
@settings(max_examples=300, deadline=None)
def test_a_plain_lengthening_is_let_through(authority, data):
    more = st.integers(0, 3)

    def longer(one):
        was = one.period
        period = Period(
            years=was.years + data.draw(more), months=was.months + data.draw(more), days=was.days + data.draw(more)
        )
        return replace(one, period=period)

    assert accepted(replace(authority, terms=tuple(map(longer, authority.terms))), authority)
    assert accepted(replace(authority, terms=(*authority.terms, term("event:x")), combine="max"), authority)
    assert accepted(replace(authority, disposal="keep", terms=()), authority)


@given(ANY_SERIES, CALENDARS)
@settings(max_examples=100, deadline=None)
def test_a_series_is_no_shorter_than_itself(authority, calendar):
    assert accepted(authority, authority, calendar, calendar)


# Periods


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"years": 2}, {"months": 24}, True),
        ({"months": 23}, {"years": 2}, False),
        ({"years": 2}, {"days": 730}, True),
        ({"years": 2}, {"days": 731}, False),
        ({"days": 366}, {"years": 1}, True),
        ({"days": 365}, {"years": 1}, False),
        ({"months": 1}, {"days": 28}, True),
        ({"months": 1}, {"days": 29}, False),
        ({"months": 3}, {"days": 84}, True),
        ({"months": 3}, {"days": 90}, False),
        ({"days": 93}, {"months": 3}, True),
        ({"days": 89}, {"months": 3}, False),
        ({"years": 2, "days": 0}, {"years": 1, "days": 365}, True),
        ({"years": 1, "days": 31}, {"years": 1, "months": 1}, True),
        ({"years": 1, "days": 30}, {"years": 1, "months": 1}, False),
    ],
)
def test_periods_of_mixed_units_are_compared_by_the_shortest_and_the_longest_they_can_be(ours, theirs, expected):
    assert accepted(series(term(**ours)), series(term(**theirs))) is expected


def test_what_cannot_be_shown_is_refused_even_where_it_is_longer():
    ours, theirs = term(days=92), term(months=3)
    assert all(last_day(ours, day, TEXAS) >= last_day(theirs, day, TEXAS) for day in [*STARTS, *EDGES])
    assert not accepted(series(ours), series(theirs))


# Cutoffs


@pytest.mark.parametrize(
    ("our", "ours", "their", "theirs", "expected"),
    [
        ("month-end", TEXAS, "none", TEXAS, True),
        ("calendar-year-end", TEXAS, "month-end", TEXAS, True),
        ("fiscal-year-end", TEXAS, "month-end", TEXAS, True),
        ("fiscal-year-end", MIDDLE, "month-end", MIDDLE, False),
        ("fiscal-year-end", MIDDLE, "none", MIDDLE, True),
        ("none", TEXAS, "month-end", TEXAS, False),
        ("month-end", TEXAS, "calendar-year-end", TEXAS, False),
        ("calendar-year-end", TEXAS, "fiscal-year-end", TEXAS, False),
        ("fiscal-year-end", TEXAS, "calendar-year-end", TEXAS, False),
        ("fiscal-year-end", CALENDAR_YEAR, "calendar-year-end", TEXAS, True),
        ("calendar-year-end", TEXAS, "fiscal-year-end", CALENDAR_YEAR, True),
        ("fiscal-year-end", TEXAS, "fiscal-year-end", OCTOBER, False),
        ("month-end", TEXAS, "month-end", OCTOBER, True),
    ],
)
def test_a_cutoff_may_only_become_one_that_is_never_earlier(our, ours, their, theirs, expected):
    assert accepted(series(term(cutoff=our, years=1)), series(term(cutoff=their, years=1)), ours, theirs) is expected


# Alternatives

YEAR, EVENT = term(years=1), term("event:x")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (series(YEAR), series(YEAR, EVENT), False),
        (series(YEAR, EVENT), series(YEAR), True),
        (series(YEAR, EVENT, combine="min"), series(YEAR, EVENT), False),
        (series(YEAR, EVENT, combine="min"), series(YEAR), False),
        (series(YEAR, term(years=2), combine="min"), series(YEAR, term(months=11)), True),
        (series(YEAR, EVENT, combine="min"), series(YEAR, EVENT, combine="min"), True),
        (series(YEAR), series(YEAR, EVENT, combine="min"), True),
        (series(YEAR, term("closed"), combine="min"), series(YEAR, EVENT, combine="min"), False),
        (series(YEAR, term("closed")), series(YEAR, EVENT, combine="min"), True),
        (series(term("closed")), series(YEAR, EVENT, combine="min"), False),
    ],
)
def test_alternatives_may_only_be_combined_so_that_none_comes_earlier(ours, theirs, expected):
    assert accepted(ours, theirs) is expected


def test_the_refusal_names_the_term_that_nothing_covers():
    local, authority = series(YEAR), series(YEAR, term("closed", "fiscal-year-end", years=3))
    with pytest.raises(ScheduleShortensError, match="3 years after the end of the fiscal year of the closing"):
        demand_no_shorter(scheduled(local), scheduled(authority))


# What else counts


def test_what_an_authority_keeps_for_ever_is_kept_for_ever():
    assert not accepted(series(term(years=1000)), series(disposal="keep"))
    assert not accepted(series(term(years=1000), disposal="destroy"), series(disposal="destroy"))
    assert accepted(series(disposal="keep"), series(disposal="keep"))


@pytest.mark.parametrize("theirs", ["destroy", "review", "transfer"])
@pytest.mark.parametrize("ours", ["destroy", "review", "transfer"])
def test_disposal_stays_as_it_is(ours, theirs):
    assert accepted(series(YEAR, disposal=ours), series(YEAR, disposal=theirs)) is (ours == theirs)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ({}, False),
        ({"external": "the archivist", "wait_days": 10}, True),
        ({"external": "the archivist", "wait_days": 11}, True),
        ({"external": "the archivist", "wait_days": 9}, False),
        ({"external": "the clerk", "wait_days": 10}, False),
        ({"external": "the archivist", "wait_days": 10, "roles": ("records-officer",)}, False),
    ],
)
def test_approvals_are_no_fewer(ours, expected):
    authority = series(YEAR, approval=Approval(external="the archivist", wait_days=10))
    assert accepted(series(YEAR, approval=Approval(**ours)), authority) is expected
    assert accepted(series(disposal="keep", approval=Approval(**ours)), authority)


def test_more_approvals_than_the_authority_wants_are_let_through():
    authority = series(YEAR, approval=Approval(roles=("records-officer",)))
    assert accepted(series(YEAR, approval=Approval(external="the archivist", wait_days=3)), authority)


def test_days_that_begin_in_another_zone_prove_nothing():
    assert not accepted(series(YEAR), series(YEAR), TEXAS, Calendar("America/Denver", "09-01"))
    assert accepted(series(disposal="keep"), series(YEAR), TEXAS, Calendar("America/Denver", "09-01"))


# Among all schedules


def test_every_series_is_held_to_the_one_that_it_names():
    state = schedule("state", series(term(years=2)))
    ours = schedule("ours", series(term(years=3), at_least="state/A"))
    demand_minimums(Schedules.of([state, ours]))
    with pytest.raises(ScheduleShortensError, match="ours/A is to be at least state/A"):
        demand_minimums(Schedules.of([schedule("state", series(term(years=4))), ours]))


def test_a_series_that_is_the_same_as_another_is_held_to_the_minimum_with_its_terms():
    state = schedule("state", series(term(years=2)), series(term(years=1), item="B"))
    for source, fits in (("state/A", True), ("state/B", False)):
        schedules = Schedules.of([state, schedule("ours", series(same_as=source, at_least="state/A"))])
        if fits:
            demand_minimums(schedules)
        else:
            with pytest.raises(ScheduleShortensError):
                demand_minimums(schedules)


def test_a_minimum_that_does_not_exist_or_goes_in_a_circle_is_refused():
    with pytest.raises(SeriesUnknownError, match="has a series state/A"):
        demand_minimums(Schedules.of([schedule("ours", series(YEAR, at_least="state/A"))]))
    circle = schedule("ours", series(YEAR, at_least="ours/B"), series(YEAR, item="B", at_least="ours/A"))
    with pytest.raises(SeriesCycleError, match=r"ours/A → ours/B → ours/A"):
        demand_minimums(Schedules.of([circle]))
