"""A plan's list: what was written is read again, and any other list is refused before anything is done by it."""

from __future__ import annotations

import io
from datetime import date

import msgspec
import pytest

from ediscovery.disposition.lists import PlanListError, by_partition, read_list, write_list
from schemas.digest import Digest
from schemas.disposition import PlannedRecords
from schemas.ledger import DispositionPlanned
from schemas.merkle import root_of
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content

AS_OF = date(2026, 11, 1)


def line(partition: str, *numbers: int) -> PlannedRecords:
    """A line with these records."""
    records = tuple(Digest.of(b"%d" % number) for number in numbers)
    return PlannedRecords(partition=partition, series=("ours/A",), due=AS_OF, records=records)


LINES = (line("partitions/blog/a", 1, 2), line("partitions/blog/a", 3), line("partitions/blog/b", 4))
IDS = [record for one in LINES for record in one.records]


def planned(store: MemoryStore, content: bytes) -> DispositionPlanned:
    """A plan of the records of ``LINES`` whose list holds this."""
    listed = store.put_new(layout.planned("p"), Content.of(content))
    return DispositionPlanned(plan="p", size=1, as_of=AS_OF, records=len(IDS), records_root=root_of(IDS), listed=listed)


def test_a_list_is_read_as_it_was_written():
    store, target = MemoryStore(), io.BytesIO()
    tree = write_list(target, LINES)
    assert (tree.size, tree.root) == (len(IDS), root_of(IDS))
    read = list(read_list(store, planned(store, target.getvalue())))
    assert read == list(LINES)
    assert list(by_partition(read)) == [
        ("partitions/blog/a", frozenset(IDS[:3])),
        ("partitions/blog/b", frozenset(IDS[3:])),
    ]


@pytest.mark.parametrize("kept", [LINES[:2], (*LINES, LINES[0]), LINES[::-1], ()])
def test_another_list_is_refused(kept: tuple[PlannedRecords, ...]):
    store, target = MemoryStore(), io.BytesIO()
    write_list(target, kept)
    with pytest.raises(PlanListError):
        list(read_list(store, planned(store, target.getvalue())))


def test_a_list_that_comes_back_to_a_partition_loses_nothing_unsaid():
    again = msgspec.structs.replace(LINES[0], records=(Digest.of(b"9"),))
    with pytest.raises(PlanListError):
        list(by_partition([*LINES, again]))
