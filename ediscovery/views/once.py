"""The hits of a search with each post once, in however many ways it was captured (``sameness`` says what is one)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from ediscovery.index.kept import FOUND, ORDER
from ediscovery.index.reading import found_of
from ediscovery.views.sameness import Posts, Reading
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ediscovery.index.reading import Found
    from ediscovery.search import Hit, Search
    from schemas.query import Query

ORDERED = f"SELECT {FOUND} FROM seen ORDER BY {ORDER}"

# Hits that share an address with others.
SHARED = f"""
, named AS MATERIALIZED (
    SELECT DISTINCT record, address FROM (SELECT record, unnest([url, item]) AS address FROM own)
    WHERE starts_with(address, 'https://') OR starts_with(address, 'http://')
),
shared AS MATERIALIZED (
    SELECT record, address FROM named SEMI JOIN (
        SELECT address FROM named GROUP BY address HAVING count(*) > 1
    ) USING (address)
)
SELECT address, record, normalised, provenance, verdict FROM own JOIN shared USING (record)
ORDER BY address, {ORDER}"""


@dataclass(frozen=True, slots=True)
class Once:
    """How many hits a search has, how many posts they are, and those that are shown; ``posts`` says for what."""

    total: int
    total_posts: int
    shown: tuple[Hit, ...]
    posts: Posts


def once(search: Search, query: Query, *, limit: int) -> Once:
    """Return what a query finds, the oldest first, with each post once. Raises what ``Search.hits`` raises."""
    posts = Posts()
    with search.kept(query) as kept:
        if kept is None:
            return Once(0, 0, (), posts)
        with search.over_records(kept, SHARED) as rows:
            for _, together in groupby(rows, key=itemgetter(0)):
                posts.add(Reading.of(Digest(record), *said) for _, record, *said in together)
        total = kept.hits
        # Whatever is hidden stands after what is shown for it.
        first = limit + posts.hidden
        ordered = kept.rows(lambda made: f"{ORDERED} LIMIT {made.values.add(first)}")
        found = list(islice(_each_once(map(found_of, ordered), posts), limit))
        return Once(total, total - posts.hidden, tuple(search.described(found)), posts)


def _each_once(found: Iterable[Found], posts: Posts) -> Iterator[Found]:
    passed: set[Digest] = set()
    for one in found:
        if one.record not in passed:
            passed.update(way.record for way in posts.ways(one.record))
            yield one
