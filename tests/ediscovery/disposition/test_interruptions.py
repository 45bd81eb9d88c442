"""Plans that are cut off, stopped, overtaken or lied to while they are carried out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ediscovery.disposition import condemning
from ediscovery.disposition.condemning import Condemning, NoLongerDueError
from ediscovery.disposition.destroying import StillThereError, SurvivorMissingError, stop
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.production.signed import SignedPdf
from manifests.audit import audit
from manifests.dispositions.rules import PlanOvertakenError, PlanRefusedError, comes
from schemas.holds import Scope
from schemas.instant import Instant
from schemas.ledger import AttemptRefused, HoldPlaced, ObjectsCondemned, RecordsClassified
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import StoreUnavailableError, read
from tests.ediscovery.disposition.offices import AS_OF, Office, comments, silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.site import BlogSite
    from schemas.stored import StoredObject
    from storage.objects import Content


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
