"""The files of an index as tables of SQL, for what counts and groups: ``docs``, ``postings``, ``names``, ``items``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from ediscovery.index.files import engine_over, parameters, remove_damaged, tables
from ediscovery.index.versions import STATEMENT
from ediscovery.sql import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from ediscovery.engine import Engine, Means
    from ediscovery.index.files import Files
    from ediscovery.sql import Parameter


class Selection:
    """A statement as it grows: the definitions of its own tables, and the values of its parameters."""

    def __init__(self) -> None:
        self.values = Values()
        self.tables: list[str] = []


class Tables:
    """Runs statements over the files of an index, which must not change meanwhile. For one thread.

    With ``size`` there is only what the ledger's first entries sealed.

    Statements raise:
        SearchTooLargeError: they need more memory.
        IndexDamagedError: a file is damaged; it is removed.
    """

    def __init__(self, files: Files, means: Means, *, size: int | None = None) -> None:
        """Stand for the files; they are opened by the first statement. Close it when done."""
        self._files, self._means, self._size = files, means, size
        self._number = count()
        self._looked_at: set[str] = set()

    def close(self) -> None:
        """Release memory and files."""
        if "_engine" in self.__dict__:
            self._engine.close()

    @cached_property
    def _engine(self) -> Engine:
        return engine_over(self._files, self._means)

    def rows(self, select: str, own: Selection | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds, in its order; ``own`` are the tables and values that it has besides."""
        return self._engine.rows(*self._made(select, own)) if self._files.segments else iter(())

    def batches(self, select: str, own: Selection | None = None) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds, in batches."""
        return self._engine.batches(*self._made(select, own)) if self._files.segments else iter(())

    @contextmanager
    def holding(self, schema: pa.Schema, rows: Iterable[pa.Table]) -> Iterator[str]:
        """Give the name of a table that holds rows for the length of a block."""
        name = f"held_{next(self._number)}"
        self._engine.run(f"CREATE TABLE {name} AS FROM given", given=schema.empty_table())
        try:
            for some in rows:
                self._engine.run(f"INSERT INTO {name} FROM given", given=some)
            yield name
        finally:
            self._engine.run(f"DROP TABLE {name}")

    def _made(self, select: str, own: Selection | None) -> tuple[str, dict[str, Parameter]]:
        defined: Sequence[str] = own.tables if own is not None else ()
        several = (*self._defined(" ".join((*defined, select))), *defined)
        sql = f"WITH {','.join(several)} {select}" if several else select
        read = parameters(self._files, sql)
        # DuckDB takes a footer for what it says.
        remove_damaged(self._files, among=read.keys() - self._looked_at, pages=False)
        self._looked_at |= read.keys()
        return sql, {**(own.values.named if own is not None else {}), **read}

    def _defined(self, sql: str) -> list[str]:
        """Return the definitions of the tables of the index that SQL names."""
        if self._size is None or "items" not in sql:
            return tables(self._files, sql, size=self._size)
        # What all segments say of items knows of later versions: it is said anew.
        segments = replace(self._files, items=None)
        items = f"items AS MATERIALIZED (WITH {STATEMENT})"
        return [*tables(segments, f"{sql} {STATEMENT}", size=self._size), items]
