"""Holds: orders that nothing in their scope may be destroyed, whatever the schedule says."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.instant import Instant


class Scope(Canonical, frozen=True):
    """What a hold covers: records for which all that is said here holds; what is empty or absent asks for nothing.

    ``accounts`` are names, ``custodians`` people who own accounts; of both, what is registered later is covered, too.
    ``since`` is included and ``until`` is not; they are compared with the item's date, or where it has none, with that
    of its capture. ``query`` is a search as it was typed. ``records`` are ids.
    """

    accounts: tuple[str, ...] = ()
    custodians: tuple[str, ...] = ()
    since: Instant | None = None
    until: Instant | None = None
    query: str | None = None
    records: tuple[Digest, ...] = ()


class Covered(Canonical, frozen=True):
    """A scope, and the ledger entry that put it under a hold."""

    entry: Natural
    scope: Scope


class Hold(Canonical, frozen=True):
    """A hold as the ledger tells it: it covers all of ``covered`` together."""

    hold: str
    reason: str
    covered: tuple[Covered, ...]
    matter: str | None = None
