"""What an account holds, noted in a local file (SQLite) that is read item by item, however many there are.

It is no evidence: it may be deleted at any time. Rows only ever say what one capture of the ledger sealed, and
everybody reads those of the captures that they know themselves: so any number of processes may share it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

import msgspec

from archiver.observe import Failing, Version
from schemas.digest import Digest
from schemas.errors import UnavailableError
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Value = TypeVar("Value")

FORM = 4
BUSY_SECONDS = 60.0
SCHEMA = f"""
PRAGMA user_version = {FORM};
CREATE TABLE IF NOT EXISTS note (acts INTEGER NOT NULL, last TEXT NOT NULL, condemned INTEGER);
CREATE TABLE IF NOT EXISTS version (
    item TEXT NOT NULL, number INTEGER NOT NULL, act INTEGER NOT NULL, record BLOB NOT NULL, native BLOB NOT NULL,
    derived BLOB NOT NULL, substance BLOB NOT NULL, kind TEXT NOT NULL, captured INTEGER NOT NULL,
    created INTEGER, imported INTEGER NOT NULL, url TEXT, thread TEXT, verdict TEXT,
    PRIMARY KEY (item, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS medium (
    item TEXT NOT NULL, url TEXT NOT NULL, act INTEGER NOT NULL, failing BLOB, PRIMARY KEY (item, url, act)
    ) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS list (
    name TEXT NOT NULL, act INTEGER NOT NULL, contents BLOB NOT NULL, PRIMARY KEY (name, act)) WITHOUT ROWID;
"""
CELLS = "record, native, derived, substance, kind, captured, created, imported, url, thread, verdict"


class NotesUnusableError(UnavailableError):
    """What is noted of an account on this machine cannot be read or written; it was removed, to be made anew."""

    code = "NOTES_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Covered:
    """What the notes of an account cover: its first ``acts`` sealed captures, of which ``last`` is the last's name.

    ``condemned`` is the entry that condemned some of it last: after another one, all is read again.
    """

    acts: int = 0
    last: str = ""
    condemned: int | None = None


class Notes:
    """The notes of one account; readers see what the first ``acts`` captures sealed.

    Raises:
        NotesUnusableError: the file cannot be read or written, now or later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._working():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._close = finalize(self, self._database.close)
            # No journal lies beside the file, which may be another one by now: one that was being extended says so.
            self._database.execute("PRAGMA journal_mode = MEMORY")
            form = self._database.execute("PRAGMA user_version").fetchone()[0]
            if form not in (0, FORM):
                raise sqlite3.DatabaseError("it is of another version")
            if not form:
                self._database.executescript(SCHEMA)

    @classmethod
    def opened(cls, path: Path) -> Notes:
        """Return the notes at ``path``; what is there and is none is made anew."""
        try:
            return cls(path)
        except NotesUnusableError:
            return cls(path)

    def covered(self) -> Covered:
        """Return what they cover."""
        with self._working():
            row = self._database.execute("SELECT acts, last, condemned FROM note").fetchone()
        return Covered(*row) if row else Covered()

    def are_empty(self) -> bool:
        """Return whether nothing is noted: notes that cover nothing and yet have something were being extended."""
        return bool(next(self.rows("SELECT NOT EXISTS (SELECT 1 FROM version)"))[0])

    def anew(self) -> Notes:
        """Return empty notes in the place of these; who reads these goes on reading them."""
        self._close()
        self.remove()
        return Notes(self.path)

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def extending(self) -> Iterator[None]:
        """Hold the right to write until the block ends; if it does not get there, the notes cover nothing."""
        with self._working():
            self._database.execute("DELETE FROM note")
            self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._working():
                self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def add(self, versions: Iterable[tuple[str, int, Version]]) -> None:
        """Note versions of items, each with the number of the capture that sealed it; in order."""
        with self._working():
            (number,) = self._database.execute("SELECT coalesce(max(number), -1) FROM version").fetchone()
            self._database.executemany(
                f"INSERT INTO version (item, number, act, {CELLS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    (item, number + place, act, *_cells(version))
                    for place, (item, act, version) in enumerate(versions, start=1)
                ),
            )

    def put_list(self, name: str, act: int, contents: tuple[str, ...]) -> None:
        """Note what a list holds after a capture."""
        with self._working():
            self._database.execute(
                "INSERT OR REPLACE INTO list VALUES (?, ?, ?)", (name, act, msgspec.json.encode(contents))
            )

    def put_medium(self, item: str, url: str, act: int, failing: Failing | None) -> None:
        """Note whether a medium of an item is failing after a capture; of one that never was nothing is noted."""
        with self._working():
            self._database.execute(
                "INSERT OR REPLACE INTO medium VALUES (?, ?, ?, ?)",
                (item, url, act, failing.to_bytes() if failing else None),
            )

    def failing(self, *, acts: int) -> Mapping[str, tuple[Failing, ...]]:
        """Return by item the media that were failing after the first ``acts`` captures; read when asked for."""
        return _Read(
            self,
            f"SELECT item, url, failing FROM medium WHERE act < {acts:d}",  # noqa: S608 - a number
            "item",
            "act",
            _failing,
        )

    def cover(self, covered: Covered) -> None:
        """Note what they cover now."""
        with self._working():
            self._database.execute("DELETE FROM note")
            self._database.execute("INSERT INTO note VALUES (?, ?, ?)", (covered.acts, covered.last, covered.condemned))

    def versions(self, *, acts: int) -> Mapping[str, tuple[Version, ...]]:
        """Return every item's versions, oldest first, that the first ``acts`` captures sealed; read when asked for."""
        return _Read(
            self,
            f"SELECT item, {CELLS} FROM version WHERE act < {acts:d}",  # noqa: S608 - a number
            "item",
            "number",
            lambda rows: tuple(_version(row) for row in rows),
        )

    def lists(self, *, acts: int) -> Mapping[str, tuple[str, ...]]:
        """Return what each list held after the first ``acts`` captures, in its order."""
        return _Read(
            self,
            f"SELECT name, contents FROM list WHERE act < {acts:d}",  # noqa: S608 - a number
            "name",
            "act",
            lambda rows: tuple(msgspec.json.decode(rows[-1][1], type=tuple[str, ...])),
        )

    def rows(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement."""
        with self._working():
            yield from self._database.execute(statement, values)

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self.remove()
            raise NotesUnusableError(
                f"What is noted in {self.path} cannot be used: {error}.",
                do="Call again: it is made anew. If that does not help, make room or mend the permissions there.",
            ) from error


class _Read(Mapping[str, Value]):
    """A mapping whose values are read when they are asked for."""

    def __init__(
        self, notes: Notes, statement: str, key: str, order: str, value: Callable[[list[tuple[Any, ...]]], Value]
    ) -> None:
        self._notes, self._statement, self._key, self._order, self._value = notes, statement, key, order, value

    def __getitem__(self, name: str) -> Value:
        rows = list(self._notes.rows(f"{self._statement} AND {self._key} = ? ORDER BY {self._order}", name))
        if not rows:
            raise KeyError(name)
        return self._value(rows)

    def __iter__(self) -> Iterator[str]:
        where = self._statement[self._statement.index(" FROM ") :]
        return (name for (name,) in self._notes.rows(f"SELECT DISTINCT {self._key}{where} ORDER BY {self._key}"))

    def __len__(self) -> int:
        counted = self._statement.replace("SELECT ", f"SELECT count(DISTINCT {self._key}), ", 1)
        return int(next(self._notes.rows(counted))[0])

    def items(self) -> Any:  # noqa: ANN401 - a view that is read once, in order
        """Yield names and values, one after the other."""
        return self._all()

    def _all(self) -> Iterator[tuple[str, Value]]:
        ordered = self._notes.rows(f"{self._statement} ORDER BY {self._key}, {self._order}")
        for name, rows in groupby(ordered, key=itemgetter(0)):
            yield name, self._value(list(rows))

    def values(self) -> Any:  # noqa: ANN401 - a view that is read once, in order
        """Yield values, one after the other."""
        return (value for _, value in self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment] # as of any mapping


def _cells(version: Version) -> tuple[object, ...]:
    digests = (version.record, version.native, version.derived, version.substance)
    created = version.created.micros if version.created else None
    said = (
        version.kind,
        version.captured.micros,
        created,
        version.imported,
        version.url,
        version.thread,
        version.verdict,
    )
    return (*(digest.raw for digest in digests), *said)


def _failing(rows: list[tuple[Any, ...]]) -> tuple[Failing, ...]:
    latest = {url: failing for _, url, failing in rows}
    return tuple(Failing.from_bytes(failing) for failing in latest.values() if failing is not None)


def _version(row: tuple[Any, ...]) -> Version:
    _, record, native, derived, substance, kind, captured, created, imported, url, thread, verdict = row
    return Version(
        record=Digest(record),
        native=Digest(native),
        derived=Digest(derived),
        substance=Digest(substance),
        kind=kind,
        captured=Instant(captured),
        created=None if created is None else Instant(created),
        imported=bool(imported),
        url=url,
        thread=thread,
        verdict=verdict,
    )
