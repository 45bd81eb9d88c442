"""What the ledger names, in a temporary file: an audit's memory does not grow with the archive."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import msgspec

from manifests.audit.destruction import Destruction
from manifests.history import objects_of
from schemas.canonical import unspell
from schemas.digest import Digest
from schemas.disposition import Replaced
from schemas.instant import Instant
from schemas.ledger import (
    Captured,
    DispositionCertified,
    DispositionPlanned,
    MatterClosed,
    MatterOpened,
    ObjectsCondemned,
    Produced,
    RecordsTransferred,
)
from schemas.stored import StoredObject
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from manifests.registers import Replacement
    from schemas.ledger import Entry

Fate: TypeAlias = Literal["stands", "condemned", "gone"]
"""What became of an object that the ledger names, as the ledger says."""
Reading: TypeAlias = Captured | Produced | DispositionCertified | RecordsTransferred | MatterOpened | MatterClosed
"""The acts whose objects are read one act at a time, in any order."""
Own: TypeAlias = Reading | DispositionPlanned
"""The acts that name objects, but for what takes the place of others: that belongs to the act that named those."""

HEAVIEST = 1 << 44
"""What an act says that it weighs is believed up to that many bytes: together they can be counted."""
RECORD_WEIGHT = 4096
"""Checking a record takes about as long as reading so many bytes of media."""

TABLES = """
CREATE TABLE entries (place INTEGER PRIMARY KEY, at INTEGER, clock INTEGER, previous BLOB, signer TEXT);
CREATE TABLE roots (size INTEGER PRIMARY KEY, root BLOB);
CREATE TABLE acts (
    number INTEGER PRIMARY KEY, entry INTEGER, leaf BLOB, position INTEGER, weight INTEGER, kind TEXT, act BLOB,
    changed INTEGER, wanted BOOLEAN DEFAULT TRUE
);
CREATE TABLE objects (key TEXT PRIMARY KEY, act INTEGER, entry INTEGER, own BOOLEAN, stored BLOB) WITHOUT ROWID;
CREATE TABLE replaced (key TEXT PRIMARY KEY, act INTEGER, content BLOB) WITHOUT ROWID;
CREATE INDEX replaced_by_act ON replaced (act);
CREATE TABLE out (key TEXT PRIMARY KEY, gone BOOLEAN) WITHOUT ROWID;
CREATE TABLE strays (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX acts_by_weight ON acts (weight);
"""
FATES = """
SELECT key, CASE WHEN gone IS NULL THEN 'stands' WHEN gone THEN 'gone' ELSE 'condemned' END
FROM objects LEFT JOIN out USING (key)
UNION ALL SELECT key, CASE WHEN gone THEN 'gone' ELSE 'condemned' END
FROM out WHERE key NOT IN (SELECT key FROM objects)
UNION ALL SELECT entry_key(place), 'stands' FROM entries
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An accepted entry, as far as its guards and versions are judged by it."""

    index: int
    at: Instant
    clock: Instant
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class Work:
    """An act whose objects are to be read, and what stands for those that were replaced."""

    act: Reading
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedAct:
    """An act with objects, and its ``weight`` in work; ``leaf`` is its entry's hash, ``position`` its place there."""

    number: int
    leaf: bytes
    position: int
    weight: int
    work: Work


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object that the ledger names, and whether it is among those that are read."""

    stored: StoredObject
    wanted: bool


class Register:
    """A private SQLite file without a name, gone with the process; for one thread."""

    def __init__(self) -> None:
        # An empty name is a file that SQLite deletes at once: it spills there what its small cache does not hold.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {TABLES} BEGIN;")
        self._database.create_function("entry_key", 1, layout.entry, deterministic=True)
        self.destruction = Destruction(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add_root(self, size: int, root: Digest) -> None:
        """Note the root of the first ``size`` entries."""
        self._database.execute("INSERT INTO roots VALUES (?, ?)", (size, root.raw))

    def add(self, entry: Entry, leaf: Digest, *, signer: str) -> tuple[str, ...]:
        """Note an accepted entry, ``signer`` being its key's name and id; return the keys that earlier acts name too.

        They are the keys of partitions.
        """
        previous = entry.previous.raw if entry.previous else None
        row = (entry.index, entry.at.micros, entry.clock.micros, previous, signer)
        self._database.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)
        taken: list[str] = []
        for position, act in enumerate(entry.acts):
            if isinstance(act, Own) and objects_of(act):
                taken += self._add_act(entry.index, leaf, position, act)
            if isinstance(act, ObjectsCondemned):
                rows = ((key,) for key in act.strays)
                self._database.executemany("INSERT OR IGNORE INTO strays VALUES (?)", rows)
        return tuple(taken)

    def _add_act(self, entry: int, leaf: Digest, position: int, act: Own) -> list[str]:
        taken: list[str] = []
        if isinstance(act, Captured):
            taken = [partition.stored.key for partition in act.partitions if self._is_named(partition.stored.key)]
            kept = tuple(partition for partition in act.partitions if partition.stored.key not in taken)
            act = msgspec.structs.replace(act, partitions=kept)
        stored = objects_of(act)
        rows = sum(partition.rows for partition in act.partitions) if isinstance(act, Captured) else 0
        weight = min(sum(one.size for one in stored) + RECORD_WEIGHT * rows, HEAVIEST)
        number = self._database.execute(
            "INSERT INTO acts (entry, leaf, position, weight, kind, act, changed) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry, leaf.raw, position, weight, act.__struct_config__.tag, act.to_bytes(), entry),
        ).lastrowid
        self._database.executemany(
            "INSERT OR IGNORE INTO objects VALUES (?, ?, ?, TRUE, ?)",
            [(one.key, number, entry, one.to_bytes()) for one in stored],
        )
        return taken

    def replace(self, act: int, row: Replacement, *, changed: int) -> tuple[str, ...]:
        """Note what was to take the place of an object of ``act``, which changed in that entry the last time.

        Returns the keys that are named already.
        """
        stored = [one for one in (row.replaced.now, row.replaced.leaves) if one]
        taken = tuple(one.key for one in stored if self._is_named(one.key))
        self._database.executemany(
            "INSERT OR IGNORE INTO objects VALUES (?, ?, ?, FALSE, ?)",
            [(one.key, act, row.entry, one.to_bytes()) for one in stored],
        )
        self.change(act, entry=changed)
        return taken

    def stand(self, act: int, replaced: Replaced) -> None:
        """Note what stands for an object of ``act`` by the last word of the ledger."""
        row = (replaced.key, act, replaced.to_bytes())
        self._database.execute("INSERT OR REPLACE INTO replaced VALUES (?, ?, ?)", row)

    def change(self, act: int, *, entry: int) -> None:
        """Note that an entry changed what is to be read of ``act``, or how it is judged."""
        self._database.execute("UPDATE acts SET changed = max(changed, ?) WHERE number = ?", (entry, act))

    def put_out(self, key: str, *, gone: bool) -> None:
        """Note that an object is not read any more, and whether it is said to be gone."""
        self._database.execute("INSERT OR REPLACE INTO out VALUES (?, ?)", (key, gone))

    def is_stray(self, key: str) -> bool:
        """Whether an act condemned an object that no entry names, as it said."""
        return self._one("SELECT count(*) FROM strays WHERE key = ?", key) > 0

    def strays_named(self) -> Iterator[str]:
        """Yield the keys that were condemned as strays, and that entries name."""
        return (key for (key,) in self._rows("SELECT key FROM strays JOIN objects USING (key) ORDER BY key"))

    def find_act(self, key: str) -> int | None:
        """Return the number of the capture or production that names an object as its own, or ``None``."""
        query = """SELECT number FROM objects JOIN acts ON number = objects.act
            WHERE key = ? AND own AND kind IN ('captured', 'produced')"""
        row = self._database.execute(query, (key,)).fetchone()
        return int(row[0]) if row else None

    def _is_named(self, key: str) -> bool:
        return self._one("SELECT count(*) FROM objects WHERE key = ?", key) > 0

    def find_root(self, size: int) -> Digest | None:
        """Return the root of the first ``size`` entries, as far as they could be read."""
        row = self._database.execute("SELECT root FROM roots WHERE size = ?", (size,)).fetchone()
        return Digest(row[0]) if row else None

    def find_entry(self, index: int) -> NamedEntry | None:
        """Return an accepted entry."""
        row = self._database.execute(
            "SELECT place, at, clock, previous FROM entries WHERE place = ?", (index,)
        ).fetchone()
        return _entry(row) if row else None

    def entries(self) -> Iterator[NamedEntry]:
        """Yield the accepted entries in order."""
        return (_entry(row) for row in self._rows("SELECT place, at, clock, previous FROM entries ORDER BY place"))

    def signed_by(self, signer: str, *, since: int) -> Iterator[int]:
        """Yield the entries from ``since`` on that a key signed, by its name and id."""
        query = "SELECT place FROM entries WHERE signer = ? AND place >= ? ORDER BY place"
        return (int(place) for (place,) in self._rows(query, signer, since))

    @property
    def entry_count(self) -> int:
        """How many entries were accepted."""
        return self._one("SELECT count(*) FROM entries")

    def count_objects(self, *, since: int = 0) -> int:
        """Return how many objects entries from ``since`` on name that stand."""
        query = "SELECT count(*) FROM objects LEFT JOIN out USING (key) WHERE entry >= ? AND gone IS NULL"
        return self._one(query, since)

    def objects(self, *, since: int = 0) -> Iterator[NamedObject]:
        """Yield the objects that entries from ``since`` on name and that stand, in the order of keys."""
        rows = self._rows(
            "SELECT stored, wanted FROM objects JOIN acts ON number = objects.act LEFT JOIN out USING (key) "
            "WHERE objects.entry >= ? AND gone IS NULL ORDER BY key",
            since,
        )
        return (NamedObject(StoredObject.from_bytes(stored), bool(wanted)) for stored, wanted in rows)

    def fates(self) -> Iterator[tuple[str, Fate]]:
        """Yield every key that the ledger or an accepted entry of it has, or that was condemned, in order."""
        return ((key, fate) for key, fate in self._rows(FATES))

    def find(self, key: str) -> NamedObject | None:
        """Return the object at ``key``, if the ledger names one."""
        row = self._database.execute(
            "SELECT stored, wanted FROM objects JOIN acts ON number = objects.act WHERE key = ?", (key,)
        ).fetchone()
        return NamedObject(StoredObject.from_bytes(row[0]), bool(row[1])) if row else None

    def want_since(self, entry: int) -> None:
        """Leave out of what is read the acts of which nothing changed in the entries from ``entry`` on."""
        self._database.execute("UPDATE acts SET wanted = FALSE WHERE changed < ?", (entry,))

    def want_only(self, keys: Iterable[str]) -> None:
        """Read only the acts that name one of ``keys``."""
        self._database.execute("UPDATE acts SET wanted = FALSE")
        self._database.executemany(
            "UPDATE acts SET wanted = TRUE WHERE number = (SELECT act FROM objects WHERE key = ?)",
            ((key,) for key in keys),
        )

    def leave_out(self, numbers: Iterable[int]) -> None:
        """Leave out of what is read the acts of these numbers."""
        self._database.executemany("UPDATE acts SET wanted = FALSE WHERE number = ?", ((number,) for number in numbers))

    @property
    def wanted(self) -> tuple[int, int]:
        """How many acts are read, and their weight."""
        query = "SELECT count(*), coalesce(sum(weight), 0) FROM acts WHERE wanted AND kind <> 'disposition-planned'"
        row = self._database.execute(query).fetchone()
        return int(row[0]), int(row[1])

    def acts(self) -> Iterator[NamedAct]:
        """Yield the acts that are read, but for plans, the heaviest first, so that the last ones are short."""
        for number, leaf, position, weight, act in self._rows(
            "SELECT number, leaf, position, weight, act FROM acts "
            "WHERE wanted AND kind <> 'disposition-planned' ORDER BY weight DESC, number"
        ):
            contents = self._rows("SELECT content FROM replaced WHERE act = ? ORDER BY key", number)
            replaced = tuple(Replaced.from_bytes(content) for (content,) in contents)
            yield NamedAct(number, leaf, position, weight, Work(unspell(act, Reading), replaced))

    def _rows(self, query: str, *given: object) -> Iterator[tuple[Any, ...]]:
        with closing(self._database.cursor()) as cursor:
            yield from cursor.execute(query, given)

    def _one(self, query: str, *given: object) -> int:
        return int(self._database.execute(query, given).fetchone()[0])


def _entry(row: tuple[int, int, int, bytes | None]) -> NamedEntry:
    index, at, clock, previous = row
    return NamedEntry(index, Instant(at), Instant(clock), Digest(previous) if previous else None)
