"""What a query found, kept in a table of the engine's own, so that several statements can be made over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ediscovery.index.tables import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ediscovery.index.tables import Tables
    from schemas.query import Term

    View = Callable[[Selection], str]

FOUND = "record, matched, account, item, kind, created, captured, key, versions, verdict"
"""The columns of what was found, in the order of ``reading.found_of``."""

ORDER = "date, captured, record"

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("doc", pa.int64()),
    pa.field("date", pa.int64()),
    pa.field("record", pa.binary()),
    pa.field("matched", pa.binary()),
    pa.field("account", pa.string()),
    pa.field("item", pa.string()),
    pa.field("kind", pa.string()),
    pa.field("created", pa.int64()),
    pa.field("captured", pa.int64()),
    pa.field("key", pa.string()),
    pa.field("versions", pa.int32()),
    pa.field("verdict", pa.string()),
]
KEPT = pa.schema(_COLUMNS)
"""What is kept of hits."""


class Kept:
    """The hits of a query, a row of the table ``seen`` for each; beside it are the tables of the index.

    ``doc`` is the document that is shown, ``matched`` the record that matched, ``verdict`` what became of the item.
    ``hits`` says how many there are.
    """

    def __init__(self, tables: Tables, table: str, hits: int, shown: Callable[[Term], int]) -> None:
        """Stand for the hits in ``table``; ``shown`` says of how many of them a term finds what is shown."""
        self._tables, self._table, self.hits, self.shown = tables, table, hits, shown

    def rows(self, view: View) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds, in its order; ``view`` makes it, and may add tables.

        Raises:
            SearchTooLargeError: it needs more memory.
        """
        return self._tables.rows(*self._made(view))

    def batches(self, view: View) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds, in batches. Raises what ``rows`` raises."""
        return self._tables.batches(*self._made(view))

    def _made(self, view: View) -> tuple[str, Selection]:
        made = Selection()
        made.tables.append(f"seen AS NOT MATERIALIZED (SELECT * FROM {self._table})")
        return view(made), made
