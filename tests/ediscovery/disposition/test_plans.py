"""Who may have what destroyed, and when: what is refused changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from demo.site import BlogSite
from ediscovery.disposition import carrying_out, condemning
from ediscovery.disposition.condemning import Condemning, NoLongerDueError
from ediscovery.disposition.destroying import StillThereError, SurvivorMissingError, stop
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.disposition.planning import NothingDueError
from ediscovery.production.signed import SignedPdf
from manifests.audit import audit
from manifests.console import system_clock
from manifests.decisions.decided import DAY, DecisionRefusedError
from manifests.dispositions.rules import PlanOvertakenError, PlanRefusedError, comes
from manifests.signing import SigningKey
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.holds import Scope
from schemas.instant import Instant
from schemas.ledger import AttemptRefused, EventDeclared, HoldAmended, HoldPlaced, ObjectsCondemned, RecordsClassified
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import StoreUnavailableError, read
from tests.ediscovery.disposition.offices import AS_OF, SCHEDULE, Office, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.stored import StoredObject
    from storage.objects import Content


@pytest.fixture(scope="module")
def site() -> Iterator[BlogSite]:
    """A blog."""
    with BlogSite() as site:
        yield site


@pytest.fixture(scope="module")
def captured(site: BlogSite, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with a captured blog, for all tests: none changes it."""
    made = Office.founded(tmp_path_factory.mktemp("office") / "home")
    made.register("blog", site.feed)
    made.capture()
    return made


@pytest.fixture
def office(captured: Office, tmp_path: Path) -> Office:
    """An office with a captured blog."""
    return captured.copied(tmp_path / "home")


def comments(office: Office) -> set[Digest]:
    """The records of comments."""
    return {
        one
        for one, record in office.records().items()
        if b'"kind":"comment"' in record.normalised or b'"kind":"reply"' in record.normalised
    }


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


class Interrupted(DirectoryStore):
    """A store in which something happens once: when the object of a ``number`` is deleted, or a plan's first stored."""

    def __init__(
        self,
        root: Path,
        *,
        deleting: Callable[[], None] | None = None,
        number: int = 1,
        storing: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(root)
        self._deletions, self._deleting, self._number, self._storing = count(), deleting, number, storing

    def destroy(self, key: str) -> int:
        """Delete an object, or have something happen first."""
        if self._deleting is not None and next(self._deletions) == self._number:
            self._deleting()
        return super().destroy(key)

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store an object, and have something happen then."""
        stored, happens = super().put_new(key, content), self._storing
        if happens is not None and layout.plan_of(key) is not None:
            self._storing = None
            happens()
        return stored


def interrupted(office: Office, **happens: Any) -> Office:
    """Another process with the same archive, in whose store something happens."""
    other = office.again()
    other.archive = replace(other.archive, store=Interrupted(other.archive.home / "archive", **happens))
    return other


def away() -> None:
    """The disk is gone."""
    raise StoreUnavailableError("The disk is gone.", do="Try again.")


def test_a_run_that_is_cut_off_while_it_deletes_leaves_what_is_to_be_left_whatever_is_decided_then(office: Office):
    office.begin(office.plan())
    before, going = office.records(), comments(office)
    with pytest.raises(StoreUnavailableError):
        interrupted(office, deleting=away).go_on()
    # Something is gone, and no act says so yet. A hold that comes now must not cost what is left of it.
    office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",))))
    with pytest.raises(PlanOvertakenError):
        office.go_on()
    office.go_on()
    found = office.archive.ledger.history
    assert (found.plans["p1"].state, list(found.replacements.doomed("p1"))) == ("stopped", [])
    assert before.keys() - office.records().keys() == going
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_a_hold_that_comes_while_objects_are_deleted_is_told_of_in_the_certificate(office: Office):
    office.begin(office.plan())

    def placed() -> None:
        office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",))))

    archive = office.archive
    Condemning(archive, archive.ledger.history.plans["p1"].act, silent).condemn()
    last = archive.ledger.history.plans["p1"].condemned - 1
    stored = interrupted(office, deleting=placed, number=last).go_on().certificate
    assert stored is not None
    office.archive.ledger.refresh()
    handed = SignedPdf.read(read(office.archive.store, stored.key), at=office.archive.now())
    (said,) = read_certificate(handed).exceptions
    assert said.startswith("A hold was placed in ledger entry")
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_stopping_a_plan_while_objects_are_deleted_keeps_all_else(office: Office):
    office.begin(office.plan())
    before, going = office.records(), comments(office)
    with suppress(PlanRefusedError):
        interrupted(office, deleting=lambda: stop(office.archive, "p1", "A call came in")).go_on()
    office.go_on()
    assert office.archive.ledger.history.plans["p1"].state == "stopped"
    assert list(office.archive.ledger.history.replacements.doomed("p1")) == []
    assert before.keys() - office.records().keys() == going
    assert audit(office.archive.store, now=office.archive.now()).sound


def test_nothing_is_deleted_whose_survivors_are_not_there(office: Office):
    office.begin(office.plan())
    archive = office.archive
    Condemning(archive, archive.ledger.history.plans["p1"].act, silent).condemn()
    rows = [row.replaced for row, _ in archive.ledger.history.replacements.rows()]
    lost = next(one.now.key for one in rows if one.now is not None)
    (archive.home / "archive" / lost).unlink()
    with pytest.raises(SurvivorMissingError):
        office.go_on()
    assert archive.store.exists(next(one.was for one in rows if one.now is not None and one.now.key == lost))


def test_what_somebody_says_while_survivors_are_written_is_heard(office: Office):
    office.begin(office.plan())
    before, kept = set(office.records()), min(comments(office))
    said = RecordsClassified(records=(kept,), series=("ours/POSTS",), reason="Board: keep")
    with pytest.raises(NoLongerDueError):
        interrupted(office, storing=lambda: office.again().append(said)).go_on()
    office.go_on()
    assert set(office.records()) == before
    assert office.archive.ledger.history.plans["p1"].state == "stopped"


def test_what_does_not_matter_keeps_no_plan_from_its_end(office: Office, site: BlogSite):
    office.begin(office.plan())
    going = comments(office)

    def meanwhile() -> None:
        other = office.again()
        other.register("wiki", site.feed)
        other.append(AttemptRefused(attempted="stop", code="PLAN_REFUSED", about="p1"))

    done = interrupted(office, storing=meanwhile).go_on()
    assert done.certificate is not None
    office.archive.ledger.refresh()
    assert going.isdisjoint(office.records())


def test_a_survivor_that_was_altered_keeps_its_original(office: Office):
    office.begin(office.plan())
    archive = office.archive
    Condemning(archive, archive.ledger.history.plans["p1"].act, silent).condemn()
    one = next(row.replaced for row, _ in archive.ledger.history.replacements.rows() if row.replaced.now is not None)
    assert one.now is not None
    path = archive.home / "archive" / one.now.key
    path.chmod(0o600)
    path.write_bytes(b"something else")
    with pytest.raises(SurvivorMissingError):
        office.go_on()
    assert archive.store.exists(one.was)


def test_a_plan_that_was_cut_off_within_an_account_goes_on_but_not_over_what_was_said_since(
    office: Office, site: BlogSite
):
    office.begin(office.plan())
    act, records = office.archive.ledger.history.plans["p1"].act, comments(office)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condemning, "LARGEST_ACT", 1)  # an act for each partition
        other = interrupted(office, storing=lambda: None)
        left = iter(range(3))

        def commit(self: Condemning, *given: object) -> None:
            if next(left, None) is None:
                raise StoreUnavailableError("Cut off.", do="Go on.")
            original(self, *given)

        original = Condemning._commit
        patch.setattr(Condemning, "_commit", commit)
        with pytest.raises(StoreUnavailableError):
            Condemning(other.archive, act, silent).condemn()
    office.archive.ledger.refresh()
    kept = next(one for one in records if one in office.records())
    office.append(RecordsClassified(records=(kept,), series=("ours/POSTS",), reason="Board: keep"))
    with pytest.raises(NoLongerDueError):
        office.go_on()
    assert kept in office.records()


def test_a_plan_condemns_from_the_moment_on_at_which_its_day_has_begun_everywhere(office: Office):
    office.begin(office.plan())
    assert comes(AS_OF) == Instant.from_text(f"{AS_OF}T12:00:00.000000Z")
    ahead = date(2099, 1, 1)
    other = office.plan("p2", as_of=ahead)
    office.begin(other)
    act = ObjectsCondemned(plan="p2", complete=True)
    day = Instant.from_text("2099-01-01T12:00:00.000000Z")
    before, after = (office.again(now=lambda at=at: at) for at in (day.plus(seconds=-1), day))
    with pytest.raises(PlanRefusedError, match="day to come"):
        before.append(act)
    after.append(act)


class Lying(DirectoryStore):
    """A store that says that it deleted, and did not."""

    def destroy(self, key: str) -> int:
        """Delete nothing."""
        return 1


def test_a_store_that_only_says_that_it_deleted_is_found_out(office: Office):
    office.begin(office.plan())
    lying = office.again()
    lying.archive = replace(lying.archive, store=Lying(lying.archive.home / "archive"))
    with pytest.raises(StillThereError):
        lying.go_on()
    office.archive.ledger.refresh()
    assert office.archive.ledger.history.plans["p1"].destroyed == 0
    assert office.go_on().certificate is not None
