"""Which of the records that are due a plan takes: those whose series lets them go, and that no production needs.

A series lets them go that says destroy, or transfer, once an archives has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.disposition.lists import TOGETHER
from ediscovery.retention.eligible import DISPOSAL, REASON, TELLING, says
from ediscovery.retention.mass import SERIES
from schemas.digest import Digest
from schemas.disposition import PlannedRecords
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from manifests.history import Place
    from schemas.retention import Disposal

Column: TypeAlias = Any
Group: TypeAlias = "tuple[tuple[str, ...], Disposal, str]"
"""Series, the disposal of the longest of them, and a month."""
ORDER = ("partition", SERIES, "due", "row")
COLUMNS = ("partition", SERIES, "due", "row", "record", DISPOSAL)


@dataclass(slots=True)
class Chosen:
    """Records of an account in the order of a list (``lines``), and how many stay because they were produced."""

    rows: pa.Table
    produced: int = 0

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def counted(self) -> Counter[Group]:
        """Return how many they are of each group."""
        found: Counter[Group] = Counter()
        groups: Any = self.rows.group_by(["partition", SERIES, DISPOSAL]).aggregate([([], "count_all")])
        for one in groups.to_pylist():
            month = layout.period(one["partition"])
            found[series_of(one[SERIES]), one[DISPOSAL], month] += one["count_all"]
        return found

    def lines(self) -> Iterator[PlannedRecords]:
        """Yield them by partition, series and day."""
        current: tuple[str, str, date] | None = None
        records: list[Digest] = []
        for batch in self.rows.select(COLUMNS).to_batches(max_chunksize=TOGETHER):
            columns = (batch.column(name).to_pylist() for name in COLUMNS)
            for partition, series, due, _, record, _ in zip(*columns, strict=True):
                if (partition, series, due) != current or len(records) == TOGETHER:
                    yield from _line(current, records)
                    current, records = (partition, series, due), []
                records.append(Digest(record))
        yield from _line(current, records)


def choose(
    batches: Iterable[pa.RecordBatch],
    places: Mapping[str, Place],
    *,
    transferred: Collection[Digest],
    produced: Collection[Digest],
    only: Collection[str] = (),
    most: int,
) -> Chosen:
    """Return which records of an account go, of what ``eligible`` says of it, at most so many.

    ``places`` are its partitions by the key of the object that holds them now. ``transferred`` are the records that an
    archives has, ``produced`` those that a production needs; ``only`` the series that are meant (in the texts of
    ``assigning.text_of``; none: all). What says that an item was removed or hidden goes when all its versions do or
    have gone, and not before. In memory are some 500 bytes for each of ``most`` records, however many are due.
    """
    sent, kept = _ids(transferred), _ids(produced)
    found, staying = _nothing(), 0
    for batch in batches:
        going = _may_go(batch, sent)
        if only:
            going = pc.and_(going, pc.is_in(batch.column(SERIES).cast(pa.string()), value_set=pa.array(sorted(only))))
        needed: Column = pc.is_in(batch.column("record"), value_set=kept)
        both: Column = pc.and_(going, needed)
        staying += both.true_count
        wanted: Any = pc.and_not(going, needed)
        found = pa.concat_tables([found, _placed(batch.filter(wanted), places)])
        if found.num_rows > 2 * most:
            found = _first(found, most)
    return Chosen(_telling(_first(found, most)), staying)


def may_go(batches: Iterable[pa.RecordBatch], *, transferred: Collection[Digest]) -> set[bytes]:
    """Return the ids of the records of ``eligible`` that may be destroyed (``choose``)."""
    sent = _ids(transferred)
    found = set[bytes]()
    for batch in batches:
        going: Column = batch.column("record").filter(_may_go(batch, sent))
        found.update(going.to_pylist())
    return found


def _may_go(batch: pa.RecordBatch, transferred: Column) -> Column:
    sent: Column = pc.is_in(batch.column("record"), value_set=transferred)
    given: Column = pc.and_(says(batch, DISPOSAL, "transfer"), sent)
    return pc.and_(says(batch, REASON, "due"), pc.or_(says(batch, DISPOSAL, "destroy"), given))


def _first(found: pa.Table, most: int) -> pa.Table:
    """Return the first rows in the order of a list, in memory of their own."""
    order: Column = pc.sort_indices(found, [(name, "ascending") for name in ORDER])
    return found.take(order.slice(0, most)).combine_chunks()


def _telling(rows: pa.Table) -> pa.Table:
    """Leave out the absences by which versions are judged that do not all go."""
    versions = rows.filter(pc.is_null(rows["tells"])).group_by("told").aggregate([([], "count_all")])
    going: Column = versions["count_all"].take(pc.index_in(rows["told"], value_set=versions["told"]))
    staying: Column = pc.greater(rows["tells"], pc.coalesce(going, pa.scalar(0, pa.int64())))
    return rows.filter(pc.invert(pc.fill_null(staying, False)))  # noqa: FBT003 - Arrow's order


def _ids(records: Iterable[Digest]) -> Column:
    return pa.array((record.raw for record in records), pa.binary())


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
            DISPOSAL: batch.column(DISPOSAL).cast(pa.string()),
            **{name: batch.column(name) for name in TELLING},
        }
    )


def _nothing() -> pa.Table:
    kinds = (pa.string(), pa.string(), pa.date32(), pa.int64(), pa.binary(), pa.string(), pa.int64(), pa.string())
    return pa.table({name: pa.array([], kind) for name, kind in zip((*COLUMNS, *TELLING), kinds, strict=True)})


def series_of(text: str) -> tuple[str, ...]:
    """Return the names in a text of ``assigning.text_of``."""
    return tuple(text.split(", "))


def _line(of: tuple[str, str, date] | None, records: list[Digest]) -> Iterator[PlannedRecords]:
    if of is not None and records:
        partition, series, due = of
        yield PlannedRecords(partition=partition, series=series_of(series), due=due, records=tuple(records))
