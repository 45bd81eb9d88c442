"""Runs searches over partition files: the only door to DuckDB. What a query means is said in ``ediscovery.plan``.

DuckDB is held to the files it is given: it may open no other, load no extension, change no setting and write nothing
to disk but in a folder that is given for it, and text typed by people reaches it as parameters only.
"""

from __future__ import annotations

import string
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

import duckdb

from ediscovery import plan
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError, UnavailableError
from schemas.instant import Instant
from schemas.tables import PARTITION_V1

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from ediscovery.plan import Statement
    from schemas.query import Query
    from schemas.record import AbsenceClass, Kind

JOINERS = "\u200c\u200d"  # in emoji and in Indic and Persian words
BATCH = 1_000  # rows fetched at a time
ARROW_BATCH = 1 << 17
OUT_OF_MEMORY = "Out of Memory Error"
SHORTEST_PREFIX = 4  # hexadecimal digits of a record's id
FULL_ID = 64
LEAST_MEMORY = 64_000_000  # bytes; below, DuckDB cannot open a partition
GLOBS = frozenset("*?[")

RECORDS = """
CREATE MACRO records(paths) AS TABLE
SELECT file.*, sources.account, sources.key
FROM read_parquet(paths, filename = true, file_row_number = true, hive_partitioning = false) AS file
JOIN sources ON sources.path = file.filename
"""
# Reads every column, and the derived view as what it should be: a file may be whole and hold no JSON.
WHOLE_FILE = f"""
SELECT max(hash({", ".join(PARTITION_V1.names)})), max(hash(decode(normalised)::JSON)) FROM read_parquet($path)
"""  # noqa: S608


class PartitionUnreadableError(IntegrityError):
    """A file that should hold a partition cannot be read as one."""

    code = "PARTITION_UNREADABLE"


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


class RecordNameError(InputError):
    """The beginning of a record's id names no single record."""

    code = "RECORD_NAME"


@dataclass(frozen=True, slots=True)
class Source:
    """A partition as a local file, with its key in the store and its account as the ledger names them."""

    path: Path
    key: str
    account: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found: its latest version, which version matched, and what became of it.

    ``matched`` is the newest version that matched; another than ``record`` when the words were edited out since.
    ``text`` is the beginning of the text, in one line of at most 300 characters. ``versions`` counts the item's.
    ``absence`` is set when the item was missing at its last look-up. ``key`` and ``row`` say where the record lies.
    """

    record: Digest
    matched: Digest
    account: str
    item: str
    kind: Kind
    created: Instant | None
    captured: Instant
    author: str | None
    title: str | None
    text: str | None
    url: str | None
    key: str
    row: int
    versions: int
    absence: AbsenceClass | None

    @property
    def date(self) -> Instant:
        """When the item was made, or where that is unknown, when it was captured."""
        return self.created or self.captured

    @property
    def absent(self) -> bool:
        """Whether the item was gone or unaccounted for at its last look-up."""
        return self.absence not in (None, "present")


class Search:
    """Searches over the partitions given, which must not change meanwhile. For one thread; close it when done."""

    def __init__(
        self, sources: Sequence[Source], *, threads: int, memory_limit: int, spill: Path | None = None
    ) -> None:
        """Open the search over partitions with so many threads and bytes of memory; nothing is read yet.

        What needs more memory is written to the folder ``spill``; without one it is refused.

        Raises:
            SearchSettingError: there are no threads, too little memory, or a path that cannot be used.
        """
        if threads < 1 or memory_limit < LEAST_MEMORY:
            raise SearchSettingError(
                f"A search cannot run with {threads} threads and {memory_limit} bytes of memory.",
                do=f"Give at least 1 thread and {LEAST_MEMORY} bytes.",
            )
        self._sources = {str(source.path.absolute()): source for source in sources}
        for path in self._sources:
            if GLOBS & set(path):
                raise SearchSettingError(
                    f"The path {path} holds one of * ? [, which DuckDB would take for a pattern.",
                    do="Keep the cache in a folder whose name has none of them.",
                )
        self._connection = duckdb.connect(":memory:")
        self._prepare(threads, memory_limit, spill)

    def _prepare(self, threads: int, memory_limit: int, spill: Path | None) -> None:
        run = self._connection.execute
        run("CREATE TABLE sources (path VARCHAR, key VARCHAR, account VARCHAR)")
        run(
            "INSERT INTO sources SELECT unnest($paths), unnest($keys), unnest($accounts)",
            {
                "paths": list(self._sources),
                "keys": [source.key for source in self._sources.values()],
                "accounts": [source.account for source in self._sources.values()],
            },
        )
        run(RECORDS)
        run("SET threads = $threads", {"threads": threads})
        run("SET memory_limit = $limit", {"limit": f"{memory_limit}B"})
        # Nothing of the archive is written outside it.
        run("SET temp_directory = $folder", {"folder": "" if spill is None else str(spill.absolute())})
        run("SET parquet_metadata_cache = true")  # partitions never change
        run("SET allowed_paths = $paths", {"paths": list(self._sources)})
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

    def hits(self, query: Query, *, limit: int | None = None) -> Iterator[Hit]:
        """Yield what a query finds, the oldest first (by date, then capture, then record id), at most ``limit``.

        Raises:
            InputError: the query holds what cannot be searched for, or too much (see ``ediscovery.plan.hits``).
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory.
        """
        return self._hits(plan.hits(query, limit=limit), query.accounts)

    def count(self, query: Query) -> int:
        """Return how many hits a query has. Raises what ``hits`` raises."""
        rows = self._rows(plan.count(query), query.accounts)
        return sum(cast("int", row[0]) for row in rows)

    def find_record(self, prefix: str) -> Hit | None:
        """Return the record whose id starts with ``prefix`` (4 to 64 hexadecimal digits), of whatever kind.

        Raises:
            RecordNameError: it is no such beginning, or that of several records.
        """
        digits = prefix.lower()
        if not SHORTEST_PREFIX <= len(digits) <= FULL_ID or not set(digits) <= set(string.hexdigits):
            raise RecordNameError(
                f"{prefix[:80]!r} is not the beginning of a record's id.", do="Give 4 to 64 hexadecimal digits."
            )
        found = list(self._hits(plan.records_named(digits, limit=2)))
        if len(found) > 1:
            raise RecordNameError(f"More than one record starts with {digits}.", do="Give more of its digits.")
        return found[0] if found else None

    def versions(self, account: str, item: str) -> tuple[Hit, ...]:
        """Return all records about an item in the order of capture, those of kind ``absence`` included."""
        return tuple(self._hits(plan.versions(account, item), frozenset({account})))

    def at_addresses(self, addresses: Iterable[str]) -> tuple[Hit, ...]:
        """Return every version of items at any of these addresses, or named by one, in all accounts."""
        wanted = tuple(addresses)
        return tuple(self._hits(plan.at_addresses(wanted))) if wanted else ()

    def thread(self, account: str, thread: str) -> tuple[Hit, ...]:
        """Return the latest versions of the items of a thread, the item that it is named after included, by date."""
        return tuple(self._hits(plan.thread(account, thread), frozenset({account})))

    def batches(self, statement: Statement, account: str) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds in the partitions of an account, as it is found, in batches.

        Raises:
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory, and more room where it may spill.
        """
        with self._executed(statement, frozenset({account})) as cursor:
            if cursor is None:
                return
            with self._translated():
                reader = cursor.to_arrow_reader(ARROW_BATCH)
            while True:
                with self._translated():
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    def _hits(self, statement: Statement, accounts: frozenset[str] = frozenset()) -> Iterator[Hit]:
        return map(_hit, self._rows(statement, accounts))

    def _rows(self, statement: Statement, accounts: frozenset[str]) -> Iterator[tuple[Any, ...]]:
        with self._executed(statement, accounts) as cursor:
            while cursor is not None:
                with self._translated():
                    rows = cursor.fetchmany(BATCH)
                if not rows:
                    return
                yield from rows

    @contextmanager
    def _executed(self, statement: Statement, accounts: frozenset[str]) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """Run a statement over the partitions of accounts (of all, if none is named); ``None``: there are none."""
        paths = [path for path, source in self._sources.items() if not accounts or source.account in accounts]
        if not paths:
            yield None
            return
        _refuse_no_text(statement)
        cursor = self._connection.cursor()
        try:
            with self._translated():
                cursor.execute(statement.sql, {**statement.parameters, "paths": paths})
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            # Arrow's streams make every error one of the operating system's, and keep its words.
            if isinstance(error, duckdb.OutOfMemoryException) or str(error).startswith(OUT_OF_MEMORY):
                raise SearchTooLargeError(
                    "The search needs more memory than it may use.", do="Narrow it by dates, accounts or further words."
                ) from error
            self._refuse_damaged()
            raise SearchFailedError(f"The search failed: {error}", do="Try again; if it stays, report it.") from error

    def _refuse_damaged(self) -> None:
        """Read every file by itself and name the first that cannot be read."""
        for path, source in self._sources.items():
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(WHOLE_FILE, {"path": path}).fetchall()
            except duckdb.OutOfMemoryException:
                continue
            except duckdb.Error as error:
                raise PartitionUnreadableError(
                    f"The partition {source.key} cannot be read as one, from {path}.",
                    do="Delete that copy if it lies in the cache and search again; then run 'holdfast verify'.",
                    key=source.key,
                ) from error


def _refuse_no_text(statement: Statement) -> None:
    for value in statement.parameters.values():
        try:
            "".join(value if isinstance(value, list) else [str(value)]).encode()
        except UnicodeEncodeError:
            raise NotTextError("The search holds characters that are no text.", do="Type it anew.") from None


def _hit(row: tuple[Any, ...]) -> Hit:
    record, matched, account, item, kind, created, captured, author, title, text, url, key, number, versions, gone = row
    return Hit(
        record=Digest(record),
        matched=Digest(matched),
        account=account,
        item=item,
        kind=kind,
        created=None if created is None else Instant(created),
        captured=Instant(captured),
        author=author,
        title=title,
        text=None if text is None else one_line(text),
        url=url,
        key=key,
        row=number,
        versions=versions,
        absence=gone,
    )


def one_line(text: str) -> str:
    """Return a text in one line, without what would steer a terminal."""
    return " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in text).split())
