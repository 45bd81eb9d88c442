"""What all records together are said to be, each by itself is: due, held or kept, on every day."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ediscovery.commands import searchable_whole
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from schemas.holds import Scope
from schemas.ledger import (
    ClassificationAdopted,
    EventDeclared,
    HoldAmended,
    HoldPlaced,
    RecordsClassified,
    ScheduleAdopted,
)
from schemas.retention import Classification, Match, Rule
from tests.ediscovery.partitions import MONDAY, Version
from tests.ediscovery.retention.making import schedule, series, term
from tests.ediscovery.retention.sealed import account, explained, judged, sealed

ACCOUNTS = (account("blog", officials=("@board", 'q"u\\o\x00te'), custodians=("Ana",)), account("page"))
TRIGGERS = (
    *("created", "captured", "captured", "last-activity", "last-activity", "last-activity"),
    *("superseded", "closed", "subject-born", "event:x"),
)
DECLARED = ("created", "last-activity", "superseded", "closed", "subject-born", "event:x")
ZONES = {"us": "America/Chicago", "jp": "Asia/Tokyo", "nf": "America/St_Johns"}
LONG_AFTER = date(2126, 3, 1)
DAYS = st.dates(date(2026, 2, 27), date(2026, 3, 12))

hours = st.sampled_from([0.0, 24.0, 48.0]) | st.floats(0, 96).map(lambda hour: round(hour, 4))
items = st.sampled_from(["a", "b", "c"])
versions = st.builds(
    Version,
    item=items,
    account=st.sampled_from(["blog", "blog", "blog", "page"]),
    kind=st.sampled_from(["post", "comment", "comment", "list", "absence", "absence"]),
    text=st.none() | st.sampled_from(["bus route", "budget", "snow"]),
    handle=st.sampled_from([None, "@board", 'q"u\\o\x00te', "board", "@boards"]),
    created=st.none() | hours,
    captured=hours,
    thread=st.none() | items | st.just(""),
    verdict=st.sampled_from(["deleted", "hidden", "undetermined", "present"]),
    salt=st.integers(0, 1),
)
late_media = st.builds(
    lambda of, account, created, captured, alt: Version(
        f"late:{of}:u",
        alt=alt,
        account=account,
        kind="media",
        created=created,
        captured=captured,
        thread=of,
        parent=of,
    ),
    items,
    st.sampled_from(["blog", "blog", "page"]),
    st.none() | hours,
    hours,
    st.sampled_from([(), ("bus route",)]),
)
terms = st.builds(
    term,
    st.sampled_from(TRIGGERS),
    st.sampled_from(["none", "none", "month-end"]),
    days=st.integers(0, 3),
)
some_series = st.builds(
    lambda item, disposal, combine, several: (
        series(item=item, disposal="keep")
        if disposal == "keep"
        else series(*several, item=item, disposal=disposal, combine=combine)
    ),
    st.just("A"),
    st.sampled_from(["destroy", "destroy", "review", "review", "transfer", "keep"]),
    st.sampled_from(["max", "min"]),
    st.lists(terms, min_size=1, max_size=2),
)
names = st.lists(st.sampled_from([f"{name}/A" for name in ZONES]), min_size=1, max_size=2, unique=True).map(tuple)
rules = st.builds(
    Rule,
    match=st.builds(
        Match,
        accounts=st.sampled_from([(), (), ("blog",)]),
        kinds=st.sampled_from([(), ("post",), ("comment", "list"), ("absence",), ("media",)]),
        classes=st.sampled_from([(), (), ("official",), ("public",)]),
        moderation=st.sampled_from([(), (), ("removed",), ("hidden", "visible")]),
    ),
    series=names,
)
instants = st.none() | st.integers(0, 96).map(lambda hour: MONDAY.plus(seconds=3600 * hour))


@st.composite
def offices(draw):
    """Records, and what the ledger says about them."""
    made = draw(st.lists(versions | versions | late_media, min_size=1, max_size=9))
    records = st.lists(st.sampled_from([one.record.id for one in made]), min_size=1, max_size=2, unique=True).map(tuple)
    since, until = draw(instants), draw(instants)
    if since and until and since >= until:
        since = None
    scopes = st.builds(
        Scope,
        accounts=st.sampled_from([(), ("blog",), ("page", "blog")]),
        custodians=st.sampled_from([(), (), ("Ana",)]),
        since=st.just(since) | st.none(),
        until=st.just(until) | st.none(),
        query=st.sampled_from([None, None, "bus", "route OR budget", "budget -snow"]),
        records=st.just(()) | records,
    )
    acts = [ScheduleAdopted(schedule=schedule(name, draw(some_series), zone=zone)) for name, zone in ZONES.items()]
    others = draw(st.lists(st.builds(Rule, match=st.just(Match()), series=names), max_size=1))
    classification = Classification(title="T", rules=(*draw(st.lists(rules, max_size=3)), *others))
    acts += [ClassificationAdopted(classification=classification)]
    acts += draw(st.lists(st.builds(RecordsClassified, records=records, series=names, reason=st.just("r")), max_size=2))
    declared = st.builds(
        EventDeclared,
        trigger=st.sampled_from(DECLARED),
        on=DAYS,
        reason=st.just("r"),
        accounts=st.sampled_from([(), ("blog",), ("page",)]),
        records=records,
    )
    acts += draw(st.lists(declared, max_size=3))
    placed = draw(st.lists(scopes, max_size=2))
    acts += [HoldPlaced(hold=f"h{number}", reason="r", scope=scope) for number, scope in enumerate(placed)]
    if placed:
        acts += [HoldAmended(hold="h0", reason="r", scope=scope) for scope in draw(st.lists(scopes, max_size=1))]
    return made, acts


@given(offices(), DAYS | st.just(LONG_AFTER))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_record_is_judged_as_it_is_explained(office, as_of):
    made, acts = office
    with tempfile.TemporaryDirectory() as folder:
        archive = sealed(Path(folder) / "home", made, accounts=ACCOUNTS, acts=acts)
        records = sorted({one.record.id.hex for one in made})
        found = judged(archive, as_of)
        assert sorted(found) == records
        for row in found.values():
            event(row["reason"])
        assert found == explained(archive, as_of, records)


KEEP = (
    ScheduleAdopted(schedule=schedule("us", series(term(days=1), item="A"), series(term("event:x"), item="X"))),
    ClassificationAdopted(
        classification=Classification(
            title="T",
            rules=(
                Rule(match=Match(kinds=("comment",)), series=("us/X",)),
                Rule(match=Match(kinds=("post",)), series=("us/A",)),
            ),
        )
    ),
)


@given(st.lists(versions, min_size=1, max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_that_is_unscheduled_unknown_or_held_is_ever_due_and_a_hold_changes_nothing_else(made):
    with tempfile.TemporaryDirectory() as folder:
        archive = sealed(Path(folder) / "home", made, accounts=ACCOUNTS, acts=KEEP)
        before = judged(archive, LONG_AFTER)
        for row in before.values():
            if row["series"] in (None, "us/X"):
                assert (row["due"], row["reason"]) == (None, "unknown" if row["series"] else "unscheduled")
        archive.append(lambda _history: (HoldPlaced(hold="h", reason="r", scope=Scope(accounts=("blog",))),))
        after = judged(archive, LONG_AFTER)
        for record, row in after.items():
            held = row["account"] == "blog"
            reason = "held" if held and before[record]["reason"] == "due" else before[record]["reason"]
            assert row == before[record] | {"held": held, "reason": reason}


def test_a_late_medium_is_due_with_its_item_whatever_else_it_is_and_is_no_activity(tmp_path):
    versions = [
        Version("talk", kind="comment", created=0, captured=1),
        Version("late:talk:u", kind="media", created=0, captured=72, thread="talk", parent="talk"),
        Version("other", created=0, captured=1),
        Version("talk", kind="absence", captured=80, verdict="present"),
    ]
    hold = HoldPlaced(hold="h", reason="r", scope=Scope(records=(versions[0].record.id,)))
    acts = (
        ScheduleAdopted(schedule=schedule("us", series(term("last-activity", days=1), item="A"))),
        ClassificationAdopted(
            classification=Classification(
                title="T", rules=(Rule(match=Match(kinds=("comment",), classes=("public",)), series=("us/A",)),)
            )
        ),
    )
    archive = sealed(tmp_path, versions, accounts=ACCOUNTS, acts=acts)
    talk, late, other, absence = (one.record.id.hex for one in versions)
    found = judged(archive, LONG_AFTER)
    # It is none of the versions that go before the absence does.
    with searchable_whole(archive) as opened:
        batches = list(eligible(archive, opened, InForce.of(archive.ledger), as_of=LONG_AFTER))
    telling = {row["record"].hex(): (row["tells"], row["told"]) for batch in batches for row in batch.to_pylist()}
    assert [telling[one] for one in (talk, late, absence)] == [(None, "talk"), (None, None), (1, "talk")]
    assert [found[one]["due"] for one in (talk, late, other)] == [date(2026, 3, 4), date(2026, 3, 4), None]
    assert found == explained(archive, LONG_AFTER, list(found))
    archive.append(lambda _history: (hold,))
    assert [judged(archive, LONG_AFTER)[one]["held"] for one in (talk, late, other)] == [True, True, False]


def test_a_thread_is_as_active_as_its_newest_item_or_edit_and_an_item_that_came_back_is_there(tmp_path):
    due = {
        Version("root", created=0, captured=1): date(2026, 3, 6),
        Version("root", text="edited", created=0, captured=48): date(2026, 3, 6),
        Version("answer", kind="comment", created=2, captured=3, thread="root"): date(2026, 3, 6),
        Version("list", kind="list", captured=96, thread="root"): date(2026, 3, 8),
        Version("quiet", created=0, captured=1): date(2026, 3, 5),
        Version("late", kind="comment", created=30, captured=30, thread="quiet"): date(2026, 3, 5),
        Version("back", created=0, captured=0): date(2026, 3, 4),
        Version("back", kind="absence", captured=10, verdict="deleted"): date(2026, 3, 4),
        Version("back", text="again", created=0, captured=20): date(2026, 3, 4),
        Version("away", created=0, captured=0): None,
        Version("away", kind="absence", captured=10, verdict="deleted"): None,
    }
    rules = (Rule(match=Match(moderation=("removed",)), series=("us/X",)), Rule(match=Match(), series=("us/A",)))
    several = (series(term("last-activity", days=1)), series(term("event:x"), item="X"))
    acts = [
        ScheduleAdopted(schedule=schedule("us", *several)),
        ClassificationAdopted(classification=Classification(title="T", rules=rules)),
    ]
    archive = sealed(tmp_path / "home", list(due), accounts=ACCOUNTS, acts=acts)
    found = judged(archive, LONG_AFTER)
    assert {one: found[one.record.id.hex]["due"] for one in due} == due
    assert found == explained(archive, LONG_AFTER, list(found))


def test_an_absence_goes_the_way_of_what_it_is_about_and_is_held_with_it(tmp_path):
    first = Version("a", text="bus", kind="post", created=0, captured=1)
    newest = Version("a", text="budget", kind="post", created=0, captured=30)
    gone = Version("a", kind="absence", captured=60, verdict="deleted")
    orphan = Version("b", kind="absence", captured=60, verdict="deleted")
    scope = Scope(until=MONDAY.plus(seconds=24 * 3600))
    archive = sealed(
        tmp_path / "home",
        [first, newest, gone, orphan],
        accounts=ACCOUNTS,
        acts=[*KEEP, HoldPlaced(hold="h", reason="r", scope=scope)],
    )
    found = judged(archive, LONG_AFTER)
    rows = [found[one.record.id.hex] for one in (first, newest, gone, orphan)]
    assert [row["series"] for row in rows] == ["us/A", "us/A", "us/A", None]
    assert [row["due"] for row in rows] == [date(2026, 3, 4)] * 3 + [None]
    assert [row["held"] for row in rows] == [True, True, True, False]
    said = RecordsClassified(records=(newest.record.id,), series=("us/X",), reason="r")
    archive.append(lambda _history: (said,))
    assert judged(archive, LONG_AFTER)[gone.record.id.hex]["series"] == "us/X"
    itself = RecordsClassified(records=(gone.record.id,), series=("us/A",), reason="r")
    archive.append(lambda _history: (itself,))
    assert judged(archive, LONG_AFTER)[gone.record.id.hex]["series"] == "us/A"


def test_what_says_that_an_item_never_held_was_deleted_is_as_active_as_its_thread(tmp_path):
    gone = Version("c", kind="absence", created=0, captured=0, thread="a", verdict="deleted")
    alone = Version("a", captured=24)
    acts = [
        ScheduleAdopted(schedule=schedule("us", series(term("last-activity", days=1)))),
        ClassificationAdopted(classification=Classification(title="T", rules=(Rule(match=Match(), series=("us/A",)),))),
    ]
    archive = sealed(tmp_path / "home", [gone, alone], accounts=ACCOUNTS, acts=acts)
    found = judged(archive, LONG_AFTER)
    assert found[gone.record.id.hex]["due"] == date(2026, 3, 5)
    assert found == explained(archive, LONG_AFTER, list(found))


def test_hostile_text_is_text(tmp_path):
    hostile = "'); DROP TABLE sources; -- \x00 \\ \" $p0 {held} \u202e=1"
    made = [
        Version(hostile, text=hostile, handle=hostile, kind="comment", captured=0, thread=hostile),
        Version(hostile, text="x", kind="post", captured=1, created=0),
        Version(hostile, kind="absence", captured=2, verdict="hidden"),
    ]
    accounts = (account("blog", officials=(hostile,)), account("page"))
    archive = sealed(tmp_path / "home", made, accounts=accounts, acts=KEEP)
    records = sorted(one.record.id.hex for one in made)
    assert judged(archive, LONG_AFTER) == explained(archive, LONG_AFTER, records)


def test_an_archive_without_records_or_schedules_has_nothing_that_is_due(tmp_path):
    empty = sealed(tmp_path / "empty", [], accounts=ACCOUNTS)
    assert judged(empty, LONG_AFTER) == {}
    bare = sealed(tmp_path / "bare", [Version("a", created=0)], accounts=ACCOUNTS)
    (row,) = judged(bare, LONG_AFTER).values()
    assert (row["series"], row["due"], row["disposal"], row["reason"]) == (None, None, None, "unscheduled")
    assert row["record"] == Version("a", created=0).record.id.raw
