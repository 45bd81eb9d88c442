"""How many hits each of several queries has, by itself and among the others, and in how many conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ediscovery.index.evaluating import LAST
from ediscovery.index.places import fact
from ediscovery.index.tables import Selection
from ediscovery.index.versions import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ediscovery.index.reading import Index
    from schemas.query import Query

ALL = -1
"""The number of all queries together."""

TALLIED = pa.schema([("query", pa.int32()), ("doc", pa.int64())])
COUNTS = """
SELECT query, count(*), count(*) FILTER (queries = 1) FROM tallied JOIN several USING (doc) GROUP BY query
UNION ALL SELECT {all}, count(*), count(*) FROM several"""
# A hit's thread is that of the version that is shown; an item is in every thread that a version of it names.
THREADS = """
threads AS MATERIALIZED (
    SELECT account, term AS thread, doc FROM (SELECT term, doc FROM postings WHERE term >= {start} AND term < {end})
    JOIN docs USING (doc) WHERE NOT list_contains({beside}, kind)
),
latest AS MATERIALIZED (
    SELECT DISTINCT account, thread, coalesce(items.latest, threads.doc) AS item
    FROM threads LEFT JOIN items USING (doc)
),
wanted AS (
    SELECT DISTINCT query, account, thread FROM (
        SELECT query, doc FROM tallied UNION ALL SELECT {all} AS query, doc FROM tallied
    ) JOIN threads USING (doc)
)"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one query: its hits; those that no other of the queries has; and all items of the threads that they are in."""

    hits: int = 0
    unique: int = 0
    with_threads: int = 0


def tally(
    index: Index, queries: Sequence[Query], *, tell: Callable[[int], None] = lambda _: None
) -> tuple[tuple[Tally, ...], Tally]:
    """Return the tally of each query, and that of all of them together; ``tell`` is told how many were asked.

    Raises what ``Index.find`` raises.
    """
    with index.tables.holding(TALLIED, _hits(index, queries, tell)) as table:
        counts = {number: (hits, unique) for number, hits, unique in index.tables.rows(*_counts(table))}
        threads = dict(index.tables.rows(*_threads(table)))
    found = {number: Tally(*counts[number], threads.get(number, 0)) for number in counts}
    return tuple(found.get(number, Tally()) for number in range(len(queries))), found.get(ALL, Tally())


def _hits(index: Index, queries: Sequence[Query], tell: Callable[[int], None]) -> Iterator[pa.Table]:
    for number, query in enumerate(queries):
        shown = index.shown(query)
        yield pa.table([pa.repeat(pa.scalar(number, pa.int32()), len(shown)), pa.array(shown)], schema=TALLIED)
        tell(number + 1)


def _counts(table: str) -> tuple[str, Selection]:
    return COUNTS.format(all=ALL), _over(table)


def _threads(table: str) -> tuple[str, Selection]:
    made = _over(table)
    start, add = fact("thread", ""), made.values.add
    made.tables.append(THREADS.format(start=add(start), end=add(start + LAST), beside=add(list(BESIDE)), all=ALL))
    return "SELECT query, count(DISTINCT item) FROM wanted JOIN latest USING (account, thread) GROUP BY query", made


def _over(table: str) -> Selection:
    made = Selection()
    made.tables += [
        f"tallied AS NOT MATERIALIZED (FROM {table})",
        "several AS (SELECT doc, count(*) AS queries FROM tallied GROUP BY doc)",
    ]
    return made
