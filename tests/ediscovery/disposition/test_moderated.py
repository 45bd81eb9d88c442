"""What says that a moderator took an item away stays as long as a version of the item, which is judged by it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from ediscovery.disposition import planning
from ediscovery.disposition.lists import read_list
from ediscovery.disposition.planning import NothingDueError
from schemas.holds import Scope
from schemas.ledger import ClassificationAdopted, HoldPlaced, RecordsClassified, ScheduleAdopted
from schemas.retention import Classification, Match, Rule
from tests.ediscovery.disposition.offices import silent
from tests.ediscovery.partitions import Version
from tests.ediscovery.retention.making import schedule, series, term
from tests.ediscovery.retention.sealed import account, judged, sealed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.ledger import Act

BLOG = account("blog")
ON = date(2026, 6, 1)
FIRST = Version("c", kind="comment", text="rude", created=0, captured=1)
NEWEST = Version("c", kind="comment", text="ruder", created=0, captured=24)
GONE = Version("c", kind="absence", captured=48, verdict="deleted")
MADE = [FIRST, NEWEST, GONE]
HELD = HoldPlaced(hold="h", reason="r", scope=Scope(records=(FIRST.record.id,)))


def adopted() -> list[Act]:
    """What was removed is kept 30 days, and what was not for ever."""
    several = (
        series(term(days=30), item="removed"),
        series(term(days=60), item="longer"),
        series(term("event:x"), item="some-day"),
        series(item="visible", disposal="keep"),
    )
    rules = (
        Rule(match=Match(moderation=("removed", "hidden")), series=("us/removed",)),
        Rule(match=Match(moderation=("visible",)), series=("us/visible",)),
    )
    return [
        ScheduleAdopted(schedule=schedule("us", *several)),
        ClassificationAdopted(classification=Classification(title="T", rules=rules)),
    ]


def said(one: Version, series: str) -> RecordsClassified:
    """Somebody says to which series a record belongs."""
    return RecordsClassified(records=(one.record.id,), series=(series,), reason="r")


def planned(archive: Archive, made: Sequence[Version] = MADE, **given: Any) -> list[Version]:
    """What a plan takes."""
    name = f"p{archive.ledger.head.size}"
    try:
        act = planning.plan(archive, name=name, as_of=ON, tell=silent, **given).act
    except NothingDueError:
        return []
    ids = {record for line in read_list(archive.store, act) for record in line.records}
    return [one for one in made if one.record.id in ids]


def office(folder: Path, made: Sequence[Version], *acts: Act) -> Archive:
    """An archive with these records, each in a partition of its own."""
    return sealed(folder / "home", made, accounts=(BLOG,), acts=[*adopted(), *acts], rows=1)


def test_an_older_version_that_is_held_is_judged_as_before_when_the_newest_is_gone(tmp_path: Path) -> None:
    archive = office(tmp_path, MADE, HELD)
    going = planned(archive)
    assert going == [NEWEST]
    left = office(tmp_path / "left", [one for one in MADE if one not in going], HELD)
    before, after = (judged(one, ON)[FIRST.record.id.hex] for one in (archive, left))
    assert [before[name] for name in ("series", "due", "reason")] == ["us/removed", date(2026, 4, 2), "held"]
    assert {name: after[name] for name in ("series", "due", "reason")} == {
        name: before[name] for name in ("series", "due", "reason")
    }
    free = office(tmp_path / "free", [FIRST, GONE])
    assert planned(free) == [FIRST, GONE]


@pytest.mark.parametrize(
    ("act", "going"),
    [
        pytest.param(said(FIRST, "us/some-day"), [NEWEST], id="the older version is not due"),
        pytest.param(said(GONE, "us/longer"), MADE, id="somebody said so of the absence"),
    ],
)
def test_what_says_that_an_item_was_removed_goes_with_the_last_version_and_never_alone(
    tmp_path: Path, act: RecordsClassified, going: list[Version]
) -> None:
    archive = office(tmp_path, MADE, act)
    assert planned(archive, only=("us/removed", "us/longer")) == going
    assert planned(archive, only=("us/longer",)) == []
    assert GONE not in planned(archive, most=1)


def test_an_absence_of_an_item_that_came_back_or_was_never_held_keeps_to_its_own_days(tmp_path: Path) -> None:
    back = Version("c", kind="comment", text="back", created=0, captured=72)
    stray = Version("d", kind="absence", created=0, captured=48, verdict="hidden")
    archive = office(tmp_path, [*MADE, back, stray], said(back, "us/removed"), said(FIRST, "us/removed"))
    assert planned(archive, [*MADE, back, stray]) == [FIRST, GONE, back, stray]
