"""What an import came to, in words for the screen and as a table or JSON in a file."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from archiver.reconciling import COLUMNS, rows_of
from manifests.console import plural, size_in_words
from manifests.reporting import printable
from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archiver.reconciling import FileReport, Reconciliation

SHOWN = 20
"""How many files are told of on the screen; all of them are in the report's file."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportKindError(InputError):
    """A report cannot be written as that kind of file."""

    code = "REPORT_KIND"


class ImportReportUnwritableError(UnavailableError):
    """The report on an import cannot be written; what was imported is sealed."""

    code = "IMPORT_REPORT_UNWRITABLE"


def report_writer(path: Path) -> Callable[[Reconciliation], None]:
    """Return what writes a report to ``path``: a table for ``.csv``, JSON for ``.json``; asked before anything is done.

    Raises:
        ReportKindError: the name ends in something else.
        ImportReportUnwritableError: it cannot be written there; raised when it is.
    """
    kinds = {".csv": _csv, ".json": _json}
    spelled = kinds.get(path.suffix.lower())
    if spelled is None:
        raise ReportKindError(
            f"A report cannot be written to {path.name}.", do="Call it something.csv or something.json."
        )

    def write(report: Reconciliation) -> None:
        try:
            spelled(report, path)
        except OSError as error:
            raise ImportReportUnwritableError(
                f"The report cannot be written to {path}: {error.strerror}.",
                do="What was imported is sealed. Import it again, which adds nothing, with another --report.",
            ) from error

    return write


def _csv(report: Reconciliation, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows([_cell(one) for one in row] for row in rows_of(report))


def _cell(value: object) -> object:
    # A spreadsheet takes a name that begins so for a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _json(report: Reconciliation, path: Path) -> None:
    path.write_text(json.dumps(report.to_plain(), ensure_ascii=False, indent=2), encoding="utf-8", errors="replace")


def lines_of(report: Reconciliation) -> Iterator[str]:
    """Yield the report as people read it; names of files cannot act on a terminal."""
    return map(printable, _lines(report))


def _lines(report: Reconciliation) -> Iterator[str]:
    yield f"{report.account}: {report.format or 'of no known format'}"
    for part in report.parts:
        sha256 = f"  SHA-256 {part.sha256}" if part.sha256 else ""
        yield f"  {part.name} ({part.kind}, {size_in_words(part.size)}){sha256}"
    found, new = report.found, report.new
    yield f"{'':<12}{'found':>10}{'new':>10}{'held before':>14}"
    for kind in sorted(found):
        yield f"  {kind:<10}{found[kind]:>10,}{new[kind]:>10,}{found[kind] - new[kind]:>14,}"
    yield f"  {'all':<10}{found.total():>10,}{new.total():>10,}{found.total() - new.total():>14,}"
    yield from _told([one for one in report.files if one.fate == "imported"], _read, "read")
    if not found:
        yield "Nothing in it was read: docs/IMPORTS.md says which exports are, and how to ask for them."
    kept = [one for one in report.files if one.fate == "kept"]
    yield f"{plural(len(kept), 'file')} kept whole, not read: pictures, film, and what no format knows."
    yield from _told([one for one in kept if one.said], _kept, "of these that may hold more")
    yield from _told([one for one in report.files if one.refusals], _refused, "with something refused")


def _told(files: list[FileReport], words: Callable[[FileReport], Iterator[str]], what: str) -> Iterator[str]:
    if files:
        yield f"{plural(len(files), 'file')} {what}:"
    for one in files[:SHOWN]:
        yield from words(one)
    if len(files) > SHOWN:
        yield f"  … and {len(files) - SHOWN:,} more; --report writes all of them."


def _read(one: FileReport) -> Iterator[str]:
    claimed = "" if one.claimed is None else f"; the export says {one.claimed:,}"
    mark = "  ≠" if one.differs else "  ✓"
    yield f"{mark} {one.path}: {one.title}, {sum(one.found.values()):,} found, {sum(one.new.values()):,} new{claimed}"
    if one.counted:
        yield f"    in it: {', '.join(f'{number:,} {what}' for what, number in sorted(one.counted.items()))}"
    for sentence in one.said:
        yield f"    {sentence}"


def _kept(one: FileReport) -> Iterator[str]:
    yield f"  • {one.path}: {' '.join(one.said)}"


def _refused(one: FileReport) -> Iterator[str]:
    for part in one.parts[:3]:
        yield f"  ✗ {one.path or one.part}: {part.what} ({part.code})"
    if sum(one.refusals.values()) > 3:  # noqa: PLR2004 - as many as are shown
        yield f"    … {sum(one.refusals.values()):,} in all"
