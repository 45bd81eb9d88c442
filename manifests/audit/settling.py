"""After the walk: what plans of destruction made of the objects that entries name, marked in the audit's register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.console import plural

if TYPE_CHECKING:
    from manifests.audit.found import Found
    from manifests.audit.register import Register
    from manifests.audit.walking import Walk
    from manifests.dispositions.plans import Plan
    from manifests.registers import Replacement


def settle(walk: Walk) -> None:
    """Mark what stands, what is condemned and what is said to be gone; note acts that condemn what they must not.

    What takes an object's place belongs to the act that names that object: whoever reads one reads the other.
    """
    register, history, found = walk.register, walk.history, walk.destruction
    for name, plan in history.plans.items():
        act = register.destruction.add_plan(name, entry=plan.planned, certified=plan.certified is not None)
        if act is not None:
            register.change(act, entry=_changed(plan))
        _tell_how_far(name, plan, sum(1 for _ in history.replacements.doomed(name)), found)
    for row, counts in history.replacements.rows():
        _settle_row(walk, row, counts=counts)
        for key in history.replacements.condemned_by(row):
            register.put_out(key, gone=history.replacements.gone(key) is not None)
    for key in register.strays_named():
        found.fault("STRAY_NAMED", key, "This object was condemned as one that no entry names, and an entry names it.")


def _settle_row(walk: Walk, row: Replacement, *, counts: bool) -> None:
    register, history, key = walk.register, walk.history, row.replaced.key
    if register.is_stray(key):
        return
    act = register.find_act(key)
    if act is None:
        if walk.whole:  # else the entry that names it may be the one that cannot be read
            what = f"The plan {row.plan} replaced this object, which no capture or production names."
            walk.destruction.fault("REPLACED_UNKNOWN", key, what)
        return
    plan = history.plans.get(row.plan)
    for taken in register.replace(act, row, changed=max(row.entry, _changed(plan) if plan else 0)):
        walk.named_twice.fault("OBJECT_NAMED_TWICE", taken, "Two entries name this object as theirs.")
    standing = history.replacements.find(key)
    if counts and standing is not None:
        register.stand(act, standing)
        register.destruction.replace(row.plan, key, act=act)


def _changed(plan: Plan) -> int:
    """Return the last entry that changed what is to be judged by a plan."""
    return max(plan.planned, plan.stopped or 0, plan.certified or 0)


def _tell_how_far(name: str, plan: Plan, doomed: int, found: Found) -> None:
    if plan.state == "running" or doomed:
        so_far = "is under way" if plan.state == "running" else "was stopped"
        what = f"The plan {name} {so_far}: {plural(doomed, 'object')} condemned and not yet destroyed."
        found.notice("DISPOSITION_UNDER_WAY", plan.act.listed.key, what)


def in_words(register: Register) -> str | None:
    """Return for people what was not judged of destruction, if anything was left out."""
    captures, read = register.destruction.captures
    if read == captures:
        return None
    return (
        f"Records of {plural(captures, 'capture')} were destroyed, and {read:,} of these captures read: that nothing "
        "else is gone than was planned, and all that is certified, was judged in these alone."
    )
