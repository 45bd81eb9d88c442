"""What a partition's own headers promise, read without pyarrow: that reading it takes no more than the limits allow.

Only plainly encoded data pages are accepted. Dictionaries and deltas let few bytes stand for many; without them no
column is larger than its pages, and no page is larger than its header says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.parquet.limits import LARGEST_FOOTER, LARGEST_GROUP, ROWS, PartitionMalformedError, malformed
from storage.parquet.thrift import Cursor

if TYPE_CHECKING:
    from typing import Protocol

    from storage.parquet.thrift import Struct, Value

    class RandomAccess(Protocol):
        """A file that can be read anywhere."""

        def size(self) -> int: ...

        def seek(self, position: int) -> int: ...

        def read(self, nbytes: int) -> bytes: ...


MAGIC = b"PAR1"
SMALLEST = 12  # two magics and the footer's length
LARGEST_PAGE_HEADER = 16 << 10
DATA_PAGE = 0
PLAIN = 0

# Field numbers, from parquet.thrift of https://github.com/apache/parquet-format
ROW_GROUPS = 4  # of FileMetaData
COLUMNS, GROUP_ROWS = 1, 3  # of RowGroup
META_DATA = 3  # of ColumnChunk
COLUMN_VALUES, COLUMN_SIZE, COLUMN_COMPRESSED, COLUMN_START, DICTIONARY_START = 5, 6, 7, 9, 11  # of ColumnMetaData
PAGE_TYPE, PAGE_SIZE, PAGE_COMPRESSED, PAGE_DATA = 1, 2, 3, 5  # of PageHeader
PAGE_VALUES, PAGE_ENCODING = 1, 2  # of DataPageHeader


def check_frame(file: RandomAccess) -> list[int]:
    """Return the number of rows of each row group of a Parquet file whose headers keep within the limits.

    Raises:
        PartitionMalformedError: it is no Parquet, damaged, or may ask for too much.
    """
    size = file.size()
    if size < SMALLEST or _read(file, 0, len(MAGIC)) != MAGIC:
        raise malformed("not-parquet", "it is no Parquet file")
    tail = _read(file, size - 8, 8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - SMALLEST:
        raise malformed("truncated", "its end is missing or damaged")
    if length > LARGEST_FOOTER:
        raise malformed("too-large", f"its footer of {length} bytes is larger than {LARGEST_FOOTER}")
    footer = Cursor(_read(file, size - 8 - length, length)).read_struct()
    return [_check_group(file, group) for group in _structs(footer, ROW_GROUPS)]


def _check_group(file: RandomAccess, group: Struct) -> int:
    rows = _number(group, GROUP_ROWS)
    columns = [_struct(chunk, META_DATA) for chunk in _structs(group, COLUMNS)]
    declared = sum(_number(column, COLUMN_SIZE) for column in columns)
    if rows > ROWS or declared > LARGEST_GROUP:
        raise malformed("too-large", f"a row group declares {rows} rows and {declared} bytes")
    for column in columns:
        if DICTIONARY_START in column:  # Arrow would begin to read there, and not at the pages that are checked
            raise malformed("encoding", "it has a dictionary, which the format forbids")
        if _number(column, COLUMN_VALUES) != rows:
            raise malformed("damaged", "a column has other rows than its row group")
        _check_pages(file, column, rows)
    return rows


def _check_pages(file: RandomAccess, column: Struct, rows: int) -> None:
    at = _number(column, COLUMN_START)
    end = at + _number(column, COLUMN_COMPRESSED)
    rest, values = _number(column, COLUMN_SIZE), 0
    while at < end:
        cursor = Cursor(_read(file, at, min(LARGEST_PAGE_HEADER, end - at)))
        header = cursor.read_struct()
        if header.get(PAGE_TYPE) != DATA_PAGE or _struct(header, PAGE_DATA).get(PAGE_ENCODING) != PLAIN:
            raise malformed("encoding", "it has a page that is not plainly encoded, which the format forbids")
        rest -= cursor.at + _number(header, PAGE_SIZE)
        values += _number(_struct(header, PAGE_DATA), PAGE_VALUES)
        at += cursor.at + _number(header, PAGE_COMPRESSED)
    if at != end or rest != 0 or values != rows:
        raise malformed("damaged", "its pages are not those that its footer declares")


def _read(file: RandomAccess, at: int, size: int) -> bytes:
    file.seek(at)
    content = file.read(size)
    if len(content) != size:
        raise malformed("truncated", "a part of it is missing")
    return content


def _number(struct: Struct, field: int) -> int:
    value = struct.get(field)
    if not isinstance(value, int) or value < 0:
        raise _absent()
    return value


def _struct(struct: Struct, field: int) -> Struct:
    return _as_struct(struct.get(field))


def _structs(struct: Struct, field: int) -> list[Struct]:
    values = struct.get(field)
    if not isinstance(values, list):
        raise _absent()
    return [_as_struct(value) for value in values]


def _as_struct(value: Value | None) -> Struct:
    if not isinstance(value, dict):
        raise _absent()
    return value


def _absent() -> PartitionMalformedError:
    return malformed("damaged", "a header of it lacks what every Parquet file says")
