"""Opening a partition: what it must be and may ask for is checked before anything of it is decoded."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import InputError
from schemas.tables import PARTITION_FORMATS
from storage.objects import StoreUnavailableError
from storage.parquet.footer import check_frame
from storage.parquet.limits import LARGEST_FOOTER, MARK, malformed
from storage.parquet.write import write_partition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import RecordVersion

Source: TypeAlias = bytes | Path | BinaryIO

ANY_FORMAT = re.compile(r"holdfast-partition/v[0-9]{1,9}", re.ASCII)


class UnknownFormatError(InputError):
    """A partition is of a version of the format that this version of Holdfast does not know."""

    code = "PARTITION_FORMAT_UNKNOWN"


class Opened(NamedTuple):
    """A partition, the rows of each of its groups, and the version of its records."""

    file: pq.ParquetFile
    groups: list[int]
    version: RecordVersion


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """Open a partition whose headers are in order; a stream is left open.

    Raises:
        PartitionMalformedError: it is no partition that can be read.
        UnknownFormatError: a later version of Holdfast wrote it.
        StoreUnavailableError: the file could not be read.
    """
    try:
        raw = _random_access(source)
    except OSError as error:
        raise _unreadable(error) from error
    try:
        with our_words():
            rows = check_frame(raw)
            file = pq.ParquetFile(
                raw,
                page_checksum_verification=True,
                pre_buffer=False,
                thrift_string_size_limit=LARGEST_FOOTER,
                thrift_container_size_limit=LARGEST_FOOTER,
            )
            version = _check_format(file)
        yield Opened(file, rows, version)
    finally:
        if isinstance(source, bytes | Path):
            raw.close()
        # Arrow keeps what was freed, some 30 MB a process: more than all that an audit holds of its own.
        pa.default_memory_pool().release_unused()


def _random_access(source: Source) -> pa.NativeFile:
    if isinstance(source, bytes):
        return pa.BufferReader(source)
    if isinstance(source, io.BytesIO):
        return pa.BufferReader(source.getbuffer())
    if isinstance(source, Path):
        return pa.OSFile(str(source), "rb")
    return pa.PythonFile(source, "r")  # type: ignore[arg-type] # any binary stream will do


def _check_format(file: pq.ParquetFile) -> RecordVersion:
    mark = (file.metadata.metadata or {}).get(MARK.encode(), b"").decode("ascii", "replace")
    version = next((version for version, name in PARTITION_FORMATS.items() if name == mark), None)
    if version is None:
        if not ANY_FORMAT.fullmatch(mark):
            raise malformed("unmarked", "it is a Parquet file that Holdfast did not write")
        raise UnknownFormatError(
            f"A partition is of the format {mark}, which this version of Holdfast does not know.",
            do="Update Holdfast and try again.",
            format=mark,
        )
    expected = _expected()
    if not file.schema.equals(expected.schema) or not file.schema_arrow.equals(expected.schema_arrow):
        raise malformed("schema", "its columns are not those of the format")
    return version


@cache
def _expected() -> pq.ParquetFile:
    """Return an empty partition: Parquet spells a schema in its own words."""
    content, _ = write_partition(())
    return pq.ParquetFile(pa.BufferReader(content))


@contextmanager
def our_words() -> Iterator[None]:
    """Translate what pyarrow raises: its own errors, ``ValueError`` for text, ``OSError`` also for damaged footers."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise _unreadable(error) from error
        raise malformed("damaged", _first_line(error)) from error
    except (pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise malformed("damaged", _first_line(error)) from error


def _unreadable(error: OSError) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"A partition could not be read: {_first_line(error)}.", do="Check the file and its disk, then try again."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
