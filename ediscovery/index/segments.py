"""The Parquet files of the index: those of a segment, and what all segments together say of items.

The same rows make the same bytes.
The documents of a segment are numbered on from its first number, by date, capture and record id. ``postings`` has a row
for each term of each document, sorted by both, with the places where it stands; facts have none. ``names`` has a number
for the identifier of each document's item, sorted: so that an item is found, and its other versions.

Pages have checksums of their own. A footer has none, and says where pages are and what is in them: so beside each file
lies another one with the SHA-256 of its footer, which is looked at whenever it is opened, and of all of it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_DOCS: list[pa.Field[Any]] = [
    pa.field("doc", pa.int64(), nullable=False),
    pa.field("record", pa.binary(32), nullable=False),
    pa.field("entry", pa.int64(), nullable=False),
    pa.field("date", pa.int64(), nullable=False),
    pa.field("dated", pa.bool_(), nullable=False),
    pa.field("captured", pa.int64(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("item", pa.string(), nullable=False),
    pa.field("verdict", pa.string()),
    pa.field("key", pa.string(), nullable=False),
]
_POSTINGS: list[pa.Field[Any]] = [
    pa.field("term", pa.string(), nullable=False),
    pa.field("doc", pa.int64(), nullable=False),
    pa.field("places", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
]
_NAMES: list[pa.Field[Any]] = [
    pa.field("name", pa.uint64(), nullable=False),
    pa.field("doc", pa.int64(), nullable=False),
]
_ITEMS: list[pa.Field[Any]] = [
    pa.field("doc", pa.int64(), nullable=False),
    pa.field("latest", pa.int64(), nullable=False),
    pa.field("version", pa.int32(), nullable=False),
    pa.field("versions", pa.int32(), nullable=False),
    pa.field("verdict", pa.string()),
    pa.field("beside", pa.string()),
]
DOCS = pa.schema(_DOCS)
POSTINGS = pa.schema(_POSTINGS)
NAMES = pa.schema(_NAMES)
ITEMS = pa.schema(_ITEMS)
DOC_ROWS = 1 << 12
POSTING_ROWS = 1 << 16
NAME_ROWS = 1 << 16

PACKED = "DELTA_BINARY_PACKED"
OVER = "segments"

DIGESTS = ".digests"
"""How the name of the file ends with 68 bytes on another: the SHA-256 and the length of its footer, its own SHA-256."""
DIGEST_BYTES, LENGTH_BYTES = 32, 4
ENDING_BYTES = 8
"""What ends a Parquet file: the length of what is before it in the footer, and four letters."""


def write_docs(path: Path, docs: Iterable[pa.RecordBatch]) -> None:
    """Write the documents, in their order."""
    numbers = ("doc", "entry", "date", "captured")
    encodings = dict.fromkeys(numbers, PACKED) | {"item": "DELTA_BYTE_ARRAY"}
    dictionary = ("account", "kind", "verdict", "key")
    # To tell hits in their order, the dates of nearly all row groups are read, in half of the time if uncompressed.
    _write(path, DOCS, docs, rows=DOC_ROWS, encodings=encodings, dictionary=dictionary, plain=numbers)


def write_names(path: Path, names: Iterable[pa.RecordBatch]) -> None:
    """Write the names of documents, sorted by both."""
    _write(path, NAMES, names, rows=NAME_ROWS, encodings={"doc": PACKED})


def write_items(path: Path, items: Iterable[pa.RecordBatch], *, over: Iterable[Path]) -> None:
    """Write what is so of documents (``versions``), sorted by document, and ``over`` which segments' folders it is."""
    encodings = dict.fromkeys(("doc", "latest", "version", "versions"), PACKED)
    told = {OVER: "\n".join(folder.stem for folder in over)}
    _write(path, ITEMS, items, rows=NAME_ROWS, encodings=encodings, told=told)


def items_over(path: Path) -> list[str]:
    """Return the names of the segments' folders that such a file is about; raises what ``about`` raises."""
    said: dict[bytes, bytes] = about(path, ITEMS).metadata or {}
    return said.get(OVER.encode(), b"").decode().split("\n")


def read_items(path: Path) -> pa.Table:
    """Return what is said of documents; raises what ``about`` raises."""
    with pq.ParquetFile(path, metadata=about(path, ITEMS), page_checksum_verification=True) as file:
        return file.read()


def write_postings(path: Path, postings: Iterable[pa.RecordBatch]) -> None:
    """Write postings, sorted by term and document."""
    dictionary = ("term", "places.list.element")
    _write(path, POSTINGS, postings, rows=POSTING_ROWS, encodings={"doc": PACKED}, dictionary=dictionary)


def _write(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    rows: int,
    encodings: Mapping[str, str],
    dictionary: Sequence[str] = (),
    plain: Sequence[str] = (),
    told: dict[str, str] | None = None,
) -> None:
    """Write batches in row groups of one size; ``plain`` are columns that compression would not make smaller."""
    with pq.ParquetWriter(
        path,
        schema,
        compression={name: "none" if name in plain else "zstd" for name in _leaves(schema)},
        use_dictionary=list(dictionary) or False,  # type: ignore[arg-type] # names of columns will do
        column_encoding=dict(encodings),
        data_page_version="2.0",
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        for block in _blocks((pa.Table.from_batches([batch]) for batch in batches), rows):
            # In one piece: how it was cut would show in the file.
            writer.write_table(block.cast(schema).combine_chunks(), row_group_size=rows)
        writer.add_key_value_metadata(told or {})
    digests_of(path).write_bytes(digests(path))


def _leaves(schema: pa.Schema) -> list[str]:
    """Return how Parquet calls the columns of a schema."""
    return [f"{one.name}.list.element" if pa.types.is_list(one.type) else one.name for one in schema]


def digests_of(path: Path) -> Path:
    """Return the file that says what a file is to be."""
    return path.with_name(path.name + DIGESTS)


def digests(path: Path) -> bytes:
    """Return what is written of a file, also if it is none of these; raises OSError."""
    with path.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").digest()
        file.seek(max(file.tell() - ENDING_BYTES, 0))
        length = int.from_bytes(file.read(LENGTH_BYTES), "little") + ENDING_BYTES
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - length, 0))
        return hashlib.sha256(file.read()).digest() + length.to_bytes(LENGTH_BYTES, "little") + whole


def about(source: Path | BinaryIO, schema: pa.Schema) -> pq.FileMetaData:
    """Return what the footer of one of these files says; if it lies on this machine, as it was when it was written.

    Raises:
        ArrowException, OSError: the footer is another one than it was or lacks, or there are other columns.
    """
    said = pq.read_metadata(pa.BufferReader(_footer(source)) if isinstance(source, Path) else source)
    if not said.schema.to_arrow_schema().equals(schema):
        raise pa.ArrowInvalid(f"{source.name} has other columns")
    return said


def _footer(path: Path) -> bytes:
    written = digests_of(path).read_bytes()
    length = int.from_bytes(written[DIGEST_BYTES : DIGEST_BYTES + LENGTH_BYTES], "little")
    with path.open("rb") as file:
        file.seek(-length, os.SEEK_END)
        footer = file.read()
    if hashlib.sha256(footer).digest() != written[:DIGEST_BYTES]:
        raise pa.ArrowInvalid(f"{path.name} has another footer than was written")
    return footer


def is_whole(path: Path, schema: pa.Schema, *, pages: bool = True) -> bool:
    """Return whether a file has these columns and the footer that was written, and its ``pages`` are so, too."""
    try:
        said = about(path, schema)
        if not pages:
            return True
        with pq.ParquetFile(path, metadata=said, page_checksum_verification=True) as file:
            for group in range(said.num_row_groups):
                file.read_row_group(group)
        return digests(path) == digests_of(path).read_bytes()
    except pa.ArrowMemoryError:
        raise
    except (pa.ArrowException, OSError):
        return False


def postings_of(
    occurrences: Iterable[pa.RecordBatch], terms: pa.ChunkedArray[Any], *, first: int
) -> Iterator[pa.RecordBatch]:
    """Yield the postings of occurrences (``term``, ``doc``, ``place``; sorted by all three).

    Terms are given by their numbers in ``terms``, documents are counted from ``first``. The occurrences of one term and
    document may lie in two batches.
    """
    left = pa.table(
        {"term": pa.array([], pa.int32()), "doc": pa.array([], pa.int32()), "place": pa.array([], pa.int32())}
    )
    for batch in occurrences:
        rows = pa.concat_tables([left, pa.Table.from_batches([batch])]).combine_chunks()
        term, doc = (rows.column(name).chunk(0) for name in ("term", "doc"))
        opens = pc.or_(pc.not_equal(term[1:], term[:-1]), pc.not_equal(doc[1:], doc[:-1]))
        starts = pa.concat_arrays([pa.array([0], pa.int32()), pc.add(pc.indices_nonzero(opens), 1).cast(pa.int32())])
        yield _listed(terms, rows, starts, first)
        left = rows.slice(starts[-1].as_py())
    if left.num_rows:
        yield _listed(terms, left.combine_chunks(), pa.array([0, left.num_rows], pa.int32()), first)


def _listed(terms: pa.ChunkedArray[Any], rows: pa.Table, starts: pa.Array[Any], number: int) -> pa.RecordBatch:
    """Return a posting for each start but the last, with the places from there to the next."""
    first, end = starts[:-1], starts[-1].as_py()
    offsets: Any = starts
    flat: Any = rows.column("place").chunk(0).slice(0, end)
    lists = pa.ListArray.from_arrays(offsets, flat)
    places = lists.cast(POSTINGS.field("places").type)
    docs = pc.add(rows.column("doc").take(first).cast(pa.int64()), number)
    spelled = terms.take(rows.column("term").take(first)).combine_chunks()
    return pa.record_batch([spelled, docs.combine_chunks(), places], schema=POSTINGS)


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
