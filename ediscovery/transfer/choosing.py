"""Which records go to an archives: of all that were judged, those of the series that are named, by their partitions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.eligible import DISPOSAL, REASON, says
from ediscovery.retention.mass import SERIES
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date

    from schemas.digest import Digest
    from schemas.retention import SeriesName

Column: TypeAlias = Any  # as in ``retention.mass``
AT_ONCE = 1_000
KEPT = ("key", "row", SERIES, "due", DISPOSAL)


class TransferEmptyError(InputError):
    """There is no record to be handed over."""

    code = "TRANSFER_EMPTY"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was judged of a chosen record: its series in one text, the day from which it is due (``None``: never)."""

    series: str
    due: date | None
    disposal: str


class Chosen:
    """The records that go, some 30 bytes of memory each."""

    def __init__(self, table: pa.Table) -> None:
        keys: Column = table.column("key").combine_chunks()
        self._keys: list[str] = sorted(keys.dictionary.to_pylist())
        # Numbers can be sorted, and words in dictionaries cannot.
        numbers = pc.index_in(keys.dictionary, value_set=pa.array(self._keys)).take(keys.indices)
        self._table = table.drop_columns("key").append_column("partition", numbers)
        self._table = self._table.sort_by([("partition", "ascending"), ("row", "ascending")])

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def by_partition(self) -> Iterator[tuple[str, dict[int, Judgement]]]:
        """Yield the key of each partition, in order, with the rows in it that go."""
        lines = (one for batch in self._table.to_batches(max_chunksize=AT_ONCE) for one in batch.to_pylist())
        for number, own in groupby(lines, key=itemgetter("partition")):
            yield self._keys[number], {one["row"]: Judgement(one[SERIES], one["due"], one[DISPOSAL]) for one in own}


def choose(
    judged: Iterable[pa.RecordBatch], *, series: Collection[SeriesName], permanent: bool, received: Iterable[Digest]
) -> Chosen:
    """Return, of what ``eligible`` judged, the records of these series that go: those due for transfer.

    With ``permanent`` also those that are kept for ever. What an archives has ``received`` does not go again.

    Raises:
        TransferEmptyError: there are none.
    """
    gone: Column = pa.array((record.raw for record in received), pa.binary())
    tables = []
    for batch in judged:
        goes = pc.and_(_of_series(batch, series), _goes(batch, permanent=permanent))
        again: Column = pc.is_in(batch.column("record").cast(pa.binary()), value_set=gone)
        wanted: Any = pc.and_(goes, pc.invert(again))
        chosen: Any = batch.filter(wanted)
        columns = {name: chosen.column(name) for name in KEPT}
        columns["key"] = columns["key"].dictionary_encode()
        tables.append(pa.table(columns))
    table = pa.concat_tables(tables).unify_dictionaries() if tables else None
    if table is None or not table.num_rows:
        raise TransferEmptyError(
            "No record of these series is to be handed over.",
            do="See 'holdfast retention status'; --as-of judges for another day, --permanent takes what is kept.",
        )
    return Chosen(table)


def _of_series(batch: pa.RecordBatch, series: Collection[SeriesName]) -> Column:
    column: Column = batch.column(SERIES)
    names: list[str] = column.dictionary.to_pylist()
    numbers = [number for number, text in enumerate(names) if not set(series).isdisjoint(text.split(", "))]
    return pc.is_in(column.indices, value_set=pa.array(numbers, column.indices.type))


def _goes(batch: pa.RecordBatch, *, permanent: bool) -> Column:
    due = pc.and_(says(batch, REASON, "due"), says(batch, DISPOSAL, "transfer"))
    kept = pc.and_(says(batch, REASON, "for-ever"), says(batch, DISPOSAL, "keep"))
    return pc.or_(due, kept) if permanent else due
