"""What a day may cost, on platforms whose requests do: reckoned in the platform's own units. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.instant import Instant

KEY = "spent"


def left_today(budget: int | None, cursor: Mapping[str, str], now: Instant) -> int | None:
    """Return how much of the budget of a day (UTC) is left; ``None`` where there is no bound."""
    return None if budget is None else max(0, budget - _spent(cursor, now))


def spend(cursor: Mapping[str, str], units: int, now: Instant) -> dict[str, str]:
    """Return what the cursor says after ``units`` more were spent; nothing where nothing ever was."""
    spent = _spent(cursor, now) + units
    return {KEY: f"{_day(now)} {spent}"} if spent else {}


def _spent(cursor: Mapping[str, str], now: Instant) -> int:
    day, _, units = cursor.get(KEY, "").partition(" ")
    return int(units) if day == _day(now) and units.isascii() and units.isdigit() else 0


def _day(now: Instant) -> str:
    return str(now)[:10]
