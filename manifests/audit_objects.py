"""The audit of what the ledger names: objects byte for byte, records one by one, native slices in their WARC."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.findings import Finding
from schemas.merkle import root_of
from schemas.record import Normalised, Provenance
from storage import parquet, warc
from storage.objects import CHUNK, ObjectAlteredError, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from schemas.ledger import Captured
    from schemas.partition import Partition
    from schemas.record import Slice
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Wanted:
    """A native slice to be found in a WARC record: where it should be, its SHA-256 and whose it is."""

    source: Slice
    native: Digest
    record: Digest
    key: str


@dataclass(slots=True)
class ObjectsAudit:
    """Checks objects and collects what is wrong with them; an object that is altered is not looked into."""

    store: ObjectStore
    tell: Callable[[str, int, int], None]
    named: set[str] = field(default_factory=set)
    missing: list[Finding] = field(default_factory=list)
    partitions: list[Finding] = field(default_factory=list)
    slices: list[Finding] = field(default_factory=list)
    records: int = 0
    exchanges: int = 0
    octets: int = 0

    def check(self, acts: Sequence[Captured]) -> None:
        """Check every object of the captures."""
        for done, act in enumerate(acts, start=1):
            self.tell("captures", done, len(acts))
            wanted: list[Wanted] = []
            for partition in act.partitions:
                wanted.extend(self._check_partition(act, partition))
            self._check_exchanges(act.exchanges, wanted)

    def check_documents(self, documents: Iterable[StoredObject]) -> list[Finding]:
        """Check that the documents of productions are what was stored."""
        findings: list[Finding] = []
        for stored in documents:
            self.named.add(stored.key)
            try:
                self._hash(stored)
            except ArchiveError as error:
                findings.append(_fault(error.code, stored.key, error.what))
        return findings

    def _check_partition(self, act: Captured, partition: Partition) -> list[Wanted]:
        key = partition.stored.key
        if key in self.named:
            self.partitions.append(_fault("OBJECT_NAMED_TWICE", key, "Two entries name this object as theirs."))
            return []
        self.named.add(key)
        try:
            content = read_stored(self.store, partition.stored)
            self.octets += len(content)
        except ArchiveError as error:
            self.missing.append(_fault(error.code, key, error.what))
            return []
        wanted: list[Wanted] = []
        leaves: list[Digest] = []
        try:
            for row in parquet.read_rows(io.BytesIO(content)):
                leaves.append(row.id)
                wanted.append(self._check_row(act, partition, row))
        except ArchiveError as error:
            self._partition_fault(error.code, key, error.what)
            return []
        if root_of(leaves) != partition.root or len(leaves) != partition.rows:
            self._partition_fault("ROOT_DIFFERS", key, "The records do not make the root that the ledger names.")
        self.records += len(leaves)
        return wanted

    def _check_row(self, act: Captured, partition: Partition, row: parquet.Row) -> Wanted:
        key = partition.stored.key
        provenance = Provenance.from_bytes(row.record.provenance)
        view = Normalised.from_bytes(row.record.normalised)
        columns = parquet.columns_of(row.record, view, provenance)
        if row.id != columns["record"]:
            self._partition_fault("RECORD_ALTERED", key, f"Record {row.id} is not what its parts commit to.")
        elif row.columns != columns:
            self._partition_fault(
                "COLUMNS_DIFFER", key, f"The search columns of record {row.id} do not follow from it."
            )
        if (provenance.account, provenance.capture) != (partition.account, act.poll.capture):
            self._partition_fault("RECORD_MISPLACED", key, f"Record {row.id} is of another account or capture.")
        if str(view.created or provenance.captured)[:7] != partition.period:
            self._partition_fault("PERIOD_DIFFERS", key, f"Record {row.id} does not belong into {partition.period}.")
        return Wanted(provenance.source, row.native_sha256, row.id, key)

    def _partition_fault(self, code: str, key: str, what: str) -> None:
        self.partitions.append(_fault(code, key, what))

    def _check_exchanges(self, stored: Sequence[StoredObject], wanted: Sequence[Wanted]) -> None:
        by_exchange: dict[str, list[Wanted]] = {}
        for one in wanted:
            by_exchange.setdefault(one.source.exchange, []).append(one)
        damaged = False
        for one_stored in stored:
            self.named.add(one_stored.key)
            try:
                self._hash(one_stored)
                self._find_slices(one_stored, by_exchange)
            except ArchiveError as error:
                damaged = True
                self.missing.append(_fault(error.code, one_stored.key, error.what))
        if damaged:
            return
        for unfound in by_exchange.values():
            for one in unfound:
                what = f"The exchange that record {one.record} comes from, {one.source.exchange}, is in no WARC file."
                self.slices.append(_fault("EXCHANGE_MISSING", one.key, what))

    def _find_slices(self, stored: StoredObject, by_exchange: dict[str, list[Wanted]]) -> None:
        shared: set[str] = set()
        with self.store.open(stored.key, version=stored.version) as stream:
            for record in warc.read_warc(stream):
                self.exchanges += 1
                if record.type == "revisit" and record.id in by_exchange:
                    shared.add(record.id)
                elif record.id in by_exchange:
                    self._compare(record, by_exchange.pop(record.id))
            if shared:
                stream.seek(0)
                for name, holder in warc.payload_holders(stream, shared):
                    self._compare(holder, by_exchange.pop(name))

    def _compare(self, record: warc.WarcRecord, wanted: list[Wanted]) -> None:
        end = max(one.source.offset + one.source.length for one in wanted)
        payload = memoryview(record.part(offset=0, length=end))
        for one in wanted:
            part = payload[one.source.offset : one.source.offset + one.source.length]
            if len(part) != one.source.length or Digest.of(part) != one.native:
                what = f"The native bytes of record {one.record} are not in the exchange that it names."
                self.slices.append(_fault("SLICE_DIFFERS", one.key, what))

    def _hash(self, stored: StoredObject) -> None:
        hasher, size = hashlib.sha256(), 0
        with self.store.open(stored.key, version=stored.version) as stream:
            while chunk := stream.read(CHUNK):
                hasher.update(chunk)
                size += len(chunk)
        self.octets += size
        if size != stored.size or hasher.digest() != stored.sha256.raw:
            raise ObjectAlteredError(
                f"The object {stored.key} is not the one that was stored: size or SHA-256 differ.",
                do="Keep it; restore the object from a second copy.",
                key=stored.key,
            )


def _fault(code: str, key: str, what: str) -> Finding:
    return Finding(code=code, severity="fault", key=key, what=what)
