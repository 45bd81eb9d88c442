"""What is due, as a list that a person can review: CSV for a spreadsheet, or JSON, a record a line."""

from __future__ import annotations

import csv
import datetime as dt
import io
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from ediscovery.production.commands import OutputExistsError
from ediscovery.retention.eligible import REASON
from ediscovery.search import one_line
from schemas.canonical import spell
from schemas.errors import InputError, UnavailableError
from schemas.instant import Instant
from schemas.retention import Disposal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    import pyarrow as pa

ROWS = 1_000  # made at a time
# What a spreadsheet takes for the beginning of a formula, some of them also in full width.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class ListFormatError(InputError):
    """A list is to be written in a format that there is none of."""

    code = "LIST_FORMAT"


class ListUnwritableError(UnavailableError):
    """A list cannot be written where it is to be."""

    code = "LIST_UNWRITABLE"


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


@contextmanager
def new_file(out: Path) -> Iterator[BinaryIO]:
    """Make a file to be written in the block; one that is not finished is not left behind.

    Raises:
        OutputExistsError: there is such a file; it stays as it is.
        ListUnwritableError: it cannot be written.
    """
    try:
        with ExitStack() as undo:
            file = undo.enter_context(out.open("xb"))
            undo.callback(out.unlink)
            yield file
            file.close()
            undo.pop_all()
    except FileExistsError as error:
        raise OutputExistsError(f"{out} exists already.", do="Choose another name with --out.") from error
    except OSError as error:
        raise ListUnwritableError(
            f"{out} cannot be written: {error.strerror}.", do="Give a file that can be written to with --out."
        ) from error


def _write_csv(file: BinaryIO, rows: Iterable[Row]) -> int:
    # A spreadsheet knows by the mark at the beginning that this is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    sheet = csv.writer(text)
    sheet.writerow(COLUMNS)
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
        sheet.writerow([defused(str(cell)) for cell in msgspec.structs.astuple(row)])
    text.detach()
    return written


def defused(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not reckon."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _write_lines(file: BinaryIO, rows: Iterable[Row]) -> int:
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
        file.write(spell(row) + b"\n")
    return written


FORMATS: Mapping[str, Callable[[BinaryIO, Iterable[Row]], int]] = {".csv": _write_csv, ".jsonl": _write_lines}
