"""What survives of a partition when some of its rows are destroyed, and the ids that show what there was (FORMAT 3.8).

Which rows are to go, and that nothing keeps them, is for disposition to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.digest import SIZE, Digest
from schemas.errors import IntegrityError
from schemas.merkle import root_of
from storage.parquet.read import read_rows
from storage.parquet.write import write_partition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schemas.record import Record
    from storage.parquet.columns import Row
    from storage.parquet.opening import Source


class SurvivorsDifferError(IntegrityError):
    """What is left of a partition is not what its rows and their ids say: a row altered, added, moved or not there."""

    code = "SURVIVORS_DIFFER"


@dataclass(frozen=True, slots=True)
class Survivors:
    """What is left of a partition.

    ``content`` is a partition of the rows that are left, ``None`` if none is; ``rows`` is how many. ``leaves`` are the
    ids of all rows that there were, 32 bytes each, in their order.
    """

    content: bytes | None
    leaves: bytes
    rows: int


def survivors(source: Source, gone: Collection[Digest]) -> Survivors:
    """Return what is left of a partition without the rows whose ids are in ``gone``, in their order (FORMAT 3.8).

    The rows are written anew from their evidence alone, a row group in memory at a time beside the result, so no byte
    of another row can come along. Rows with one id are the same record, and go or stay together.

    Raises:
        SurvivorsDifferError: a row that is to go is not there, or a row is not what its parts commit to.
        PartitionMalformedError, UnknownFormatError, StoreUnavailableError: as ``read_rows``.
    """
    going = frozenset(gone)
    ids: list[Digest] = []
    rows = 0

    def left() -> Iterator[Record]:
        nonlocal rows
        for row in _whole_rows(source):
            ids.append(row.id)
            if row.id not in going:
                rows += 1
                yield row.record

    content, _ = write_partition(left())
    absent = going.difference(ids)
    if absent:
        raise _differ(f"Record {min(absent)} is to go and is not there", rows=len(absent))
    return Survivors(content if rows else None, b"".join(one.raw for one in ids), rows)


def check_survivors(source: Source | None, leaves: bytes, root: Digest) -> tuple[Digest, ...]:
    """Return the ids of the rows that are gone, in their order, after proving the rest (FORMAT 3.8).

    Proved is that ``leaves`` make ``root``, and that every row of ``source`` is one of them, in their order, and what
    its parts commit to; ``source`` is ``None`` where nothing is left. Whether its other columns follow from these parts
    is for the audit to say, as of every partition.

    Raises:
        SurvivorsDifferError: it is not so.
        PartitionMalformedError, UnknownFormatError, StoreUnavailableError: as ``read_rows``.
    """
    return gone_from([] if source is None else [row.id for row in _whole_rows(source)], leaves, root)


def gone_from(left: Sequence[Digest], leaves: bytes, root: Digest) -> tuple[Digest, ...]:
    """Return the ids of the rows that are gone, in their order, from those that are left (``check_survivors``).

    Raises:
        SurvivorsDifferError: ``leaves`` do not make ``root``, or what is left is not theirs, in their order.
    """
    if len(leaves) % SIZE:
        raise _differ("The list of ids is cut off")
    ids = [Digest(leaves[at : at + SIZE]) for at in range(0, len(leaves), SIZE)]
    if root_of(ids) != root:
        raise _differ("The ids do not make the root that the ledger names")
    staying = frozenset(left)
    # Rows with one id are the same record, so an id that is left is left wherever it was.
    if list(left) != [one for one in ids if one in staying]:
        raise _differ("The rows that are left are not rows that there were, in their order")
    return tuple(one for one in ids if one not in staying)


def _whole_rows(source: Source) -> Iterator[Row]:
    for row in read_rows(source):
        if row.record.id != row.id:
            raise _differ(f"Record {row.id} is not what its parts commit to")
        yield row


def _differ(what: str, *, rows: int | None = None) -> SurvivorsDifferError:
    return SurvivorsDifferError(
        f"{what}.", do="Destroy nothing; keep the partition, run 'holdfast verify', restore it from a copy.", rows=rows
    )
