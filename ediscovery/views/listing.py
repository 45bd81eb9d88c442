"""What a search finds, hit by hit: for people with what was asked for in bold, for programs with exact offsets."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from ediscovery.index.conditions import condition
from ediscovery.printable import one_line
from ediscovery.views.highlighting import highlights, value_at
from ediscovery.views.snippets import snippet
from manifests.console import local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from ediscovery.search import Hit, Search
    from ediscovery.views.highlighting import Highlight
    from schemas.query import Query
    from schemas.record import Normalised

SHORT_ID = 12
WIDTH = 100
INDENT = " " * 14
TOGETHER = 1_000
"""Hits whose records are in memory at once."""


class Marked:
    """Hits with what was asked for marked in them: in the versions that matched, as evidence holds them."""

    def __init__(self, search: Search, query: Query, hits: Sequence[Hit]) -> None:
        """Read the versions that matched.

        Raises:
            IndexDiffersError: one is not there.
        """
        term = condition(query)
        self._views = search.views(hits)
        self._found = {record: highlights(term, view) for record, view in self._views.items()}

    def plain(self, hit: Hit) -> dict[str, Any]:
        """Return a hit for programs; ``highlights`` are places in the record ``matched``."""
        view = self._views[hit.matched]
        return {
            "record": hit.record.hex,
            "account": hit.account,
            "item": hit.item,
            "kind": hit.kind,
            "created": str(hit.created) if hit.created else None,
            "captured": str(hit.captured),
            "author": hit.author,
            "title": hit.title,
            "text": hit.text,
            "url": hit.url,
            "versions": hit.versions,
            "absence": hit.absence,
            "matched": hit.matched.hex,
            "highlights": [_plain(view, one) for one in self._found[hit.matched]],
        }

    def lines(self, hit: Hit, zone: ZoneInfo, *marks: str) -> Iterator[str]:
        """Yield the lines that tell people of a hit; ``marks`` are further things to say of it."""
        told = [f"{hit.versions} versions"] if hit.versions > 1 else []
        told += [hit.absence.upper()] if hit.absence and hit.absent else []
        told += marks
        author = one_line(hit.author or "")
        yield f"{hit.record.hex[:SHORT_ID]}  {local(hit.date, zone)}  {hit.kind:<8} {hit.account}  {author}" + (
            f"  [{', '.join(told)}]" if told else ""
        )
        matched = self._snippet(hit)
        if hit.matched == hit.record:
            yield f"{INDENT}{matched}"
            return
        words = one_line(f"{hit.title or ''} — {hit.text or ''}").strip("— ")
        yield f"{INDENT}{words[:WIDTH]}{'…' if len(words) > WIDTH else ''}"
        yield f"{INDENT}In an earlier version: {matched}"

    def _snippet(self, hit: Hit) -> str:
        parts = snippet(self._views[hit.matched], self._found[hit.matched], WIDTH)
        # Where standard output is no terminal, click leaves out what makes it bold.
        return "".join(click.style(part.text, bold=True) if part.marked else part.text for part in parts)


def _plain(view: Normalised, found: Highlight) -> dict[str, Any]:
    return {
        "field": found.field,
        "at": found.at,
        "start": found.start,
        "end": found.end,
        "words": value_at(view, found.at)[found.start : found.end],
    }


def listed(search: Search, query: Query, hits: Iterable[Hit], zone: ZoneInfo) -> tuple[list[dict[str, Any]], list[str]]:
    """Return hits for programs, and the lines that tell people of them."""
    plain: list[dict[str, Any]] = []
    lines: list[str] = []
    waiting = iter(hits)
    while together := tuple(islice(waiting, TOGETHER)):
        marked = Marked(search, query, together)
        plain += map(marked.plain, together)
        lines += (line for hit in together for line in marked.lines(hit, zone))
    return plain, lines
