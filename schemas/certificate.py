"""The certificate of disposition: what was destroyed, by whose decision, how, where, and what is left (FORMAT 6.7)."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from schemas.canonical import Canonical, Natural
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.ledger import DispositionBegun, DispositionPlanned, Key, ObjectsCondemned, ObjectsDestroyed, Produced

CERTIFICATE_FORMAT = "holdfast-disposition/v1"
CERTIFICATE_NAME = "certificate.json"
"""What a certificate is called where it is attached to its pages."""
METHOD = (
    "Every version of every object was deleted in the archive's store and in each of its copies, and each of these was "
    "then asked for every object once more. Of objects that also held records that are kept, what survives was written "
    "first. The media beneath were not overwritten."
)
"""How Holdfast destroys."""

Kind = TypeVar("Kind", DispositionPlanned, DispositionBegun, ObjectsCondemned, ObjectsDestroyed, Produced)


class ProvedAct(Canonical, Generic[Kind], frozen=True):
    """An act, and the hops from it to the checkpoint of what it stands in (FORMAT 6.7.1).

    ``entry`` is the note of the ledger entry that holds it, which says ``index``, ``at`` and ``actor``. ``line_path``
    leads from the act, which is line ``line``, to the root of the entry's lines, ``path`` from the entry to the
    ledger's root, lowest sibling first.
    """

    act: Kind
    index: Natural
    at: Instant
    actor: str
    entry: str
    line: Natural
    line_path: tuple[Digest, ...]
    path: tuple[Digest, ...]


AnyProvedAct: TypeAlias = (
    ProvedAct[DispositionPlanned]
    | ProvedAct[DispositionBegun]
    | ProvedAct[ObjectsCondemned]
    | ProvedAct[ObjectsDestroyed]
)


class CitedSchedule(Canonical, frozen=True):
    """A schedule by which records were due: the ledger entry that adopted it, and the SHA-256 of it there."""

    name: str
    title: str
    authority: str
    edition: str
    entry: Natural
    digest: Digest
    citation: str = ""


class HoldCheck(Canonical, frozen=True):
    """How holds were heeded: what any of them covered among the first ``size`` entries was left out of the plan.

    None was placed or widened in an entry from there on up to ``until``, the size of the ledger when that was looked at
    last, at ``checked``.
    """

    size: Natural
    until: Natural
    checked: Instant


class GoneObject(Canonical, frozen=True):
    """An object that was destroyed; ``entry`` is the ledger entry that says so.

    Digest and size in bytes are those that the ledger names, or of what no entry names those that were found;
    ``version`` is the store's, where it has such.
    """

    key: str
    entry: Natural
    sha256: Digest | None = None
    size: Natural | None = None
    version: str | None = None


class AskedPlace(Canonical, frozen=True):
    """A place (the store, or a copy by its name) that was asked for every object at the end, and has none of them."""

    place: str
    at: Instant


class Cleared(Canonical, frozen=True):
    """What else held content of the records and was cleared, in words."""

    what: str
    at: Instant


class Remaining(Canonical, frozen=True):
    """What is left of the records, and why."""

    what: str
    why: str


class Certificate(Canonical, frozen=True):
    """A plan of destruction was carried out; ``exceptions`` say in words what could not be judged or looked into.

    ``digest`` is the SHA-256 of the act that proposed the plan: what people approved. ``approvers`` are the keys with
    which they signed. ``timezone`` is the IANA zone of the archive's days, ``checkpoint`` the signed note over the
    ledger in which all acts of the plan are but the one that certifies it.
    """

    format: str
    organisation: str
    origin: str
    timezone: str
    plan: str
    digest: Digest
    made_at: Instant
    made_by: str
    software: str
    method: str
    planned: ProvedAct[DispositionPlanned]
    begun: ProvedAct[DispositionBegun]
    condemned: tuple[ProvedAct[ObjectsCondemned], ...]
    destroyed: tuple[ProvedAct[ObjectsDestroyed], ...]
    schedules: tuple[CitedSchedule, ...]
    approvers: tuple[Key, ...]
    holds: HoldCheck
    objects: tuple[GoneObject, ...]
    places: tuple[AskedPlace, ...]
    checkpoint: str
    claims: Claims
    cleared: tuple[Cleared, ...] = ()
    remains: tuple[Remaining, ...] = ()
    exceptions: tuple[str, ...] = ()

    @property
    def acts(self) -> tuple[AnyProvedAct, ...]:
        """Every act of the plan, in the order of the ledger."""
        acts: tuple[AnyProvedAct, ...] = (self.planned, self.begun, *self.condemned, *self.destroyed)
        return tuple(sorted(acts, key=lambda one: (one.index, one.line)))
