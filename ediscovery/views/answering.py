"""What 'holdfast search' answers with: the hits one by one, or another view of them that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

from ediscovery.printable import one_line
from ediscovery.views.conversations import threads_of
from ediscovery.views.listing import INDENT, SHORT_ID, WIDTH, Marked, listed
from ediscovery.views.once import once
from ediscovery.views.summary import UNNAMED
from ediscovery.views.summing import summarised
from manifests.console import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from ediscovery.search import Hit, Search
    from ediscovery.views.conversations import Thread
    from ediscovery.views.sameness import Posts, Reading
    from ediscovery.views.summary import Facet, Summary, Unit
    from schemas.query import Query
    from schemas.record import Method

View: TypeAlias = Literal["summary", "threads", "once"]
VIEWS: dict[View, str] = {
    "summary": "Count the hits by account, platform, type, author … and by date, instead of showing them.",
    "threads": "Show the hits by threads; --limit is then how many threads are shown.",
    "once": "Show a post once that was captured in several ways, say which, and which readings of it differ.",
}

VALUES = 10
"""Values of a facet that people are shown."""

BAR = 40
"""Characters of the longest bar."""

TITLES = {
    "account": "By account",
    "platform": "By platform",
    "type": "By type",
    "author": "By author",
    "class": "By whom they are from",
    "absence": "By what became of them",
}
METHODS: dict[Method, str] = {"api": "an API", "feed": "a feed", "web": "a page", "import": "an imported file"}
NONE_FOUND = " Try fewer words, or budg* for budget."


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, for programs and for people."""

    plain: dict[str, Any]
    lines: tuple[str, ...]


def view_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the choice of another view; it is handed ``view``, which may be ``None``."""

    def choose(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
        if not value:
            return
        chosen = context.params.setdefault("view", parameter.name)
        if chosen != parameter.name:
            raise click.UsageError(f"Choose one of {' and '.join(f'--{name}' for name in (chosen, parameter.name))}.")

    for name, told in reversed(VIEWS.items()):
        command = click.option(f"--{name}", is_flag=True, expose_value=False, callback=choose, help=told)(command)
    return command


def answered(search: Search, query: Query, *, view: View | None, limit: int, zone: ZoneInfo) -> Answer:
    """Return what a search answers; at most ``limit`` hits are shown, and all are counted.

    Raises what ``Search.hits`` raises.
    """
    match view:
        case "summary":
            return _summary(summarised(search, query, zone), query)
        case "threads":
            return _threads(search, query, limit, zone)
        case "once":
            return _once(search, query, limit, zone)
        case None:
            return _list(search, query, limit, zone)


def _found(total: int, query: Query) -> str:
    return f"{plural(total, 'version' if query.versions else 'item')} found"


def _list(search: Search, query: Query, limit: int, zone: ZoneInfo) -> Answer:
    total, hits = search.page(query, limit=limit)
    plain, lines = listed(search, query, hits, zone)
    shown = f", the first {limit} are shown" if total > limit else ""
    said = f"{_found(total, query)}{shown}." + ("" if total else NONE_FOUND)
    return Answer({"total": total, "hits": plain}, (*lines, said))


def _threads(search: Search, query: Query, limit: int, zone: ZoneInfo) -> Answer:
    found = threads_of(search, query, limit=limit)
    marked = Marked(search, query, [hit for thread in found.first for hit in thread.shown])
    plain = {
        "total": found.total,
        "total_threads": found.threads,
        "threads": [_plain_thread(one, marked) for one in found.first],
    }
    shown = f", the first {limit} are shown" if found.threads > limit else ""
    said = f"{_found(found.total, query)} in {plural(found.threads, 'thread')}{shown}."
    lines = (line for one in found.first for line in _thread_lines(one, marked, query, zone))
    return Answer(plain, (*lines, said + ("" if found.total else NONE_FOUND)))


def _plain_thread(thread: Thread, marked: Marked) -> dict[str, Any]:
    return {
        "account": thread.account,
        "thread": thread.name,
        "root": thread.root.record.hex if thread.root else None,
        "title": thread.root.title if thread.root else None,
        "author": thread.root.author if thread.root else None,
        "items": thread.items,
        "total": thread.hits,
        "hits": [marked.plain(hit) for hit in thread.shown],
    }


def _thread_lines(thread: Thread, marked: Marked, query: Query, zone: ZoneInfo) -> Iterator[str]:
    root = thread.root
    named = one_line(root.title or root.text or root.item)[:WIDTH] if root else "its first item is not held"
    by = f", by {one_line(root.author)}" if root and root.author else ""
    items = plural(thread.items, "item")
    counted = f"{plural(thread.hits, 'version')} of {items}" if query.versions else f"{thread.hits:,} of {items}"
    yield f"Thread in {thread.account}: {named}{by}; {counted} found"
    yield from (f"  {line}" for hit in thread.shown for line in marked.lines(hit, zone))
    if thread.hits > len(thread.shown):
        more = plural(thread.hits - len(thread.shown), "more hit", "more hits")
        yield f'  {more}: search with thread:"{one_line(thread.name)}" account:{thread.account} besides.'


def _once(search: Search, query: Query, limit: int, zone: ZoneInfo) -> Answer:
    found = once(search, query, limit=limit)
    marked = Marked(search, query, found.shown)
    plain = {
        "total": found.total,
        "total_posts": found.total_posts,
        "hits": [marked.plain(hit) | _plain_ways(found.posts, hit) for hit in found.shown],
    }
    shown = f", the first {limit} are shown" if found.total_posts > limit else ""
    posts = f", {found.total_posts:,} without those that were captured in several ways" if found.posts.hidden else ""
    said = f"{_found(found.total, query)}{posts}{shown}." + ("" if found.total else NONE_FOUND)
    lines = (line for hit in found.shown for line in (*marked.lines(hit, zone), *_way_lines(found.posts, hit)))
    return Answer(plain, (*lines, said))


def _plain_ways(posts: Posts, hit: Hit) -> dict[str, Any]:
    return {
        "ways": [_plain_way(one) for one in posts.ways(hit.record)],
        "differing": [_plain_way(one.reading) | {"in": list(one.parts)} for one in posts.differing(hit.record)],
    }


def _plain_way(reading: Reading) -> dict[str, Any]:
    account, method = reading.source
    return {"record": reading.record.hex, "account": account, "method": method}


def _way_lines(posts: Posts, hit: Hit) -> Iterator[str]:
    for one in posts.ways(hit.record):
        if one.record != hit.record:
            yield f"{INDENT}The same: {_way(one)}"
    for differing in posts.differing(hit.record):
        yield f"{INDENT}Differs in {', '.join(differing.parts)}: {_way(differing.reading)}"


def _way(reading: Reading) -> str:
    account, method = reading.source
    return f"{reading.record.hex[:SHORT_ID]} in {account}, by {METHODS[method]}"


def _summary(made: Summary, query: Query) -> Answer:
    plain = {
        "total": made.total,
        "facets": {
            facet.name: {
                "counts": [{"value": one.value or None, "hits": one.hits} for one in facet.counts],
                "more": facet.more,
                "others": facet.others,
            }
            for facet in made.facets
        },
        "histogram": {
            "unit": made.unit,
            "bars": [{"start": bar.start.isoformat(), "hits": bar.hits} for bar in made.bars],
        },
    }
    return Answer(plain, tuple(_summary_lines(made, query)))


def _summary_lines(made: Summary, query: Query) -> Iterator[str]:
    yield f"{_found(made.total, query)}." + ("" if made.total else NONE_FOUND)
    for facet in made.facets if made.total else ():
        yield TITLES[facet.name]
        yield from _facet_lines(facet)
    if made.bars:
        yield f"By {made.unit}"
        most = max(bar.hits for bar in made.bars)
        for bar in made.bars:
            drawn = "█" * -(-bar.hits * BAR // most)
            yield f"  {_named(made.unit, bar.start):<10}  {bar.hits:>9,}  {drawn}".rstrip()


def _facet_lines(facet: Facet) -> Iterator[str]:
    for one in islice(facet.counts, VALUES):
        yield f"  {one.hits:>9,}  {one_line(one.value) if one.value != UNNAMED else '(not named)'}"
    left = facet.counts[VALUES:]
    hits, values = sum(one.hits for one in left) + facet.others, len(left) + facet.more
    if values:
        yield f"  {hits:>9,}  {plural(values, 'other')}"


def _named(unit: Unit, start: date) -> str:
    match unit:
        case "day":
            return start.isoformat()
        case "month":
            return start.isoformat()[:7]
        case "year":
            return f"{start.year}"
        case "century":
            return f"{start.year // 100 * 100}–{start.year // 100 * 100 + 99}"
