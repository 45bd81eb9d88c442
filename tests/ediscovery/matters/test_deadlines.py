"""When what the law asks is due: held to a slow second reading of it, to its own examples, and to what people say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ediscovery.matters.calendars import CALENDARS
from ediscovery.matters.deadlines import due_in, steps_of
from ediscovery.matters.opening import MatterNameError, demand_movable, demand_step_of
from manifests.matters import Matter
from schemas.digest import Digest
from schemas.ledger import MatterClosed, MatterOpened, MatterStepped
from schemas.stored import StoredObject
from tests.ediscovery.matters import statutes

TEXT = StoredObject(key="productions/m.matter.json", sha256=Digest.of(b""), size=0)
DAYS = st.dates(date(2021, 1, 1), date(2060, 12, 31))


def matter(law: str | None, received: date, *steps: tuple[str, date] | tuple[str, date, date], closed=None) -> Matter:
    """A matter, and what was said of it."""
    opened = MatterOpened(matter="m", kind="request", received=received, text=TEXT, jurisdiction=law)
    said = tuple(MatterStepped(matter="m", step=step, on=on, until=(*rest, None)[0]) for step, on, *rest in steps)
    return Matter(opened=opened, steps=said, closed=closed)


def days(law: str | None, received: date, *steps, closed=()) -> dict[str, date]:
    """What is due when."""
    return {one.step: one.day for one in due_in(matter(law, received, *steps), closed)}


@given(law=st.sampled_from(sorted(CALENDARS)), received=DAYS, closed=st.sets(st.integers(-3, 60), max_size=12))
@example(law="us-foia", received=date(2027, 12, 30), closed=set())
@example(law="tx-pia", received=date(2026, 12, 23), closed={2, 3})
def test_days_are_counted_as_a_second_reading_of_the_law_counts_them(law: str, received: date, closed: set[int]):
    off = {received + timedelta(days=number) for number in closed}
    expected = {step: statutes.due(law, received, count, off) for step, count in statutes.FROM_RECEIPT[law].items()}
    assert days(law, received, closed=off) == expected


@given(law=st.sampled_from(sorted(CALENDARS)), received=DAYS, more=st.dates(date(2021, 1, 1), date(2061, 6, 30)))
def test_nothing_is_due_on_a_day_that_does_not_count_and_a_closure_makes_nothing_due_earlier(law, received, more):
    plainly, closed = days(law, received), days(law, received, closed={more})
    for step, day in plainly.items():
        assert day <= closed[step] != more
        assert day.weekday() < 5
        assert CALENDARS[law].holidays.find(day) is None


def test_what_was_counted_is_told_with_each_day_that_was_passed_over():
    closed = {date(2026, 11, 25)}
    (answer,) = [one for one in due_in(matter("tx-pia", date(2026, 11, 20)), closed) if one.step == "answer"]
    assert answer.day == date(2026, 12, 9)
    assert answer.how == "10 business days after received on 2026-11-20"
    assert [(str(day), why.split(",")[0]) for day, why in answer.passed] == [
        ("2026-11-25", "closed"),
        ("2026-11-26", "Thanksgiving Day"),
        ("2026-11-27", "the Friday after Thanksgiving Day"),
    ]


def test_in_massachusetts_what_comes_on_thanksgiving_is_received_on_friday_and_counted_from_monday():
    # The example with which the regulation was explained when it was amended in 2021.
    thanksgiving = date(2026, 11, 26)
    (respond,) = [one for one in due_in(matter("ma-prl", thanksgiving), ()) if one.step == "respond"]
    assert respond.day == date(2026, 12, 11)
    assert "counted as 2026-11-27: 950 CMR 32.06(2)(e)" in respond.how
    assert days("ma-prl", thanksgiving)["respond"] == days("ma-prl", date(2026, 11, 27))["respond"]


def test_a_school_in_texas_that_is_closed_for_ten_designated_days_counts_none_of_them():
    # 552.0031(f): the board designates spring break and more.
    break_ = {date(2026, 3, day) for day in (9, 10, 11, 12, 13, 16, 17, 18, 19, 20)}
    assert days("tx-pia", date(2026, 3, 6))["answer"] == date(2026, 3, 20)
    assert days("tx-pia", date(2026, 3, 6), closed=break_)["answer"] == date(2026, 4, 3)


def test_a_clarified_request_is_counted_anew_in_texas():
    # City of Dallas v. Abbott: clarified three business days after it was asked to be, and ten days run from then.
    received, clarified = date(2026, 3, 3), date(2026, 3, 12)
    before, after = days("tx-pia", received), days("tx-pia", received, ("clarified", clarified))
    assert (before["ask-ruling"], after["ask-ruling"]) == (date(2026, 3, 17), date(2026, 3, 26))
    assert after["send-arguments"] == date(2026, 4, 2)


def settled(law: str, received: date, *steps) -> dict[str, date | None]:
    """What was settled when."""
    return {one.step: one.settled for one in due_in(matter(law, received, *steps), ())}


def test_what_was_done_before_a_count_begins_anew_settles_nothing_of_it():
    received, asked, clarified = date(2026, 3, 3), date(2026, 3, 10), date(2026, 3, 19)
    steps = [(step, asked) for step in ("answer", "ask-ruling", "send-arguments")]
    assert settled("tx-pia", received, *steps)["answer"] == asked
    anew = (*steps, ("clarified", clarified))
    assert set(settled("tx-pia", received, *anew).values()) == {None}
    assert settled("tx-pia", received, *anew, ("answer", clarified))["answer"] == clarified
    assert settled("tx-pia", received, ("clarified", asked), ("answer", asked))["answer"] == asked
    # Nor does a day that was set for the first count hold for the second.
    moved = days("tx-pia", received, ("answer", asked, date(2026, 3, 20)), ("clarified", clarified))
    assert moved["answer"] == date(2026, 4, 2)
    appeals = [("denied", asked), ("appealed", asked), ("decide-appeal", asked), ("appealed", clarified)]
    assert settled("us-foia", received, *appeals)["decide-appeal"] is None


def test_what_happened_stays_so_where_a_day_is_set_for_it_afterwards():
    received, on, later = date(2026, 10, 8), date(2026, 10, 14), date(2026, 12, 20)
    said = days("ny-foil", received, ("acknowledged", on), ("acknowledged", on, later))
    assert said["grant"] == date(2026, 11, 13)
    appealed = days("ny-foil", received, ("denied", on), ("appealed", on), ("appealed", on, later))
    assert appealed["decide-appeal"] == days("ny-foil", received, ("denied", on), ("appealed", on))["decide-appeal"]


def test_what_more_runs_from_is_named_for_what_it_is():
    with pytest.raises(MatterNameError, match="acknowledged, denied, grant"):
        demand_step_of(matter("ny-foil", date(2026, 10, 8)), "answer")
    for step in ("acknowledged", "received"):
        with pytest.raises(MatterNameError, match="happens"):
            demand_movable(matter("ny-foil", date(2026, 10, 8)), step)
    assert demand_movable(matter("ny-foil", date(2026, 10, 8)), "answer") == "answer"


def test_in_new_york_twenty_days_run_from_the_acknowledgement_and_then_those_of_an_appeal():
    received = date(2026, 10, 8)
    assert days("ny-foil", received) == {"answer": date(2026, 10, 16)}  # Columbus Day is no business day
    acknowledged = due_in(matter("ny-foil", received, ("acknowledged", date(2026, 10, 14))), ())
    assert [(one.step, one.day, one.settled) for one in acknowledged] == [
        ("answer", date(2026, 10, 16), date(2026, 10, 14)),
        ("grant", date(2026, 11, 13), None),  # Election Day and Veterans Day are none, either
    ]
    denied = due_in(matter("ny-foil", received, ("denied", date(2026, 10, 14))), ())
    assert [(one.step, one.day, one.right) for one in denied][-1] == ("appealed", date(2026, 11, 13), True)
    appealed = days("ny-foil", received, ("denied", date(2026, 10, 14)), ("appealed", date(2026, 11, 2)))
    assert appealed["decide-appeal"] == date(2026, 11, 18)


def test_federal_days_pass_over_an_observed_holiday_and_calendar_days_over_nothing():
    assert days("us-foia", date(2026, 6, 8))["determine"] == date(2026, 7, 8)  # 19 June and 3 July do not count
    asked = days("us-foia", date(2026, 6, 8), ("asked-to-expedite", date(2026, 6, 10)))
    assert asked["decide-expedition"] == date(2026, 6, 20)  # a Saturday


def test_the_last_word_about_a_step_counts():
    received, on, later = date(2026, 3, 2), date(2026, 3, 10), date(2026, 5, 1)
    moved = due_in(matter("tx-pia", received, ("answer", on, later)), ())
    (answer,) = [one for one in moved if one.step == "answer"]
    assert (answer.day, answer.settled) == (later, None)
    assert answer.how == (
        "10 business days after received on 2026-03-02, that is 2026-03-16; set to 2026-05-01 instead on 2026-03-10"
    )
    done = due_in(matter("tx-pia", received, ("answer", on, later), ("answer", on)), ())
    assert next(one for one in done if one.step == "answer").settled == on
    again = due_in(matter("tx-pia", received, ("answer", on), ("answer", on, later)), ())
    assert next(one for one in again if one.step == "answer").settled is None


@pytest.mark.parametrize("law", [None, "mars-law"])
def test_without_a_calendar_nothing_is_counted_and_what_a_person_set_is_due(law: str | None):
    court = date(2026, 5, 15)
    set_ = matter(law, date(2026, 3, 2), ("disclosures", date(2026, 3, 3), court))
    assert days(law, date(2026, 3, 2)) == {}
    assert [(one.step, one.day) for one in due_in(set_, ())] == [("disclosures", court)]
    assert steps_of(set_) == ("disclosures",)


def test_nothing_is_due_in_a_matter_that_is_closed():
    closed = MatterClosed(matter="m", outcome="granted", on=date(2026, 3, 9))
    assert due_in(matter("tx-pia", date(2026, 3, 2), closed=closed), ()) == ()


def test_days_at_the_ends_of_time_are_counted_or_left_out():
    assert days("us-foia", date(1, 1, 1))["determine"].year == 1
    assert days("us-foia", date.max) == {}
