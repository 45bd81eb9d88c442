"""Archives in which records were destroyed: the acts of plans made one by one, with real keys, on real objects."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from manifests.ceremony.proposals import Changes
from manifests.decisions.decided import DAY, Decided
from schemas.decisions import Decision, Disposition
from schemas.digest import Digest
from schemas.disposition import PlannedRecords, Replaced
from schemas.ledger import (
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    DispositionStopped,
    ObjectsCondemned,
    ObjectsDestroyed,
)
from schemas.merkle import root_of
from storage import layout, parquet, warc
from storage.objects import Content, read_stored
from tests.manifests.archives import ORIGIN
from tests.manifests.officers import Office, added, approver_key
from tests.manifests.sealing import Archivist, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from manifests.signing import SigningKey
    from schemas.ledger import Captured
    from schemas.partition import Partition
    from schemas.record import Record
    from schemas.stored import StoredObject
    from storage.parquet import Row, Survivors

AS_OF = date(2026, 1, 1)


@dataclass
class Undertaker(Archivist):
    """An archivist in whose archive two people may approve that records are destroyed."""

    jane: SigningKey = field(default_factory=lambda: approver_key("records-officer", "jane"))
    omar: SigningKey = field(default_factory=lambda: approver_key("legal-reviewer", "omar"))

    def __post_init__(self) -> None:
        super().__post_init__()
        office = Office(self.writer, ledger=self.ledger).hold_ceremony()
        office.adopt(Changes(added=added(self.jane, self.omar)))

    def append(self, *acts):
        """Commit acts."""
        return self.writer.append(self.ledger, *acts)

    @property
    def replacements(self):
        """Which objects stand."""
        return self.ledger.history.replacements

    def rows(self, act: Captured) -> list[Row]:
        """The rows that are left of a capture's one partition."""
        stored = self.stands(act.partitions[0].stored)
        return [] if stored is None else list(parquet.read_rows(io.BytesIO(read_stored(self.store, stored))))

    def stands(self, stored: StoredObject) -> StoredObject | None:
        """What stands for an object that a capture names."""
        replaced = self.replacements.find(stored.key)
        return stored if replaced is None else replaced.now

    def plan(
        self, name: str, listed: Mapping[str, Iterable[Digest]], *, say: Callable[..., object] = lambda act: act
    ) -> DispositionPlanned:
        """Propose that these records are destroyed, by the key of their partition."""
        lines = [
            PlannedRecords(partition=key, series=("s/1",), due=AS_OF, records=tuple(ids)) for key, ids in listed.items()
        ]
        content = b"".join(line.to_bytes() + b"\n" for line in lines)
        ids = [one for line in lines for one in line.records]
        act = DispositionPlanned(
            plan=name,
            size=self.ledger.head.size,
            as_of=AS_OF,
            records=len(ids),
            records_root=root_of(ids),
            listed=self.store.put_new(layout.planned(name), Content.of(content)),
        )
        self.append(say(act))
        return self.ledger.history.plans[name].act

    def begin(self, name: str) -> None:
        """Have two people approve a plan, and begin."""
        act = self.ledger.history.plans[name].act
        what = Disposition(plan=name, digest=Digest.of(act.to_bytes()), records=act.records, as_of=act.as_of)
        at = self.writer.clock.at
        decision = Decision(what=what, proposer="clerk", proposed=at, expires=at.plus(seconds=DAY))
        decided = Decided.proposed(ORIGIN, decision).signed(self.jane).signed(self.omar)
        self.append(DispositionBegun(plan=name, decision=decided.note.to_bytes().decode()))

    def condemn(
        self,
        name: str,
        acts: Sequence[tuple[Captured, Iterable[Digest]]],
        *,
        change: Callable[[list[Record]], list[Record]] = lambda records: records,
        strays: Sequence[str] = (),
        also: Sequence[bytes] = (),
    ) -> tuple[Replaced, ...]:
        """Put what survives of captures in their objects' place.

        The survivors may be changed before, and ``also`` be overwritten with what is destroyed.
        """
        replaced = tuple(one for act, gone in acts for one in self._replaced(name, act, set(gone), change, also))
        self.append(ObjectsCondemned(plan=name, account="blog", replaced=replaced, strays=tuple(strays)))
        return replaced

    def _replaced(self, name: str, act: Captured, gone: set[Digest], change, also) -> list[Replaced]:
        (partition,), (exchange,) = act.partitions, act.exchanges
        rows = self.rows(act)
        parted = [self._partition(name, partition, gone, change)]
        standing = self.stands(exchange)
        if standing is None:
            return parted
        left = [row.record for row in rows if row.id not in gone]
        key = layout.surviving(exchange.key, name)
        now = self.store.put_new(key, Content.of(self._overwritten(name, standing, rows, gone, also))) if left else None
        return [*parted, Replaced(key=exchange.key, was=standing.key, now=now)]

    def _partition(self, name: str, partition: Partition, gone: set[Digest], change) -> Replaced:
        key, before = partition.stored.key, self.replacements.find(partition.stored.key)
        standing = self.stands(partition.stored)
        source = io.BytesIO(read_stored(self.store, standing))
        left = changed(parquet.survivors(source, gone), change)
        now = self.store.put_new(layout.surviving(key, name), Content.of(left.content)) if left.content else None
        leaves = None
        if before is None or before.leaves is None:
            leaves = self.store.put_new(layout.leaves(key, name), Content.of(left.leaves))
        return Replaced(key=key, was=standing.key, now=now, leaves=leaves, rows=left.rows)

    def _overwritten(self, name: str, standing: StoredObject, rows: Sequence[Row], gone: set[Digest], also) -> bytes:
        target, slices = io.BytesIO(), {True: {}, False: {}}
        for row in rows:
            source = source_of(row.record)
            slices[row.id in gone].setdefault(source.exchange, []).append((source.offset, source.length))
        natives = [*(row.record.native for row in rows if row.id in gone), *also]
        warc.overwrite(
            io.BytesIO(read_stored(self.store, standing)),
            target,
            natives=[natives],
            turn=name,
            gone=slices[True],
            kept=slices[False],
        )
        return target.getvalue()

    def complete(self, name: str) -> None:
        """Say that a plan has condemned everything, unless it said so, or is stopped."""
        self.ledger.refresh()
        plan = self.ledger.history.plans[name]
        if plan.state == "running" and plan.complete is None:
            self.append(ObjectsCondemned(plan=name, complete=True))

    def destroy(self, name: str, *, keys: Sequence[str] | None = None, places: Sequence[str] = ("store",)) -> None:
        """Destroy what a plan condemned, or some of it, and say so."""
        self.complete(name)
        doomed = tuple(self.replacements.doomed(name)) if keys is None else tuple(keys)
        self.delete(name, doomed)
        for key in doomed:
            self.store.destroy(key)
        self.append(ObjectsDestroyed(plan=name, keys=doomed, places=tuple(places)))

    def delete(self, name: str, keys: Sequence[str]) -> None:
        """Say that objects are deleted from here on, of those of which that was not said."""
        fresh = tuple(key for key in keys if self.replacements.deleting(key) is None)
        if fresh:
            self.append(DeletionBegun(plan=name, keys=fresh))

    def stop(self, name: str) -> None:
        """Stop a plan."""
        self.append(DispositionStopped(plan=name, reason="A hold is coming"))

    def certify(self, name: str) -> None:
        """End a plan with its certificate."""
        self.ledger.refresh()
        plan = self.ledger.history.plans[name]
        certificate = self.store.put_new(layout.disposition_certificate(name), Content.of(b"%PDF of " + name.encode()))
        self.append(
            DispositionCertified(plan=name, records=plan.act.records, objects=plan.destroyed, certificate=certificate)
        )

    def begun(self, name: str, acts: Sequence[tuple[Captured, Iterable[Digest]]]) -> None:
        """Plan and begin to destroy records of captures."""
        self.plan(name, {act.partitions[0].stored.key: tuple(gone) for act, gone in acts})
        self.begin(name)

    def carry_out(self, name: str, acts: Sequence[tuple[Captured, Iterable[Digest]]]) -> None:
        """Destroy records of captures from the proposal to the certificate."""
        self.begun(name, acts)
        self.condemn(name, acts)
        self.destroy(name)
        self.certify(name)


def changed(left: Survivors, change: Callable[[list[Record]], list[Record]]) -> Survivors:
    """Survivors of which somebody changed the rows."""
    if left.content is None:
        return left
    records = [row.record for row in parquet.read_rows(io.BytesIO(left.content))]
    content, _ = parquet.write_partition(change(records))
    return parquet.Survivors(content, left.leaves, left.rows)


def ids_of(rows: Sequence[Row], *numbers: int) -> tuple[Digest, ...]:
    """The ids of these rows, or of all."""
    return tuple(row.id for number, row in enumerate(rows) if not numbers or number in numbers)
