"""Why a record is due, or is not, as people read it."""

from __future__ import annotations

from datetime import date

import pytest

from ediscovery.retention.reckoning import Facts, reckon
from ediscovery.retention.wording import term_in_words, words
from tests.ediscovery.retention.making import TEXAS, series, term

LEAP_DAY = Facts(created=date(2024, 2, 29))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (term(years=5), "5 years after its creation"),
        (term("captured", years=1, months=1, days=1), "1 year, 1 month and 1 day after its capture"),
        (term("last-activity", months=4, days=2), "4 months and 2 days after the last activity in it"),
        (term("event:election-day", days=60), "60 days after the event 'election-day'"),
        (term("event:no-longer-needed"), "until the event 'no-longer-needed'"),
        (term("closed", "month-end"), "until the end of the month of the closing of its account"),
        (term("superseded", "calendar-year-end", days=1), "1 day after the end of the year of its next version"),
        (
            term("subject-born", "fiscal-year-end", years=20),
            "20 years after the end of the fiscal year of its subject's birth",
        ),
    ],
)
def test_a_term_reads_like_a_clause(one, expected):
    assert term_in_words(one) == expected


def test_each_step_is_said_with_its_day():
    clause = series(term("created", "fiscal-year-end", years=3), term("event:x"))
    facts = Facts(created=date(2024, 2, 29), events={"x": date(2025, 1, 1)})
    assert words(reckon(clause, facts, TEXAS)) == (
        (
            "3 years after the end of the fiscal year of its creation on 2024-02-29, which ends on 2024-08-31: "
            "kept until 2027-08-31."
        ),
        "Until the event 'x' on 2025-01-01: kept until 2025-01-01.",
        "Whichever is later: due on 2027-09-01.",
    )


def test_a_day_that_nobody_knows_is_said():
    assert words(reckon(series(term(years=3), term("event:x")), LEAP_DAY, TEXAS))[1:] == (
        "Until the event 'x': that day is not known.",
        "Not due: the day of the event 'x' is not known.",
    )


def test_a_bound_is_said_to_be_one():
    assert words(reckon(series(term(years=3), term("event:x"), combine="min"), LEAP_DAY, TEXAS))[-1] == (
        "Whichever is earlier: due on 2027-03-01. "
        "The day of the event 'x' is not known, and could only make it earlier."
    )


def test_what_is_never_due_says_why():
    assert words(reckon(series(disposal="keep"), LEAP_DAY, TEXAS)) == ("Never due: kept for ever.",)
    assert words(reckon(series(term("created", "fiscal-year-end", years=9000)), LEAP_DAY, TEXAS)) == (
        (
            "9000 years after the end of the fiscal year of its creation on 2024-02-29, which ends on 2024-08-31: "
            "kept beyond the year 9999."
        ),
        "Never due: the day lies beyond the year 9999.",
    )
    assert words(reckon(series(term(years=1)), LEAP_DAY, TEXAS))[-1] == "Due on 2025-03-01."
