"""The list that people look through before they approve a plan: its pages, or a table for a spreadsheet."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ediscovery.disposition.papers.layout import TEMPLATES, css
from ediscovery.production.binding import bind
from ediscovery.production.typesetting import Press
from ediscovery.retention.listing import Row, write_list
from ediscovery.sheets import new_file
from manifests.console import plural
from schemas.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.disposition.papers.review import Review
    from ediscovery.production.gathering import Gathering

MOST_PRINTED = 10_000
"""How many records are printed, in some 150 s and half a gigabyte: above that the table is the list."""
TOGETHER = 500
"""How many are laid out at a time."""
IDENTIFIER_SIZE = 32


class ReviewIncompleteError(ConflictError):
    """A list for review does not have the records of its plan."""

    code = "REVIEW_INCOMPLETE"


def write_review(
    to: Path,
    review: Review,
    rows: Callable[[], Iterable[Row]],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the list of a plan into a new file, ``.pdf``, ``.csv`` or ``.jsonl``, and return how many records it has.

    The file holds what the records say, and belongs outside of the archive. One that is not finished is not left
    behind. Of more than 10,000 records the pages hold the summary alone, and none is returned. ``progress`` is told how
    many records are laid out, and of how many.

    Raises:
        ReviewIncompleteError: ``rows`` are not as many as the plan has records.
        ListFormatError, OutputExistsError, ListUnwritableError: as ``write_list`` does.
        FontMissingError, TypesettingUnavailableError: what lays out text is not installed.
    """
    if to.suffix.lower() != ".pdf":
        return write_list(to, lambda: _whole(review, rows()))
    printed = review.planned.records <= MOST_PRINTED
    with new_file(to) as file:
        listed = list(_whole(review, rows())) if printed else []
        file.write(typeset(review, listed, printed=printed, progress=progress or (lambda _done, _all: None)))
    return len(listed)


def typeset(review: Review, rows: Sequence[Row], *, printed: bool, progress: Callable[[int, int], None]) -> bytes:
    """Return the PDF of a cover and these rows, by series, account and date; ``printed`` tells whether they are all."""
    press = Press(css(review.paper))
    ordered = sorted(rows, key=lambda row: (row.series, row.account, row.date, row.record))
    listed: list[Gathering] = []
    for start in range(0, len(ordered), TOGETHER):
        first = sum(len(one.pages) for one in listed) + 1
        section = press.lay_out(_list(review, ordered, start, first=first))
        listed.append(press.print([section], at=review.made_at))
        progress(min(start + TOGETHER, len(ordered)), len(ordered))
    front = TEMPLATES.get_template("review.html.j2").render(
        review=review,
        planned=review.planned,
        records=plural(review.planned.records, "record"),
        printed=printed,
        pages=sum(len(one.pages) for one in listed),
    )
    identifier = review.digest.hex[:IDENTIFIER_SIZE].encode()
    cover = press.print([press.lay_out(front)], at=review.made_at)
    return bind([cover, *listed], [], identifier=identifier, at=review.made_at)


def _list(review: Review, ordered: Sequence[Row], start: int, *, first: int) -> str:
    """Return some of the rows as a page, grouped; a group that began before is continued."""
    titles = {", ".join(one.planned.series): "; ".join(one.planned.titles) for one in review.series}
    before = _group(ordered[start - 1]) if start else None
    groups = [
        (series, account, list(several), before == (series, account))
        for (series, account), several in groupby(ordered[start : start + TOGETHER], key=_group)
    ]
    return TEMPLATES.get_template("list.html.j2").render(review=review, groups=groups, titles=titles, first=first)


def _group(row: Row) -> tuple[str, str]:
    return row.series, row.account


def _whole(review: Review, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows, and refuse if they are not as many as the plan has records."""
    count = 0
    for row in rows:
        count += 1
        yield row
    if count != review.planned.records:
        raise ReviewIncompleteError(
            f"The list has {count:,} records, and the plan {review.planned.plan} {review.planned.records:,}.",
            do="Nothing was written. Plan again: what is due has changed meanwhile.",
        )
