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

    A replacement by a plan that was stopped is void, unless the deletion of what it replaced had begun before: then the
    old object stands again, and what was to take its place is condemned instead.
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

    def successors(self, was: str) -> Iterator[StoredObject]:
        """Yield what is left of a condemned object: what stands in its place, and its leaves."""
        for row in self.registers.replacements("was", was, size=self.size):
            if not self._void(row):
                yield from (stored for stored in (row.replaced.now, row.replaced.leaves) if stored)

    def gone(self, key: str) -> int | None:
        """Return the entry that says that an object is destroyed, or ``None``."""
        return self.registers.find_deletion(key, "done", size=self.size) if self.count else None

    def deleting(self, key: str) -> int | None:
        """Return the entry from which on an object is deleted, whatever becomes of its plan, or ``None``."""
        return self.registers.find_deletion(key, "begun", size=self.size) if self.count else None

    def rows(self) -> Iterator[tuple[Replacement, bool]]:
        """Yield every replacement that an act ever made, strays too, in order, and whether it counts (is not void)."""
        for row in self.registers.all_replacements(count=self.count):
            yield row, not self._void(row)

    def condemned_by(self, row: Replacement) -> tuple[str, ...]:
        """Return the keys that are not read any more by reason of a replacement."""
        if not self._void(row):
            return (row.replaced.was,)
        return tuple(stored.key for stored in (row.replaced.now, row.replaced.leaves) if stored)

    def doomed(self, plan: str) -> Iterator[str]:
        """Yield the keys that a plan condemned and that are not yet said to be gone, in order."""
        for row in self.registers.replacements("plan", plan, size=self.size):
            yield from (key for key in self.condemned_by(row) if self.gone(key) is None)

    def _void(self, row: Replacement) -> bool:
        plan = self.plans.get(row.plan)
        if plan is None or plan.stopped is None:
            return False
        begun = self.deleting(row.replaced.was)
        # What stood again may be destroyed by a later plan, which makes nothing of the stopped one.
        return begun is None or begun > plan.stopped
