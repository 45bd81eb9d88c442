"""What survives of a partition: the rows that stay, the ids of all, and no byte of those that go."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import EMPTY_ROOT, root_of
from schemas.record import SALT_SIZE, Author, Normalised, Record
from schemas.tables import PARTITION
from storage.parquet import (
    PartitionMalformedError,
    SurvivorsDifferError,
    check_survivors,
    read_rows,
    survivors,
    write_partition,
)
from storage.parquet.limits import ROWS
from storage.parquet.thrift import Cursor
from tests.storage.records import provenance, record, records
from tests.storage.test_parquet import peak

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIB = 1 << 20


def ids(written: Sequence[Record]) -> list[Digest]:
    return [one.id for one in written]


def leaves_of(written: Sequence[Record]) -> bytes:
    return b"".join(one.id.raw for one in written)


def everything(content: bytes) -> bytes:
    """The file as it is, and every page of it decompressed."""
    pages = [content]
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            at, end = chunk.data_page_offset, chunk.data_page_offset + chunk.total_compressed_size
            while at < end:
                cursor = Cursor(content[at:end])
                header = cursor.read_struct()
                start, (size, packed) = at + cursor.at, (header[2], header[3])
                assert isinstance(size, int)
                assert isinstance(packed, int)
                pages.append(pa.Codec("zstd").decompress(content[start : start + packed], size, asbytes=True))
                at = start + packed
    return b"\n".join(pages)


@settings(deadline=None, max_examples=100)
@given(st.lists(records, max_size=6, unique_by=lambda one: one.id), st.data())
def test_what_survives_is_the_partition_of_the_rows_that_stay_and_proves_itself(
    written: list[Record], data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.sampled_from(ids(written)))) if written else set[Digest]()
    content, root = write_partition(written)
    left = [one for one in written if one.id not in gone]

    rest = survivors(content, gone)

    assert rest.content == (write_partition(left)[0] if left else None)
    assert (rest.leaves, rest.rows) == (leaves_of(written), len(left))
    assert check_survivors(rest.content, rest.leaves, root) == tuple(one for one in ids(written) if one in gone)


def secret(number: int) -> Record:
    """A record in which every part that can be told from others' is told by its number."""
    word = f"secret{number}x"
    view = Normalised(
        kind="post",
        type=f"Type-{word}",
        item=f"item-{word}",
        url=f"https://social.example/{word}",
        title=f"title {word}",
        text=f"text {word}",
        author=Author(name=f"author {word}", id=f"id {word}"),
        created=Instant(1_700_000_000_000_000 + number * 1_000_003),
        thread=f"thread {word}",
        parent=f"parent {word}",
    )
    native = f'{{"native": "{word}"}}'.encode()
    return Record(
        salt=Digest.of(word.encode()).raw,
        native=native,
        normalised=view.to_bytes(),
        provenance=provenance(len(native), Instant(1_700_000_000_000_007 + number)).to_bytes(),
    )


@pytest.mark.parametrize("going", [{0}, {6}, {3}, {0, 1, 2, 3, 4, 5}, {1, 3, 5}], ids=str)
def test_no_byte_of_a_destroyed_row_is_in_the_file_its_pages_or_its_footer(going: set[int]) -> None:
    # Given rows of which the first and the last are also the least and the greatest in every statistic,
    written = [secret(number) for number in range(7)]
    content, _ = write_partition(written)
    assert all(f"secret{number}x".encode() in everything(content) for number in range(7))
    # when some are destroyed,
    rest = survivors(content, {written[number].id for number in going}).content
    assert rest is not None
    found = everything(rest)
    # then neither a word of theirs, nor salt, id, digest or instant is anywhere.
    for number, one in enumerate(written):
        view = Normalised.from_bytes(one.normalised)
        assert view.created
        traces = [
            f"secret{number}x".encode(),
            one.salt,
            one.id.raw,
            Digest.of(one.native).raw,
            view.created.micros.to_bytes(8, "little"),
            (1_700_000_000_000_007 + number).to_bytes(8, "little"),
        ]
        assert [trace in found for trace in traces] == [number not in going] * 6


def test_row_groups_are_those_of_a_partition_that_never_had_the_others() -> None:
    written = [record(number) for number in range(2 * ROWS + 5)]
    gone = {one.id for one in written[::2]}
    content, root = write_partition(written)
    rest = survivors(content, gone)
    assert rest.content == write_partition(written[1::2])[0]
    assert len(check_survivors(rest.content, rest.leaves, root)) == ROWS + 3


def test_survivors_survive_again_and_all_that_ever_went_is_told() -> None:
    written = [record(number) for number in range(5)]
    content, root = write_partition(written)
    first = survivors(content, {written[1].id})
    assert first.content is not None
    second = survivors(first.content, {written[3].id})
    # The leaves of the beginning make the root; those of the second time are of what there was then.
    assert check_survivors(second.content, first.leaves, root) == (written[1].id, written[3].id)
    assert second.leaves == leaves_of([written[0], *written[2:]])


def test_rows_with_one_id_go_and_stay_together() -> None:
    twice = [record(1), record(2), record(1)]
    content, root = write_partition(twice)
    one_left = survivors(content, {record(1).id})
    assert (one_left.rows, one_left.leaves) == (1, leaves_of(twice))
    assert check_survivors(one_left.content, one_left.leaves, root) == (record(1).id, record(1).id)
    two_left = survivors(content, {record(2).id})
    assert check_survivors(two_left.content, two_left.leaves, root) == (record(2).id,)
    halved, _ = write_partition(twice[:2])
    with pytest.raises(SurvivorsDifferError):
        check_survivors(halved, leaves_of(twice), root)


def test_a_row_that_is_to_go_and_is_not_there_stops_everything() -> None:
    content, _ = write_partition([record(1), record(2)])
    with pytest.raises(SurvivorsDifferError, match=f"{record(3).id} is to go and is not there") as caught:
        survivors(content, {record(1).id, record(3).id})
    assert (caught.value.code, caught.value.facts) == ("SURVIVORS_DIFFER", {"rows": 1})


def test_what_was_never_there_has_the_empty_root() -> None:
    assert check_survivors(None, b"", EMPTY_ROOT) == ()
    with pytest.raises(SurvivorsDifferError):
        check_survivors(write_partition([record(1)])[0], b"", EMPTY_ROOT)


# Tampering

WRITTEN = [record(number) for number in range(4)]
ROOT = root_of(ids(WRITTEN))
LEAVES = leaves_of(WRITTEN)


def altered(content: bytes, name: str, row: int, cell: object) -> bytes:
    """A partition with one cell exchanged, in a file that is otherwise as ours."""
    table = pq.read_table(io.BytesIO(content)).cast(PARTITION)
    index = PARTITION.names.index(name)
    cells = table.column(index).to_pylist()
    cells[row] = cell
    table = table.set_column(index, PARTITION.field(index), pa.array(cells, PARTITION.field(index).type))
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, PARTITION, compression="zstd", use_dictionary=False, store_schema=False) as writer:
        writer.add_key_value_metadata({"holdfast": "holdfast-partition/v2"})
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize(
    "left",
    [
        [WRITTEN[1], WRITTEN[0]],
        [WRITTEN[0], WRITTEN[0]],
        [*WRITTEN, record(9)],
        [record(9)],
    ],
    ids=["moved", "doubled", "added", "foreign"],
)
def test_rows_that_were_not_there_so_are_refused(left: list[Record]) -> None:
    with pytest.raises(SurvivorsDifferError, match="in their order"):
        check_survivors(write_partition(left)[0], LEAVES, ROOT)


@pytest.mark.parametrize(
    "leaves",
    [
        b"",
        LEAVES[:-1],
        LEAVES[:-32],
        LEAVES + bytes(32),
        LEAVES[32:] + LEAVES[:32],
        bytes([LEAVES[0] ^ 1]) + LEAVES[1:],
    ],
    ids=["none", "cut", "shorter", "longer", "moved", "flipped"],
)
def test_ids_that_do_not_make_the_root_are_refused(leaves: bytes) -> None:
    for source in (None, write_partition(WRITTEN[:2])[0]):
        with pytest.raises(SurvivorsDifferError):
            check_survivors(source, leaves, ROOT)


@pytest.mark.parametrize("name", ["record", "salt", "native", "normalised", "provenance"])
def test_a_row_that_is_not_what_its_parts_commit_to_neither_survives_nor_is_believed(name: str) -> None:
    content, _ = write_partition(WRITTEN)
    forged = altered(content, name, 2, {"record": bytes(32), "salt": bytes(SALT_SIZE)}.get(name, b"{}"))
    with pytest.raises(SurvivorsDifferError, match="not what its parts commit to"):
        survivors(forged, {WRITTEN[0].id})
    with pytest.raises(SurvivorsDifferError, match="not what its parts commit to"):
        check_survivors(forged, LEAVES, ROOT)


def test_no_flipped_byte_changes_what_is_left_or_what_is_gone() -> None:
    rest = survivors(write_partition(WRITTEN)[0], {WRITTEN[1].id})
    assert rest.content is not None
    rows = [row.record for row in read_rows(rest.content)]
    for position in random.Random(5).sample(range(len(rest.content)), 300):
        flipped = bytearray(rest.content)
        flipped[position] ^= 1 << position % 8
        try:
            gone = check_survivors(bytes(flipped), rest.leaves, ROOT)
        except (SurvivorsDifferError, PartitionMalformedError):
            continue
        assert gone == (WRITTEN[1].id,)
        assert [row.record for row in read_rows(bytes(flipped))] == rows


def test_memory_is_that_of_the_result_and_a_row_group_or_two(tmp_path: Path) -> None:
    # Given 160 MiB in row groups of 16 of which an eighth stays,
    path = tmp_path / "partition"
    natives = [random.Random(number).randbytes(MIB) for number in range(160)]
    path.write_bytes(write_partition([record(n, native=native) for n, native in enumerate(natives)])[0])
    reading = "import sys, pathlib, storage.parquet as p\npath = pathlib.Path(sys.argv[1])\n"
    both = reading + (
        "gone = [row.id for n, row in enumerate(p.read_rows(path)) if n % 8]\nassert p.survivors(path, gone).rows == 20"
    )
    # when the others are destroyed, then it takes little more than reading does.
    assert peak(both, str(path)) - peak(reading + "for row in p.read_rows(path): pass", str(path)) < 110 * MIB
