"""Facts in a reader's words: dates in two zones, sizes, kinds, methods, absences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from schemas.instant import Instant
    from schemas.record import Absence, Attachment, Author, Method

METHODS: dict[Method, str] = {
    "feed": "the account's feed, over the network",
    "web": "the account's pages, over the network",
    "api": "the platform's programming interface, over the network",
    "import": "an imported file",
}
VERDICTS = {
    "deleted": "No longer at its address (two direct look-ups answered “not found” or “gone”)",
    "hidden": "At its address but no longer shown to the public",
    "present": "Left the account's list, but still answered at its own address",
    "undetermined": "Not found; why could not be determined",
}
PARTS = {
    "native": "native file",
    "normalised.attachments": "attachments",
    "normalised.author": "author",
    "normalised.created_text": "date as written",
    "normalised.item": "the item's identifier",
    "normalised.links": "links",
    "normalised.mentions": "mentions",
    "normalised.parent": "what it answers",
    "normalised.tags": "tags",
    "normalised.text": "words in the text",
    "normalised.thread": "its conversation",
    "normalised.title": "words in the title",
    "normalised.url": "address",
}
"""What people call the parts of a record (FORMAT 3.2) that are redacted; others by the name of the member."""
KILOBYTE = 1000


def moment(instant: Instant, zone: str) -> str:
    """Return ``March 1, 2026, 2:00:05 AM CST (2026-03-01 08:00:05 UTC)``, to the second."""
    utc = instant.to_datetime()
    local = utc.astimezone(ZoneInfo(zone))
    hour = local.hour % 12 or 12
    shown = f"{local:%B} {local.day}, {local.year}, {hour}:{local:%M:%S %p %Z}"
    return f"{shown} ({utc:%Y-%m-%d %H:%M:%S} UTC)"


def day(instant: Instant, zone: str) -> str:
    """Return ``March 1, 2026``: the day in ``zone``."""
    local = instant.to_datetime().astimezone(ZoneInfo(zone))
    return f"{local:%B} {local.day}, {local.year}"


def size(octets: int | None) -> str:
    """Return ``4,310 bytes``, ``1.2 MB`` (1 MB is 10^6 bytes), or ``unknown size``."""
    if octets is None:
        return "unknown size"
    if octets < 10 * KILOBYTE:
        return f"{octets:,} byte{'' if octets == 1 else 's'}"
    unit, value = next(
        (unit, octets / factor) for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)) if octets >= factor
    )
    return f"{value:,.1f} {unit}"


def author(who: Author | None) -> str | None:
    """Return an author's name with the handle, whatever of the two is there."""
    if who is None:
        return None
    if who.name and who.handle and who.handle != who.name:
        return f"{who.name} ({who.handle})"
    return who.name or who.handle or who.id


def attachment_name(attachment: Attachment) -> str:
    """Return the last part of an attachment's address."""
    return unquote(urlsplit(attachment.url).path.rsplit("/", 1)[-1]) or attachment.url


def picture_words(attachment: Attachment) -> str:
    """Return what stands for a picture for whoever does not see it: ``bus.jpg: A yellow bus``."""
    name = attachment_name(attachment)
    return f"{name}: {attachment.alt}" if attachment.alt else name


def interval(absence: Absence, zone: str) -> str:
    """Return when an item disappeared: always an interval, never an instant (FORMAT 3.4.1)."""
    return (
        f"Last seen {moment(absence.last_seen, zone)}; first missing {moment(absence.first_missing, zone)}. "
        "When between the two it was removed is not known."
    )
