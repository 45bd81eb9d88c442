"""An archive's partitions as local files, and statements over them: the only place where records are read to be found.

A partition is copied when a statement first needs it.
``plan`` has the statements. ``records(paths)`` yields the columns of ``schemas.tables`` and ``account``, ``key`` and
``file_row_number``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ediscovery.engine import Engine
from ediscovery.sql import Statement, listed
from schemas.errors import IntegrityError
from schemas.tables import PARTITION

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.engine import Means

FETCHED_TOGETHER = 8

RECORDS = f"""
CREATE MACRO records(paths) AS TABLE
SELECT file.*, sources.account, sources.key
FROM read_parquet({listed("paths")}, filename = true, file_row_number = true, hive_partitioning = false) AS file
JOIN sources ON sources.path = file.filename
"""  # noqa: S608 - names of ours
SOURCES = (
    f"INSERT INTO sources SELECT {', '.join(f'unnest({listed(name)})' for name in ('$paths', '$keys', '$accounts'))}"
)
WANTED = "(record BLOB, matched BLOB, key VARCHAR, account VARCHAR, date BIGINT, versions BIGINT, verdict VARCHAR)"
"""What is known of records that are looked up together."""

OWN = f"""
own AS NOT MATERIALIZED (
    SELECT file.*, matched, key, account, date, versions, verdict
    FROM read_parquet({listed("$paths")}, file_row_number = true, hive_partitioning = false) AS file
    JOIN {{wanted}} USING (record)
)"""  # noqa: S608 - names of ours
# Reads every column, and the derived view as what it should be: a file may be whole and hold no JSON.
WHOLE_FILE = f"""
SELECT max(hash({", ".join(PARTITION.names)})), max(hash(decode(normalised)::JSON)) FROM read_parquet($path)
"""  # noqa: S608


class PartitionUnreadableError(IntegrityError):
    """A file that should hold a partition cannot be read as one."""

    code = "PARTITION_UNREADABLE"


def silent(_step: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def here() -> None:
    """Fetch nothing: the file is there."""


@dataclass(frozen=True, slots=True)
class Source:
    """A partition as a local file, with its key in the store, its account, rows and entry as the ledger names them.

    ``fetch`` brings the file there, where it may lack.
    """

    path: Path
    key: str
    account: str
    entry: int
    rows: int
    fetch: Callable[[], object] = here


class Partitions:
    """Runs statements over partitions, which must not change meanwhile. For one thread; close it when done.

    Statements raise:
        PartitionUnreadableError: a file is damaged; it is named.
        SearchTooLargeError: it needs more memory, and more room where it may spill.
        IntegrityError: the store lacks a partition, or holds other bytes.
        StoreUnavailableError: the store or the disk could not be read or written.
    """

    def __init__(
        self, sources: Sequence[Source], means: Means, *, tell: Callable[[str, int, int], None] = silent
    ) -> None:
        """Open them; nothing is read yet. ``tell`` is told how many are copied, of how many that a statement needs.

        Raises:
            SearchSettingError: there are no threads, too little memory, or a path that cannot be used.
        """
        self._sources = {str(source.path.absolute()): source for source in sources}
        self._number, self._tell = count(), tell
        self._here: set[str] = set()
        columns = {
            "paths": list(self._sources),
            "keys": [source.key for source in sources],
            "accounts": [source.account for source in sources],
        }
        self._engine = Engine(
            [source.path for source in sources],
            means,
            prepare=(
                ("CREATE TABLE sources (path VARCHAR, key VARCHAR, account VARCHAR)", {}),
                (SOURCES, columns),
                (RECORDS, {}),
            ),
            damaged=self._refuse_damaged,
        )
        self.keys = frozenset(source.key for source in sources)

    def close(self) -> None:
        """Release memory and files."""
        self._engine.close()

    def rows(self, statement: Statement, keys: Container[str] | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds in the partitions at these keys, as far as they are here, or in all."""
        paths = self._fetched(path for path, source in self._sources.items() if keys is None or source.key in keys)
        return self._engine.rows(statement.sql, {**statement.parameters, "paths": paths}) if paths else iter(())

    def batches(self, statement: Statement, account: str) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds in the partitions of an account, as it is found, in batches."""
        paths = self._fetched(path for path, source in self._sources.items() if source.account == account)
        if paths:
            yield from self._engine.batches(statement.sql, {**statement.parameters, "paths": paths})

    @contextmanager
    def over_records(self, wanted: Iterable[pa.RecordBatch], sql: str) -> Iterator[Iterator[tuple[Any, ...]]]:
        """Give what SQL finds in ``own``: these records (``WANTED``), with all columns of partitions."""
        name = f"wanted_{next(self._number)}"
        self._engine.run(f"CREATE TABLE {name} {WANTED}")
        try:
            for batch in wanted:
                self._engine.run(f"INSERT INTO {name} FROM given", given=pa.Table.from_batches([batch]))
            keys = {key for (key,) in self._engine.rows(f"SELECT DISTINCT key FROM {name}", {})}  # noqa: S608 - ours
            yield self.rows(Statement(f"WITH {OWN.format(wanted=name)} {sql}", {}), keys)
        finally:
            self._engine.run(f"DROP TABLE {name}")

    def _fetched(self, wanted: Iterable[str]) -> list[str]:
        """Return paths, after their files were brought there."""
        paths = list(wanted)
        lacking = [path for path in paths if path not in self._here]
        if lacking:
            with ThreadPoolExecutor(FETCHED_TOGETHER) as workers:
                for number, path in enumerate(workers.map(self._fetch, lacking), 1):
                    self._here.add(path)
                    self._tell("partitions", number, len(lacking))
        return paths

    def _fetch(self, path: str) -> str:
        self._sources[path].fetch()
        return path

    def _refuse_damaged(self, engine: Engine) -> None:
        """Read every file that is here by itself and name the first that cannot be read."""
        for path, source in self._sources.items():
            if path in self._here and not engine.is_readable(WHOLE_FILE, {"path": path}):
                raise unreadable(source)


def unreadable(source: Source) -> PartitionUnreadableError:
    """Return the error that a file is no partition."""
    return PartitionUnreadableError(
        f"The partition {source.key} cannot be read as one, from {source.path}.",
        do="Delete that copy if it lies in the cache and search again; then run 'holdfast verify'.",
        key=source.key,
    )
