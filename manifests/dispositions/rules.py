"""The rules of the acts of a plan (FORMAT 4.13). Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from manifests.decisions.decided import DAY, Decided, person_of, refused
from schemas.decisions import Disposition
from schemas.digest import Digest
from schemas.errors import ConflictError
from schemas.instant import Instant
from schemas.ledger import (
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    DispositionStopped,
    ObjectsCondemned,
    ObjectsDestroyed,
)
from storage import layout

if TYPE_CHECKING:
    from datetime import date

    from manifests.decisions.decided import Approver
    from manifests.dispositions.plans import Disposing, Plan, State
    from manifests.history import History
    from manifests.keyring import KeyRing
    from schemas.disposition import Replaced
    from schemas.ledger import Entry, Heading

TO_DISPOSE = 2
"""How many people must approve that records are destroyed, at least."""
LAST_ZONE = timedelta(hours=12)
"""How much later than in UTC a day begins where it begins last (UTC-12)."""

NAME = re.compile("[a-z0-9-]{1,64}", re.ASCII)
"""What a plan may be called: its name is a part of keys."""


class PlanRefusedError(ConflictError):
    """A plan of destruction may not go on so: what it rests on has changed, or it is not that far."""

    code = "PLAN_REFUSED"


class PlanOvertakenError(PlanRefusedError):
    """What a plan rests on has changed since it was made: it cannot go on, and is to be made again."""

    code = "PLAN_OVERTAKEN"


def check_disposing(history: History, entry: Entry, act: Disposing) -> None:
    """Check an act of a plan against what the ledger says.

    Raises:
        PlanRefusedError: it does not fit.
        DecisionRefusedError: it was not approved.
    """
    match act:
        case DispositionPlanned():
            _check_planned(history, entry, act)
        case DispositionBegun():
            _check_begun(history, entry, act)
        case ObjectsCondemned():
            _check_condemned(history, entry, act)
        case DeletionBegun():
            _check_deletion(history, act)
        case ObjectsDestroyed():
            _check_destroyed(history, act)
        case DispositionStopped():
            _plan(history, act.plan, "running")
        case DispositionCertified():
            _check_certified(history, act)


def _refused(what: str, do: str) -> PlanRefusedError:
    return PlanRefusedError(f"{what}.", do=do)


def _plan(history: History, name: str, *states: State) -> Plan:
    plan = history.plans.get(name)
    if plan is None:
        raise _refused(f"There is no plan {name[:80]!r}", "See 'holdfast retention plans'.")
    if plan.state not in states:
        raise _refused(f"The plan {name} is {plan.state}", "See 'holdfast retention plans'.")
    return plan


def refuse_newly_held(history: History, plan: Plan) -> None:
    """Check that no hold was placed or amended since a plan looked at the holds.

    Raises:
        PlanOvertakenError: one was.
    """
    if history.held_at > plan.act.size:
        raise PlanOvertakenError(
            f"A hold was placed or amended in ledger entry {history.held_at - 1}, after the plan {plan.act.plan} had "
            "looked at the holds.",
            do="Nothing further is destroyed. Plan again: what the hold covers is left out then.",
        )


def comes(day: date) -> Instant:
    """Return when a day has begun everywhere on earth: nothing that is due on it is destroyed before."""
    return Instant.from_datetime(datetime.combine(day, time(), UTC) + LAST_ZONE)


def _check_planned(history: History, entry: Entry, act: DispositionPlanned) -> None:
    if not NAME.fullmatch(act.plan) or act.listed.key != layout.planned(act.plan):
        raise _refused("A plan or its list is not named as it should be", "Report this.")
    if act.plan in history.plans:
        raise _refused(f"There is a plan {act.plan} already", "Plan again.")
    if not 0 < act.size <= entry.index:
        raise _refused("A plan looks at a later ledger", "Report this.")
    if not act.records and not act.productions:
        raise _refused("A plan is of nothing", "Nothing is to be done.")
    if len(set(act.productions)) < len(act.productions) or not history.produced.keys() >= set(act.productions):
        raise _refused("A plan names productions that there are not, or one twice", "Report this.")


def _check_begun(history: History, entry: Entry, act: DispositionBegun) -> None:
    plan = _plan(history, act.plan, "planned")
    demand_approved(plan, act, entry, keys=history.keys, origin=history.created.origin if history.created else "")
    refuse_newly_held(history, plan)


def demand_approved(
    plan: Plan, act: DispositionBegun, entry: Entry | Heading, *, keys: KeyRing, origin: str
) -> tuple[Approver, ...]:
    """Return who approved a plan, after checking that it may be carried out from ``entry`` on, which holds ``act``.

    Raises:
        DecisionRefusedError: it may not.
    """
    decided = Decided.from_text(act.decision)
    what = decided.decision.what
    digest = Digest.of(plan.act.to_bytes())
    if not isinstance(what, Disposition) or (what.plan, what.digest) != (act.plan, digest):
        raise refused(f"it is not about the plan {act.plan} as it is in the ledger", "Give the file of that plan.")
    if (what.records, what.as_of) != (plan.act.records, plan.act.as_of):
        raise refused("it tells of another number of records, or another day", "Give the file of that plan.")
    approvers = decided.demand(
        keys, origin=origin, people=TO_DISPOSE, roles=plan.act.roles, index=entry.index, at=entry.at
    )
    for actor, did in ((plan.planner, "planned"), (entry.actor, "carries out")):
        if person_of(actor) in {one.name for one in approvers}:
            raise refused(f"{person_of(actor)} {did} it and approved it", "Have somebody else approve.")
    since = plan.at.plus(seconds=plan.act.wait_days * DAY)
    if entry.at < since:
        raise refused(f"the schedule has it wait until {since}", "Begin then; approve again if that runs out.")
    if plan.act.permissions and not act.permission.strip():
        raise refused(
            f"it needs the permission of others ({'; '.join(plan.act.permissions)})",
            "Say with --permission where it can be found.",
        )
    return approvers


def _check_condemned(history: History, entry: Entry, act: ObjectsCondemned) -> None:
    plan = _plan(history, act.plan, "running")
    refuse_newly_held(history, plan)
    if entry.at < comes(plan.act.as_of):
        raise _refused(f"The plan {act.plan} is for a day to come, {plan.act.as_of}", "Go on with it then.")
    if plan.complete is not None:
        raise _refused(f"The plan {act.plan} has condemned everything already", "Look again.")
    if act.account is not None and act.account not in history.accounts:
        raise _refused(f"No account {act.account!r} is registered", "Report this.")
    if not (act.replaced or act.strays or act.complete):
        raise _refused("Nothing is condemned", "Report this.")
    keys = [*(one.was for one in act.replaced), *act.strays]
    if len(set(keys)) < len(keys) or len({one.key for one in act.replaced}) < len(act.replaced):
        raise _refused("An object is condemned twice", "Report this.")
    documents = {_document(history, name) for name in plan.act.productions}
    for one in act.replaced:
        if act.account is None and one.key not in documents:
            raise _refused(f"The plan is not of the production at {one.key}", "Report this.")
        _check_named(act, one)
        _check_stands(history, one)
    for key in act.strays:
        if not key.startswith(_places(act.account)) or not (act.account or layout.production_of(key)):
            raise _refused(f"No capture or production leaves {key[:200]!r} behind", "Report this.")
        if layout.production_of(key) in history.produced:
            raise _refused(f"The production at {key} was handed over", "Look again.")
        if history.replacements.is_out(key):
            raise _refused(f"The object {key} is condemned already", "Look again.")


def _places(account: str | None) -> tuple[str, ...]:
    """Return where the objects of an account, or of productions, lie: nothing else is ever destroyed."""
    if account is None:
        return (layout.PRODUCTIONS,)
    return (f"{layout.PARTITIONS}{account}/", f"{layout.EXCHANGES}{account}/")


def _check_named(act: ObjectsCondemned, one: Replaced) -> None:
    """Check that what takes an object's place lies where it must, and is what may be left of it."""
    if not one.key.startswith(_places(act.account)):
        raise _refused(f"The object {one.key} is not of the account {act.account}", "Report this.")
    expected = {layout.surviving(one.key, act.plan)} if act.account else set()
    if one.now and one.now.key not in expected:
        raise _refused(f"What is left of {one.key} does not lie where it should", "Report this.")
    if one.leaves and one.leaves.key != layout.leaves(one.key, act.plan):
        raise _refused(f"The leaves of {one.key} do not lie where they should", "Report this.")
    if (one.leaves or one.rows) and not one.key.startswith(layout.PARTITIONS):
        raise _refused(f"The object {one.key} has no rows", "Report this.")
    if bool(one.rows) and one.now is None:
        raise _refused(f"Of {one.key} rows are left, and nowhere", "Report this.")


def _check_stands(history: History, one: Replaced) -> None:
    """Check that it is the object that stands which is replaced, and nothing that may come to stand again."""
    replacements = history.replacements
    before = replacements.find(one.key)
    stands = one.key if before is None else before.now.key if before.now else None
    if one.was != stands:
        raise _refused(f"The object {one.was} does not stand for {one.key} now", "Look again.")
    if before is not None and replacements.gone(before.was) is None:
        raise _refused(
            f"The plan {replacements.plan_against(before.was)} has not destroyed the object {before.was} yet",
            "Go on with that plan first, or stop it.",
        )
    known = before is not None and before.leaves is not None
    if one.key.startswith(layout.PARTITIONS) and known is bool(one.leaves):
        raise _refused(f"The leaves of {one.key} are given already, or not at all", "Report this.")


def _check_deletion(history: History, act: DeletionBegun) -> None:
    plan = _plan(history, act.plan, "running", "stopped")
    if plan.stopped is None:
        refuse_newly_held(history, plan)
        if plan.complete is None:
            raise _refused(f"The plan {act.plan} has not condemned everything yet", "Go on with it first.")
    _check_keys(act.keys)
    for key in act.keys:
        if history.replacements.plan_against(key) != act.plan:
            raise _refused(f"The plan {act.plan} has not condemned the object {key}", "Report this.")
        if history.replacements.deleting(key) is not None:
            raise _refused(f"The object {key} is being deleted already", "Look again.")


def _check_destroyed(history: History, act: ObjectsDestroyed) -> None:
    _plan(history, act.plan, "running", "stopped")
    _check_keys(act.keys)
    if not act.places:
        raise _refused("Objects are destroyed nowhere", "Report this.")
    for key in act.keys:
        if history.replacements.plan_against(key) != act.plan or history.replacements.deleting(key) is None:
            raise _refused(f"The plan {act.plan} has not begun to delete the object {key}", "Report this.")
        if history.replacements.gone(key) is not None:
            raise _refused(f"The object {key} is gone already", "Look again.")


def _check_keys(keys: tuple[str, ...]) -> None:
    if not keys or len(set(keys)) < len(keys):
        raise _refused("Nothing is destroyed, or something twice", "Report this.")


def _check_certified(history: History, act: DispositionCertified) -> None:
    plan = _plan(history, act.plan, "running")
    standing = [name for name in plan.act.productions if not history.replacements.is_out(_document(history, name))]
    if plan.complete is None or plan.destroyed < plan.condemned or standing:
        raise _refused(f"Objects of the plan {act.plan} are not destroyed yet", "Go on with it first.")
    if (act.records, act.objects) != (plan.act.records, plan.destroyed):
        raise _refused(f"The plan {act.plan} is of other numbers", "Report this.")
    if act.certificate.key != layout.disposition_certificate(act.plan):
        raise _refused("The certificate does not lie where it should", "Report this.")


def _document(history: History, production: str) -> str:
    return history.produced[production].document.key
