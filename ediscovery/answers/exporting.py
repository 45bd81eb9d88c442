"""All hits of a search as a list to take away: CSV for a spreadsheet, JSON a line each, or Parquet for programs.

Each hit is checked against its record's id, which commits to all that is said of it. Hits are written as they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec

from ediscovery.evidence import EvidenceDiffersError, author_of
from ediscovery.sheets import ListFormatError, sheet
from manifests.console import local
from schemas.canonical import NotCanonicalError, unspell
from schemas.instant import Instant
from schemas.record import VERSIONS, Normalised, Provenance, commitment
from storage.parquet import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO
    from zoneinfo import ZoneInfo

    from ediscovery.search import Committed
    from storage.parquet import Plain

    Cells: TypeAlias = tuple[str | int | Instant | None, ...]

Format: TypeAlias = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

COLUMNS: Mapping[str, Plain] = {
    "record": "text",
    "matched": "text",
    "account": "text",
    "platform": "text",
    "kind": "text",
    "item": "text",
    "created": "instant",
    "created_local": "text",
    "captured": "instant",
    "captured_local": "text",
    "author": "text",
    "title": "text",
    "text": "text",
    "url": "text",
    "thread": "text",
    "parent": "text",
    "versions": "number",
    "absence": "text",
    "native_sha256": "text",
    "partition": "text",
    "row": "number",
}
"""What is said of a hit (docs/SEARCH.md): of the record that is shown, but for ``matched``."""


def format_of(out: Path, given: Format | None) -> Format:
    """Return the format of a list: the one that was given, or that of the file's name.

    Raises:
        ListFormatError: there is none.
    """
    if given is not None:
        return given
    suffix = out.suffix.lower().removeprefix(".")
    for one in FORMATS:
        if one == suffix:
            return one
    raise ListFormatError(
        f"{out} names no format.", do="Let its name end in .csv, .jsonl or .parquet, or say which with --format."
    )


def write_hits(
    file: BinaryIO,
    hits: Iterable[Committed],
    wanted: Format,
    zone: ZoneInfo,
    *,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Write hits to a stream and return how many they are; ``tell`` is told how many are read.

    Raises:
        EvidenceDiffersError: a record is not what its id commits to.
    """
    rows = _rows(hits, zone, tell)
    match wanted:
        case "csv":
            return _write_csv(file, rows)
        case "jsonl":
            return _write_lines(file, rows)
        case "parquet":
            return write_table(
                file, COLUMNS, ([one.micros if isinstance(one, Instant) else one for one in row] for row in rows)
            )


def _rows(hits: Iterable[Committed], zone: ZoneInfo, tell: Callable[[int], None]) -> Iterator[Cells]:
    for number, hit in enumerate(hits, 1):
        yield _row(hit, zone)
        if not number % 1_000:
            tell(number)


def _row(hit: Committed, zone: ZoneInfo) -> Cells:
    view, provenance = evidence_of(hit)
    return (
        *(hit.record.hex, hit.matched.hex, provenance.account, provenance.platform, view.kind, view.item),
        *(view.created, local(view.created, zone) if view.created else None),
        *(provenance.captured, local(provenance.captured, zone)),
        *(author_of(view), view.title, view.text, view.url, view.thread, view.parent),
        *(hit.versions, hit.absence, hit.native_sha256.hex, hit.key, hit.row),
    )


def evidence_of(hit: Committed) -> tuple[Normalised, Provenance]:
    """Return what a record says, and how it came to be.

    Raises:
        EvidenceDiffersError: the record is not what its id commits to.
    """
    made = {
        commitment(
            salt=hit.salt,
            native=hit.native_sha256,
            normalised=hit.normalised,
            provenance=hit.provenance,
            version=version,
        )
        for version in VERSIONS
    }
    try:
        if hit.record in made:
            return unspell(hit.normalised, Normalised), unspell(hit.provenance, Provenance)
    except NotCanonicalError:
        pass
    raise EvidenceDiffersError(
        f"Record {hit.record} is not in the evidence as the search found it.",
        do="Run 'holdfast verify', and delete the folder state/cache; it is made again.",
    )


def _write_csv(file: BinaryIO, rows: Iterable[Cells]) -> int:
    written = 0
    with sheet(file, tuple(COLUMNS)) as write:
        for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
            write(row)
    return written


def _write_lines(file: BinaryIO, rows: Iterable[Cells]) -> int:
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
        plain = (str(cell) if isinstance(cell, Instant) else cell for cell in row)
        file.write(msgspec.json.encode(dict(zip(COLUMNS, plain, strict=True))) + b"\n")
    return written
