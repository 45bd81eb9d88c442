"""Many queries in one file, as lists of search terms come: read whole, or refused with every line that cannot be."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.answers.asking import Question, spelling_of
from ediscovery.commands import query_of
from ediscovery.printable import one_line
from schemas.errors import InputError
from schemas.query import Query
from schemas.record import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from manifests.archive import Archive

COLUMNS = ("name", "query", "from", "to", "type", "account", "author")
DELIMITERS = (",", ";", "\t")
LARGEST = 8 << 20  # bytes
MOST = 5_000  # terms
SHOWN_FAULTS = 20
SEVERAL = re.compile(r"[\s,;]+")


class TermsUnreadableError(InputError):
    """A list of terms cannot be read, or queries in it; nothing was searched."""

    code = "TERMS_UNREADABLE"


@dataclass(frozen=True, slots=True)
class NamedTerm:
    """A line of the list: its number, what it is called, its question, and the spelling of what was understood."""

    line: int
    name: str
    question: Question
    understood: str


def read_terms(archive: Archive, content: bytes) -> tuple[NamedTerm, ...]:
    """Return the terms of a CSV file whose first line names the columns; ``query`` is one of them.

    Raises:
        TermsUnreadableError: it is no such file, or queries in it cannot be read: each is named, by its line.
    """
    terms: list[NamedTerm] = []
    faults: list[str] = []
    for line, cells in _rows(content):
        name = cells.get("name", "") or cells["query"] or f"line {line}"
        try:
            terms.append(_term(archive, line, name, cells))
        except InputError as error:
            faults.append(f"Line {line} ({one_line(name)[:40]}): {error.what.rstrip()}\n  {error.do}")
        if len(terms) + len(faults) > MOST:
            raise _unreadable(f"There are more than {MOST} terms.", "Give them in several files.", line=line)
    if faults:
        listed = "\n".join(faults[:SHOWN_FAULTS])
        raise TermsUnreadableError(
            f"Of {len(terms) + len(faults)} terms {len(faults)} cannot be read:\n{listed}\n",
            do="Correct them: nothing was searched.",
            faults=len(faults),
        )
    if not terms:
        raise _unreadable("There is no term.", "Write one a line, below the names of the columns.")
    return tuple(terms)


def _term(archive: Archive, line: int, name: str, cells: Mapping[str, str]) -> NamedTerm:
    kinds = tuple(filter(None, SEVERAL.split(cells.get("type", ""))))
    for kind in kinds:
        if kind not in KINDS:
            raise _unreadable(f"{kind[:40]!r} is no type.", f"There are {', '.join(KINDS)}.")
    query = query_of(
        archive,
        cells["query"],
        start=cells.get("from") or None,
        end=cells.get("to") or None,
        kinds=kinds,
        accounts=tuple(filter(None, SEVERAL.split(cells.get("account", "")))),
        author=cells.get("author") or None,
        versions=False,
    )
    if query == Query():
        raise _unreadable("It asks for nothing.", "Give it a query, or a filter.")
    options = {name: cells[name] for name in COLUMNS[2:] if cells.get(name)}
    question = Question(query, cells["query"], options)
    return NamedTerm(line, name, question, spelling_of(query, archive.settings.zone))


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows that hold something, each with the number of its first line."""
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not columns:
                columns = _columns(cells)
            elif len(cells) > len(columns) and any(cells[len(columns) :]):
                do = "Put a cell in quotes if it holds a comma, and double the quotes in it."
                raise _unreadable(f"Line {line} has more cells than there are columns.", do, line=line)
            elif any(cells):
                named = dict(zip(columns, cells, strict=False))
                yield line, {"query": "", **named}
            line = reader.line_num + 1
    except csv.Error as error:
        do = "Save it again as CSV; double the quotes in a cell, and put it in quotes."
        raise _unreadable(f"Line {line} is no CSV: {error}.", do, line=line) from error


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _unreadable("The file is larger than any list of terms.", f"It may have {LARGEST >> 20} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(f"Line {line} is no UTF-8.", "Save the file as 'CSV UTF-8'.", line=line) from error


def _columns(cells: list[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "query" not in names or len(set(names)) != len(names):
        wrong = f"{unknown[0][:40]!r} is no column." if unknown else "The first line does not name the columns."
        raise _unreadable(wrong, f"It names each once: query, and of {', '.join(COLUMNS)} what else there is.", line=1)
    return names


def _unreadable(what: str, do: str, *, line: int | None = None) -> TermsUnreadableError:
    return TermsUnreadableError(what, do=do, line=line)
