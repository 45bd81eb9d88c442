"""Which of the records that are due a plan takes: those whose series says destroy, and that no production needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.disposition.lists import TOGETHER
from ediscovery.retention.eligible import REASON, REASONS
from ediscovery.retention.mass import SERIES
from schemas.digest import Digest
from schemas.disposition import PlannedRecords

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from manifests.history import Place

Column: TypeAlias = Any
ORDER = ("partition", SERIES, "due", "row")
COLUMNS = ("partition", SERIES, "due", "row", "record")


@dataclass(slots=True)
class Chosen:
    """Records of an account in the order of a list (``lines``), and how many stay because they were produced."""

    rows: pa.Table
    produced: int = 0

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def lines(self) -> Iterator[PlannedRecords]:
        """Yield them by partition, series and day."""
        current: tuple[str, str, date] | None = None
        records: list[Digest] = []
        for batch in self.rows.to_batches(max_chunksize=TOGETHER):
            columns = (batch.column(name).to_pylist() for name in COLUMNS)
            for partition, series, due, _, record in zip(*columns, strict=True):
                if (partition, series, due) != current or len(records) == TOGETHER:
                    yield from _line(current, records)
                    current, records = (partition, series, due), []
                records.append(Digest(record))
        yield from _line(current, records)


def choose(
    batches: Iterable[pa.RecordBatch],
    places: Mapping[str, Place],
    *,
    disposable: Collection[str],
    produced: Collection[Digest],
    only: Collection[str] = (),
    most: int,
) -> Chosen:
    """Return which records of an account go, of what ``eligible`` says of it, at most so many.

    ``places`` are its partitions by the key of the object that holds them now. ``disposable`` are the disposals by
    which records may be destroyed, ``produced`` the records that a production needs, ``only`` the series that are meant
    (in the texts of ``assigning.text_of``; none: all).
    """
    kept = pa.array([record.raw for record in produced], pa.binary())
    tables, staying = [], 0
    for batch in batches:
        going = _may_go(batch, disposable, only)
        needed: Column = pc.is_in(batch.column("record"), value_set=kept)
        both: Column = pc.and_(going, needed)
        staying += both.true_count
        tables.append(_placed(batch.filter(pc.and_not(going, needed)), places))
    found = pa.concat_tables(tables) if tables else _nothing()
    return Chosen(found.sort_by([(name, "ascending") for name in ORDER]).slice(0, most), staying)


def _may_go(batch: pa.RecordBatch, disposable: Collection[str], only: Collection[str]) -> Column:
    reason: Column = batch.column(REASON)
    due: Column = pc.equal(reason.indices, pa.scalar(REASONS.index("due"), pa.int8()))
    disposal: Column = batch.column("disposal").cast(pa.string())
    going: Column = pc.and_(due, pc.is_in(disposal, value_set=pa.array(sorted(disposable))))
    if only:
        going = pc.and_(going, pc.is_in(batch.column(SERIES).cast(pa.string()), value_set=pa.array(sorted(only))))
    return going


def _placed(batch: pa.RecordBatch, places: Mapping[str, Place]) -> pa.Table:
    column: Column = batch.column("key")
    keys = column.dictionary_encode()
    named = pa.array([places[key].partition.stored.key for key in keys.dictionary.to_pylist()], pa.string())
    return pa.table(
        {
            "partition": pa.DictionaryArray.from_arrays(keys.indices, named).cast(pa.string()),
            SERIES: batch.column(SERIES).cast(pa.string()),
            "due": batch.column("due"),
            "row": batch.column("row"),
            "record": batch.column("record"),
        }
    )


def _nothing() -> pa.Table:
    kinds = (pa.string(), pa.string(), pa.date32(), pa.int64(), pa.binary())
    return pa.table({name: pa.array([], kind) for name, kind in zip(COLUMNS, kinds, strict=True)})


def _line(of: tuple[str, str, date] | None, records: list[Digest]) -> Iterator[PlannedRecords]:
    if of is not None and records:
        partition, series, due = of
        yield PlannedRecords(partition=partition, series=tuple(series.split(", ")), due=due, records=tuple(records))
