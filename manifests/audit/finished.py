"""What an audit that may be cut short has finished: acts whose objects were read and found sound.

An act is remembered by the hash of the entry that it stands in, which commits to every object's digest. What was at
fault is not remembered, so it is read again. Whoever resumes relies on this file, and on the store not having changed
those objects since: the report says how many these are and since when.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from manifests.audit.captures import Counted
from schemas.errors import InputError
from schemas.findings import Resumed
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.audit.register import NamedAct

MARK = 0x484F4C46  # "HOLF"
TABLES = """
CREATE TABLE IF NOT EXISTS begun (origin TEXT, at INTEGER);
CREATE TABLE IF NOT EXISTS acts (leaf BLOB, position INTEGER, counted BLOB, PRIMARY KEY (leaf, position)) WITHOUT ROWID;
"""


class ResumeUnusableError(InputError):
    """A file to resume an audit from is not one, or is another archive's."""

    code = "RESUME_UNUSABLE"


class Finished:
    """A SQLite file that grows while the audit goes on; safe against being killed at any moment."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._used = Counted()

    def begin(self, origin: str, now: Instant) -> None:
        """Note of which archive this is and when the first run began, if that is not noted yet.

        Raises:
            ResumeUnusableError: it is of another archive.
        """
        row = self._database.execute("SELECT origin FROM begun").fetchone()
        if row is None:
            self._database.execute("INSERT INTO begun VALUES (?, ?)", (origin, now.micros))
        elif row[0] != origin:
            raise ResumeUnusableError(
                f"The file to resume from is of the archive {row[0]}, not of {origin}.", do="Name another file."
            )

    def find(self, act: NamedAct) -> Counted | None:
        """Return how much was read of an act that an earlier run found sound."""
        row = self._database.execute(
            "SELECT counted FROM acts WHERE leaf = ? AND position = ?", (act.leaf, act.position)
        ).fetchone()
        if row is None:
            return None
        counted = Counted.from_bytes(row[0])
        self._used += counted
        return counted

    def add(self, act: NamedAct, counted: Counted) -> None:
        """Remember an act in which nothing was found."""
        row = (act.leaf, act.position, counted.to_bytes())
        self._database.execute("INSERT OR REPLACE INTO acts VALUES (?, ?, ?)", row)

    @property
    def resumed(self) -> Resumed | None:
        """What was taken over from earlier runs, if anything."""
        if not self._used.objects:
            return None
        (since,) = self._database.execute("SELECT at FROM begun").fetchone()
        return Resumed(objects=self._used.objects, octets=self._used.octets, since=Instant(since))


@contextmanager
def finished_in(path: Path) -> Iterator[Finished]:
    """Open or make the file; it is removed when the block comes to its end: nothing is left to go on with then.

    Raises:
        ResumeUnusableError: it is something else, or cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            (mark,) = database.execute("PRAGMA application_id").fetchone()
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and mark != MARK:
                raise ResumeUnusableError(f"{path} is no file to resume an audit from.", do="Name another file.")
            # Losing the last acts to a power failure costs reading them again, so nothing waits for the disk.
            database.executescript(
                f"PRAGMA application_id = {MARK}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {TABLES}"
            )
            yield Finished(database)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    path.unlink()


def _unusable(path: Path, error: sqlite3.Error) -> ResumeUnusableError:
    return ResumeUnusableError(
        f"{path} cannot be used to resume an audit: {error}.", do="Name another file, in a folder that can be written."
    )
