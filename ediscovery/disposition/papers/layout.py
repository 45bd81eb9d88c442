"""How the papers of destruction look: the templates, their words, and the style sheet."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from ediscovery.production import wording
from ediscovery.production.visible import direction, inline, plain
from manifests.console import plural, size_in_words
from manifests.wording import describe

if TYPE_CHECKING:
    from ediscovery.production.document import Paper
    from schemas.instant import Instant
    from schemas.ledger import Key

PICTURES = "\U0001f000"
"""Where emoji begin."""
PICTURE = 8
"""How many letters' room one takes: each is encoded anew, in 4 ms."""

TEMPLATES = Environment(
    loader=PackageLoader("ediscovery.disposition.papers"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def css(paper: Paper) -> str:
    """Return the style sheet: that of productions, ours, and the paper."""
    own = files("ediscovery.disposition.papers").joinpath("templates", "papers.css").read_text(encoding="utf-8")
    productions = files("ediscovery.production").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return f"{productions}{own}@page {{ size: {paper} }}\n"


def _person(key: Key) -> str:
    """Return the person in the name of a key with which somebody approves."""
    return key.verifier.partition("+")[0].rpartition("/")[2]


def _short(instant: Instant, zone: str) -> str:
    """Return ``2026-03-01``: the day in a zone."""
    return f"{instant.to_datetime().astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def _cut(text: str, length: int) -> str:
    """Return the beginning of a text that takes the room of so many letters; a picture is dear to print."""
    room = length
    for place, letter in enumerate(text):
        room -= PICTURE if letter >= PICTURES else 1 + (east_asian_width(letter) in "WF")
        if room < 0:
            return f"{text[:place].rstrip()}…"
    return text


TEMPLATES.filters |= {
    "short": _short,
    "cut": _cut,
    "inline": inline,
    "plain": plain,
    "direction": direction,
    "size": size_in_words,
    "moment": wording.moment,
    "day": wording.day,
    "plural": plural,
    "person": _person,
    "words": describe,
    "thousands": lambda number: f"{number:,}",
    "w3c": lambda instant: f"{instant.to_datetime():%Y-%m-%dT%H:%M:%SZ}",
}
