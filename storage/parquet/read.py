"""From the bytes of a partition to its rows, one row group in memory at a time."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import KINDS, Record
from storage.parquet.columns import DERIVED, DIGESTS, EVIDENCE, INSTANTS, Cell, Row, Summary
from storage.parquet.limits import malformed
from storage.parquet.opening import opened, our_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.parquet.opening import Source


def read_rows(source: Source) -> Iterator[Row]:
    """Yield the rows of a partition in their order, one row group in memory at a time.

    A stream must be seekable; it is left open.

    Raises:
        PartitionMalformedError: it is no partition that can be read; rows before the fault may have been yielded.
        UnknownFormatError: a later version of Holdfast wrote it.
        StoreUnavailableError: the file could not be read.
    """
    for salt, native, normalised, provenance, record_id, *derived in _read(source, (*EVIDENCE, *DERIVED)):
        record = Record(salt=salt, native=native, normalised=normalised, provenance=provenance)
        yield Row(record_id, record, *derived)


def read_summaries(source: Source) -> Iterator[Summary]:
    """Yield a partition's rows without their native bytes; see ``read_rows``."""
    for cells in _read(source, [field.name for field in fields(Summary)]):
        summary = Summary(*cells)
        if summary.kind not in KINDS:
            raise malformed("kind", f"it has a record of the kind {summary.kind!r}, which there is not")
        yield summary


def read_columns(source: Source, names: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return the named columns of all rows; no other column is read. See ``read_rows``."""
    return list(_read(source, names))


def _read(source: Source, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    with opened(source) as (file, groups):
        for number, rows in enumerate(groups):
            with our_words():
                table = file.read_row_group(number, columns=list(dict.fromkeys(names)), use_threads=False)
                columns = [_plain(name, table.column(name)) for name in names]
            if table.num_rows != rows:
                raise malformed("damaged", "it has other rows than it says")
            yield from zip(*columns, strict=True)


def _plain(name: str, column: pa.ChunkedArray[Any]) -> list[Any]:
    if name in INSTANTS:
        return [None if micros is None else Instant(micros) for micros in column.cast(pa.int64()).to_pylist()]
    cells: list[Any] = column.to_pylist()
    return [Digest(raw) for raw in cells] if name in DIGESTS else cells
