"""What stands in front of a page: a login, a question for consent, a challenge, or nothing at all. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.collectors.website.pages import origin_of

if TYPE_CHECKING:
    from archiver.collectors.rendered.native import Shown

LITTLE = 800
"""In characters: how much a page says at most that says nothing but 'not so'."""
DOORS = re.compile(r"(?:accounts?|auth|consent|id|idp|login|signin|sso|passport)\.", re.IGNORECASE)
PASSWORD = re.compile(rb"<input\b[^<>]{0,2000}?\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
CHALLENGES = re.compile(
    r"verify (?:that )?you are (?:a )?human|are you a robot|checking your browser|unusual traffic|just a moment\.\.\.|"
    r"(?:enable|turn on) (?:javascript|cookies)|browser is (?:not|no longer) supported|access (?:is )?denied|"
    r"before you continue|something went wrong|too many requests",
    re.IGNORECASE,
)


def find_wall(asked: str, native: bytes, shown: Shown, *, spoke: bool) -> str | None:
    """Return in words what stands in front of the page that was asked for, or ``None``.

    ``spoke`` tells that the page had text before.
    """
    away = origin_of(shown.url) != origin_of(asked)
    if away and DOORS.match(urlsplit(shown.url).hostname or ""):
        return "leads to a place that wants to know who asks, or a consent"
    text = shown.text
    if not text:
        if spoke:
            return "shows no text any more"
        return None if shown.pictures else "shows nothing"
    if len(text) > LITTLE:
        return None
    if PASSWORD.search(native):
        return "shows a login instead of itself"
    found = CHALLENGES.search(text)
    return f"shows a notice instead of itself ({found[0]!r})" if found else None
