"""What stands after a field that is no text: facts that a record has or has not, and dates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from schemas.instant import LAST, Instant, InstantMalformedError
from schemas.query import During, Is
from schemas.record import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from schemas.query import Date, Fact

    Refuse: TypeAlias = Callable[[str, str], Exception]
    """From what is wrong, and what to do, to the error that says where."""

State: TypeAlias = Literal["edited", "deleted", "reply"]
Part: TypeAlias = Literal["media", "image", "audio", "video", "document", "link", "hashtag", "mention"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "type": tuple(kind for kind in KINDS if kind != "absence"),
    "class": ("official", "public"),
    "moderation": ("removed", "hidden", "visible"),
    "is": get_args(State),
    "has": get_args(Part),
}
BEGUN = ("account", "platform", "lang")
"""Of these the beginning of a value may be given, such as ``district-*``."""

DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII)
HASH = re.compile("[0-9a-f]{64}", re.ASCII)
NUMBERS = re.compile(r"([A-Z][A-Z0-9]*?)(\d{1,7})(?:(\.\.|[-–])(?:\1)?(\d{1,7}))?", re.ASCII)
SPAN = re.compile(r"(?P<least>.*?)\.\.(?P<most>.*)|(?P<sign>[<>]=?)(?P<edge>.+)", re.DOTALL)
INSTANT_FORM = "Write it as 2026-01-31T09:30:00.000000Z, or a date as 2026-01-31."
DATE_FORM = "Write it as 2026-01-31, 2026-01 or 2026; a span as 2026-01-01..2026-03-31."


def fact_of(fact: Fact, value: str, refuse: Refuse) -> Is:
    """Return the condition that a fact has a value as it was typed.

    Raises:
        QuerySyntaxError: as ``refuse`` makes it: there is no such value.
    """
    lowered = value.strip().lower()
    if not lowered:
        raise refuse(f"There is nothing after {fact}:.", "Give a value, or leave the field out.")
    if fact in CHOICES:
        return Is(fact, _chosen(fact, lowered, refuse))
    if fact == "bates":
        return Is(fact, _numbers(value.strip().upper(), refuse))
    if fact == "hash" and not HASH.fullmatch(lowered):
        raise refuse("This is no SHA-256.", "Give all its 64 hexadecimal digits.")
    if "*" not in value:
        return Is(fact, lowered if fact in (*BEGUN, "hash") else value.strip())
    begun = lowered[:-1]
    if fact not in BEGUN or "*" in begun or not begun:
        raise refuse(f"A * does not stand for anything here in {fact}:.", "Give the whole value.")
    return Is(fact, begun, prefix=True)


def _numbers(value: str, refuse: Refuse) -> str:
    spelled = NUMBERS.fullmatch(value)
    if spelled is None or (spelled[4] and int(spelled[4]) < int(spelled[2])):
        raise refuse("These are no Bates numbers.", "Write one, as MGU0000006, or some, as MGU0000006..MGU0000011.")
    return f"{spelled[1]}{spelled[2]}..{spelled[4] or spelled[2]}"


def _chosen(fact: Fact, value: str, refuse: Refuse) -> str:
    choices = CHOICES[fact]
    if value in choices:
        return value
    near = get_close_matches(value, choices, n=1)
    listed = f"What may stand after {fact}: is {', '.join(choices)}."
    raise refuse(f"{fact}: knows no {value[:40]!r}.", f"Did you mean {fact}:{near[0]}? {listed}" if near else listed)


def dates_of(date: Date, value: str, zone: ZoneInfo, refuse: Refuse) -> During:
    """Return the condition that a date is in the span that was typed; days are those of ``zone``.

    Raises:
        QuerySyntaxError: as ``refuse`` makes it: there is no such day, or the span is empty.
    """
    value = value.strip()
    span = SPAN.fullmatch(value)
    if span is None:
        least = most = value
    elif sign := span["sign"]:
        edge = span["edge"].strip()
        first, after = _edges(edge, zone, refuse)
        return During(date, after, None) if sign == ">" else _one_sided(date, sign, first, after)
    else:
        least, most = span["least"].strip(), span["most"].strip()
        if not least and not most:
            raise refuse("This span has neither beginning nor end.", DATE_FORM)
    start = _edges(least, zone, refuse)[0] if least else None
    end = _edges(most, zone, refuse)[1] if most else None
    if start is not None and end is not None and end <= start:
        raise refuse("This span ends before it begins.", "Give the earlier date first.")
    return During(date, start, end)


def span_of(during: During, zone: ZoneInfo) -> str:
    """Return how a span is typed so that ``dates_of`` reads it: in days of ``zone`` where it is made of whole ones."""
    start, end = during.start, during.end
    if start is None:
        return "" if end is None else f"<{_typed(end, zone)}"
    if end is None:
        return f">={_typed(start, zone)}"
    least, most = _typed(start, zone), _typed(end, zone, after=True)
    return least if least == most else f"{least}..{most}"


def _typed(edge: Instant, zone: ZoneInfo, *, after: bool = False) -> str:
    """Return the largest day or second that begins at an instant, or ends before it; or that one microsecond."""
    exact = Instant(edge.micros - 1) if after else edge
    try:
        local = exact.to_datetime().astimezone(zone).replace(tzinfo=None)
        for text in (local.date().isoformat(), local.isoformat(timespec="seconds")):
            # Not every day begins at midnight, and some hours come twice: what is read is what counts.
            if _edges(text, zone, ValueError)[after] == edge:
                return text
    except (ValueError, OverflowError):
        pass
    return str(exact)


def _one_sided(date: Date, sign: str, start: Instant, end: Instant) -> During:
    match sign:
        case ">=":
            return During(date, start, None)
        case "<=":
            return During(date, None, end)
        case _:
            return During(date, None, start)


def _edges(text: str, zone: ZoneInfo, refuse: Refuse) -> tuple[Instant, Instant]:
    """Return the first instant of a year, month, day, minute or second, and the first one after it.

    An instant as we print it, in UTC, is a microsecond.
    """
    if text.endswith("Z"):
        try:
            return (instant := Instant.from_text(text)), Instant(min(instant.micros + 1, LAST))
        except InstantMalformedError:
            raise refuse(f"{text[:40]!r} is not an instant.", INSTANT_FORM) from None
    found = DAY.fullmatch(text)
    if found is None:
        raise refuse(f"{text[:40]!r} is not a date.", DATE_FORM)
    numbers = [int(one) for one in found.groups() if one is not None]
    try:
        year, month, day, hour, minute, second = (*numbers, *(0, 1, 1, 0, 0, 0)[len(numbers) :])
        first = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return Instant.from_datetime(first), _after(first, len(numbers))
    except (ValueError, OverflowError, InstantMalformedError):
        raise refuse(f"There is no date {text[:40]!r}.", DATE_FORM) from None


def _after(first: datetime, precision: int) -> Instant:
    match precision:
        case 1:
            return Instant.from_datetime(first.replace(year=first.year + 1))
        case 2:
            return Instant.from_datetime((first + timedelta(days=31)).replace(day=1))
        case 3:
            return Instant.from_datetime(first + timedelta(days=1))
        case 5:
            return Instant.from_datetime(first).plus(seconds=60)
        case _:
            return Instant.from_datetime(first).plus(seconds=1)
