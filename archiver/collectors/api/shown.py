"""What one answer shows: the items that were asked for, and the objects that lie beside them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archiver.platforms.objects import find_view, item_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_objects import Located
    from archiver.platforms.dialect import Dialect
    from archiver.platforms.objects import Item
    from archiver.platforms.reading import Answer, Endpoint
    from schemas.record import Normalised


@dataclass(frozen=True, slots=True)
class Asked:
    """An item that was asked for: its JSON and what it says, ``None`` where that is not known.

    ``listed`` tells that it lies where the items of the endpoint's list do.
    """

    value: Any
    view: Normalised | None
    item: Item
    listed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer shows: items, and objects beside them that make no records here (what a reply answers, say)."""

    items: tuple[Asked, ...]
    beside: tuple[Item, ...]

    @property
    def sighted(self) -> list[tuple[int, int, str]]:
        """Where all of that lies: offset, length and id."""
        every = (*(one.item for one in self.items), *self.beside)
        return [(one.offset, one.length, one.normalised.item) for one in every]

    def head(self, size: int) -> int:
        """Return how many bytes of an answer of ``size`` bytes stand before the first of it."""
        return min((offset for offset, _, _ in self.sighted), default=size)

    def held(self, name: str) -> Iterator[tuple[str, list[str]]]:
        """Yield each item that is listed, with the ids of those that lie within it, in the member ``name`` of each.

        Those are left out in which not all of that was read: an item has no such array, or what lies in one is no item.
        """
        inner = [one for one in self.items if not one.listed]
        for outer in (one for one in self.items if one.listed):
            reach = range(outer.item.offset, outer.item.offset + outer.item.length)
            within = [one for one in inner if one.item.offset in reach]
            arrays = [one.value.get(name) for one in (outer, *within)]
            if all(isinstance(array, list) for array in arrays) and sum(map(len, arrays)) == len(within):
                yield outer.item.normalised.item, [one.item.normalised.item for one in within]


def shown_in(payload: bytes, answer: Answer, located: Located, endpoint: Endpoint, dialect: Dialect) -> Shown:
    """Return what an answer shows, ``located`` in its payload."""
    context = dialect.context(answer.value) if isinstance(answer.value, dict) else {}
    items: list[Asked] = []
    for number, path in enumerate(endpoint.items):
        for one in located.at(path):
            view = find_view(one.value, dialect, context)
            item = item_of(payload, one, view and endpoint.seen_as(view, answer.question))
            items.append(Asked(one.value, view, item, number == 0))
    beside: list[Item] = []
    for path in dialect.paths:
        for one in located.at(path) if path not in endpoint.items else ():
            view = find_view(one.value, dialect, context)
            if view is not None:
                beside.append(item_of(payload, one, view))
    return Shown(tuple(items), tuple(beside))
