"""What one act put into the store, checked: its objects byte for byte, its records, its native slices.

Acts do not depend on each other here, so any number of processes may check them, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from manifests.audit.found import Found
from manifests.audit.reading import hashed, whole
from manifests.audit.records import check_records
from manifests.audit.slices import Searched, find_slices
from schemas.canonical import Canonical, Natural
from schemas.errors import ArchiveError
from schemas.ledger import Captured, Produced, RecordsTransferred
from schemas.transfers import LONGEST_LINE, ids_from, root_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.audit.records import Wanted
    from manifests.history import Naming
    from schemas.partition import Partition
    from storage.objects import ObjectStore

AT_ONCE = 50_000
"""For how many records' slices a WARC file is read at most at once: it bounds the memory, about 300 bytes each."""


class Counted(Canonical, frozen=True):
    """How much was read: records, WARC records, objects, documents among these, and their bytes."""

    records: Natural = 0
    exchanges: Natural = 0
    objects: Natural = 0
    documents: Natural = 0
    octets: Natural = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            records=self.records + other.records,
            exchanges=self.exchanges + other.exchanges,
            objects=self.objects + other.objects,
            documents=self.documents + other.documents,
            octets=self.octets + other.octets,
        )


@dataclass(slots=True)
class Checked:
    """What was read, and what was found of objects, partitions, slices and documents."""

    counted: Counted = field(default_factory=Counted)
    objects: Found = field(default_factory=Found)
    partitions: Found = field(default_factory=Found)
    slices: Found = field(default_factory=Found)
    documents: Found = field(default_factory=Found)

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found."""
        return not any(found.findings for found in (self.objects, self.partitions, self.slices, self.documents))

    def take(self, other: Checked) -> None:
        """Add what was checked elsewhere."""
        self.counted += other.counted
        self.objects.take(other.objects)
        self.partitions.take(other.partitions)
        self.slices.take(other.slices)
        self.documents.take(other.documents)


def check_act(store: ObjectStore, act: Naming) -> Checked:
    """Return what is right and wrong with the objects of an act; an object that is altered is not looked into.

    Raises:
        UnavailableError: the store cannot be read.
    """
    match act:
        case Captured():
            return check_capture(store, act)
        case Produced():
            return _check_document(store, act)
        case RecordsTransferred():
            return _check_list(store, act)


def check_capture(store: ObjectStore, act: Captured) -> Checked:
    """Check a capture: its partitions one after the other, and their records' slices in its WARC files."""
    checked = Checked()
    wanted = _wanted(store, act, checked)
    searched, first = Searched(), True
    while (some := list(islice(wanted, AT_ONCE))) or first:
        again = find_slices(store, act.exchanges, some)
        searched.slices.take(again.slices)
        if first:
            searched.exchanges, searched.objects, first = again.exchanges, again.objects, False
    checked.objects.take(searched.objects)
    checked.slices.take(searched.slices)
    stored = [partition.stored for partition in act.partitions] + list(act.exchanges)
    checked.counted += Counted(
        exchanges=searched.exchanges, objects=len(stored), octets=sum(one.size for one in stored)
    )
    return checked


def _wanted(store: ObjectStore, act: Captured, checked: Checked) -> Iterator[Wanted]:
    for partition in act.partitions:
        yield from _check_partition(store, act, partition, checked)


def _check_partition(store: ObjectStore, act: Captured, partition: Partition, checked: Checked) -> Iterator[Wanted]:
    key = partition.stored.key
    try:
        with whole(store, partition.stored) as source:
            try:
                for group in check_records(source, partition, act.poll.capture, checked.partitions):
                    checked.counted += Counted(records=len(group))
                    yield from group
            except ArchiveError as error:
                checked.partitions.error(error, key)
    except ArchiveError as error:
        checked.objects.error(error, key)


def _check_document(store: ObjectStore, act: Produced) -> Checked:
    checked = Checked(Counted(objects=1, documents=1, octets=act.document.size))
    try:
        with hashed(store, act.document) as stream:
            stream.check(act.document)
    except ArchiveError as error:
        checked.documents.error(error, act.document.key)
    return checked


def _check_list(store: ObjectStore, act: RecordsTransferred) -> Checked:
    checked = Checked(Counted(objects=1, octets=act.listed.size))
    key = act.listed.key
    try:
        with whole(store, act.listed) as source:
            tree = root_over(ids_from(iter(lambda: source.readline(LONGEST_LINE), b"")))
    except ArchiveError as error:
        checked.objects.error(error, key)
        return checked
    if (tree.size, tree.root) != (act.records, act.records_root):
        checked.objects.fault("ROOT_DIFFERS", key, "The ids do not make the root that the ledger names.")
    return checked
