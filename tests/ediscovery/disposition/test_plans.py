"""Who may have what destroyed, and when: what is refused changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ediscovery.disposition import carrying_out
from ediscovery.disposition.condemning import Condemning, NoLongerDueError
from ediscovery.disposition.destroying import stop
from ediscovery.disposition.planning import NothingDueError
from manifests.audit import audit
from manifests.console import system_clock
from manifests.decisions.decided import DAY, DecisionRefusedError
from manifests.dispositions.rules import PlanOvertakenError, PlanRefusedError
from manifests.signing import SigningKey
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.holds import Scope
from schemas.ledger import EventDeclared, HoldAmended, HoldPlaced, ObjectsCondemned, RecordsClassified
from tests.ediscovery.disposition.offices import SCHEDULE, Office, comments, silent

if TYPE_CHECKING:
    from pathlib import Path

    from demo.site import BlogSite


def test_what_two_people_approved_is_destroyed_and_the_rest_stays(office: Office):
    before, going = set(office.records()), comments(office)
    office.destroy()
    assert set(office.records()) == before - going
    assert office.archive.ledger.history.plans["p1"].complete is not None


def test_a_plan_that_nobody_or_one_person_approved_does_not_begin(office: Office):
    planned, before = office.plan(), set(office.records())
    for people in ((office.jane,), (office.omar,), (office.jane, office.jane)):
        with pytest.raises(DecisionRefusedError):
            carrying_out.begin(office.archive, office.decided(planned, *people), permission="")
    with pytest.raises(PlanRefusedError, match="is planned"):
        stop(office.archive, "p1", "why")
    assert set(office.records()) == before


def test_whoever_proposed_planned_or_carries_out_does_not_approve(office: Office):
    planned = office.plan()
    origin = office.archive.ledger.origin
    clerk = SigningKey.generate(f"{origin}/records-officer/clerk")
    office.appoint(clerk)
    with pytest.raises(DecisionRefusedError, match="clerk@office proposed it and approved it"):
        carrying_out.begin(office.archive, office.decided(planned, clerk, office.omar), permission="")
    other = office.decided(planned, clerk, office.omar, proposer="somebody")
    with pytest.raises(DecisionRefusedError, match="clerk planned it and approved it"):
        carrying_out.begin(office.archive, other, permission="")
    jane = replace(office.archive, actor="jane@office")
    with pytest.raises(DecisionRefusedError, match="jane carries out it and approved it"):
        carrying_out.begin(jane, office.decided(planned), permission="")


APPROVAL = """approval = { roles = ["records-officer"], external = "State archivist, in writing", wait_days = 3 }
period = {days = 30}
"""


def test_a_plan_waits_and_has_the_permission_of_others_as_its_schedule_says(site: BlogSite, tmp_path: Path):
    schedule = SCHEDULE.replace("period = {days = 30}\n", APPROVAL)
    office = Office.founded(tmp_path / "home", schedule=schedule)
    office.register("blog", site.feed)
    office.capture()
    planned = office.plan()
    act = planned.act
    assert (act.roles, act.wait_days, act.permissions) == (("records-officer",), 3, ("State archivist, in writing",))
    later = office.again(now=lambda: system_clock().plus(seconds=3 * DAY))
    decided = later.decided(planned)
    early = office.again(now=lambda: system_clock().plus(seconds=3 * DAY - 60))
    with pytest.raises(DecisionRefusedError, match="has it wait until"):
        carrying_out.begin(early.archive, early.decided(planned), permission="RC-3, granted")
    for nothing in ("", "  \n"):
        with pytest.raises(DecisionRefusedError, match="State archivist"):
            carrying_out.begin(later.archive, decided, permission=nothing)
    other = SigningKey.generate(f"{office.archive.ledger.origin}/legal-reviewer/otto")
    later.appoint(other)
    with pytest.raises(DecisionRefusedError):
        carrying_out.begin(later.archive, later.decided(planned, other, later.omar), permission="RC-3, granted")
    carrying_out.begin(later.archive, decided, permission="RC-3, granted")
    assert later.archive.ledger.history.plans["p1"].state == "running"


@pytest.mark.parametrize(
    "changes", [{"digest": Digest.of(b"")}, {"records": 1}, {"as_of": date(2026, 1, 1)}, {"plan": "p0"}]
)
def test_an_approval_of_another_plan_does_not_count(office: Office, changes: dict[str, object]):
    decided = office.decided(office.plan(), **changes)
    with pytest.raises((DecisionRefusedError, PlanRefusedError)):
        carrying_out.begin(office.archive, decided, permission="")


def test_an_approval_counts_once_and_in_its_time(office: Office):
    planned = office.plan()
    late = office.archive.now().plus(seconds=-3 * DAY)
    old = office.decided(planned, proposed=late, expires=late.plus(seconds=DAY))
    with pytest.raises(DecisionRefusedError, match="it counts from"):
        carrying_out.begin(office.archive, old, permission="")
    decided = office.decided(planned)
    carrying_out.begin(office.archive, decided, permission="")
    with pytest.raises(PlanRefusedError, match="is running"):
        carrying_out.begin(office.archive, decided, permission="")


def test_a_hold_placed_after_the_plan_keeps_it_from_beginning(office: Office):
    planned = office.plan()
    office.hold()
    with pytest.raises(PlanOvertakenError, match="A hold was placed"):
        office.begin(planned)


def test_a_hold_placed_while_a_plan_is_carried_out_stops_it_and_what_it_condemned_is_back(office: Office):
    before = set(office.records())
    office.begin(office.plan())
    condemned = _condemn_only(office)
    assert set(office.records()) < before
    office.append(HoldPlaced(hold="case", reason="Doe v. District"))
    with pytest.raises(PlanOvertakenError):
        office.go_on()
    assert office.archive.ledger.history.plans["p1"].state == "stopped"
    assert set(office.records()) == before
    assert condemned
    # What the plan had written in the place of what it condemned goes, and the archive is sound.
    office.go_on()
    assert not list(carrying_out.unfinished(office.archive))
    assert set(office.records()) == before
    assert audit(office.archive.store, now=office.archive.now()).sound


def _condemn_only(office: Office) -> list[str]:
    plan = office.archive.ledger.history.plans["p1"]
    Condemning(office.archive, plan.act, silent).condemn()
    return list(office.archive.ledger.history.replacements.doomed("p1"))


def test_a_hold_that_is_widened_stops_a_plan_as_one_that_is_placed(office: Office):
    office.append(HoldPlaced(hold="case", reason="Doe", scope=Scope(query="volcano")))
    office.begin(office.plan())
    office.append(HoldAmended(hold="case", reason="Doe", scope=Scope(query="snow")))
    with pytest.raises(PlanOvertakenError):
        office.go_on()


def test_what_a_hold_covers_is_in_no_plan(office: Office):
    going = comments(office)
    kept = min(going)
    office.append(HoldPlaced(hold="case", reason="Doe", scope=Scope(records=(kept,))))
    office.destroy()
    assert comments(office) == {kept}


def test_a_record_that_is_not_due_any_more_stops_the_plan(office: Office):
    before = set(office.records())
    office.begin(office.plan())
    one = min(comments(office))
    office.append(RecordsClassified(records=(one,), series=("ours/POSTS",), reason="Board"))
    with pytest.raises(NoLongerDueError):
        office.go_on()
    assert set(office.records()) == before
    assert office.archive.ledger.history.plans["p1"].state == "stopped"


def test_nothing_goes_before_its_day(office: Office):
    ahead = date(2099, 1, 1)
    office.begin(office.plan(as_of=ahead))
    done = office.go_on()
    assert done.comes is not None
    assert comments(office)
    act = ObjectsCondemned(plan="p1", complete=True)
    with pytest.raises(PlanRefusedError, match="day to come"):
        office.append(act)


def test_nothing_due_is_said(office: Office):
    with pytest.raises(NothingDueError):
        office.plan(as_of=date(2026, 1, 1))


def test_two_that_carry_out_one_plan_come_to_the_same_end(office: Office):
    before, going = set(office.records()), comments(office)
    office.begin(office.plan())
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(lambda: office.again().go_on()) for _ in range(3)]:
            done.result()
    office.archive.ledger.refresh()
    office.go_on()
    assert set(office.records()) == before - going
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_a_second_plan_takes_what_the_first_left(office: Office, site: BlogSite):
    going = comments(office)
    first = min(going)
    office.append(HoldPlaced(hold="case", reason="Doe", scope=Scope(records=(first,))))
    office.destroy("p1")
    assert comments(office) == {first}
    office.release("case")
    office.destroy("p2")
    assert not comments(office)
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_a_capture_meanwhile_is_compared_with_what_is_left(office: Office, site: BlogSite):
    office.begin(office.plan())
    site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
    _condemn_only(office)
    again = office.capture()
    office.go_on()
    assert again.edited == 1
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_whatever_the_store_lost_before_is_said_and_nothing_is_destroyed(office: Office):
    office.begin(office.plan())
    place = next(iter(office.archive.ledger.history.places("blog")))
    (office.archive.home / "archive" / place.partition.stored.key).unlink()
    with pytest.raises(ArchiveError):
        office.go_on()
    assert not list(office.archive.ledger.history.replacements.doomed("p1"))


def test_a_declared_day_does_not_bring_a_record_into_a_plan_that_is_made(office: Office):
    planned = office.plan()
    office.append(EventDeclared(trigger="closed", on=date(2026, 1, 1), reason="x", accounts=("blog",)))
    office.begin(planned)
    office.go_on()
    assert not comments(office)
