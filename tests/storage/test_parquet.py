"""Partitions: what is written is read, by us and by readers that are not ours, in little memory."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical import NotCanonicalError
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import EMPTY_ROOT, root_of
from schemas.record import Author, Normalised, Record
from schemas.tables import PARTITION
from storage import parquet
from storage.parquet import PartitionTooLargeError, read_columns, read_rows, read_summaries, write_partition
from storage.parquet.limits import LARGEST_RECORD, ROWS
from tests.storage.records import JANUARY_2026, derived_columns, record, records

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1 << 20


# Round trips


@settings(deadline=None, max_examples=150)
@given(st.lists(records, max_size=6))
def test_every_record_comes_back_as_it_was_with_the_columns_that_follow_from_it(written: list[Record]) -> None:
    content, root = write_partition(written)
    rows = list(read_rows(content))
    assert [row.record for row in rows] == written
    assert [row.id for row in rows] == [one.id for one in written]
    assert [row.columns for row in rows] == [derived_columns(one) for one in written]
    assert root == root_of([one.id for one in written])
    assert write_partition(written) == (content, root)


def test_bytes_a_stream_and_a_path_are_read_alike(tmp_path: Path) -> None:
    content, _ = write_partition([record(number) for number in range(5)])
    path = tmp_path / "partition"
    path.write_bytes(content)
    stream = io.BytesIO(content)
    with path.open("rb") as file:
        assert list(read_rows(content)) == list(read_rows(path)) == list(read_rows(stream)) == list(read_rows(file))
        assert not file.closed
    assert not stream.closed


def test_the_order_is_that_of_the_writer_also_across_row_groups() -> None:
    written = [record(number) for number in random.Random(0).sample(range(2 * ROWS + 5), 2 * ROWS + 5)]
    content, root = write_partition(written)
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 3
    assert [row.id for row in read_rows(content)] == [one.id for one in written]
    assert root == root_of([one.id for one in written])


@pytest.mark.parametrize("native", [b"", b"\x00" * 10, b"PAR1" * 9, bytes(5 * MIB)], ids=["empty", "NUL", "PAR1", "5M"])
def test_native_bytes_are_exact(native: bytes) -> None:
    (row,) = read_rows(write_partition([record(1, native=native)])[0])
    assert row.record.native == native
    assert row.native_sha256 == Digest.of(native)


def test_large_records_do_not_share_a_row_group() -> None:
    written = [record(number, native=random.Random(number).randbytes(9 * MIB)) for number in range(4)]
    content, _ = write_partition(written)
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 4
    assert [row.record for row in read_rows(content)] == written


def test_a_record_too_large_for_a_partition_is_refused() -> None:
    with pytest.raises(PartitionTooLargeError):
        write_partition([record(1, native=bytes(LARGEST_RECORD))])


def test_no_records_make_the_empty_root() -> None:
    content, root = write_partition([])
    assert root == EMPTY_ROOT
    assert list(read_rows(content)) == []


@pytest.mark.parametrize(
    ("author", "column"),
    [
        (Author(id="1", name="Name", handle="handle"), "Name"),
        (Author(id="1", handle="handle"), "handle"),
        (Author(id="1", name=""), "1"),
        (Author(url="https://social.example"), None),
    ],
)
def test_the_author_is_the_name_or_the_handle_or_the_id(author: Author, column: str | None) -> None:
    assert derived_columns(record(1, author=author))["author"] == column


@pytest.mark.parametrize("part", ["normalised", "provenance"])
def test_a_record_that_is_not_canonical_is_not_written(part: str) -> None:
    good = record(1)
    parts = {name: getattr(good, name) for name in ("salt", "native", "normalised", "provenance")}
    with pytest.raises(NotCanonicalError):
        write_partition([Record(**parts | {part: parts[part] + b" "})])


def test_summaries_and_columns_are_those_of_the_rows() -> None:
    written = [record(number) for number in range(ROWS + 3)]
    content, _ = write_partition(written)
    rows = list(read_rows(content))
    for row, summary in zip(rows, read_summaries(content), strict=True):
        assert summary.record == row.id
        assert summary.native_sha256 == Digest.of(row.record.native)
        assert summary.normalised == row.record.normalised
        assert summary.normalised_sha256 == Digest.of(row.record.normalised)
        assert (summary.item, summary.kind, summary.url, summary.thread, summary.captured) == (
            row.item,
            row.kind,
            row.url,
            row.thread,
            row.captured,
        )
    assert list(read_columns(content, ("item", "created", "record"))) == [
        (row.item, row.created, row.id) for row in rows
    ]
    assert list(read_columns(content, ("created",)))[7] == (Instant(JANUARY_2026 + 7_000_000),)


# Readers that are not ours


def test_duckdb_and_pyarrow_read_the_file_alike(tmp_path: Path) -> None:
    written = [record(number, text=None if number % 3 else "NUL \x00 and 🙂") for number in range(ROWS + 1)]
    path = tmp_path / "partition"
    path.write_bytes(write_partition(written)[0])

    table = pq.read_table(path)
    assert table.column("native").to_pylist() == [one.native for one in written]
    assert {len(salt) for salt in table.column("salt").to_pylist()} == {32}

    with duckdb.connect() as connection:
        names = ", ".join(
            f"epoch_us({field.name})" if pa.types.is_timestamp(field.type) else field.name for field in PARTITION
        )
        found = connection.execute(f"SELECT {names} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608
        kinds = connection.execute("SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(path)])
        assert dict(kinds.fetchall()) == {
            field.name: {"string": "VARCHAR", "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE"}.get(
                str(field.type), "BLOB"
            )
            for field in PARTITION
        }
    for one, cells in zip(written, found, strict=True):
        cell = dict(zip(PARTITION.names, cells, strict=True))
        assert (cell["salt"], cell["native"], cell["normalised"], cell["provenance"]) == (
            one.salt,
            one.native,
            one.normalised,
            one.provenance,
        )
        expected = derived_columns(one)
        assert cell["record"] == one.id.raw
        assert cell["text"] == expected["text"]
        assert Instant(cell["created"]) == expected["created"]
        assert Instant(cell["captured"]) == expected["captured"] == Instant.from_text("2026-01-01T00:00:00.000000Z")


def test_the_file_says_what_it_is_and_holds_no_native_bytes_in_its_footer() -> None:
    secret = b"only in the page"
    content, _ = write_partition([record(1, native=secret)])
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    assert metadata.metadata == {b"holdfast": b"holdfast-partition/v2"}
    footer = content[-8 - struct.unpack("<I", content[-8:-4])[0] :]
    assert secret not in footer
    assert {metadata.row_group(0).column(index).compression for index in range(16)} == {"ZSTD"}


# Memory


def peak(source: str, *args: str) -> int:
    """Return the most memory, in bytes, that a process with these statements held."""
    ending = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", source + ending, *args],
        cwd=Path(parquet.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) * 1024


def test_a_partition_is_read_a_row_group_at_a_time(tmp_path: Path) -> None:
    # Given 160 MiB in row groups of 16,
    def write(count: int) -> str:
        natives: Sequence[bytes] = [random.Random(number).randbytes(MIB) for number in range(count)]
        path = tmp_path / str(count)
        path.write_bytes(write_partition([record(n, native=native) for n, native in enumerate(natives)])[0])
        return str(path)

    reading = "import sys, pathlib, storage.parquet as p\nfor row in p.read_rows(pathlib.Path(sys.argv[1])): pass"
    # when they are read, then they take no more memory than a quarter of them does, within one row group or two.
    assert peak(reading, write(160)) - peak(reading, write(40)) < 40 * MIB


def test_columns_of_the_view_are_those_of_the_schema() -> None:
    assert list(derived_columns(record(1))) == [
        name for name in PARTITION.names if name not in ("salt", "native", "normalised", "provenance")
    ]
    assert {"kind", "item", "url", "title", "text", "thread", "parent", "created"} <= set(Normalised.__struct_fields__)
