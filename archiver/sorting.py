"""What is new of an import, in the order of its partitions, sorted on the disk: it may be more than memory holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from archiver import observe
from archiver.spool import on_disk, unwritable
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.observe import Fresh, Held
    from archiver.spool import Spooled

    Place: TypeAlias = "tuple[str, str]"

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE fresh (
    item TEXT NOT NULL, native BLOB NOT NULL, series TEXT NOT NULL, period TEXT NOT NULL, at INTEGER NOT NULL,
    previous BLOB, PRIMARY KEY (item, native)) WITHOUT ROWID;
"""


class Sorted:
    """What is new of one spooled import, each version once."""

    def __init__(self, spooled: Spooled, database: sqlite3.Connection) -> None:
        self._spooled, self._database = spooled, database

    def count(self) -> tuple[int, int]:
        """Return how many of them are new items and how many are edited; lists do not count."""
        new, edited = self._database.execute("SELECT count(*) - count(previous), count(previous) FROM fresh").fetchone()
        return int(new), int(edited)

    def groups(self) -> Iterator[tuple[Place, Iterator[Fresh]]]:
        """Yield what goes into each series and period, in the order of its items and of the import."""
        with self._spooled.reading() as seen_at:
            rows = self._database.execute(
                "SELECT series, period, at, previous FROM fresh ORDER BY series, period, item, at"
            )
            for place, group in groupby(rows, key=lambda row: (row[0], row[1])):
                fresh = (observe.Fresh(seen_at(at), Digest(before) if before else None) for _, _, at, before in group)
                yield place, fresh


@contextmanager
def sorted_fresh(held: Held, spooled: Spooled, place_of: Callable[[Fresh], Place]) -> Iterator[Sorted]:
    """Sort what of a spooled import is not held, until the block ends.

    Raises:
        SpoolUnwritableError: the disk refuses.
    """
    path = spooled.folder / "sorting.sqlite"
    with on_disk(spooled.folder):
        path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.executescript(SCHEMA)
            database.execute("BEGIN")
            database.executemany(
                "INSERT OR IGNORE INTO fresh VALUES (?, ?, ?, ?, ?, ?)", _rows(held, spooled, place_of)
            )
            database.execute("COMMIT")
            yield Sorted(spooled, database)
    except sqlite3.Error as error:
        raise unwritable(spooled.folder, str(error)) from error
    finally:
        path.unlink(missing_ok=True)


def _rows(held: Held, spooled: Spooled, place_of: Callable[[Fresh], Place]) -> Iterator[tuple[object, ...]]:
    for at, one in spooled.placed():
        fresh = observe.find_unheld(held, one)
        if fresh is not None:
            native = Digest.of(one.native).raw
            previous = fresh.previous.raw if fresh.previous else None
            yield (one.observation.normalised.item, native, *place_of(fresh), at, previous)
