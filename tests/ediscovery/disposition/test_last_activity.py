"""A plan leaves the comment from which its post's last activity is known, until the post goes with it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from demo.site import BlogSite
from tests.ediscovery.disposition.offices import AS_OF, SCHEDULE, Office
from tests.ediscovery.retention.sealed import judged

if TYPE_CHECKING:
    from pathlib import Path

ACTIVE = SCHEDULE.replace('trigger = "captured"', 'trigger = "last-activity"')
SAID = {"comment", "reply"}
LONG_AFTER = date(2126, 1, 1)


def test_comments_are_destroyed_and_posts_are_due_when_they_were_and_then_nothing_is_left(tmp_path: Path):
    with BlogSite() as site:
        office = Office.founded(tmp_path / "home", schedule=ACTIVE)
        office.register("blog", site.feed)
        office.capture()
    before = judged(office.archive, AS_OF)
    assert {one["kind"] for one in before.values() if one["reason"] == "due"} == SAID
    office.destroy()
    after = judged(office.archive, AS_OF)
    assert len(after) < len(before)
    assert {record: one["due"] for record, one in after.items()} == {record: before[record]["due"] for record in after}
    assert {one["reason"] for one in after.values()} <= {"not-yet", "unscheduled"}
    stayed = [one for one in after.values() if one["kind"] in SAID]
    assert stayed
    assert {one["due"] for one in stayed} <= {one["due"] for one in after.values() if one["kind"] not in SAID}
    planned = office.plan("p2", as_of=LONG_AFTER)
    assert planned.act.records == len([one for one in after.values() if one["series"]])
