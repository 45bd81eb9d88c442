"""What is due, as a list that a person can review: CSV for a spreadsheet, or JSON, a record a line."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from ediscovery.printable import one_line
from ediscovery.retention.eligible import REASON
from ediscovery.sheets import ListFormatError, new_file, sheet
from schemas.canonical import spell
from schemas.instant import Instant
from schemas.retention import Disposal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    import pyarrow as pa

ROWS = 1_000  # made at a time


class Row(msgspec.Struct, frozen=True):
    """A record in a list: ``date`` is its item's or that of its capture, ``series`` their names in one text.

    Title and excerpt are one line each.
    """

    record: str
    account: str
    kind: str
    item: str
    date: Instant
    title: str
    excerpt: str
    series: str
    due: dt.date
    disposal: Disposal


COLUMNS = Row.__struct_fields__


def due_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[Row]:
    """Yield what is due of the records of ``eligible``, with ``shown``."""
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS):
            yield from (_row(one) for one in batch.slice(start, ROWS).to_pylist() if one[REASON] == "due")


def _row(one: Mapping[str, Any]) -> Row:
    return Row(
        record=one["record"].hex(),
        account=one["account"],
        kind=one["kind"],
        item=one["item"],
        date=Instant(one["own"]),
        title=one_line(one["title"] or ""),
        excerpt=one_line(one["text"] or ""),
        series=one["series"],
        due=one["due"],
        disposal=one["disposal"],
    )


def write_list(out: Path, rows: Callable[[], Iterable[Row]]) -> int:
    """Write records for people to look through, and return how many they are.

    A list that is not finished is not left behind.

    Raises:
        ListFormatError: the file's name ends neither in .csv nor in .jsonl.
        OutputExistsError: there is such a file; it stays as it is.
        ListUnwritableError: it cannot be written.
    """
    if (write := FORMATS.get(out.suffix.lower())) is None:
        raise ListFormatError(f"{out} names no format.", do="Let its name end in .csv or .jsonl.")
    with new_file(out) as file:
        return write(file, rows())


def _write_csv(file: BinaryIO, rows: Iterable[Row]) -> int:
    written = 0
    with sheet(file, COLUMNS) as write:
        for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
            write(msgspec.structs.astuple(row))
    return written


def _write_lines(file: BinaryIO, rows: Iterable[Row]) -> int:
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
        file.write(spell(row) + b"\n")
    return written


FORMATS: Mapping[str, Callable[[BinaryIO, Iterable[Row]], int]] = {".csv": _write_csv, ".jsonl": _write_lines}
