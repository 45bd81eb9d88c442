"""The days on which records are due: as clauses of real schedules say, and as a walk over the calendar finds them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediscovery.retention.reckoning import Calendar, Facts, day_of, last_day, longest, reckon
from schemas.instant import FIRST, LAST, Instant
from tests.ediscovery.retention import oracle
from tests.ediscovery.retention.making import (
    ANY_SERIES,
    CALENDARS,
    CHICAGO,
    DAYS,
    KNOWN,
    TERMS,
    TEXAS,
    facts_of,
    series,
    term,
)

ZONES = [CHICAGO, "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "America/St_Johns"]


def due(one, **known):
    return reckon(one, Facts(**known), TEXAS).due


# The clauses of real schedules


def test_five_years_or_two_after_the_minor_is_of_age_whichever_later():
    clause = series(term("created", years=5), term("subject-born", years=18 + 2))
    assert due(clause, created=date(2020, 6, 1), subject_born=date(2012, 2, 29)) == date(2032, 3, 1)
    assert due(clause, created=date(2020, 6, 1), subject_born=date(1990, 2, 28)) == date(2025, 6, 2)
    assert due(clause, created=date(2020, 6, 1)) is None


def test_a_minor_born_on_a_leap_day_is_of_age_on_the_last_of_february():
    clause = series(term("subject-born", years=18))
    assert due(clause, subject_born=date(2008, 2, 29)) == date(2026, 3, 1)


def test_sixty_days_after_election_day():
    clause = series(term("event:election-day", days=60))
    assert due(clause, events={"election-day": date(2024, 11, 5)}) == date(2025, 1, 5)
    assert due(clause, events={"another-day": date(2024, 11, 5)}) is None


def test_four_years_after_expiration_of_the_instrument():
    clause = series(term("event:expiration", years=4))
    assert due(clause, events={"expiration": date(2024, 2, 29)}) == date(2028, 3, 1)
    assert due(clause, events={"expiration": date(2021, 2, 28)}) == date(2025, 3, 1)


def test_three_years_after_the_end_of_the_fiscal_year_in_which_it_was_made():
    clause = series(term("created", "fiscal-year-end", years=3))
    assert due(clause, created=date(2024, 8, 31)) == date(2027, 9, 1)
    assert due(clause, created=date(2024, 9, 1)) == date(2028, 9, 1)


def test_three_years_old_or_no_longer_needed_whichever_is_later():
    clause = series(term("created", years=3), term("event:no-longer-needed"))
    assert due(clause, created=date(2020, 1, 31), events={"no-longer-needed": date(2021, 5, 5)}) == date(2023, 2, 1)
    assert due(clause, created=date(2020, 1, 31), events={"no-longer-needed": date(2026, 5, 5)}) == date(2026, 5, 6)
    assert due(clause, created=date(2020, 1, 31)) is None


def test_nothing_after_no_longer_needed_is_the_day_after():
    clause = series(term("event:no-longer-needed"))
    assert due(clause, events={"no-longer-needed": date(2024, 12, 31)}) == date(2025, 1, 1)


# Where days are easily reckoned wrong


@pytest.mark.parametrize(
    ("made", "clause", "expected"),
    [
        (date(2024, 1, 31), term(months=1), date(2024, 3, 1)),
        (date(2023, 1, 31), term(months=1), date(2023, 3, 1)),
        (date(2023, 1, 31), term(months=1, days=1), date(2023, 3, 2)),
        (date(2024, 8, 31), term(months=6), date(2025, 3, 1)),
        (date(2024, 2, 29), term(years=1), date(2025, 3, 1)),
        (date(2024, 2, 29), term(years=3, months=12), date(2028, 3, 1)),
        (date(2024, 2, 29), term(years=100), date(2124, 3, 1)),
        (date(1896, 2, 29), term(years=4), date(1900, 3, 1)),
        (date(2024, 2, 10), term(cutoff="month-end"), date(2024, 3, 1)),
        (date(2024, 2, 10), term(cutoff="month-end", months=1), date(2024, 3, 30)),
        (date(2024, 12, 31), term(cutoff="calendar-year-end", years=1), date(2026, 1, 1)),
    ],
)
def test_a_record_is_due_on_the_day_after_the_last_of_keeping(made, clause, expected):
    assert due(series(clause), created=made) == expected


def test_the_end_of_the_fiscal_year_comes_before_the_period():
    clause = series(term("created", "fiscal-year-end", months=6))
    assert due(clause, created=date(2024, 5, 1)) == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (date(2023, 2, 27), date(2023, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 29)),
        (date(2024, 2, 28), date(2024, 2, 29)),
        (date(2024, 2, 29), date(2025, 2, 28)),
    ],
)
def test_a_fiscal_year_that_begins_on_a_leap_day_begins_else_on_the_last_of_february(made, expected):
    clause = series(term("created", "fiscal-year-end"))
    assert reckon(clause, Facts(created=made), Calendar(CHICAGO, "02-29")).due == expected


# Days that nobody knows, and days that never come


def test_of_whichever_is_earlier_a_day_that_nobody_knows_leaves_the_others():
    clause = series(term("created", years=3), term("event:no-longer-needed"), combine="min")
    known = reckon(clause, Facts(created=date(2020, 1, 31)), TEXAS)
    assert (known.due, known.unknown) == (date(2023, 2, 1), ("event:no-longer-needed",))
    assert due(clause, created=date(2020, 1, 31), events={"no-longer-needed": date(2021, 5, 5)}) == date(2021, 5, 6)
    assert reckon(clause, Facts(), TEXAS).why == "unknown"


def test_what_is_to_be_kept_is_never_due():
    assert reckon(series(disposal="keep"), Facts(created=date(2020, 1, 1)), TEXAS).why == "for-ever"
    assert reckon(series(disposal="destroy"), Facts(created=date(2020, 1, 1)), TEXAS).why == "for-ever"
    assert reckon(series(term(), disposal="keep"), Facts(created=date(2020, 1, 1)), TEXAS).why == "for-ever"


@pytest.mark.parametrize(
    "clause",
    [
        term(years=2**53 - 1),
        term(months=2**53 - 1),
        term(days=2**53 - 1),
        term(years=2**53 - 1, months=2**53 - 1, days=2**53 - 1, cutoff="fiscal-year-end"),
        term(years=7975, days=366),
    ],
)
def test_a_day_beyond_the_year_9999_never_comes(clause):
    assert reckon(series(clause), Facts(created=date(2024, 12, 31)), TEXAS).why == "beyond"


@pytest.mark.parametrize("cutoff", ["none", "month-end", "calendar-year-end", "fiscal-year-end"])
def test_the_last_day_of_all_is_kept(cutoff):
    assert last_day(term(cutoff=cutoff), date.max, TEXAS) is None
    assert reckon(series(term(cutoff=cutoff)), Facts(created=date.max), TEXAS).why == "beyond"
    assert reckon(series(term()), Facts(created=date.max - timedelta(days=1)), TEXAS).due == date.max


def test_whichever_is_later_is_beyond_all_days_also_where_another_day_is_unknown():
    clause = series(term(years=9000), term("event:x"))
    assert reckon(clause, Facts(created=date(2020, 1, 1)), TEXAS).why == "beyond"


def test_whichever_is_earlier_of_beyond_and_unknown_is_unknown():
    clause = series(term(years=9000), term("event:x"), combine="min")
    assert reckon(clause, Facts(created=date(2020, 1, 1)), TEXAS).why == "unknown"


# Several series


def test_the_longest_of_several_series_wins():
    facts = Facts(created=date(2020, 1, 1))
    short, long, unknown, beyond, kept = (
        reckon(one, facts, TEXAS)
        for one in (
            series(term(years=1)),
            series(term(years=2)),
            series(term("event:x")),
            series(term(years=9000)),
            series(disposal="keep"),
        )
    )
    assert longest(short, long) is long
    assert longest(long, unknown, short) is unknown
    assert longest(unknown, beyond) is beyond
    assert longest(beyond, kept, unknown) is kept
    assert longest(long, reckon(long.series, facts, TEXAS)) is long


@given(st.lists(ANY_SERIES, min_size=1, max_size=3), KNOWN)
@settings(max_examples=300, deadline=None)
def test_nothing_is_due_before_every_one_of_its_series_lets_it(several, known):
    each = [reckon(one, facts_of(known), TEXAS) for one in several]
    together = longest(*each).due
    assert together == (max(one.due for one in each) if all(one.due for one in each) else None)


# The day of an instant


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2024-09-01T04:59:59.999999Z", CHICAGO, date(2024, 8, 31)),
        ("2024-09-01T05:00:00.000000Z", CHICAGO, date(2024, 9, 1)),
        ("2024-11-03T05:30:00.000000Z", CHICAGO, date(2024, 11, 3)),
        ("2024-12-31T18:15:00.000000Z", "Asia/Kathmandu", date(2025, 1, 1)),
        ("2011-12-30T09:59:59.999999Z", "Pacific/Apia", date(2011, 12, 29)),
        ("2011-12-30T10:00:00.000000Z", "Pacific/Apia", date(2011, 12, 31)),
        ("2090-07-01T04:30:00.000000Z", CHICAGO, date(2090, 6, 30)),
    ],
)
def test_a_day_begins_when_it_does_in_the_zone(text, zone, expected):
    assert day_of(Instant.from_text(text), Calendar(zone)) == expected


def test_days_outside_the_calendar_are_its_first_and_its_last():
    assert day_of(Instant(FIRST), Calendar("America/New_York")) == date.min
    assert day_of(Instant(LAST), Calendar("Pacific/Kiritimati")) == date.max


@given(
    st.datetimes(datetime(1902, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)).map(Instant.from_datetime),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
@settings(max_examples=1_000, deadline=None)
def test_another_reading_of_the_zones_finds_the_same_day(instant, zone):
    assert day_of(instant, Calendar(zone)) == oracle.day_of(instant, zone)


# The oracle


@given(TERMS, DAYS, CALENDARS)
@settings(max_examples=1_500, deadline=None)
def test_a_walk_over_the_calendar_ends_on_the_same_day(one, day, calendar):
    assert last_day(one, day, calendar) == oracle.kept_until(one, day, calendar.fiscal_year)


@given(ANY_SERIES, KNOWN, CALENDARS)
@settings(max_examples=600, deadline=None)
def test_a_walk_over_the_calendar_makes_it_due_on_the_same_day(one, known, calendar):
    assert reckon(one, facts_of(known), calendar).due == oracle.due(one, known, calendar.fiscal_year)


@given(TERMS, DAYS, DAYS, CALENDARS)
@settings(max_examples=500, deadline=None)
def test_what_happens_later_is_never_due_earlier(one, day, other, calendar):
    first, second = sorted((day, other))
    assert last_day(one, first, calendar) <= last_day(one, second, calendar)
