"""A segment of the index: two Parquet files over the records of some partitions, always the same bytes for the same.

Documents are numbered by date, capture and record id. ``postings`` has a row for each term of each document, sorted by
both, with the places where it stands; facts have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_DOCS: list[pa.Field[Any]] = [
    pa.field("record", pa.binary(32), nullable=False),
    pa.field("date", pa.int64(), nullable=False),
    pa.field("created", pa.int64()),
    pa.field("captured", pa.int64(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("item", pa.string(), nullable=False),
    pa.field("verdict", pa.string()),
    pa.field("key", pa.string(), nullable=False),
]
_POSTINGS: list[pa.Field[Any]] = [
    pa.field("term", pa.string(), nullable=False),
    pa.field("doc", pa.int32(), nullable=False),
    pa.field("places", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
]
DOCS = pa.schema(_DOCS)
POSTINGS = pa.schema(_POSTINGS)
DOC_ROWS = 1 << 16
POSTING_ROWS = 1 << 18


def write_docs(path: Path, docs: pa.Table) -> None:
    """Write the documents, in their order."""
    pq.write_table(
        docs.cast(DOCS),
        path,
        compression="zstd",
        row_group_size=DOC_ROWS,
        use_dictionary=["account", "kind", "verdict", "key"],  # type: ignore[arg-type] # names of columns will do
        column_encoding=dict.fromkeys(("date", "created", "captured"), "DELTA_BINARY_PACKED")
        | {"item": "DELTA_BYTE_ARRAY", "record": "PLAIN"},
        data_page_version="2.0",
        store_schema=False,
    )


def write_postings(path: Path, occurrences: Iterable[pa.RecordBatch]) -> int:
    """Write the postings of occurrences (``term``, ``doc``, ``place``; sorted by all three); return how many."""
    written = 0
    with pq.ParquetWriter(
        path,
        POSTINGS,
        compression="zstd",
        use_dictionary=["term"],  # type: ignore[arg-type] # names of columns will do
        column_encoding={"doc": "DELTA_BINARY_PACKED", "places.list.element": "DELTA_BINARY_PACKED"},
        data_page_version="2.0",
        store_schema=False,
    ) as writer:
        for block in _blocks(_postings(occurrences), POSTING_ROWS):
            writer.write_table(block, row_group_size=POSTING_ROWS)
            written += block.num_rows
    return written


def _postings(occurrences: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield postings, of occurrences as they come: those of one term and document may lie in two batches."""
    left = pa.table(
        {"term": pa.array([], pa.string()), "doc": pa.array([], pa.int32()), "place": pa.array([], pa.int32())}
    )
    for batch in occurrences:
        rows = pa.concat_tables([left, pa.Table.from_batches([batch])]).combine_chunks()
        term, doc = (rows.column(name).chunk(0) for name in ("term", "doc"))
        opens = pc.or_(pc.not_equal(term[1:], term[:-1]), pc.not_equal(doc[1:], doc[:-1]))
        starts = pa.concat_arrays([pa.array([0], pa.int32()), pc.add(pc.indices_nonzero(opens), 1).cast(pa.int32())])
        yield _listed(rows, starts)
        left = rows.slice(starts[-1].as_py())
    if left.num_rows:
        yield _listed(left.combine_chunks(), pa.array([0, left.num_rows], pa.int32()))


def _listed(rows: pa.Table, starts: pa.Array[Any]) -> pa.Table:
    """Return a posting for each start but the last, with the places from there to the next."""
    first, end = starts[:-1], starts[-1].as_py()
    offsets: Any = starts
    flat: Any = rows.column("place").chunk(0).slice(0, end)
    lists = pa.ListArray.from_arrays(offsets, flat)
    places = lists.cast(POSTINGS.field("places").type)
    return pa.table([rows.column("term").take(first), rows.column("doc").take(first), places], schema=POSTINGS)


def _blocks(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of one size, and the rest."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        if count >= size:
            whole = pa.concat_tables(waiting)
            cut = count - count % size
            for at in range(0, cut, size):
                yield whole.slice(at, size)
            waiting, count = [whole.slice(cut)], count - cut
    if count:
        yield pa.concat_tables(waiting)
