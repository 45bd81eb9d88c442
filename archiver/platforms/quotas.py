"""What platforms say of how much may still be asked, in the headers of their answers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from archiver.parsing.dates import find_instant
from archiver.platforms.reading import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.instant import Instant


def by_headers(
    limit: str, remaining: str, reset: str, *, reset_is: Literal["instant", "epoch", "seconds"]
) -> Callable[[Mapping[str, str], Instant], Quota | None]:
    """Return a reader of three headers: how many requests a period has, how many are left, when the next one begins."""

    def quota(headers: Mapping[str, str], now: Instant) -> Quota | None:
        of, left = _number(headers.get(limit)), _number(headers.get(remaining))
        if left is None or not of:
            return None
        return Quota(left=min(1.0, left / of), seconds=_seconds(headers.get(reset, ""), reset_is, now))

    return quota


def _seconds(text: str, reset_is: Literal["instant", "epoch", "seconds"], now: Instant) -> float:
    if reset_is == "instant":
        until = find_instant(text)
        return max(0.0, (until.micros - now.micros) / 1_000_000) if until else 0.0
    number = _number(text) or 0.0
    return max(0.0, number - now.micros / 1_000_000) if reset_is == "epoch" else number


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 2**53 else None
