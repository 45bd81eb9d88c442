"""How far lists were read, as it is remembered on this machine: until when an item that is missed was shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from archiver.contract import Reached
from schemas.instant import Instant, InstantMalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "reached"
"""The key of the cursor, which stays on this machine: lists are named by items."""
MOST = 10
"""How many readings of a list are remembered; each goes further back than those after it."""


def spell_reached(before: Mapping[str, tuple[Reached, ...]], now: Mapping[str, tuple[Reached, ...]]) -> dict[str, str]:
    """Return what a cursor keeps of how far lists were read ``before`` and ``now``; nothing where none was."""
    rows = {name: _deepening((*now.get(name, ()), *before.get(name, ()))) for name in sorted({*before, *now})}
    spelled = {name: [(str(one.began), str(one.down_to or "")) for one in row] for name, row in rows.items()}
    return {KEY: msgspec.json.encode(spelled).decode()} if spelled else {}


def reached_in(cursor: Mapping[str, str]) -> dict[str, tuple[Reached, ...]]:
    """Return how far each list was read, the last reading first; nothing where the cursor keeps something else."""
    try:
        rows = msgspec.json.decode(cursor.get(KEY, "{}"), type=dict[str, list[tuple[str, str]]])
        return {
            name: tuple(Reached(Instant.from_text(began), Instant.from_text(to) if to else None) for began, to in row)
            for name, row in rows.items()
        }
    except (msgspec.MsgspecError, UnicodeDecodeError, InstantMalformedError):
        return {}


def _deepening(readings: tuple[Reached, ...]) -> list[Reached]:
    """Return the readings, the last one first, without those that went no further back than a later one."""
    kept: list[Reached] = []
    for one in sorted(readings, key=lambda one: one.began, reverse=True):
        if not kept or (kept[-1].down_to is not None and (one.down_to is None or one.down_to < kept[-1].down_to)):
            kept.append(one)
    return kept[:MOST]
