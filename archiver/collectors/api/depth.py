"""How far back a look reads: often what is young, seldom what is old. Pure.

What is edited or deleted is most often young. So each look reads what was published within two days, and every now and
then one reads further back, down to the first item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.instant import Instant, InstantMalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.settings import RecheckSettings

DAY, HOUR = 86_400, 3_600
PREFIX = "read-"


@dataclass(frozen=True, slots=True)
class Depth:
    """How far back a look reads: to ``horizon`` (``None``: to the first item), and what the cursor then says."""

    horizon: Instant | None
    marks: Mapping[str, str]


def depth_of(
    steps: Sequence[RecheckSettings],
    cursor: Mapping[str, str],
    now: Instant,
    *,
    unfinished: bool = False,
    prefix: str = PREFIX,
) -> Depth:
    """Return how far the look that begins ``now`` reads back: as far as the deepest step whose time has come.

    A first look reads everything. While an earlier one is ``unfinished``, that goes on before another one begins.
    The cursor says under names that begin with ``prefix`` when what was read.
    """
    ordered = sorted(steps, key=lambda step: (step.within_days == 0, step.within_days))
    due = [] if unfinished else [number for number, step in enumerate(ordered) if _is_due(step, cursor, now, prefix)]
    deepest = ordered[max(due, default=0)]
    marks = {_mark(step, prefix): str(now) for step in ordered[: max(due, default=0) + 1]}
    horizon = now.plus(seconds=-int(deepest.within_days * DAY)) if deepest.within_days else None
    return Depth(horizon, marks)


def _is_due(step: RecheckSettings, cursor: Mapping[str, str], now: Instant, prefix: str) -> bool:
    try:
        last = Instant.from_text(cursor[_mark(step, prefix)])
    except (KeyError, InstantMalformedError):
        return True
    return now.micros - last.micros >= step.every_hours * HOUR * 1_000_000


def _mark(step: RecheckSettings, prefix: str) -> str:
    return f"{prefix}{step.within_days:g}d" if step.within_days else f"{prefix}all"
