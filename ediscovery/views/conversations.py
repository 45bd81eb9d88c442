"""The hits of a search by the conversations that they are part of.

A thread is named after its first item, in its account. What answers to nothing, and is not answered, is one by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ediscovery.index.kept import FOUND, ORDER
from ediscovery.index.places import SIGN, fact
from ediscovery.index.reading import found_of
from ediscovery.index.versions import BESIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ediscovery.index.tables import Selection
    from ediscovery.search import Hit, Search
    from schemas.query import Query

Named: TypeAlias = "Sequence[tuple[str, str]]"
"""Threads, by account and name."""

HITS = 10
"""Hits of one thread that are shown."""

START = fact("thread", "")
END = START[: -len(SIGN)] + chr(ord(SIGN) + 1)
FIRST = "min({'date': date, 'captured': captured, 'record': record})"


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation of an account: how many of its ``items`` are ``hits``, and the oldest of these, ``shown``.

    ``root`` is the item that it is named after, in its latest version, if that is held.
    """

    account: str
    name: str
    root: Hit | None
    items: int
    hits: int
    shown: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """How many hits a search has, in how many threads, and those ``first`` that hold the oldest hits."""

    total: int
    threads: int
    first: tuple[Thread, ...]


def threads_of(search: Search, query: Query, *, limit: int) -> Threads:
    """Return the threads of what a query finds, by their first hits, at most ``limit`` of them.

    Raises what ``Search.hits`` raises.
    """
    with search.kept(query) as kept:
        grouped = list(kept.rows(partial(_grouped, limit=limit))) if kept is not None else []
        if kept is None or not grouped:
            return Threads(0, 0, ())
        named = [(account, name) for account, name, *_ in grouped]
        items = {(account, name): many for account, name, many in kept.rows(partial(_items, named=named))}
        roots = {(one.account, one.item): one for _, one in _described(search, kept.rows(partial(_roots, named=named)))}
        shown: dict[tuple[str, str], list[Hit]] = {}
        for name, hit in _described(search, kept.rows(partial(_hits, named=named))):
            shown.setdefault((hit.account, name), []).append(hit)
    first = tuple(
        Thread(
            account, name, roots.get((account, name)), items.get((account, name), 0), hits, tuple(shown[account, name])
        )
        for account, name, hits, *_ in grouped
    )
    *_, total, threads = grouped[0]
    return Threads(int(total), threads, first)


def _described(search: Search, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, Hit]]:
    """Yield what was found in threads, with their names, which are the rows' first column."""
    found = list(rows)
    for row, hit in zip(found, search.described([found_of(row[1:]) for row in found]), strict=True):
        yield row[0], hit


def _grouped(made: Selection, limit: int) -> str:
    add = made.values.add
    return f"""
SELECT account, thread, count(*), sum(count(*)) OVER (), count(*) OVER ()
FROM seen JOIN (
    SELECT doc, substr(term, {len(START) + 1}) AS thread FROM postings SEMI JOIN seen USING (doc)
    WHERE term >= {add(START)} AND term < {add(END)}
) USING (doc) GROUP BY account, thread ORDER BY {FIRST}, account, thread LIMIT {add(limit)}"""


def _items(made: Selection, named: Named) -> str:
    threads = _named(made, named)
    return f"""
SELECT account, thread, count(DISTINCT (kind, item)) FROM docs JOIN {threads} USING (doc, account)
WHERE NOT list_contains({made.values.add(list(BESIDE))}, kind) GROUP BY account, thread"""


def _hits(made: Selection, named: Named) -> str:
    threads = _named(made, named)
    return f"""
SELECT thread, {FOUND} FROM seen JOIN {threads} USING (doc, account)
QUALIFY row_number() OVER (PARTITION BY account, thread ORDER BY {ORDER}) <= {HITS} ORDER BY {ORDER}"""


def _roots(made: Selection, named: Named) -> str:
    accounts, names = _lists(made, named)
    return f"""
SELECT item, record, record, account, item, kind, CASE WHEN dated THEN date END, captured, key, 1, NULL
FROM docs JOIN (SELECT unnest({accounts}) AS account, unnest({names}) AS item) USING (account, item)
WHERE NOT list_contains({made.values.add(list(BESIDE))}, kind)
QUALIFY row_number() OVER (PARTITION BY account, item ORDER BY captured DESC, record DESC) = 1"""


def _named(made: Selection, named: Named) -> str:
    """Return the table of the documents of some threads: ``account``, ``thread``, ``doc``."""
    accounts, names = _lists(made, named)
    # One parameter a thread: a list would not be looked up in the files' statistics.
    terms = ", ".join(made.values.add(START + name) for _, name in named)
    made.tables.append(f"""
threads AS MATERIALIZED (
    SELECT account, thread, doc FROM (
        SELECT substr(term, {len(START) + 1}) AS thread, doc FROM postings WHERE term IN ({terms})
    ) JOIN (SELECT unnest({accounts}) AS account, unnest({names}) AS thread) USING (thread)
)""")
    return "threads"


def _lists(made: Selection, named: Named) -> tuple[str, str]:
    accounts, names = ([pair[at] for pair in named] for at in (0, 1))
    return made.values.add(accounts), made.values.add(names)
