"""How many hits each of several queries has, by itself and among the others, and in how many conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.index.compiling import LAST
from ediscovery.index.places import fact
from ediscovery.index.versions import BESIDE
from ediscovery.sql import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ediscovery.index.reading import Index
    from schemas.query import Query

ALL = -1
"""The number of all queries together."""

TABLE = "CREATE TABLE tallied (query INTEGER, doc BIGINT)"
INTO = "INSERT INTO tallied"
SHOWN = "SELECT {number:d}, shown FROM hits"
COUNTS = """,
several AS (SELECT doc, count(*) AS queries FROM tallied GROUP BY doc)
SELECT query, count(*), count(*) FILTER (queries = 1) FROM tallied JOIN several USING (doc) GROUP BY query
UNION ALL SELECT {all}, count(*), count(*) FROM several"""
# A hit's thread is that of the version that is shown; an item is in every thread that a version of it names.
THREADS = """,
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
)
SELECT query, count(DISTINCT item) FROM wanted JOIN latest USING (account, thread) GROUP BY query"""


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
    index.run(TABLE)
    try:
        for number, query in enumerate(queries):
            for _ in index.rows(index.over_hits(query, SHOWN.format(number=number), into=INTO)):
                pass
            tell(number + 1)
        counts = {number: (hits, unique) for number, hits, unique in _counted(index)}
        threads = dict(_threads(index))
    finally:
        index.run("DROP TABLE tallied")
    found = {number: Tally(*counts[number], threads.get(number, 0)) for number in counts}
    return tuple(found.get(number, Tally()) for number in range(len(queries))), found.get(ALL, Tally())


def _counted(index: Index) -> Iterator[tuple[int, int, int]]:
    return index.rows(index.over_all(COUNTS.format(all=ALL), Values()))


def _threads(index: Index) -> Iterator[tuple[int, int]]:
    values = Values()
    start = fact("thread", "")
    sql = THREADS.format(
        start=values.add(start), end=values.add(start + LAST), beside=values.add(list(BESIDE)), all=ALL
    )
    return index.rows(index.over_all(sql, values))
