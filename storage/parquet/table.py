"""A table of plain columns for other people's programs: no partition, and nothing of ours reads it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from storage.parquet.limits import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

Plain: TypeAlias = Literal["text", "number", "instant"]

TYPES: Mapping[Plain, Any] = {"text": pa.string(), "number": pa.int64(), "instant": pa.timestamp("us", tz="UTC")}


def write_table(file: BinaryIO, columns: Mapping[str, Plain], rows: Iterable[Sequence[str | int | None]]) -> int:
    """Write rows, some at a time, and return how many they are; an instant is given in microseconds since 1970."""
    fields = [pa.field(name, TYPES[kind]) for name, kind in columns.items()]
    schema = pa.schema(fields)
    written = 0
    several = iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while together := list(islice(several, ROWS)):
            cells = zip(*together, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(cells, fields, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            written += len(together)
    return written
