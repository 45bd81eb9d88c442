"""The holidays of each jurisdiction are those that its law names, and that its offices publish."""

from __future__ import annotations

from datetime import date

import pytest

from ediscovery.matters.calendars import CALENDARS
from tests.ediscovery.matters import statutes

# As the Office of Personnel Management publishes them: days on which federal offices are closed.
FEDERAL = {
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
}
# Weekdays that are lost by the statutes, read by hand.
STATES = {
    "tx-pia": {
        2026: "01-01 01-19 02-16 03-02 04-21 05-25 06-19 08-27 09-07 11-11 11-26 11-27 12-24 12-25",
        2027: "01-01 01-18 01-19 02-15 03-02 04-21 05-31 08-27 09-06 11-11 11-25 11-26 12-24",
    },
    "ma-prl": {
        2026: "01-01 01-19 02-16 04-20 05-25 06-19 09-07 10-12 11-11 11-26 12-25",
        2027: "01-01 01-18 02-15 04-19 05-31 07-05 09-06 10-11 11-11 11-25",
    },
    "ny-foil": {
        2026: "01-01 01-19 02-12 02-16 05-25 06-19 09-07 10-12 11-03 11-11 11-26 12-25",
        2027: "01-01 01-18 02-12 02-15 05-31 07-05 09-06 10-11 11-02 11-11 11-25",
    },
}
CASES = [("us-foia", year, days) for year, days in FEDERAL.items()]
CASES += [(law, year, days) for law, years in STATES.items() for year, days in years.items()]


def lost(law: str, year: int) -> list[str]:
    """The weekdays of a year on which a jurisdiction keeps a holiday."""
    days = (
        date.fromordinal(number) for number in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    )
    return [f"{day:%m-%d}" for day in days if day.weekday() < 5 and CALENDARS[law].holidays.find(day)]


@pytest.mark.parametrize(("law", "year", "days"), CASES)
def test_the_days_that_are_lost_in_a_year_are_those_that_are_published(law: str, year: int, days: str):
    assert lost(law, year) == days.split()


@pytest.mark.parametrize("law", CALENDARS)
def test_for_a_hundred_years_they_are_those_of_a_second_reading_of_the_statute(law: str):
    for year in range(2021, 2121):
        kept = {day for day, _ in CALENDARS[law].holidays.in_year(year)}
        assert kept == statutes.holidays(law, year), year


def test_new_years_day_on_a_saturday_is_kept_in_the_year_before_by_federal_law_alone():
    eve = date(2027, 12, 31)
    assert {law for law in CALENDARS if CALENDARS[law].holidays.find(eve)} == {"us-foia"}


@pytest.mark.parametrize("law", CALENDARS)
def test_every_holiday_and_every_deadline_names_its_clause(law: str):
    calendar = CALENDARS[law]
    clauses = [one.clause for one in (*calendar.holidays.days, *calendar.deadlines)]
    assert all(any(character.isdigit() for character in clause) for clause in (*clauses, calendar.business_day))
    assert len(calendar.steps) == len({*calendar.steps})
    for one in calendar.deadlines:
        assert {*one.after, *one.settled_by} <= {*calendar.steps, "received"}
