"""What a query found, kept in a table of the engine's own, so that several statements can be made over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ediscovery.index.compiling import Compiler
from ediscovery.index.files import parameters
from ediscovery.sql import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from ediscovery.engine import Engine
    from ediscovery.index.compiling import Known
    from ediscovery.index.files import Files
    from ediscovery.sql import Parameter

    View = Callable[[Compiler], str]

FOUND = "record, matched, account, item, kind, created, captured, key, versions, verdict"
"""The columns of what was found, in the order of ``reading.found_of``."""

ORDER = "date, captured, record"


class Kept:
    """The hits of a query, a row of the table ``seen`` for each; beside it are ``docs`` and ``postings``.

    ``doc`` is the document that is shown, ``matched`` the record that matched, ``verdict`` what became of the item.
    """

    def __init__(self, engine: Engine, files: Files, known: Known, *, tables: str, table: str) -> None:
        """Stand for the hits in ``table``; ``tables`` are the definitions of those of an index over its files."""
        self._engine, self._files, self._known = engine, files, known
        self._tables = (tables, f"seen AS NOT MATERIALIZED (SELECT * FROM {table})")

    @property
    def hits(self) -> int:
        """How many there are."""
        return sum(row[0] for row in self.rows(lambda _: "SELECT count(*) FROM seen"))

    def rows(self, view: View) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds, in its order; ``view`` makes it, and may add tables.

        Raises:
            SearchTooLargeError: it needs more memory.
        """
        return self._engine.rows(*self._made(view))

    def batches(self, view: View) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds, in batches. Raises what ``rows`` raises."""
        return self._engine.batches(*self._made(view))

    def _made(self, view: View) -> tuple[str, dict[str, Parameter]]:
        compiler = Compiler(Values(), self._known, {})
        compiler.tables.extend(self._tables)
        selected = view(compiler)
        sql = f"WITH {','.join(compiler.tables)} {selected}"
        return sql, {**compiler.values.named, **parameters(self._files, sql)}
