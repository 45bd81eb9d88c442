"""Whatever is destroyed, no record is due a day earlier: what bears the last activity of others stays as long."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ediscovery.commands import searchable_whole
from ediscovery.retention.explaining import explain
from ediscovery.retention.in_force import InForce
from schemas.holds import Scope
from schemas.ledger import ClassificationAdopted, HoldPlaced, RecordsClassified, ScheduleAdopted
from schemas.retention import Classification, Match, Rule
from tests.ediscovery.partitions import MONDAY, Version
from tests.ediscovery.retention import oracle
from tests.ediscovery.retention.making import CHICAGO, schedule, series, term
from tests.ediscovery.retention.sealed import account, explained, judged, sealed

BLOG, PAGE = account("blog"), account("page")
LONG_AFTER = date(2126, 3, 1)
DAY = timedelta(days=1)
KINDS = ("post", "comment", "list", "absence")

hours = st.sampled_from([0.0, 24.0, 48.0, 96.0])
items = st.sampled_from("ab")
versions = st.builds(
    Version,
    item=items,
    account=st.sampled_from(["blog", "blog", "blog", "blog", "page"]),
    kind=st.sampled_from(["post", "post", "comment", "comment", "comment", "list", "absence"]),
    created=st.none() | hours,
    captured=hours,
    thread=st.none() | items,
    verdict=st.just("deleted"),
    salt=st.integers(0, 2),
)
terms = st.builds(
    term,
    st.sampled_from(["last-activity", "last-activity", "last-activity", "created", "captured", "event:x"]),
    st.sampled_from(["none", "none", "none", "month-end"]),
    days=st.sampled_from([0, 1, 3, 9]),
)
several_terms = st.lists(terms, min_size=1, max_size=2)


@st.composite
def offices(draw):
    """Records; the series of each kind, at least one of which reckons from the last activity; what a person said."""
    made = draw(st.lists(versions, min_size=3, max_size=12, unique=True))
    by_kind = {
        kind: series(*draw(several_terms), item=kind, combine=draw(st.sampled_from(["max", "min"]))) for kind in KINDS
    }
    active = draw(st.sampled_from(KINDS[:3]))
    by_kind[active] = series(term("last-activity", days=draw(st.integers(2, 9))), item=active)
    seen = [one for one in made if one.kind != "absence"]
    said = draw(st.dictionaries(st.sampled_from(seen), st.sampled_from(KINDS), max_size=2)) if seen else {}
    # Said of an absence by itself, only the last activity is what that has which it is about (docs/RETENTION.md).
    absences = [one for one in made if one.kind == "absence"]
    if absences and draw(st.booleans()):
        said[draw(st.sampled_from(absences))] = active
    return made, by_kind, said


def adopted(by_kind, said):
    """The acts that put it in force."""
    rules = tuple(Rule(match=Match(kinds=(kind,)), series=(f"us/{kind}",)) for kind in by_kind)
    return [
        ScheduleAdopted(schedule=schedule("us", *by_kind.values())),
        ClassificationAdopted(classification=Classification(title="T", rules=rules)),
        *(
            RecordsClassified(records=(one.record.id,), series=(f"us/{kind}",), reason="r")
            for one, kind in said.items()
        ),
    ]


def plainly_due(made, by_kind, said):
    """The day on which each record is due by itself, as FORMAT 4.12 reads; ``None``: none that is known."""
    return {one: _due(one, made, by_kind, said) for one in made}


def _due(one, made, by_kind, said):
    about, there = one, [other for other in made if (other.account, other.kind != "absence") == (one.account, True)]
    if one.kind == "absence":
        about = max((other for other in there if other.item == one.item), key=_newest, default=one)
    own = [other for other in there if (other.kind, other.item) == (about.kind, about.item)]
    thread = about.thread or about.item
    happened = [_date(about), *(other.captured for other in own if other.captured > about.captured)]
    for other in there:
        if other.kind != "list" and thread in (other.thread, other.item):
            several = [it.captured for it in there if (it.kind, it.item) == (other.kind, other.item)]
            happened.append(max(several) if len(several) > 1 else _date(other))
    days = {"captured": about.captured, "last-activity": max(happened)}
    if about.created is not None:
        days["created"] = about.created
    kind = said.get(one, said.get(about, about.kind))
    return oracle.due(by_kind[kind], {name: _day(hour) for name, hour in days.items()}, "09-01")


def _date(one):
    return one.captured if one.created is None else one.created


def _newest(one):
    return one.captured, one.record.id.raw


def _day(hour):
    return oracle.day_of(MONDAY.plus(seconds=round(3600 * hour)), CHICAGO)


def destroyed(folder, made, acts, on):
    """What is left when all that is due on a day, and under no hold, was destroyed; and what was said of it."""
    found = judged(sealed(Path(folder) / "home", made, accounts=(BLOG, PAGE), acts=acts), on)
    left = [one for one in made if found[one.record.id.hex]["reason"] != "due"]
    return left, {one: found[one.record.id.hex]["due"] for one in made}


def never_earlier(after, before):
    """Whether a day is as late as another; ``None`` never comes."""
    return after is None or (before is not None and after >= before)


@given(offices(), st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True), st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_was_destroyed_what_is_left_is_due_no_day_earlier(office, days, data):
    made, by_kind, said = office
    acts = adopted(by_kind, said)
    held = tuple(one.record.id for one in data.draw(st.lists(st.sampled_from(made), max_size=1)))
    acts += [HoldPlaced(hold="h", reason="r", scope=Scope(records=held))] * len(held)
    first, left = plainly_due(made, by_kind, said), made
    for number in sorted(days):
        on = MONDAY.to_datetime().date() + number * DAY
        before = plainly_due(left, by_kind, said)
        with tempfile.TemporaryDirectory() as folder:
            left, judged_due = destroyed(folder, left, acts, on)
        for one, due in judged_due.items():
            assert never_earlier(due, before[one])
            if due != before[one]:
                event("kept for another")
                # No longer than what needs it.
                assert due in [other for it, other in before.items() if it != one]
        after = plainly_due(left, by_kind, said)
        for one in left:
            if first[one] is None or first[one] > on:
                event("stayed")
                assert never_earlier(after[one], first[one]), one


POST = Version("p", created=0, captured=1)
EARLY = Version("c1", kind="comment", created=24, captured=24, thread="p")
LATE = Version("c2", kind="comment", created=96, captured=96, thread="p")
SHORT = series(term("created", days=1), item="comment")
LONG = series(term("last-activity", days=30), item="post")
OFFICE = adopted({"post": LONG, "comment": SHORT}, {})
TOO_EARLY, IN_TIME = date(2026, 4, 1), date(2026, 4, 6)


def reasons(archive, on, *several):
    """Why each of some records is kept on a day, or that it is due."""
    found = judged(archive, on)
    return [found[one.record.id.hex]["reason"] for one in several]


def words(archive, one, on):
    """What a person is told of a record."""
    with searchable_whole(archive) as opened:
        hit = opened.find_record(one.record.id.hex)
        return list(explain(archive, opened, hit, InForce.of(archive.ledger), as_of=on).lines(UTC))


def test_only_the_last_comment_stays_until_its_post_is_due_and_says_so_and_then_all_go_together(tmp_path):
    archive = sealed(tmp_path / "home", [POST, EARLY, LATE], accounts=(BLOG, PAGE), acts=OFFICE, rows=1)
    assert reasons(archive, TOO_EARLY, POST, EARLY, LATE) == ["not-yet", "due", "not-yet"]
    assert reasons(archive, IN_TIME, POST, EARLY, LATE) == ["due", "due", "due"]
    found = judged(archive, TOO_EARLY)
    assert found == explained(archive, TOO_EARLY, list(found))
    assert {one["due"] for one in found.values()} == {date(2026, 3, 5), IN_TIME}
    said = f"  The last activity in the post {POST.record.id} is known from it, and that is kept until 2026-04-05."
    assert said in words(archive, LATE, TOO_EARLY)
    assert words(archive, LATE, TOO_EARLY)[-1] == "On 2026-04-01 it must be kept; it is due on 2026-04-06."
    assert words(archive, LATE, IN_TIME)[-1] == "On 2026-04-06 it may be proposed for disposal."
    assert not any("last activity in the" in line for line in words(archive, EARLY, TOO_EARLY))


def test_of_comments_of_one_instant_one_stays_and_always_the_same(tmp_path):
    same = [Version("p/" + name, kind="comment", created=96, captured=96, thread="p") for name in "abcd"]
    for number, made in enumerate(([POST, *same], [*same[::-1], POST])):
        archive = sealed(tmp_path / f"home{number}", made, accounts=(BLOG, PAGE), acts=OFFICE, rows=2)
        last = max(same, key=lambda one: one.record.id.raw)
        assert reasons(archive, TOO_EARLY, *same) == ["not-yet" if one == last else "due" for one in same]


def test_an_edit_stays_with_a_version_that_was_there_before_it(tmp_path):
    edits = [Version("c", kind="comment", text=str(hour), created=0, captured=hour, thread="p") for hour in (1, 2, 96)]
    archive = sealed(tmp_path / "home", [POST, *edits], accounts=(BLOG, PAGE), acts=OFFICE)
    stay = reasons(archive, TOO_EARLY, *edits)
    assert stay.count("not-yet") == 2
    assert stay[-1] == "not-yet"
    left = [POST, *(one for one, reason in zip(edits, stay, strict=True) if reason == "not-yet")]
    again = sealed(tmp_path / "again", left, accounts=(BLOG, PAGE), acts=OFFICE)
    assert judged(again, TOO_EARLY)[POST.record.id.hex]["due"] == IN_TIME


def test_an_absence_stays_with_the_comment_that_it_is_about(tmp_path):
    gone = Version("c2", kind="absence", captured=100, verdict="deleted")
    archive = sealed(tmp_path / "home", [POST, EARLY, LATE, gone], accounts=(BLOG, PAGE), acts=OFFICE, rows=1)
    assert reasons(archive, TOO_EARLY, LATE, gone) == ["not-yet", "not-yet"]
    assert reasons(archive, IN_TIME, LATE, gone) == ["due", "due"]
    found = judged(archive, TOO_EARLY)
    assert found == explained(archive, TOO_EARLY, list(found))


def test_a_hold_keeps_the_comment_or_the_post_and_makes_nothing_due_earlier(tmp_path):
    archive = sealed(tmp_path / "home", [POST, EARLY, LATE], accounts=(BLOG, PAGE), acts=OFFICE)
    hold = HoldPlaced(hold="h", reason="r", scope=Scope(records=(LATE.record.id,)))
    archive.append(lambda _history: (hold,))
    assert reasons(archive, TOO_EARLY, POST, EARLY, LATE) == ["not-yet", "due", "not-yet"]
    assert reasons(archive, IN_TIME, POST, EARLY, LATE) == ["due", "due", "held"]


def test_a_thread_of_that_name_in_another_account_keeps_nothing(tmp_path):
    other = Version("c3", kind="comment", created=96, captured=96, thread="p", account="page")
    archive = sealed(tmp_path / "home", [POST, EARLY, other], accounts=(BLOG, PAGE), acts=OFFICE)
    found = judged(archive, TOO_EARLY)
    assert found[other.record.id.hex]["reason"] == "due"
    assert found[POST.record.id.hex]["due"] == date(2026, 4, 3)


def test_a_list_needs_its_own_newest_version_and_keeps_no_thread(tmp_path):
    lists = [Version("p", kind="list", text=str(hour), captured=hour) for hour in (0, 24, 96)]
    acts = adopted({"list": LONG, "post": LONG}, {lists[-1]: "short"})
    acts[0] = ScheduleAdopted(
        schedule=schedule(
            "us",
            *(series(*LONG.terms, item=kind) for kind in ("list", "post")),
            series(term("captured", days=1), item="short"),
        )
    )
    archive = sealed(tmp_path / "home", [*lists, POST], accounts=(BLOG, PAGE), acts=acts)
    found = judged(archive, TOO_EARLY)
    assert [found[one.record.id.hex]["due"] for one in lists] == [IN_TIME] * 3
    assert found[POST.record.id.hex]["due"] == date(2026, 4, 2)
    assert found == explained(archive, TOO_EARLY, list(found))


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        pytest.param(LONG, "not-yet", id="the last activity"),
        pytest.param(series(*LONG.terms, term("event:x"), item="post"), "unknown", id="a day that nobody knows"),
        pytest.param(series(term("created", days=30), item="post"), "due", id="creation"),
        pytest.param(series(item="post", disposal="keep"), "due", id="for ever"),
    ],
)
def test_a_comment_stays_only_for_what_reckons_from_it(tmp_path, post, reason):
    archive = sealed(
        tmp_path / "home", [POST, LATE], accounts=(BLOG, PAGE), acts=adopted({"post": post, "comment": SHORT}, {})
    )
    assert reasons(archive, TOO_EARLY, LATE) == [reason]
    found = judged(archive, TOO_EARLY)
    assert found == explained(archive, TOO_EARLY, list(found))


def test_what_belongs_to_no_series_is_unscheduled_also_where_others_need_it(tmp_path):
    archive = sealed(tmp_path / "home", [POST, LATE], accounts=(BLOG, PAGE), acts=adopted({"post": LONG}, {}))
    found = judged(archive, TOO_EARLY)
    assert (found[LATE.record.id.hex]["reason"], found[LATE.record.id.hex]["due"]) == ("unscheduled", None)
    assert found == explained(archive, TOO_EARLY, list(found))


def test_what_becomes_of_a_record_that_others_need_is_what_its_own_series_says(tmp_path):
    review = series(*LONG.terms, item="post", disposal="review")
    archive = sealed(
        tmp_path / "home", [POST, LATE], accounts=(BLOG, PAGE), acts=adopted({"post": review, "comment": SHORT}, {})
    )
    assert judged(archive, IN_TIME)[LATE.record.id.hex]["disposal"] == "destroy"
