"""Which sightings of items go with the records that a plan destroys: a rule over when versions were sealed. Pure.

A sighting is a place in an exchange where an item lies, whether or not a record came of it (FORMAT 3.6.2). Its bytes
may be no record's: counts change without making a version. So it is told by time which version it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Sealed: TypeAlias = "tuple[str, int, bool]"
"""A version of an item, by the item's id; the ledger entry in which it was sealed; whether no look saw it, because it
says that the item was away, or was in a file that was imported."""


class Versions:
    """When versions were sealed of the items of which some go, by ledger entries: those that go, and those that stay.

    It takes some 200 bytes an item.
    """

    def __init__(self, going: Iterable[Sealed], staying: Iterable[Sealed]) -> None:
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}

        def add(found: dict[str, tuple[int, ...]], item: str, entry: int, *, unseen: bool) -> None:
            places, place = found.get(item, ()), 2 * entry + unseen
            if place not in places:
                places = (*places, place)
                found[item] = shared.setdefault(places, places)

        self._going: dict[str, tuple[int, ...]] = {}
        self._staying: dict[str, tuple[int, ...]] = {}
        for item, entry, unseen in going:
            add(self._going, item, entry, unseen=unseen)
        for item, entry, unseen in staying:
            if item in self._going:
                add(self._staying, item, entry, unseen=unseen)

    def stays(self, item: str) -> bool:
        """Return whether any version of an item is left, so that its id may still be read."""
        return item not in self._going or item in self._staying

    def goes(self, item: str, *, entry: int, sealing: bool) -> bool:
        """Return whether what the capture in an entry showed of an item may be a version that goes.

        ``sealing`` tells that the capture sealed whatever was new to it: then it shows what it sealed, or what was
        the latest before that a look saw. One that was cut short may also show what was sealed next. Where an item was
        away, a look-up may show it as it was before, and the absence goes with what was looked up for it. Where a file
        was imported meanwhile, what is shown may be what either said.
        """
        if item not in self._going:
            return False
        if item not in self._staying:
            return True
        going = self._going[item]
        every = sorted({*going, *self._staying[item]})
        before = [place for place in every if place < 2 * entry]
        said = max((number for number, place in enumerate(before) if not place % 2), default=0)
        shown = {*before[said:], *(place for place in every if place // 2 == entry)}
        if not sealing:
            shown |= set([place for place in every if place // 2 > entry][:1])
        return not shown.isdisjoint(going)
