"""Which sightings of items go with the records that a plan destroys: a rule over when versions were sealed. Pure.

A sighting is a place in an exchange where an item lies, whether or not a record came of it (FORMAT 3.6.2). Its bytes
may be no record's: counts change without making a version. So it is told by time which version it shows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Sealed: TypeAlias = "tuple[str, int]"
"""A version of an item, by the item's id, and the ledger entry in which it was sealed."""


class Versions:
    """When versions were sealed of the items of which some go, by ledger entries: those that go, and those that stay.

    It takes some 250 bytes an item.
    """

    def __init__(self, going: Iterable[Sealed], staying: Iterable[Sealed]) -> None:
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}

        def add(found: dict[str, tuple[int, ...]], item: str, entry: int) -> None:
            entries = found.get(item, ())
            if entry not in entries:
                entries = tuple(sorted((*entries, entry)))
                found[item] = shared.setdefault(entries, entries)

        self._going: dict[str, tuple[int, ...]] = {}
        self._staying: dict[str, tuple[int, ...]] = {}
        for item, entry in going:
            add(self._going, item, entry)
        for item, entry in staying:
            if item in self._going:
                add(self._staying, item, entry)

    def stays(self, item: str) -> bool:
        """Return whether any version of an item is left, so that its id may still be read."""
        return item not in self._going or item in self._staying

    def goes(self, item: str, *, entry: int, sealing: bool) -> bool:
        """Return whether what the capture in an entry showed of an item may be a version that goes.

        ``sealing`` tells that the capture sealed whatever was new to it: then it shows what it sealed, or what was
        the latest before. One that was cut short may also show what was sealed next.
        """
        if item not in self._going:
            return False
        if item not in self._staying:
            return True
        versions: dict[int, bool] = defaultdict(bool)
        for one in self._going[item]:
            versions[one] = True
        for one in self._staying[item]:
            versions[one] |= False
        shown = [max((one for one in versions if one < entry), default=None), entry if entry in versions else None]
        if not sealing:
            shown.append(min((one for one in versions if one > entry), default=None))
        return any(versions[one] for one in shown if one is not None)
