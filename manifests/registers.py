"""What grows with the ledger, by number and by name: captures, acts that name objects, the tree's hashes (SQLite).

A local file saves reading the ledger anew at every start. It is no evidence: it may be deleted at any time, and what
judges the archive (the audit) never reads it. Any number of processes may share it: rows only ever say what one
entry of the one ledger says, and everybody reads those of the entries that they have accepted themselves.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import finalize

from schemas.canonical import NotCanonicalError
from schemas.digest import SIZE, Digest
from schemas.disposition import Replaced
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FORM = 3
BUSY_SECONDS = 60.0
Phase: TypeAlias = Literal["begun", "done"]
Column: TypeAlias = Literal["plan", "key", "was", "now", "leaves"]
TOGETHER = 500
"""How many rows are read at once: no reading lasts while they are used."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS node (
    level INTEGER, number INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capture (name TEXT PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS act (
    number INTEGER PRIMARY KEY, entry INTEGER NOT NULL, account TEXT, sealed INTEGER,
    content BLOB NOT NULL, digest BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS act_entry ON act (entry);
CREATE INDEX IF NOT EXISTS act_account ON act (account, number);
CREATE INDEX IF NOT EXISTS act_sealed ON act (account, sealed) WHERE sealed IS NOT NULL;
CREATE TABLE IF NOT EXISTS replacement (
    number INTEGER PRIMARY KEY, entry INTEGER NOT NULL, plan TEXT NOT NULL, key TEXT NOT NULL, was TEXT NOT NULL,
    now TEXT, leaves TEXT, content BLOB NOT NULL, digest BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS replacement_plan ON replacement (plan);
CREATE INDEX IF NOT EXISTS replacement_key ON replacement (key);
CREATE INDEX IF NOT EXISTS replacement_was ON replacement (was);
CREATE INDEX IF NOT EXISTS replacement_now ON replacement (now);
CREATE INDEX IF NOT EXISTS replacement_leaves ON replacement (leaves);
CREATE TABLE IF NOT EXISTS deletion (
    number INTEGER PRIMARY KEY, entry INTEGER NOT NULL, key TEXT NOT NULL, phase TEXT NOT NULL, digest BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS deletion_key ON deletion (key);
CREATE TABLE IF NOT EXISTS snapshot (
    form INTEGER PRIMARY KEY, size INTEGER NOT NULL, last BLOB NOT NULL, content BLOB NOT NULL, digest BLOB NOT NULL);
"""


class RegistersUnusableError(UnavailableError):
    """The local registers are damaged or cannot be written; the ledger is read anew without them."""

    code = "REGISTERS_UNUSABLE"


class RegistersDamagedError(RegistersUnusableError):
    """The local registers are not what was written."""

    code = "REGISTERS_DAMAGED"


@dataclass(frozen=True, slots=True)
class Row:
    """An act that names objects.

    ``number`` counts all of them, and ``sealed`` those of its account that name partitions, both from 0 without a gap:
    so a row that got lost is noticed.
    """

    number: int
    entry: int
    account: str | None
    sealed: int | None
    content: bytes

    @property
    def digest(self) -> bytes:
        """What shows that a stored row is whole."""
        said = f"{self.number} {self.entry} {self.account} {self.sealed} ".encode()
        return Digest.of(said + self.content).raw


@dataclass(frozen=True, slots=True)
class Replacement:
    """What an entry put in an object's place (``schemas.disposition.Replaced``); ``number`` counts all of them."""

    number: int
    entry: int
    plan: str
    replaced: Replaced

    @property
    def cells(self) -> tuple[object, ...]:
        """What is stored: last what shows that all of it is whole."""
        one = self.replaced
        now, leaves = (stored.key if stored else None for stored in (one.now, one.leaves))
        cells = (self.number, self.entry, self.plan, one.key, one.was, now, leaves, one.to_bytes())
        return (*cells, _digest_of(cells))


@dataclass(frozen=True, slots=True)
class Deletion:
    """An entry says that the object at ``key`` is deleted from then on, or that it is gone; ``number`` counts all."""

    number: int
    entry: int
    key: str
    phase: Phase

    @property
    def cells(self) -> tuple[object, ...]:
        """What is stored: last what shows that all of it is whole."""
        cells = (self.number, self.entry, self.key, self.phase)
        return (*cells, _digest_of(cells))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rest of what the first ``size`` entries say, whose last one has the leaf hash ``last``."""

    size: int
    last: Digest
    content: bytes

    @property
    def digest(self) -> bytes:
        """What shows that a stored snapshot is whole."""
        return Digest.of(f"{self.size} {self.last} ".encode() + self.content).raw


class Registers:
    """The registers in a file, or for one process alone in a temporary one that the system clears away."""

    def __init__(self, path: Path | None = None) -> None:
        """Open, or make them.

        Raises:
            RegistersUnusableError: they are damaged, or cannot be made.
        """
        self._path = path
        self._checked = False
        # Asking several witnesses at once, each in a thread, reads hashes at once.
        self._alone = RLock()
        with self._guarded():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path or "", timeout=BUSY_SECONDS, check_same_thread=False)
            finalize(self, self._db.close)
            # Durable enough: what a power failure takes is read anew.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(SCHEMA)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Translate what SQLite raises; a damaged file is removed, so that the next start makes it anew."""
        try:
            with self._alone:
                yield
        except (sqlite3.OperationalError, OSError) as error:
            raise RegistersUnusableError(
                f"The local registers of the ledger cannot be used: {error}.",
                do="Make room or mend the permissions of the folder 'state' in the archive's home; "
                "if that does not help, delete the file ledger.db in it, which is made again.",
            ) from error
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise self.damaged(str(error)) from error

    def damaged(self, why: str) -> RegistersDamagedError:
        """Remove the file, which is damaged, and return the error that says so."""
        self.remove()
        return RegistersDamagedError(
            f"The local registers of the ledger were damaged ({why}) and are removed.",
            do="Run the command again: they are made anew from the ledger. Nothing else depended on them.",
        )

    def remove(self) -> None:
        """Remove the file: it is damaged, or not of this ledger. Who has it open keeps what he has."""
        if self._path is not None:
            for end in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    def enter(
        self,
        *,
        captures: Iterable[tuple[str, int]],
        acts: Iterable[Row],
        nodes: Iterable[tuple[int, int, Digest]],
        replacements: Iterable[Replacement] = (),
        deletions: Iterable[Deletion] = (),
    ) -> None:
        """Add what one entry says; what is there already stays."""
        with self._guarded(), self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO replacement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (one.cells for one in replacements),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO deletion VALUES (?, ?, ?, ?, ?)",
                (one.cells for one in deletions),
            )
            self._db.executemany("INSERT OR REPLACE INTO capture VALUES (?, ?)", captures)
            self._db.executemany(
                "INSERT OR REPLACE INTO act VALUES (?, ?, ?, ?, ?, ?)",
                ((row.number, row.entry, row.account, row.sealed, row.content, row.digest) for row in acts),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO node VALUES (?, ?, ?)",
                ((level, number, node.raw) for level, number, node in nodes),
            )

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, if no later one is there."""
        row = (FORM, snapshot.size, snapshot.last.raw, snapshot.content, snapshot.digest)
        with self._guarded(), self._db:
            self._db.execute(
                "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?) ON CONFLICT (form) DO UPDATE SET size = excluded.size, "
                "last = excluded.last, content = excluded.content, digest = excluded.digest "
                "WHERE excluded.size > snapshot.size",
                row,
            )

    def snapshot(self) -> Snapshot | None:
        """Return the latest snapshot, if there is one that this version can read.

        Raises:
            RegistersDamagedError: it is damaged.
        """
        query = "SELECT size, last, content, digest FROM snapshot WHERE form = ?"
        for size, last, content, digest in self._read(query, FORM):
            with self._guarded():
                found = Snapshot(size, _digest(last), content)
                _demand(found.digest == digest)
            return found
        return None

    def find_capture(self, name: str, *, size: int) -> int | None:
        """Return the index of the entry, among the first ``size``, that holds a capture, or ``None``."""
        for (entry,) in self._read("SELECT entry FROM capture WHERE name = ? AND entry < ?", name, size):
            return int(entry)
        return None

    def acts(self, *, entry: int, count: int) -> Iterator[Row]:
        """Yield, of the first ``count`` acts that name objects, those in the entries from ``entry`` on, in order.

        Raises:
            RegistersDamagedError: one is missing or altered.
        """
        first = self._read("SELECT min(number) FROM act WHERE entry >= ?", entry)[0][0]
        query = "SELECT * FROM act WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
        return self._rows(query, attrgetter("number"), start=count if first is None else first, count=count)

    def acts_of(self, account: str, *, count: int) -> Iterator[Row]:
        """Yield an account's first ``count`` acts that name objects, in order.

        Raises:
            RegistersDamagedError: one is missing or altered.
        """
        last = -1
        while count > 0:
            query = "SELECT * FROM act WHERE account = ? AND number > ? ORDER BY number LIMIT ?"
            rows = self._read(query, account, last, min(count, TOGETHER))
            with self._guarded():
                _demand(bool(rows))
                found = [_whole(*row) for row in rows]
            yield from found
            count -= len(found)
            last = found[-1].number

    def sealed(self, account: str, *, start: int, count: int) -> Iterator[Row]:
        """Yield, of an account's first ``count`` acts with partitions, those from ``start`` on, in order.

        Raises:
            RegistersDamagedError: one is missing or altered.
        """
        query = "SELECT * FROM act WHERE sealed >= ? AND sealed < ? AND account = ? ORDER BY sealed LIMIT ?"
        return self._rows(query, attrgetter("sealed"), account, start=start, count=count)

    def replacements(self, column: Column, name: str, *, size: int) -> list[Replacement]:
        """Return what the first ``size`` entries put in the place of objects, in order, where a column holds a name.

        Raises:
            RegistersDamagedError: one is altered.
        """
        query = f"SELECT * FROM replacement WHERE {column} = ? AND entry < ? ORDER BY number"  # noqa: S608 - of ours
        return [self._replacement(*row) for row in self._read(query, name, size)]

    def all_replacements(self, *, count: int) -> Iterator[Replacement]:
        """Yield the first ``count`` replacements, in order.

        Raises:
            RegistersDamagedError: one is missing or altered.
        """
        for row in self._counted("replacement", count):
            yield self._replacement(*row)

    def check_replacements(self, *, replaced: int, deleted: int) -> None:
        """Check that the first ``replaced`` replacements and ``deleted`` deletions are there, and found by every name.

        What is looked up by a name cannot show that it is not all: a condemned object would be read, and its lock be
        renewed. So all of it is looked at once in a process, before anything relies on it.

        Raises:
            RegistersDamagedError: it is not so.
        """
        if self._checked or not replaced:
            return
        for table, count in (("replacement", replaced), ("deletion", deleted)):
            for _ in self._counted(table, count):
                pass
            said = self._read(f"PRAGMA integrity_check({table})")  # its indexes, too
            with self._guarded():
                _demand(said == [("ok",)])
        self._checked = True

    def _counted(self, table: str, count: int) -> Iterator[tuple[Any, ...]]:
        """Yield the first rows of a table by their numbers, each whole and none missing."""
        query = f"SELECT * FROM {table} WHERE number >= ? AND number < ? ORDER BY number"  # noqa: S608 - of ours
        for start in range(0, count, TOGETHER):
            end = min(start + TOGETHER, count)
            rows = self._read(query, start, end)
            with self._guarded():
                _demand([row[0] for row in rows] == list(range(start, end)))
                _demand(all(_digest_of(row[:-1]) == row[-1] for row in rows))
            yield from rows

    def find_deletion(self, key: str, phase: Phase, *, size: int) -> int | None:
        """Return the entry, among the first ``size``, that says that an object's deletion is begun, or done.

        Raises:
            RegistersDamagedError: it is altered.
        """
        query = "SELECT * FROM deletion WHERE key = ? AND entry < ? ORDER BY number"
        for number, entry, at, said, digest in self._read(query, key, size):
            with self._guarded():
                _demand(_digest_of((number, entry, at, said)) == digest)
            if said == phase:
                return int(entry)
        return None

    def _replacement(self, *row: Any) -> Replacement:  # noqa: ANN401 - as read
        number, entry, plan = row[:3]
        try:
            found = Replacement(number, entry, plan, Replaced.from_bytes(row[-2]))
        except NotCanonicalError as error:
            raise self.damaged(error.what) from error
        with self._guarded():
            _demand(found.cells == row)
        return found

    def node(self, level: int, number: int) -> Digest:
        """Return the root of a perfect subtree (``merkle.Nodes``).

        Raises:
            RegistersDamagedError: it is not there.
        """
        found = self._read("SELECT hash FROM node WHERE level = ? AND number = ?", level, number)
        with self._guarded():
            _demand(bool(found))
            return _digest(found[0][0])

    def _rows(
        self, query: str, numbered: Callable[[Row], int], *values: object, start: int, count: int
    ) -> Iterator[Row]:
        """Yield whole rows, a number of them at a time, and none less than there must be."""
        while start < count:
            rows = self._read(query, start, count, *values, TOGETHER)
            with self._guarded():
                _demand(bool(rows))
                found = [_whole(*row) for row in rows]
                _demand([numbered(row) for row in found] == list(range(start, start + len(found))))
            yield from found
            start += len(found)

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._guarded():
            return self._db.execute(query, values).fetchall()


def _whole(number: int, entry: int, account: str | None, sealed: int | None, content: bytes, digest: bytes) -> Row:
    row = Row(number, entry, account, sealed, content)
    _demand(row.digest == digest)
    return row


def _digest_of(cells: Iterable[object]) -> bytes:
    return Digest.of(repr(tuple(cells)).encode()).raw


def _digest(raw: bytes) -> Digest:
    _demand(len(raw) == SIZE)
    return Digest(raw)


def _demand(whole: bool) -> None:  # noqa: FBT001
    if not whole:
        raise ValueError("something is missing, or not what was written")
