"""Tables that people filled in, as spreadsheets save them: CSV of several countries, in UTF-8 or UTF-16."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Self

from ediscovery.sheets import MARK
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PARTED = ",;\t"
"""What spreadsheets of different countries part columns with."""


class TableUnreadableError(InputError):
    """A table that people filled in is none, or says something that cannot be meant."""

    code = "TABLE_UNREADABLE"

    @classmethod
    def of(cls, name: str, what: str, do: str) -> Self:
        """Return the error for the table that people call so."""
        return cls(f"The {name} cannot be used: {what}.", do=do)


def rows_of(
    content: bytes, columns: Sequence[str], *, needed: Sequence[str], name: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the rows of a table, each with its number there, but empty ones; columns may be in any order.

    Cells are as they were meant: what keeps a spreadsheet from reckoning is not of them (``sheets.defused``).

    Raises:
        TableUnreadableError: it is no table, or lacks a column of ``needed``.
    """
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableUnreadableError.of(name, "it is no text in UTF-8", "Save it as 'CSV UTF-8'.") from error
    head = text.partition("\n")[0]
    parted = max(PARTED, key=head.count)
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=parted, strict=True)
        missing = {*needed} - {*(table.fieldnames or ())}
        if missing:
            as_they_were = f"Leave the columns as they were: {', '.join(columns)}."
            raise TableUnreadableError.of(name, f"it has no column {min(missing)!r}", as_they_were)
        for row in table:
            # Some spreadsheets save empty rows at the end.
            if any(isinstance(cell, str) and cell.strip() for cell in row.values()):
                yield table.line_num, {column: _meant(row[column] or "") for column in needed}
    except csv.Error as error:
        raise TableUnreadableError.of(name, f"it is no table: {error}", "Save it as CSV.") from error


def _meant(cell: str) -> str:
    return cell.strip().removeprefix(MARK).strip()
