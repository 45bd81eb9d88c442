"""Reading the dates that platforms write: an instant only where the text says which zone it means."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from schemas.errors import IntegrityError
from schemas.instant import Instant

if TYPE_CHECKING:
    import time
    from collections.abc import Callable

ZONE = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AP]M\s*)?"
    r"(?:Z|UTC?|GMT|[ECMPA][SD]T|[ECMP]T|[+-]\d{1,2}:?\d{2}|[+-]\d{2})\b"
    r"|T\d{2,6}(?:[.,]\d+)?(?:Z|[+-]\d{2})",
    re.IGNORECASE,
)
"""A time of day with its zone, by offset or by one of the names of RFC 822."""

X_STYLE = re.compile(r"\w{3} (\w{3}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) \+0000 (\d{4})", re.ASCII)
MILLIS = re.compile(r"\d{1,15}", re.ASCII)
MONTHS = {name: place for place, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}  # noqa: SIM905
LONGEST = 100


def find_instant(text: object) -> Instant | None:
    """Return the instant that a date with a zone names: ISO 8601, RFC 822, or X's own spelling.

    A date without time or zone names no instant; neither does one outside the years 1 to 9999.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    stripped = text.strip()
    if x_style := X_STYLE.fullmatch(stripped):
        month, *numbers = x_style.groups()
        day, hour, minute, second, year = map(int, numbers)
        return _instant(lambda: datetime(year, MONTHS[month], day, hour, minute, second, tzinfo=UTC))
    if stripped[:4].isdigit():
        return _instant(lambda: datetime.fromisoformat(stripped))
    return _instant(lambda: parsedate_to_datetime(stripped)) if ZONE.search(stripped) else None


def find_instant_as_parsed(text: object, parsed: time.struct_time | None) -> Instant | None:
    """Return the instant of a date that a lenient parser read as UTC, unless ``text`` names no zone."""
    exact = find_instant(text)
    if exact is not None or parsed is None or not isinstance(text, str) or not ZONE.search(text[:LONGEST]):
        return exact
    return _instant(lambda: datetime(*parsed[:6], tzinfo=UTC))


def instant_of_millis(text: object) -> Instant | None:
    """Return the instant of milliseconds since 1970, given as text or number."""
    if isinstance(text, bool) or not isinstance(text, str | int) or not MILLIS.fullmatch(str(text)):
        return None
    try:
        return Instant(int(text) * 1000)
    except IntegrityError:
        return None


def _instant(read: Callable[[], datetime]) -> Instant | None:
    try:
        moment = read()
        return Instant.from_datetime(moment) if moment.tzinfo else None
    except (ValueError, OverflowError, LookupError, TypeError, IntegrityError):
        return None
