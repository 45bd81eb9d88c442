"""The rules of the acts of a plan (FORMAT 4.13). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.decisions.decided import DAY, Decided, person_of, refused
from schemas.decisions import Disposition
from schemas.digest import Digest
from schemas.errors import ConflictError
from schemas.ledger import (
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    DispositionStopped,
    ObjectsCondemned,
    ObjectsDestroyed,
)

if TYPE_CHECKING:
    from manifests.decisions.decided import Approver
    from manifests.dispositions.plans import Disposing, Plan, State
    from manifests.history import History
    from manifests.keyring import KeyRing
    from schemas.ledger import Entry, Heading

TO_DISPOSE = 2
"""How many people must approve that records are destroyed, at least."""


class PlanRefusedError(ConflictError):
    """A plan of destruction may not go on so: what it rests on has changed, or it is not that far."""

    code = "PLAN_REFUSED"


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
            _check_condemned(history, act)
        case ObjectsDestroyed():
            _check_destroyed(history, act)
        case DispositionStopped():
            _plan(history, act.plan, "running")
        case DispositionCertified():
            plan = _plan(history, act.plan, "running")
            if not plan.condemned or plan.destroyed < plan.condemned:
                raise _refused(f"Objects of the plan {act.plan} are not destroyed yet", "Go on with it first.")
            if (act.records, act.objects) != (plan.act.records, plan.destroyed):
                raise _refused(f"The plan {act.plan} is of other numbers", "Report this.")


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
        PlanRefusedError: one was.
    """
    if history.held_at > plan.act.size:
        raise _refused(
            f"A hold was placed or amended in ledger entry {history.held_at - 1}, after the plan {plan.act.plan} had "
            "looked at the holds",
            "Nothing further is destroyed. Plan again: what the hold covers is left out then.",
        )


def _check_planned(history: History, entry: Entry, act: DispositionPlanned) -> None:
    if act.plan in history.plans:
        raise _refused(f"There is a plan {act.plan} already", "Plan again.")
    if not 0 < act.size <= entry.index:
        raise _refused("A plan looks at a later ledger", "Report this.")
    if not act.records and not act.productions:
        raise _refused("A plan is of nothing", "Nothing is to be done.")


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


def _check_condemned(history: History, act: ObjectsCondemned) -> None:
    refuse_newly_held(history, _plan(history, act.plan, "running"))
    if act.account is not None and act.account not in history.accounts:
        raise _refused(f"No account {act.account!r} is registered", "Report this.")
    if not act.replaced and not act.strays:
        raise _refused("Nothing is condemned", "Report this.")
    new = [stored.key for one in act.replaced for stored in (one.now, one.leaves) if stored]
    keys = [*(one.was for one in act.replaced), *act.strays, *new]
    if len(set(keys)) < len(keys):
        raise _refused("An object is condemned twice, or takes its own place", "Report this.")
    for one in act.replaced:
        before = history.replacements.find(one.key)
        stands = one.key if before is None else before.now.key if before.now else None
        if one.was != stands:
            raise _refused(f"The object {one.was} does not stand for {one.key} now", "Look again.")
        if one.leaves and before is not None and before.leaves:
            raise _refused(f"The leaves of {one.key} are given already", "Report this.")
        if bool(one.rows) and one.now is None:
            raise _refused(f"Of {one.key} rows are left, and nowhere", "Report this.")
    for key in act.strays:
        if history.replacements.is_out(key):
            raise _refused(f"The object {key} is condemned already", "Look again.")


def _check_destroyed(history: History, act: ObjectsDestroyed) -> None:
    _plan(history, act.plan, "running", "stopped")
    if not act.keys or not act.places or len(set(act.keys)) < len(act.keys):
        raise _refused("Nothing is destroyed, or something twice", "Report this.")
    for key in act.keys:
        if history.replacements.plan_against(key) != act.plan:
            raise _refused(f"The plan {act.plan} has not condemned the object {key}", "Report this.")
        if history.replacements.gone(key) is not None:
            raise _refused(f"The object {key} is gone already", "Look again.")
