"""Millions of records are due on the days on which each by itself is."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediscovery.retention.mass import SERIES, MassReckoning, ZonesDifferError
from ediscovery.retention.reckoning import Calendar, longest, reckon
from ediscovery.retention.schedules import SeriesUnknownError
from tests.ediscovery.retention.making import (
    ANY_SERIES,
    CALENDARS,
    DAYS,
    KNOWN,
    TEXAS,
    facts_of,
    scheduled,
    series,
    term,
)

LEAP_DAY = date(2024, 2, 29)
WHOLES = st.builds(scheduled, ANY_SERIES | st.just(series(disposal="keep")) | st.just(series(term(years=9999))))
ASSIGNED = st.dictionaries(st.sampled_from("pqrs"), st.lists(WHOLES, min_size=1, max_size=3), min_size=1)


def batch(names, *, encoded=True, **columns):
    """A batch of records assigned to these names, with days in columns."""
    text = pa.array(names, pa.string())
    days = {name.replace("_", "-"): pa.array(column, pa.date32()) for name, column in columns.items()}
    return pa.RecordBatch.from_pydict({SERIES: text.dictionary_encode() if encoded else text, **days})


@given(ASSIGNED, CALENDARS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_batch_is_due_as_its_records_are_one_by_one(assigned, calendar, data):
    assigned = {
        name: [scheduled(one.series, calendar=data.draw(st.sampled_from([calendar, TEXAS]))) for one in several]
        for name, several in assigned.items()
    }
    records = data.draw(st.lists(st.tuples(st.sampled_from([*assigned, None]), KNOWN), max_size=30))
    triggers = sorted({trigger for _, known in records for trigger in known})
    columns = {name: pa.array([known.get(name) for _, known in records], pa.date32()) for name in triggers}
    names = pa.array([name for name, _ in records], pa.string()).dictionary_encode()
    whole = pa.RecordBatch.from_pydict({SERIES: names, **columns})

    expected, fates = [], Counter()
    for name, known in records:
        found = name and longest(*(reckon(one.series, facts_of(known), one.calendar) for one in assigned[name]))
        expected.append(found.due if found else None)
        fates["unscheduled" if not found else found.why or "due"] += 1

    mass, cut = MassReckoning(assigned), len(records) // 3
    found = mass.reckon(whole)
    assert found.days.type == pa.date32()
    assert found.days.to_pylist() == expected
    assert found.fates == fates
    parts = [mass.reckon(part) for part in (whole.slice(0, cut), whole.slice(cut))]
    assert [day for part in parts for day in part.days.to_pylist()] == expected
    assert parts[0].fates + parts[1].fates == fates


def test_each_fate_is_counted():
    assigned = {
        "short": [scheduled(series(term(years=1)))],
        "both": [scheduled(series(term(years=1))), scheduled(series(term("event:x")))],
        "long": [scheduled(series(term(years=9000)))],
        "kept": [scheduled(series(disposal="keep"))],
    }
    found = MassReckoning(assigned).reckon(
        batch(["short", "both", "long", "kept", None, "short"], created=[LEAP_DAY] * 5 + [None])
    )
    assert found.days.to_pylist() == [date(2025, 3, 1), None, None, None, None, None]
    assert found.fates == {"due": 1, "unknown": 2, "beyond": 1, "for-ever": 1, "unscheduled": 1}


def test_of_series_that_keep_equally_long_the_strictest_says_what_becomes_of_a_record():
    def one(disposal, **period):
        return scheduled(series(term(**period), disposal=disposal))

    kept = scheduled(series(disposal="keep"))
    same_as_kept = scheduled(series(disposal="destroy"))
    assigned = {
        "tie": [one("destroy", years=1), one("transfer", years=1), one("review", years=1)],
        "longer": [one("transfer", years=1), one("destroy", years=2)],
        "kept": [same_as_kept, kept, one("transfer", years=5)],
        "unknown": [scheduled(series(term("event:x"), disposal="review")), one("transfer", years=1)],
    }
    found = MassReckoning(assigned).reckon(batch([*assigned, None], created=[LEAP_DAY] * 5))
    assert found.disposal.to_pylist() == ["transfer", "destroy", "keep", "review", None]
    assert found.fate.to_pylist() == ["due", "due", "for-ever", "unknown", "unscheduled"]


def test_one_term_in_two_fiscal_years_is_due_on_two_days():
    one = series(term(cutoff="fiscal-year-end"))
    october = Calendar(TEXAS.zone, "10-01")
    mass = MassReckoning({"texas": [scheduled(one)], "federal": [scheduled(one, calendar=october)]})
    found = mass.reckon(batch(["texas", "federal"], created=[LEAP_DAY, LEAP_DAY]))
    assert found.days.to_pylist() == [date(2024, 9, 1), date(2024, 10, 1)]


def test_names_need_no_dictionary_and_names_that_no_record_has_need_no_series():
    mass = MassReckoning({"short": [scheduled(series(term(years=1)))]})
    assert mass.reckon(batch(["short"], encoded=False, created=[LEAP_DAY])).days.to_pylist() == [date(2025, 3, 1)]
    names = pa.DictionaryArray.from_arrays(pa.array([1], pa.int8()), ["gone", "short"])
    named = pa.RecordBatch.from_pydict({SERIES: names, "created": pa.array([LEAP_DAY])})
    assert mass.reckon(named).days.to_pylist() == [date(2025, 3, 1)]


def test_no_records_are_due_on_no_days():
    found = MassReckoning({}).reckon(batch([]))
    assert len(found.days) == 0
    assert not found.fates


@pytest.mark.parametrize("assigned", [{}, {"short": []}])
def test_a_record_that_is_assigned_to_no_series_is_refused(assigned):
    with pytest.raises(SeriesUnknownError, match="'short'"):
        MassReckoning(assigned).reckon(batch(["short"], created=[LEAP_DAY]))


def test_days_of_one_zone_are_not_reckoned_for_another():
    denver = scheduled(series(term()), calendar=Calendar("America/Denver"))
    with pytest.raises(ZonesDifferError, match="America/Chicago and America/Denver"):
        MassReckoning({"a": [scheduled(series(term())), denver]})


@given(st.lists(DAYS, min_size=1))
def test_a_term_is_reckoned_once_for_each_day(days):
    mass = MassReckoning({"a": [scheduled(series(term(years=1)))]})
    for _ in range(2):
        mass.reckon(batch(["a"] * len(days), created=days))
    assert [len(known) for known in mass._known.values()] == [len(set(days))]
