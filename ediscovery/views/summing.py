"""Counting what a search finds (``summary``): one statement over the hits, and one over their records for authors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ediscovery.search import MADE_AGAIN, IndexDiffersError
from ediscovery.views.summary import AUTHORS, statement, summary_of
from schemas.query import Is

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ediscovery.search import Search
    from ediscovery.views.summary import Summary
    from schemas.query import Query


def summarised(search: Search, query: Query, zone: ZoneInfo) -> Summary:
    """Return what a query finds in numbers; days are those of ``zone``. Raises what ``Search.hits`` raises."""
    with search.kept(query) as kept:
        if kept is None:
            return summary_of((), ())
        rows = kept.rows(partial(statement, zone=zone))
        public = kept.shown(Is("class", "public"))
        with search.over_records(kept, AUTHORS) as authors:
            made = summary_of(rows, authors, public=public)
    for facet in made.facets:
        if facet.hits != made.total:
            raise IndexDiffersError(
                f"The index says that {made.total} hits are to be counted by {facet.name}, and {facet.hits} can be.",
                do=MADE_AGAIN,
            )
    return made
