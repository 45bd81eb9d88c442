"""What plans of destruction list, what partitions lost, and where the two differ: tables of an audit's register."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.digest import Digest
from schemas.ledger import DispositionPlanned

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

TABLES = """
CREATE TABLE plans (act INTEGER PRIMARY KEY, name TEXT UNIQUE, certified BOOLEAN, read BOOLEAN DEFAULT FALSE);
CREATE TABLE replacing (plan INTEGER, key TEXT, act INTEGER, PRIMARY KEY (plan, key)) WITHOUT ROWID;
CREATE INDEX replacing_by_key ON replacing (key);
CREATE TABLE partitions (number INTEGER PRIMARY KEY, key TEXT UNIQUE, read BOOLEAN DEFAULT FALSE);
CREATE TABLE listed (partition INTEGER, record BLOB, plan INTEGER, PRIMARY KEY (partition, record, plan)) WITHOUT ROWID;
CREATE TABLE gone (partition INTEGER, record BLOB, PRIMARY KEY (partition, record)) WITHOUT ROWID;
"""
WANT_LISTS = """
UPDATE acts SET wanted = TRUE WHERE number IN (
    SELECT plan FROM replacing JOIN acts AS work ON work.number = replacing.act WHERE work.wanted)
"""
UNPLANNED = """
SELECT key, record FROM gone JOIN partitions ON number = gone.partition
WHERE NOT EXISTS (
    SELECT 1 FROM listed JOIN replacing ON replacing.plan = listed.plan AND replacing.key = partitions.key
    WHERE listed.partition = gone.partition AND listed.record = gone.record)
AND NOT EXISTS (
    SELECT 1 FROM replacing JOIN plans ON plans.act = replacing.plan
    WHERE replacing.key = partitions.key AND NOT plans.read)
"""
NOT_GONE = """
SELECT name, key, record FROM listed JOIN plans ON plans.act = listed.plan JOIN partitions ON number = partition
WHERE certified AND plans.read AND key IN (SELECT key FROM objects)
AND (partitions.read OR key NOT IN (SELECT key FROM replaced))
AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.partition = listed.partition AND gone.record = listed.record)
"""


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """The act of a plan whose list is read, by its number."""

    number: int
    act: DispositionPlanned


class Destruction:
    """Nothing of it is in memory. A plan is told by the number of its act."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for statement in TABLES.split(";"):
            database.execute(statement)

    def add_plan(self, name: str, *, entry: int, certified: bool) -> int | None:
        """Note a plan that was proposed in ``entry``, and return its act; ``None``: that entry is not known."""
        query = "SELECT number FROM acts WHERE entry = ? AND kind = 'disposition-planned'"
        row = self._database.execute(query, (entry,)).fetchone()
        if row is None:
            return None
        # After a damaged entry an act may be counted that no rule would let in, such as a second plan in an entry.
        query = "INSERT OR IGNORE INTO plans (act, name, certified) VALUES (?, ?, ?)"
        self._database.execute(query, (row[0], name, certified))
        return int(row[0])

    def replace(self, plan: str, key: str, *, act: int) -> None:
        """Note that a plan replaced an object of an act, and was not stopped before that was done."""
        query = "INSERT OR IGNORE INTO replacing SELECT act, ?, ? FROM plans WHERE name = ?"
        self._database.execute(query, (key, act, plan))

    def want_lists(self) -> None:
        """Read the lists of plans that replaced something that is read."""
        self._database.execute(WANT_LISTS)

    def plans(self) -> Iterator[NamedPlan]:
        """Yield the plans whose lists are read."""
        for number, act in self._rows(
            "SELECT number, act FROM acts WHERE wanted AND kind = 'disposition-planned' ORDER BY number"
        ):
            yield NamedPlan(number, DispositionPlanned.from_bytes(act))

    def add_listed(self, plan: int, partition: str, records: Iterable[Digest]) -> None:
        """Note what a plan lists of a partition."""
        number = self._partition(partition)
        rows = ((number, record.raw, plan) for record in records)
        self._database.executemany("INSERT OR IGNORE INTO listed VALUES (?, ?, ?)", rows)

    def accept_list(self, plan: int) -> None:
        """Note that a plan's list was read and is what it must be: without that, nothing is judged by it."""
        self._database.execute("UPDATE plans SET read = TRUE WHERE act = ?", (plan,))

    def add_lost(self, partition: str, records: Iterable[Digest]) -> None:
        """Note what is gone from a partition that was read and of which the rest is sound."""
        number = self._partition(partition)
        self._database.execute("UPDATE partitions SET read = TRUE WHERE number = ?", (number,))
        rows = ((number, record.raw) for record in records)
        self._database.executemany("INSERT OR IGNORE INTO gone VALUES (?, ?)", rows)

    def unplanned(self) -> Iterator[tuple[str, Digest]]:
        """Yield the records that are gone and in no list of a plan that replaced their partition, by its key."""
        return ((key, Digest(record)) for key, record in self._rows(UNPLANNED))

    def not_gone(self) -> Iterator[tuple[str, str, Digest]]:
        """Yield, by plan and partition, the records of certified plans that are not gone from it, where it was read."""
        return ((plan, key, Digest(record)) for plan, key, record in self._rows(NOT_GONE))

    @property
    def lost(self) -> int:
        """How many records are gone from the partitions that were read."""
        return self._one("SELECT count(*) FROM gone")

    @property
    def captures(self) -> tuple[int, int]:
        """Of how many captures something was destroyed, and how many of these are read."""
        query = """SELECT count(*), coalesce(sum(wanted), 0) FROM acts
            WHERE kind = 'captured' AND number IN (SELECT act FROM replaced)"""
        captures, read = self._database.execute(query).fetchone()
        return int(captures), int(read)

    def _partition(self, key: str) -> int:
        self._database.execute("INSERT OR IGNORE INTO partitions (key) VALUES (?)", (key,))
        return self._one("SELECT number FROM partitions WHERE key = ?", key)

    def _rows(self, query: str, *given: object) -> Iterator[tuple[Any, ...]]:
        with closing(self._database.cursor()) as cursor:
            yield from cursor.execute(query, given)

    def _one(self, query: str, *given: object) -> int:
        return int(self._database.execute(query, given).fetchone()[0])
