"""Plans of destruction, from proposal to certificate, as the ledger tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from schemas.digest import Digest
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

if TYPE_CHECKING:
    from schemas.ledger import Entry

Disposing: TypeAlias = (
    DispositionPlanned
    | DispositionBegun
    | ObjectsCondemned
    | DeletionBegun
    | ObjectsDestroyed
    | DispositionStopped
    | DispositionCertified
)
"""The acts of a plan."""

State: TypeAlias = Literal["planned", "running", "stopped", "certified"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan: its own act, who proposed it in which entry, and the entries in which it went on.

    ``complete`` is the one after which nothing further is condemned. ``condemned`` and ``destroyed`` count objects.
    """

    act: DispositionPlanned
    planner: str
    planned: int
    at: Instant
    begun: int | None = None
    complete: int | None = None
    stopped: int | None = None
    certified: int | None = None
    condemned: int = 0
    destroyed: int = 0

    @property
    def digest(self) -> Digest:
        """What people approve: the SHA-256 of the act that proposes it."""
        return Digest.of(self.act.to_bytes())

    @property
    def state(self) -> State:
        """How far it is."""
        if self.certified is not None:
            return "certified"
        if self.stopped is not None:
            return "stopped"
        return "planned" if self.begun is None else "running"


def plan_after(before: Plan | None, entry: Entry, act: Disposing) -> Plan | None:
    """Return a plan as it is after an act of its; ``None``: it was never proposed."""
    match act:
        case DispositionPlanned():
            return Plan(act=act, planner=entry.actor, planned=entry.index, at=entry.at)
        case _ if before is None:
            return None  # an audit goes on after a damaged entry, which may have been the one that proposed it
        case DispositionBegun():
            return msgspec.structs.replace(before, begun=entry.index)
        case ObjectsCondemned():
            more = len(act.replaced) + len(act.strays)
            complete = entry.index if act.complete else before.complete
            return msgspec.structs.replace(before, condemned=before.condemned + more, complete=complete)
        case DeletionBegun():
            return before
        case ObjectsDestroyed():
            return msgspec.structs.replace(before, destroyed=before.destroyed + len(act.keys))
        case DispositionStopped():
            return msgspec.structs.replace(before, stopped=entry.index)
        case DispositionCertified():
            return msgspec.structs.replace(before, certified=entry.index)
