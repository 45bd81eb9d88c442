"""Partitions: what is written is read, by us and by readers that are not ours; what is damaged is refused by name."""

from __future__ import annotations

import io
import json
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical import NotCanonicalError
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.instant import Instant
from schemas.merkle import EMPTY_ROOT, root_of
from schemas.record import Author, Normalised, Record
from schemas.tables import PARTITION_V1
from storage import parquet
from storage.objects import StoreUnavailableError
from storage.parquet import (
    PartitionMalformedError,
    PartitionTooLargeError,
    UnknownFormatError,
    read_columns,
    read_rows,
    read_summaries,
    write_partition,
)
from storage.parquet.limits import LARGEST_RECORD, ROWS
from tests.storage.records import JANUARY_2026, derived_columns, record, records

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1 << 20
FLIPS = 600
TRUNCATIONS = 150


def refused(content: bytes) -> PartitionMalformedError:
    with pytest.raises(PartitionMalformedError) as caught:
        list(read_rows(content))
    return caught.value


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
    assert read_columns(content, ("item", "created", "record")) == [(row.item, row.created, row.id) for row in rows]
    assert read_columns(content, ("created",))[7] == (Instant(JANUARY_2026 + 7_000_000),)


def test_what_is_in_the_file_is_returned_also_when_it_is_wrong() -> None:
    table = pa.Table.from_pylist([_cells(record(1)) | {"text": "changed", "record": bytes(32)}], schema=PARTITION_V1)
    (row,) = read_rows(_written(table))
    assert row.id == Digest(bytes(32)) != row.record.id
    assert row.columns == derived_columns(record(1)) | {"text": "changed", "record": Digest(bytes(32))}


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
            f"epoch_us({field.name})" if pa.types.is_timestamp(field.type) else field.name for field in PARTITION_V1
        )
        found = connection.execute(f"SELECT {names} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608
        kinds = connection.execute("SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(path)])
        assert dict(kinds.fetchall()) == {
            field.name: {"string": "VARCHAR", "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE"}.get(
                str(field.type), "BLOB"
            )
            for field in PARTITION_V1
        }
    for one, cells in zip(written, found, strict=True):
        cell = dict(zip(PARTITION_V1.names, cells, strict=True))
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
    assert metadata.metadata == {b"holdfast": b"holdfast-partition/v1"}
    footer = content[-8 - struct.unpack("<I", content[-8:-4])[0] :]
    assert secret not in footer
    assert {metadata.row_group(0).column(index).compression for index in range(16)} == {"ZSTD"}


# Refusals


def _written(table: pa.Table, mark: str | None = "holdfast-partition/v1", **options: Any) -> bytes:
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink, table.schema, **{"compression": "zstd", "use_dictionary": False, "store_schema": False} | options
    ) as writer:
        if mark is not None:
            writer.add_key_value_metadata({"holdfast": mark})
        writer.write_table(table)
    return sink.getvalue()


def _cells(one: Record) -> dict[str, Any]:
    cells = {name: getattr(one, name) for name in ("salt", "native", "normalised", "provenance")}
    for name, cell in derived_columns(one).items():
        cells[name] = getattr(cell, "raw", None) or getattr(cell, "micros", None) or cell
    return cells


def _table(count: int = 3) -> pa.Table:
    return pa.Table.from_pylist([_cells(record(number)) for number in range(count)], schema=PARTITION_V1)


def test_a_later_version_of_the_format_asks_for_an_update() -> None:
    table = _table().append_column("later", pa.array([1, 2, 3]))
    with pytest.raises(UnknownFormatError, match=r"holdfast-partition/v2.*Update Holdfast") as caught:
        list(read_rows(_written(table, "holdfast-partition/v2")))
    assert (caught.value.code, caught.value.exit_status) == ("PARTITION_FORMAT_UNKNOWN", 2)


@pytest.mark.parametrize("mark", [None, "", "holdfast-partition/v", "holdfast-partition/v01x", "other/v1", "ä"])
def test_a_parquet_file_of_somebody_else_is_refused(mark: str | None) -> None:
    assert refused(_written(_table(), mark)).facts["fault"] == "unmarked"


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" * 2, b"PK\x03\x04" * 9, b"PARE" * 9, json.dumps({"a": 1}).encode() * 9]
)
def test_what_is_no_parquet_is_refused(content: bytes) -> None:
    assert refused(content).facts["fault"] == "not-parquet"


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    content, _ = write_partition([record(number) for number in range(3)])
    for length in random.Random(0).sample(range(12, len(content)), TRUNCATIONS):
        assert refused(content[:length]).facts["fault"] == "truncated"


@pytest.mark.parametrize(
    "table",
    [
        _table().drop_columns(["salt"]),
        _table().append_column("more", pa.array([1, 2, 3])),
        _table().select(list(reversed(PARTITION_V1.names))),
        _table().rename_columns([*PARTITION_V1.names[:-1], "caught"]),
        _table().cast(PARTITION_V1.set(5, pa.field("native_sha256", pa.large_binary(), nullable=False))),
        _table().cast(PARTITION_V1.set(14, pa.field("created", pa.timestamp("us")))),
        _table().cast(PARTITION_V1.set(2, pa.field("native", pa.large_binary()))),
    ],
    ids=["a column less", "a column more", "reversed", "renamed", "other type", "other zone", "nullable"],
)
def test_a_file_with_other_columns_is_refused(table: pa.Table) -> None:
    assert refused(_written(table)).facts["fault"] == "schema"


def test_arrows_own_schema_in_the_footer_changes_nothing() -> None:
    assert refused(_written(_table(), store_schema=True)).facts["fault"] == "schema"


def test_a_dictionary_by_which_few_bytes_stand_for_many_is_refused_before_it_is_read() -> None:
    # Given 900 rows that share one text of 8 MiB: 7 GiB in a file of less than one MiB,
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 900, pa.int32()), pa.array(["x" * 8 * MIB]))
    content = _written(_table(900).set_column(10, pa.field("text", shared.type), shared), use_dictionary=["text"])
    assert len(content) < MIB
    # when it is read, then it is refused.
    assert refused(content).facts["fault"] == "encoding"


@pytest.mark.parametrize(
    "options", [{"column_encoding": {"text": "DELTA_BYTE_ARRAY"}}, {"data_page_version": "2.0"}], ids=["delta", "v2"]
)
def test_pages_that_are_not_plainly_encoded_are_refused(options: dict[str, Any]) -> None:
    assert refused(_written(_table(), **options)).facts["fault"] == "encoding"


def test_a_page_that_claims_more_than_its_column_is_refused_before_it_is_read() -> None:
    # Given a page whose header is made to say 128 MiB where the footer says 5,
    content = bytearray(write_partition([record(1, native=bytes(5 * MIB))])[0])
    at = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(2).data_page_offset
    assert content[at : at + 3] == b"\x15\x00\x15"  # the page's type, then its size: four bytes of a varint
    content[at + 3 : at + 7] = b"\xfe\xff\xff\x7f"
    # when it is read, then it is refused for that, and not for what it holds.
    with pytest.raises(PartitionMalformedError, match="its pages are not those that its footer declares"):
        list(read_rows(bytes(content)))


def test_a_row_group_of_too_many_rows_is_refused_before_it_is_read() -> None:
    assert refused(_written(_table(ROWS + 1))).facts["fault"] == "too-large"


def test_a_row_group_that_declares_too_many_bytes_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content, _ = write_partition([record(1, native=bytes(9 * MIB))])
    assert len(list(read_rows(content))) == 1
    monkeypatch.setattr("storage.parquet.footer.LARGEST_GROUP", 8 * MIB)  # it would be half a gigabyte
    assert refused(content).facts["fault"] == "too-large"


def test_text_that_is_no_utf_8_is_refused() -> None:
    table = _table()
    bad = pa.array([b"\xff\xfe", b"ok", None], pa.binary()).view(pa.string())
    content = _written(table.set_column(10, PARTITION_V1.field("text"), bad), write_statistics=False)
    assert refused(content).facts["fault"] == "damaged"


def test_a_date_outside_the_calendar_is_refused() -> None:
    table = _table()
    far = pa.array([2**62, None, 0], pa.int64()).cast(pa.timestamp("us", "UTC"))
    content = _written(table.set_column(14, PARTITION_V1.field("created"), far))
    with pytest.raises(ArchiveError):
        list(read_rows(content))


def test_a_kind_that_there_is_not_is_refused_in_a_summary() -> None:
    table = pa.Table.from_pylist([_cells(record(1)) | {"kind": "rumour"}], schema=PARTITION_V1)
    with pytest.raises(PartitionMalformedError, match="'rumour'"):
        list(read_summaries(_written(table)))


def test_a_flipped_bit_anywhere_is_refused_or_harmless() -> None:
    # Given a partition and bits to flip, all through the file and each bit of its end,
    content, _ = write_partition([record(number, native=b'{"text": "%d"}' % number * 9) for number in range(40)])
    whole = list(read_rows(content))
    chance = random.Random(0)
    places = chance.sample(range(len(content)), FLIPS) + list(range(len(content) - 60, len(content)))
    noticed = 0
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << chance.randrange(8)
        # when it is read, then no other error is raised than ours, and no row is other than it was.
        try:
            assert list(read_rows(bytes(damaged))) == whole, place
        except ArchiveError:
            noticed += 1
    assert noticed > FLIPS * 0.8


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_damage_of_any_form_raises_nothing_but_our_errors(data: st.DataObject) -> None:
    content, _ = write_partition([record(number) for number in range(3)])
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 64))
    damaged = content[:start] + data.draw(st.binary(max_size=64)) + content[start + length :]
    for read in (read_rows, read_summaries):
        try:
            list(read(damaged))
        except ArchiveError:
            continue


def test_a_file_that_cannot_be_read_is_unavailable_and_not_malformed(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreUnavailableError):
            list(read_rows(path))


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
        name for name in PARTITION_V1.names if name not in ("salt", "native", "normalised", "provenance")
    ]
    assert {"kind", "item", "url", "title", "text", "thread", "parent", "created"} <= set(Normalised.__struct_fields__)
