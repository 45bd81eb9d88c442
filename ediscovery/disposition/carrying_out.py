"""A plan from its approval to its certificate; run again and again, it goes on where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ediscovery.disposition.condemning import Condemning
from ediscovery.disposition.destroying import Destroyed, Destroying, give_up, locked_until
from ediscovery.index.putting import clear
from manifests.decisions.decided import refused
from manifests.dispositions.rules import PlanOvertakenError, comes
from manifests.forgetting import forget
from manifests.replication import compare, copy_archive
from schemas.decisions import Disposition
from schemas.errors import ArchiveError, IntegrityError
from schemas.ledger import DispositionBegun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from manifests.archive import Archive
    from manifests.decisions.decided import Decided
    from manifests.dispositions.plans import Plan
    from manifests.ledger import Ledger
    from schemas.instant import Instant
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

    Tell = Callable[[str, int, int], None]

OWN = "store"
"""How the archive's own store is called among the places; no copy may be."""


class CopyIncompleteError(IntegrityError):
    """A copy could not be brought up to date before objects are deleted from it."""

    code = "COPY_INCOMPLETE"


@dataclass(frozen=True, slots=True)
class GoneOn:
    """How far a plan came in a run: what was destroyed, and the certificate, if nothing is left of it.

    ``comes`` is when its day comes, for which it waits.
    """

    plan: str
    destroyed: Destroyed = field(default_factory=Destroyed)
    comes: Instant | None = None
    certificate: StoredObject | None = None


def begin(archive: Archive, decided: Decided, *, permission: str) -> str:
    """Record that a plan is carried out from now on, as people decided, and return its name.

    Raises:
        DecisionRefusedError: it was not decided, or not by these people, or not about this plan.
        PlanRefusedError: it cannot begin: it has, or a hold was placed meanwhile.
    """
    what = decided.decision.what
    if not isinstance(what, Disposition):
        raise refused("it is not about a plan of destruction", "Give the decision.json of a plan.")
    if not decided.note.signatures:
        raise refused("nobody has approved it", "Have others sign it with 'holdfast approve'.")
    act = DispositionBegun(plan=what.plan, decision=decided.note.to_bytes().decode(), permission=permission)
    archive.append(lambda _history: (act,))
    return what.plan


def unfinished(archive: Archive) -> Iterator[Plan]:
    """Yield the plans on which something is to be done: begun, or stopped with objects that are in nobody's place."""
    history = archive.ledger.history
    for plan in history.plans.values():
        pending = plan.state == "stopped" and next(history.replacements.doomed(plan.act.plan), None) is not None
        if plan.state == "running" or pending:
            yield plan


def _condemn(archive: Archive, name: str, tell: Tell) -> None:
    """Condemn all of a plan; where somebody else carries it out, too, go on with what he left."""
    while True:
        plan = archive.ledger.history.plans[name]
        if plan.state != "running" or plan.complete is not None:
            return
        try:
            Condemning(archive, plan.act, tell).condemn()
        except PlanOvertakenError as error:
            give_up(archive, name, error.what)
            raise
        except ArchiveError:
            archive.ledger.refresh()
            if archive.ledger.history.plans[name] == plan:
                raise  # nothing became of the plan meanwhile: it is as it says


def go_on(archive: Archive, name: str, copies: Mapping[str, Ledger], *, nonce: Callable[[], int], tell: Tell) -> GoneOn:
    """Carry a plan out as far as it goes now: condemn, copy what is left, destroy, certify.

    ``copies`` are the archive's second copies by name: nothing is gone before it is gone there, too. ``nonce`` is as
    for ``manifests.checkpoints.making.make``.

    Raises:
        PlanOvertakenError: a hold was placed, or a record is not due any more: the plan is stopped, and says so.
        CopyIncompleteError: a copy lacks something.
        IntegrityError: an object is not what was stored.
        UnavailableError: a store is away; it may be tried again.
    """
    archive.ledger.refresh()
    plan = archive.ledger.history.plans[name]
    if plan.state == "running" and archive.now() < comes(plan.act.as_of):
        return GoneOn(name, comes=comes(plan.act.as_of))
    _condemn(archive, name, tell)
    forget(archive)
    for target in copies.values():
        compare(archive.ledger, target).refuse_ahead()
        copied = copy_archive(archive.ledger, target, tell=tell)
        if copied.failures:
            raise CopyIncompleteError(
                f"{len(copied.failures)} objects could not be copied; the first is {copied.failures[0].key}: "
                f"{copied.failures[0].error.what}",
                do="Nothing more is deleted. Run 'holdfast replicate', mend what it names, and go on with the plan.",
            )
    stores = {OWN: archive.store, **{copy: ledger.store for copy, ledger in copies.items()}}
    destroyed = _cleared(archive, stores, Destroying(archive, name, stores, tell).destroy())
    plan = archive.ledger.history.plans[name]
    left = destroyed.waiting or next(archive.ledger.history.replacements.doomed(name), None) is not None
    if plan.state != "running" or left:
        return GoneOn(name, destroyed)
    # WeasyPrint and pyHanko are slow to import, and nothing before needs them.
    from ediscovery.disposition.certifying import certify  # noqa: PLC0415

    forget(archive)  # somebody may have read what is gone while it was not

    return GoneOn(name, destroyed, certificate=certify(archive, name, stores, nonce=nonce))


def _cleared(archive: Archive, stores: Mapping[str, ObjectStore], destroyed: Destroyed) -> Destroyed:
    """Take from every store what it holds of an index over what was condemned; return what is destroyed and waits."""
    archive.ledger.refresh()
    for name, store in stores.items():
        for key in clear(archive, store).kept:
            until = max((one for one in (destroyed.until, locked_until(store, key)) if one), default=None)
            places = tuple(sorted({*destroyed.locked, name}))
            destroyed = replace(destroyed, waiting=destroyed.waiting + 1, locked=places, until=until)
    return destroyed
