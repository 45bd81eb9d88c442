"""What is due, as a list that a person can review: CSV for a spreadsheet, or JSON, a record a line."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ediscovery.production.commands import OutputExistsError
from ediscovery.retention.eligible import REASON
from ediscovery.search import one_line
from schemas.errors import InputError, UnavailableError
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    import pyarrow as pa

COLUMNS = ("record", "account", "kind", "item", "date", "title", "excerpt", "series", "due", "disposal")
ROWS = 1_000  # made at a time
# What a spreadsheet takes for the beginning of a formula, some of them also in full width.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class ListFormatError(InputError):
    """A list is to be written in a format that there is none of."""

    code = "LIST_FORMAT"


class ListUnwritableError(UnavailableError):
    """A list cannot be written where it is to be."""

    code = "LIST_UNWRITABLE"


def write_list(out: Path, batches: Callable[[], Iterable[pa.RecordBatch]]) -> int:
    """Write what is due of the records of ``eligible``, with ``shown``, and return how many they are.

    A list that is not finished is not left behind.

    Raises:
        ListFormatError: the file's name ends neither in .csv nor in .jsonl.
        OutputExistsError: there is such a file; it stays as it is.
        ListUnwritableError: it cannot be written.
    """
    if (write := FORMATS.get(out.suffix.lower())) is None:
        raise ListFormatError(f"{out} names no format.", do="Let its name end in .csv or .jsonl.")
    try:
        with ExitStack() as undo:
            # A spreadsheet knows by the mark at the beginning that this is UTF-8.
            file = undo.enter_context(
                out.open("x", encoding="utf-8-sig" if write is _write_csv else "utf-8", newline="")
            )
            undo.callback(out.unlink)
            written = write(file, (row for batch in batches() for row in _rows(batch)))
            file.close()
            undo.pop_all()
    except FileExistsError as error:
        raise OutputExistsError(f"{out} exists already.", do="Choose another name with --out.") from error
    except OSError as error:
        raise ListUnwritableError(
            f"{out} cannot be written: {error.strerror}.", do="Give a file that can be written to with --out."
        ) from error
    return written


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    for start in range(0, batch.num_rows, ROWS):
        yield from (_row(one) for one in batch.slice(start, ROWS).to_pylist() if one[REASON] == "due")


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "record": one["record"].hex(),
        "account": one["account"],
        "kind": one["kind"],
        "item": one["item"],
        "date": str(Instant(one["own"])),
        "title": one_line(one["title"] or ""),
        "excerpt": one_line(one["text"] or ""),
        "series": one["series"],
        "due": str(one["due"]),
        "disposal": one["disposal"],
    }


def _write_csv(file: TextIO, rows: Iterable[Mapping[str, Any]]) -> int:
    sheet = csv.writer(file)
    sheet.writerow(COLUMNS)
    written = 0
    for row in rows:
        sheet.writerow([defused(row[name]) for name in COLUMNS])
        written += 1
    return written


def defused(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not reckon."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _write_lines(file: TextIO, rows: Iterable[Mapping[str, Any]]) -> int:
    written = 0
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        written += 1
    return written


FORMATS: Mapping[str, Callable[[TextIO, Iterable[Mapping[str, Any]]], int]] = {
    ".csv": _write_csv,
    ".jsonl": _write_lines,
}
