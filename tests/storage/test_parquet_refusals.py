"""Partitions that others wrote or damaged: refused by name, before much is read, or returned as they are."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.tables import PARTITION
from storage.objects import StoreUnavailableError
from storage.parquet import PartitionMalformedError, UnknownFormatError, read_rows, read_summaries, write_partition
from storage.parquet.limits import ROWS
from tests.storage.records import derived_columns, record

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.record import Record

MIB = 1 << 20
FLIPS = 600
TRUNCATIONS = 150


def refused(content: bytes) -> PartitionMalformedError:
    with pytest.raises(PartitionMalformedError) as caught:
        list(read_rows(content))
    return caught.value


def _written(table: pa.Table, mark: str | None = "holdfast-partition/v2", **options: Any) -> bytes:
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
    return pa.Table.from_pylist([_cells(record(number)) for number in range(count)], schema=PARTITION)


def test_a_later_version_of_the_format_asks_for_an_update() -> None:
    table = _table().append_column("later", pa.array([1, 2, 3]))
    with pytest.raises(UnknownFormatError, match=r"holdfast-partition/v3.*Update Holdfast") as caught:
        list(read_rows(_written(table, "holdfast-partition/v3")))
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
        _table().select(list(reversed(PARTITION.names))),
        _table().rename_columns([*PARTITION.names[:-1], "caught"]),
        _table().cast(PARTITION.set(5, pa.field("native_sha256", pa.large_binary(), nullable=False))),
        _table().cast(PARTITION.set(14, pa.field("created", pa.timestamp("us")))),
        _table().cast(PARTITION.set(2, pa.field("native", pa.large_binary()))),
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
    content = _written(table.set_column(10, PARTITION.field("text"), bad), write_statistics=False)
    assert refused(content).facts["fault"] == "damaged"


def test_a_date_outside_the_calendar_is_refused() -> None:
    table = _table()
    far = pa.array([2**62, None, 0], pa.int64()).cast(pa.timestamp("us", "UTC"))
    content = _written(table.set_column(14, PARTITION.field("created"), far))
    with pytest.raises(ArchiveError):
        list(read_rows(content))


def test_a_kind_that_there_is_not_is_refused_in_a_summary() -> None:
    table = pa.Table.from_pylist([_cells(record(1)) | {"kind": "rumour"}], schema=PARTITION)
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


def test_what_is_in_the_file_is_returned_also_when_it_is_wrong() -> None:
    table = pa.Table.from_pylist([_cells(record(1)) | {"text": "changed", "record": bytes(32)}], schema=PARTITION)
    (row,) = read_rows(_written(table))
    assert row.id == Digest(bytes(32)) != row.record.id
    assert row.columns == derived_columns(record(1)) | {"text": "changed", "record": Digest(bytes(32))}
