"""What a series' name means among the schedules in force: itself, or through others, never in a circle."""

from __future__ import annotations

from datetime import date

import pytest

from ediscovery.retention.reckoning import Calendar, Facts, reckon
from ediscovery.retention.schedules import Schedules, SeriesCycleError, SeriesUnknownError
from schemas.retention import Approval
from tests.ediscovery.retention.making import CHICAGO, schedule, series, term


def test_a_series_is_found_by_its_full_name_as_it_was_written():
    ours = schedule("ours", series(term(years=1)), series(item="GR1000-26 b (old)", same_as="ours/A"))
    schedules = Schedules.of([ours])
    assert schedules.find("ours/GR1000-26 b (old)") == (ours, ours.series[1])
    assert list(schedules) == ["ours/A", "ours/GR1000-26 b (old)"]


@pytest.mark.parametrize("name", ["ours/B", "theirs/A", "ours", "ours/"])
def test_a_series_that_does_not_exist_is_refused_by_name(name):
    with pytest.raises(SeriesUnknownError, match=f"has a series {name}") as refused:
        Schedules.of([schedule("ours", series(term()))]).find(name)
    assert refused.value.facts == {"series": name}


def test_a_later_adoption_replaces_an_earlier_of_the_same_name():
    old, new = schedule("ours", series(term(years=1))), schedule("ours", series(term(years=2)))
    assert Schedules.of([old, new]).find("ours/A")[1] == new.series[0]


def test_a_linked_series_is_kept_as_the_other_by_the_other_calendar_and_approved_by_its_own_rule():
    own = Approval(roles=("records-officer",), external="the clerk")
    source = series(term("closed", "fiscal-year-end", years=3), term("event:x"), combine="min")
    schedules = Schedules.of(
        [
            schedule("ours", series(same_as="county/A", approval=own, disposal="review")),
            schedule("county", series(same_as="state/A"), fiscal_year="10-01"),
            schedule("state", source, fiscal_year="07-01"),
        ]
    )
    found = schedules.resolve("ours/A")
    assert (found.series.terms, found.series.combine) == (source.terms, "min")
    assert (found.series.approval, found.series.disposal) == (own, "review")
    assert found.calendar == Calendar(CHICAGO, "07-01")
    assert found.name == "ours/A"


def test_what_is_the_same_as_something_kept_for_ever_is_kept_for_ever():
    schedules = Schedules.of(
        [
            schedule("ours", series(same_as="county/A")),
            schedule("county", series(same_as="state/A")),
            schedule("state", series(term(years=1), disposal="keep")),
        ]
    )
    for name in ("ours/A", "county/A", "state/A"):
        found = schedules.resolve(name)
        assert reckon(found.series, Facts(created=date(2020, 1, 1)), found.calendar).why == "for-ever"


def test_a_series_that_is_the_same_as_itself_through_others_is_refused():
    schedules = Schedules.of(
        [
            schedule("a", series(same_as="b/A"), series(item="alone", same_as="a/alone")),
            schedule("b", series(same_as="c/A")),
            schedule("c", series(same_as="b/A")),
        ]
    )
    for name, circle in (("a/A", "a/A → b/A → c/A → b/A"), ("a/alone", "a/alone → a/alone")):
        with pytest.raises(SeriesCycleError, match=circle):
            schedules.resolve(name)


def test_a_series_that_is_the_same_as_what_does_not_exist_is_refused():
    with pytest.raises(SeriesUnknownError, match="has a series state/A"):
        Schedules.of([schedule("ours", series(same_as="state/A"))]).resolve("ours/A")
