"""The list of records that a plan would destroy: lines in the store, read and written in order (FORMAT 4.13.1)."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from manifests.audit.reading import whole
from schemas.disposition import PlannedRecords
from schemas.errors import IntegrityError
from schemas.merkle import CompactRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from schemas.digest import Digest
    from schemas.ledger import DispositionPlanned
    from storage.objects import ObjectStore

TOGETHER = 1_000
"""How many ids are in a line at most."""
LONGEST_LINE = 1 << 18


class PlanListError(IntegrityError):
    """A plan's list of records is not the one that was approved."""

    code = "PLAN_LIST"


def write_list(target: BinaryIO, lines: Iterable[PlannedRecords]) -> CompactRange:
    """Write lines, and return the tree over the ids in them."""
    tree = CompactRange()
    for line in lines:
        target.write(line.to_bytes() + b"\n")
        tree = tree.extend(line.records)
    return tree


def read_list(store: ObjectStore, planned: DispositionPlanned) -> Iterator[PlannedRecords]:
    """Yield the lines of a plan's list; that they are those of the plan is known when the last was yielded.

    Raises:
        PlanListError: number or root of the records differ from what the ledger says.
        NotCanonicalError: a line is none.
        ObjectMissingError, ObjectAlteredError: the list is gone, or not what was stored.
    """
    tree = CompactRange()
    with whole(store, planned.listed) as stream:
        for text in iter(lambda: stream.readline(LONGEST_LINE), b""):
            line = PlannedRecords.from_bytes(text.removesuffix(b"\n"))
            tree = tree.extend(line.records)
            yield line
    if (tree.size, tree.root) != (planned.records, planned.records_root):
        raise PlanListError(
            f"The list of the plan {planned.plan} is not the one that the ledger names.",
            do="Destroy nothing; keep everything and run 'holdfast verify'.",
        )


def by_partition(lines: Iterable[PlannedRecords]) -> Iterator[tuple[str, frozenset[Digest]]]:
    """Yield the planned records of each partition, by the key that its capture names; a list is in their order.

    Raises:
        PlanListError: it is not.
    """
    before = set[str]()
    for partition, several in groupby(lines, key=attrgetter("partition")):
        if partition in before:
            raise PlanListError(
                f"The list of a plan comes back to {partition[:200]!r}.",
                do="Destroy nothing; keep everything and report this.",
            )
        before.add(partition)
        yield partition, frozenset(record for line in several for record in line.records)
