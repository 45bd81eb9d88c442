"""From records to the bytes of a partition."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.digest import Digest
from schemas.errors import InputError
from schemas.instant import Instant
from schemas.merkle import root_of
from schemas.record import NEWEST, Normalised, Provenance
from schemas.tables import PARTITION, PARTITION_FORMATS
from storage.parquet.columns import EVIDENCE, columns_of
from storage.parquet.limits import GROUP_BYTES, LARGEST_FOOTER, LARGEST_RECORD, MARK, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.record import Record, RecordVersion

LEVEL = 3
# Only what searches skip by. Never native bytes: a footer is no place for them.
STATISTICS = ["kind", "item", "created", "captured"]


class PartitionTooLargeError(InputError):
    """A record, or all of them together, is more than a partition may hold."""

    code = "PARTITION_TOO_LARGE"


def write_partition(records: Iterable[Record]) -> tuple[bytes, Digest]:
    """Return a Parquet file of the records in their order, all of one version, and the Merkle root over their ids.

    The same records make the same bytes, with one version of pyarrow (which signs the file as its creator).

    Raises:
        NotCanonicalError: a record's derived view or provenance is not in its canonical spelling.
        PartitionTooLargeError: a record has more than 128 MiB, or there are millions of them.
    """
    ids: list[Digest] = []
    versions: set[RecordVersion] = set()
    content = io.BytesIO()
    with pq.ParquetWriter(
        content,
        PARTITION,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=False,
        write_statistics=STATISTICS,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        for group in _groups(records):
            versions |= {record.version for record in group}
            rows = [_cells(record) for record in group]
            ids.extend(Digest(row["record"]) for row in rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=PARTITION), row_group_size=ROWS)
        (version,) = versions or {NEWEST}
        writer.add_key_value_metadata({MARK: PARTITION_FORMATS[version]})
    written = content.getvalue()
    if int.from_bytes(written[-8:-4], "little") > LARGEST_FOOTER:
        raise PartitionTooLargeError(
            f"{len(ids)} records are more than one partition may hold.", do="Import the account in smaller parts."
        )
    return written, root_of(ids)


def _groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    group: list[Record] = []
    size = 0
    for record in records:
        larger = len(record.native) + len(record.normalised) + len(record.provenance)
        if larger > LARGEST_RECORD:
            raise PartitionTooLargeError(
                f"A record of {larger} bytes is larger than the {LARGEST_RECORD} that a partition may hold.",
                do="Capture the item with a lower limit on the size of answers.",
                size=larger,
            )
        if group and (len(group) == ROWS or size + larger > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(record)
        size += larger
    if group:
        yield group


def _cells(record: Record) -> dict[str, Any]:
    cells: dict[str, Any] = {name: getattr(record, name) for name in EVIDENCE}
    view, provenance = Normalised.from_bytes(record.normalised), Provenance.from_bytes(record.provenance)
    for name, cell in columns_of(record, view, provenance).items():
        cells[name] = cell.raw if isinstance(cell, Digest) else cell.micros if isinstance(cell, Instant) else cell
    return cells
