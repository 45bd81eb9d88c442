"""What one act put into the store, checked: its objects byte for byte, its records, its native slices.

Of what was destroyed since, what is left is checked instead. Acts do not depend on each other here, so any number of
processes may check them, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from manifests.audit.found import Found
from manifests.audit.reading import hashed, read_text, whole
from manifests.audit.records import check_records, check_root, gone_since
from manifests.audit.slices import Searched, find_slices
from schemas.canonical import Canonical, Natural
from schemas.digest import SIZE
from schemas.errors import ArchiveError
from schemas.ledger import Captured, DispositionCertified, MatterClosed, MatterOpened, Produced, RecordsTransferred
from schemas.merkle import CompactRange
from schemas.transfers import LONGEST_LINE, ids_from
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from manifests.audit.records import Wanted
    from manifests.audit.register import Work
    from schemas.digest import Digest
    from schemas.disposition import Replaced
    from schemas.partition import Partition
    from schemas.stored import StoredObject
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


@dataclass(frozen=True, slots=True)
class Lost:
    """A partition, by the key that its capture names, and the ids of the records that are gone from it."""

    key: str
    records: tuple[Digest, ...]


@dataclass(slots=True)
class Checked:
    """What was read, and what was found of objects, partitions, slices, documents and lists of plans.

    ``lost`` is what whole partitions lost, one act's at a time.
    """

    counted: Counted = field(default_factory=Counted)
    objects: Found = field(default_factory=Found)
    partitions: Found = field(default_factory=Found)
    slices: Found = field(default_factory=Found)
    documents: Found = field(default_factory=Found)
    plans: Found = field(default_factory=Found)
    lost: list[Lost] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found."""
        return not any(
            found.findings for found in (self.objects, self.partitions, self.slices, self.documents, self.plans)
        )

    def take(self, other: Checked) -> None:
        """Add what was checked elsewhere, but for what was lost: that may be much."""
        self.counted += other.counted
        self.objects.take(other.objects)
        self.partitions.take(other.partitions)
        self.slices.take(other.slices)
        self.documents.take(other.documents)
        self.plans.take(other.plans)


def check_act(store: ObjectStore, work: Work) -> Checked:
    """Return what is right and wrong with the objects of an act; an object that is altered is not looked into.

    Raises:
        UnavailableError: the store cannot be read.
    """
    match work.act:
        case Captured():
            return _check_capture(store, work.act, {one.key: one for one in work.replaced})
        case Produced():
            return Checked() if work.replaced else _check_document(store, work.act.document)
        case DispositionCertified():
            checked = Checked()
            checked.counted += Counted(objects=1, octets=work.act.certificate.size)
            _check_bytes(store, work.act.certificate, checked.objects)
            return checked
        case RecordsTransferred():
            return _check_list(store, work.act)
        case MatterOpened(text=text) | MatterClosed(text=text):
            return Checked() if text is None else _check_text(store, work.act.matter, text)


def _check_capture(store: ObjectStore, act: Captured, replaced: Mapping[str, Replaced]) -> Checked:
    """Check a capture: its partitions one after the other, and their records' slices in its WARC files."""
    checked = Checked()
    wanted = _wanted(store, act, replaced, checked)
    exchanges = [stored for stored in (_standing(one, replaced) for one in act.exchanges) if stored]
    searched, first = Searched(), True
    while (some := list(islice(wanted, AT_ONCE))) or first:
        again = find_slices(store, exchanges, some)
        searched.slices.take(again.slices)
        if first:
            searched.exchanges, searched.objects, first = again.exchanges, again.objects, False
    checked.objects.take(searched.objects)
    checked.slices.take(searched.slices)
    checked.counted += Counted(
        exchanges=searched.exchanges, objects=len(exchanges), octets=sum(one.size for one in exchanges)
    )
    return checked


def _standing(stored: StoredObject, replaced: Mapping[str, Replaced]) -> StoredObject | None:
    """Return what stands for an object that an act names, if anything does."""
    return replaced[stored.key].now if stored.key in replaced else stored


def _wanted(store: ObjectStore, act: Captured, replaced: Mapping[str, Replaced], checked: Checked) -> Iterator[Wanted]:
    for partition in act.partitions:
        one = replaced.get(partition.stored.key)
        if one is None:
            ids = yield from _check_records(store, act, partition, checked)
            if ids is not None:
                check_root(ids, partition, checked.partitions)
        else:
            yield from _check_what_is_left(store, act, partition, one, checked)


def _check_what_is_left(
    store: ObjectStore, act: Captured, partition: Partition, replaced: Replaced, checked: Checked
) -> Iterator[Wanted]:
    leaves = _leaves(store, partition, replaced, checked)
    ids: list[bytes] | None = []
    if replaced.now is not None:
        named = msgspec.structs.replace(partition, stored=replaced.now)
        ids = yield from _check_records(store, act, named, checked)
    if ids is not None and leaves is not None:
        gone = gone_since(ids, partition, replaced, leaves, checked.partitions)
        if gone is not None:
            checked.lost.append(Lost(partition.stored.key, gone))


def _leaves(store: ObjectStore, partition: Partition, replaced: Replaced, checked: Checked) -> bytes | None:
    """Return the ids of all rows that a partition ever had; ``None``: they cannot be read, which is noted."""
    if replaced.leaves is None or replaced.leaves.size != partition.rows * SIZE:
        what = "Records of this partition were destroyed, and nothing shows which ones there were."
        checked.partitions.fault("SURVIVORS_DIFFER", partition.stored.key, what)
        return None
    checked.counted += Counted(objects=1, octets=replaced.leaves.size)
    try:
        return read_stored(store, replaced.leaves)
    except ArchiveError as error:
        checked.objects.error(error, replaced.leaves.key)
        return None


def _check_records(
    store: ObjectStore, act: Captured, partition: Partition, checked: Checked
) -> Generator[Wanted, None, list[bytes] | None]:
    """Yield where natives must lie, and return the records' ids; ``None``: they cannot all be read."""
    key, ids = partition.stored.key, list[bytes]()
    checked.counted += Counted(objects=1, octets=partition.stored.size)
    try:
        with whole(store, partition.stored) as source:
            try:
                for group in check_records(source, partition, act.poll.capture, checked.partitions):
                    checked.counted += Counted(records=len(group))
                    ids += [one.record for one in group]
                    yield from group
            except ArchiveError as error:
                checked.partitions.error(error, key)
                return None
    except ArchiveError as error:
        checked.objects.error(error, key)
        return None
    return ids


def _check_document(store: ObjectStore, document: StoredObject) -> Checked:
    checked = Checked(Counted(objects=1, documents=1, octets=document.size))
    _check_bytes(store, document, checked.documents)
    return checked


def _check_list(store: ObjectStore, act: RecordsTransferred) -> Checked:
    checked = Checked(Counted(objects=1, octets=act.listed.size))
    key = act.listed.key
    try:
        with whole(store, act.listed) as source:
            tree = CompactRange().extend(ids_from(iter(lambda: source.readline(LONGEST_LINE), b"")))
    except ArchiveError as error:
        checked.objects.error(error, key)
        return checked
    if (tree.size, tree.root) != (act.records, act.records_root):
        checked.objects.fault("ROOT_DIFFERS", key, "The ids do not make the root that the ledger names.")
    return checked


def _check_text(store: ObjectStore, matter: str, text: StoredObject) -> Checked:
    checked = Checked(Counted(objects=1, octets=text.size))
    try:
        said = read_text(store, text)
    except ArchiveError as error:
        checked.objects.error(error, text.key)
        return checked
    if said.matter != matter:
        checked.objects.fault("MATTER_DIFFERS", text.key, f"The text is about another matter, {said.matter}.")
    return checked


def _check_bytes(store: ObjectStore, stored: StoredObject, found: Found) -> None:
    try:
        with hashed(store, stored) as stream:
            stream.check(stored)
    except ArchiveError as error:
        found.error(error, stored.key)
