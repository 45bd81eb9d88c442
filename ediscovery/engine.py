"""The only door to DuckDB: a connection that is held to the files it is given, and its errors in our words.

It may open no other file, load no extension, change no setting and write nothing to disk but in a folder that is given
for it, and text typed by people reaches it as parameters only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import duckdb

from ediscovery.sql import bound
from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from ediscovery.sql import Parameter

BATCH = 1_000  # rows fetched at a time
ARROW_BATCH = 1 << 17
OUT_OF_MEMORY = "Out of Memory Error"
LEAST_MEMORY = 64_000_000  # bytes; below, DuckDB cannot open a partition
GLOBS = frozenset("*?[")


class SearchTooLargeError(InputError):
    """A search needs more memory than it may use."""

    code = "SEARCH_TOO_LARGE"


class SearchFailedError(UnavailableError):
    """The search engine failed, though all files can be read."""

    code = "SEARCH_FAILED"


class SearchSettingError(InputError):
    """A search cannot be set up as asked."""

    code = "SEARCH_SETTING"


class NotTextError(InputError):
    """A value that was asked for holds lone surrogates, as undecodable command lines do."""

    code = "NOT_TEXT"


@dataclass(frozen=True, slots=True)
class Means:
    """What an engine may use: threads, bytes of memory, and a folder to write what needs more to.

    Without a folder, what needs more is refused.
    """

    threads: int
    memory_limit: int
    spill: Path | None = None


class Engine:
    """Runs statements over some files, which must not change meanwhile. For one thread; close it when done."""

    def __init__(
        self,
        files: Sequence[Path],
        means: Means,
        *,
        prepare: Sequence[tuple[str, Mapping[str, Parameter]]] = (),
        damaged: Callable[[Engine], None] = lambda _: None,
    ) -> None:
        """Open it over files; nothing is read yet.

        ``prepare`` are statements that are run first, with their parameters. ``damaged`` is called when a statement
        failed: it raises where a file is damaged.

        Raises:
            SearchSettingError: there are no threads, too little memory, or a path that cannot be used.
        """
        if means.threads < 1 or means.memory_limit < LEAST_MEMORY:
            raise SearchSettingError(
                f"A search cannot run with {means.threads} threads and {means.memory_limit} bytes of memory.",
                do=f"Give at least 1 thread and {LEAST_MEMORY} bytes.",
            )
        paths = [str(path.absolute()) for path in files]
        for path in paths:
            if GLOBS & set(path):
                raise SearchSettingError(
                    f"The path {path} holds one of * ? [, which DuckDB would take for a pattern.",
                    do="Keep the cache in a folder whose name has none of them.",
                )
        self._damaged = damaged
        self._connection = duckdb.connect(":memory:")
        run = self._connection.execute
        for sql, parameters in prepare:
            run(sql, bound(parameters))
        run("SET threads = $threads", {"threads": means.threads})
        run("SET memory_limit = $limit", {"limit": f"{means.memory_limit}B"})
        # Nothing of the archive is written outside it.
        run("SET temp_directory = $folder", {"folder": "" if means.spill is None else str(means.spill.absolute())})
        run("SET parquet_metadata_cache = true")  # the files never change
        run("SET allowed_paths = $paths", {"paths": paths})
        run("SET autoinstall_known_extensions = false")
        run("SET autoload_known_extensions = false")
        run("SET allow_community_extensions = false")
        run("SET enable_external_access = false")
        run("SET lock_configuration = true")

    def close(self) -> None:
        """Release memory and files."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, sql: str, parameters: Mapping[str, Parameter] | None = None, **given: pa.Table) -> None:
        """Run a statement that yields nothing; it may name tables that are given. Raises what ``rows`` raises."""
        with self.translated(), self._connection.cursor() as cursor:
            for name, table in given.items():
                cursor.register(name, table)
            cursor.execute(sql, bound(parameters or {}))

    def rows(self, sql: str, parameters: Mapping[str, Parameter]) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds, in its order.

        Raises:
            NotTextError: a parameter is no text.
            SearchTooLargeError: it needs more memory, and more room where it may spill.
            SearchFailedError: the engine failed.
        """
        with self._executed(sql, parameters) as cursor:
            while True:
                with self.translated():
                    rows = cursor.fetchmany(BATCH)
                if not rows:
                    return
                yield from rows

    def batches(self, sql: str, parameters: Mapping[str, Parameter], **given: pa.Table) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds, as it is found, in batches; it may name tables that are given.

        Raises what ``rows`` raises.
        """
        with self._executed(sql, parameters, **given) as cursor:
            with self.translated():
                reader = cursor.to_arrow_reader(ARROW_BATCH)
            while True:
                with self.translated():
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    @contextmanager
    def _executed(
        self, sql: str, parameters: Mapping[str, Parameter], **given: pa.Table
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        values = bound(parameters)
        _refuse_no_text(values)
        cursor = self._connection.cursor()
        try:
            with self.translated():
                for name, table in given.items():
                    cursor.register(name, table)
                cursor.execute(sql, values)
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Say the engine's errors in our words."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            # Arrow's streams make every error one of the operating system's, and keep its words.
            if isinstance(error, duckdb.OutOfMemoryException) or str(error).startswith(OUT_OF_MEMORY):
                raise SearchTooLargeError(
                    "The search needs more memory than it may use.", do="Narrow it by dates, accounts or further words."
                ) from error
            self._damaged(self)
            raise SearchFailedError(f"The search failed: {error}", do="Try again; if it stays, report it.") from error

    def is_readable(self, sql: str, parameters: Mapping[str, Parameter]) -> bool:
        """Return whether a statement can be run to its end; one that wants more memory is not said to be unreadable."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, bound(parameters)).fetchall()
        except duckdb.OutOfMemoryException:
            return True
        except duckdb.Error:
            return False
        return True


def _refuse_no_text(parameters: Mapping[str, str | int]) -> None:
    for value in parameters.values():
        encoded(str(value))


def encoded(value: str) -> bytes:
    """Return text as UTF-8.

    Raises:
        NotTextError: it is none.
    """
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise NotTextError("The search holds characters that are no text.", do="Type it anew.") from None
