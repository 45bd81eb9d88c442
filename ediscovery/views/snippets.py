"""One line that shows what a record says, around the first place where stands what was asked for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.printable import printable
from ediscovery.views.highlighting import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ediscovery.views.highlighting import Highlight
    from schemas.query import TextField
    from schemas.record import Normalised

FIRST: tuple[TextField, ...] = ("text", "title", "media", "tag", "author", "link")
"""Which field is shown where what was asked for stands in several."""

TELLS = {"media": "picture: ", "tag": "tag: ", "author": "by ", "link": "link: "}
TITLE = 40
"""Characters of a title that are shown before a text in which something is marked."""

LONGEST_WORD = 15
"""Characters that are left out at most so that a word is not cut in two."""

DASH = " — "
CUT = "…"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line, which is what was asked for, or is not."""

    text: str
    marked: bool = False


def snippet(view: Normalised, found: Sequence[Highlight], width: int) -> tuple[Part, ...]:
    """Return a line of about so many characters: the title and the text, or the value in which something stands.

    Nothing in it steers a terminal.
    """
    first = min(found, key=lambda one: FIRST.index(one.field), default=None)
    if first is not None and first.field in TELLS:
        value = _marked(value_at(view, first.at), (one for one in found if one.at == first.at))
        return tuple(_plain((Part(TELLS[first.field]), *_window(value, width))))
    title = _marked(view.title or "", (one for one in found if one.field == "title"))
    text = _marked(view.text or "", (one for one in found if one.field == "text"))
    before = _window(title, TITLE if first is not None and first.field == "text" else width)
    dash = (Part(DASH),) if view.title and view.text else ()
    left = max(width - sum(len(part.text) for part in (*before, *dash)), width // 3)
    return tuple(_plain((*before, *dash, *_window(text, left))))


def _marked(value: str, found: Iterable[Highlight]) -> list[Part]:
    """Return a value in parts; stretches that overlap are one."""
    parts: list[Part] = []
    at = 0
    for one in sorted(found, key=lambda one: (one.start, one.end)):
        if one.end <= at:
            continue
        if one.start > at:
            parts.append(Part(value[at : one.start]))
        parts.append(Part(value[max(at, one.start) : one.end], marked=True))
        at = one.end
    return [*parts, Part(value[at:])] if at < len(value) else parts


def _window(parts: Sequence[Part], width: int) -> list[Part]:
    """Return so many characters of a value, in which the first marked part stands, and what shows where it was cut."""
    before = 0
    for part in parts:
        if part.marked:
            break
        before += len(part.text)
    else:
        before = 0
    skipped = 0 if before <= width // 2 else before - width // 3
    if skipped:
        gap = "".join(part.text for part in parts).find(" ", skipped, min(skipped + LONGEST_WORD, before))
        skipped = max(skipped, gap + 1)
    shown: list[Part] = [Part(CUT)] if skipped else []
    left = width - len(shown)
    for part in parts:
        text = part.text[skipped:]
        skipped = max(0, skipped - len(part.text))
        if text and left <= 0:
            return [*shown, Part(CUT)]
        if text:
            shown.append(Part(text[:left], part.marked))
            cut = len(text) > left
            left -= len(text)
            if cut:
                return [*shown, Part(CUT)]
    return shown


def _plain(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts without what would steer a terminal, and with one space for what is white."""
    space = True
    for part in parts:
        text = re.sub(r"\s+", " ", printable(part.text))
        text = text[1:] if space and text.startswith(" ") else text
        if text:
            yield Part(text, part.marked)
            space = text.endswith(" ")
