"""Which object stands for one that the ledger names, now that plans of destruction replaced some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from manifests.dispositions.plans import Plan
    from manifests.registers import Registers, Replacement
    from schemas.disposition import Replaced
    from schemas.stored import StoredObject


@dataclass(frozen=True, slots=True)
class Replacements:
    """The replacements among the first ``size`` entries; ``count`` is how many there are, of ``plans``.

    A replacement by a plan that was stopped is void, unless what it replaced is gone already: then the old object
    stands again, and what was to take its place is condemned instead.
    """

    registers: Registers
    plans: Mapping[str, Plan]
    size: int
    count: int

    def find(self, key: str) -> Replaced | None:
        """Return what stands for an object, by the key that its act names; ``None``: it stands itself.

        ``leaves`` are those of the first plan that touched it.
        """
        if not self.count:
            return None
        rows = [row for row in self.registers.replacements("key", key, size=self.size) if not self._void(row)]
        if not rows:
            return None
        leaves = next((row.replaced.leaves for row in rows if row.replaced.leaves), None)
        return msgspec.structs.replace(rows[-1].replaced, leaves=leaves)

    def plans_on(self, key: str) -> set[str]:
        """Return the plans that put something in an object's place."""
        return {row.plan for row in self.registers.replacements("key", key, size=self.size) if not self._void(row)}

    def before(self, named: StoredObject, plan: str) -> StoredObject | None:
        """Return the object that a plan replaced of the one that an act names; ``None``: it did not touch it."""
        standing = named
        for row in self.registers.replacements("key", named.key, size=self.size):
            if self._void(row):
                continue
            if row.plan == plan:
                return standing
            if row.replaced.now is not None:
                standing = row.replaced.now
        return None

    def is_out(self, key: str) -> bool:
        """Whether an object is not read any more: condemned, or gone."""
        return bool(self.count) and self.plan_against(key) is not None

    def plan_against(self, key: str) -> str | None:
        """Return the plan that has an object destroyed, if one has."""
        for row in self.registers.replacements("was", key, size=self.size):
            if not self._void(row):
                return row.plan
        for column in ("now", "leaves"):
            for row in self.registers.replacements(column, key, size=self.size):
                if self._void(row):
                    return row.plan
        return None

    def gone(self, key: str) -> int | None:
        """Return the entry that says that an object is destroyed, or ``None``."""
        return self.registers.find_destroyed(key, size=self.size) if self.count else None

    def out(self) -> Iterator[tuple[str, int | None]]:
        """Yield the keys that are not read any more, each with the entry that says that it is gone, if one does."""
        for row in self.registers.all_replacements(count=self.count):
            yield from ((key, self.gone(key)) for key in self._doomed(row))

    def pending(self, plan: str) -> Iterator[Replaced]:
        """Yield what a plan condemned, in order, of which something is still to be destroyed (``doomed``)."""
        for row in self.registers.replacements("plan", plan, size=self.size):
            if any(self.gone(key) is None for key in self._doomed(row)):
                yield row.replaced

    def doomed(self, plan: str) -> Iterator[str]:
        """Yield the keys that a plan condemned and that are not yet said to be gone, in order."""
        for row in self.registers.replacements("plan", plan, size=self.size):
            yield from (key for key in self._doomed(row) if self.gone(key) is None)

    def _doomed(self, row: Replacement) -> tuple[str, ...]:
        if not self._void(row):
            return (row.replaced.was,)
        return tuple(stored.key for stored in (row.replaced.now, row.replaced.leaves) if stored)

    def _void(self, row: Replacement) -> bool:
        plan = self.plans.get(row.plan)
        return plan is not None and plan.stopped is not None and self.gone(row.replaced.was) is None
