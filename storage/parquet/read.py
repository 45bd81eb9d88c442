"""From the bytes of a partition to its rows, one row group in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import KINDS, Record
from storage.parquet.columns import DERIVED, DIGESTS, EVIDENCE, INSTANTS, Cell, Row, Summary
from storage.parquet.limits import malformed
from storage.parquet.opening import opened, our_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schemas.record import RecordVersion
    from storage.parquet.opening import Source


def read_rows(source: Source) -> Iterator[Row]:
    """Yield the rows of a partition in their order, one row group in memory at a time.

    A stream must be seekable; it is left open.

    Raises:
        PartitionMalformedError: it is no partition that can be read; rows before the fault may have been yielded.
        UnknownFormatError: a later version of Holdfast wrote it.
        StoreUnavailableError: the file could not be read.
    """
    for table, version in _tables(source, (*EVIDENCE, *DERIVED)):
        for salt, native, normalised, provenance, record_id, *derived in _cells(table, (*EVIDENCE, *DERIVED)):
            yield Row(record_id, Record(salt, native, normalised, provenance, version), *derived)


def read_summaries(source: Source) -> Iterator[Summary]:
    """Yield a partition's rows without their native bytes; see ``read_rows``."""
    for cells in _read(source, [field.name for field in fields(Summary)]):
        summary = Summary(*cells)
        if summary.kind not in KINDS:
            raise malformed("kind", f"it has a record of the kind {summary.kind!r}, which there is not")
        yield summary


def read_columns(source: Source, names: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """Yield the named columns of all rows; no other column is read. See ``read_rows``."""
    return _read(source, names)


def read_tables(source: Source, names: Sequence[str], *, rows: range | None = None) -> Iterator[pa.Table]:
    """Yield the named columns of all rows, or of these, as Arrow has them, a row group at a time; see ``read_rows``."""
    return (table for table, _ in _tables(source, names, rows))


def read_groups(source: Source) -> Iterator[Group]:
    """Yield the row groups of a partition in their order, one in memory at a time; see ``read_rows``."""
    for table, version in _tables(source, (*EVIDENCE, *DERIVED)):
        yield Group(table, version)


@dataclass(frozen=True, slots=True)
class Group:
    """One row group: many rows looked at together, which is several times as fast as one after the other.

    ``version`` is that of its records.
    """

    table: pa.Table
    version: RecordVersion

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.table.num_rows

    def evidence(self) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
        """Yield each row's salt, native bytes, normalised and provenance.

        Raises:
            PartitionMalformedError: a column cannot be read.
        """
        with our_words():
            columns = [self.table.column(name).cast(pa.large_binary()).to_pylist() for name in EVIDENCE]
        return zip(*columns, strict=True)

    def ids(self) -> list[bytes]:
        """Return the id that the file gives each row."""
        ids: list[Any] = self.table.column("record").cast(pa.binary()).to_pylist()
        return ids

    def differing(self, expected: Mapping[str, Sequence[Cell]]) -> set[int]:
        """Return which rows, from 0, have other cells than expected in the named columns; digests as their bytes."""
        rows: set[int] = set()
        for name, given in expected.items():
            cells: Sequence[Any] = given
            column = self.table.column(name).combine_chunks()
            if name in INSTANTS:
                cells = [cell.micros if isinstance(cell, Instant) else None for cell in cells]
            with our_words():
                wanted = pa.array(cells, type=column.type)
            if not column.equals(wanted):
                rows |= {row for row in range(self.rows) if not column[row].equals(wanted[row])}
        return rows


def _read(source: Source, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for table, _ in _tables(source, names):
        yield from _cells(table, names)


def _cells(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    with our_words():
        columns = [_plain(name, table.column(name)) for name in names]
    return zip(*columns, strict=True)


def _tables(
    source: Source, names: Sequence[str], wanted: range | None = None
) -> Iterator[tuple[pa.Table, RecordVersion]]:
    with opened(source) as (file, groups, version):
        end = 0
        for number, rows in enumerate(groups):
            start, end = end, end + rows
            own = range(start, end) if wanted is None else range(max(start, wanted.start), min(end, wanted.stop))
            if not own:
                continue
            with our_words():
                table = file.read_row_group(number, columns=list(dict.fromkeys(names)), use_threads=False)
            if table.num_rows != rows:
                raise malformed("damaged", "it has other rows than it says")
            yield table.slice(own.start - start, len(own)), version


def _plain(name: str, column: pa.ChunkedArray[Any]) -> list[Any]:
    if name in INSTANTS:
        return [None if micros is None else Instant(micros) for micros in column.cast(pa.int64()).to_pylist()]
    cells: list[Any] = column.to_pylist()
    return [Digest(raw) for raw in cells] if name in DIGESTS else cells
