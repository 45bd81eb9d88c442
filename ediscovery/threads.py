"""The order in which a conversation is read: every answer below what it answers, siblings by date. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ediscovery.evidence import Sealed

DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """One item of a conversation; ``depth`` 0 is the thread's first item, or one whose parent is not held."""

    sealed: Sealed
    depth: int


def arranged(items: Iterable[Sealed]) -> tuple[Turn, ...]:
    """Return the items of a thread in reading order, each once, also where answers go round in circles."""
    by_item = {one.view.item: one for one in items}
    below: dict[str | None, list[Sealed]] = {}
    for one in by_item.values():
        parent = one.view.parent if one.view.parent in by_item and one.view.parent != one.view.item else None
        below.setdefault(parent, []).append(one)
    for siblings in below.values():
        siblings.sort(key=lambda one: (one.view.created or one.provenance.captured, one.id))
    placed = dict.fromkeys(_walk(below, None, 0))
    left = [one for name, one in by_item.items() if name not in {turn.sealed.view.item for turn in placed}]
    return (*placed, *(Turn(one, 0) for one in left))


def _walk(below: dict[str | None, list[Sealed]], parent: str | None, depth: int) -> Iterator[Turn]:
    for one in below.get(parent, ()):
        yield Turn(one, depth)
        if depth < DEEPEST:
            yield from _walk(below, one.view.item, depth + 1)
