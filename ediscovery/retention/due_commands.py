"""The commands about what is due: retention status, due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.commands import judged_day, searchable_whole
from ediscovery.retention.eligible import REASONS, Reason, eligible
from ediscovery.retention.in_force import InForce
from ediscovery.retention.listing import due_rows, write_list
from ediscovery.retention.tallying import tally
from manifests.console import json_option, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ediscovery.retention.tallying import Tally
    from manifests.console import Console

AS_OF = click.option("--as-of", metavar="DATE", help="Judge for that day; default: today, in the archive's time zone.")
NEXT_DAYS = 5
WORDS: dict[Reason, str] = {
    "unscheduled": "kept: no rule names them",
    "unknown": "kept: a day that counts is not known",
    "for-ever": "kept for ever",
    "beyond": "kept beyond the year 9999",
    "not-yet": "kept until a later day",
    "held": "kept by a hold; they would be due",
    "due": "due: they may be proposed for disposal",
}


@click.command()
@AS_OF
@json_option
@click.pass_obj
def status(console: Console, as_of: str | None) -> None:
    """Count all records, by series and by why they are kept, and name the days on which the next ones are due.

    \b
    Examples:
      holdfast retention status
      holdfast retention status --as-of 2029-01-01
    """
    archive = console.open()
    on = judged_day(archive, as_of)
    with searchable_whole(archive) as opened:
        found = tally(eligible(archive, opened, InForce.of(archive.ledger), as_of=on))
    plain = {
        "as_of": str(on),
        "records": found.reasons.total(),
        "reasons": {reason: found.reasons[reason] for reason in REASONS},
        "series": [
            {"series": series, **{reason: found.by_series[series, reason] for reason in REASONS}}
            for series in found.series
        ],
        "next": [{"day": str(day), "records": count} for day, count in found.next_days(NEXT_DAYS)],
    }
    console.show(plain, _lines(found, on))


def _lines(found: Tally, on: date) -> Iterator[str]:
    yield f"On {on}, of {plural(found.reasons.total(), 'record')}:"
    yield from (f"  {found.reasons[reason]:>10,}  {WORDS[reason]}" for reason in reversed(REASONS))
    for series in found.series:
        yield series or "No series"
        yield from (
            f"  {found.by_series[series, reason]:>10,}  {WORDS[reason]}"
            for reason in reversed(REASONS)
            if found.by_series[series, reason]
        )
    for day, count in found.next_days(NEXT_DAYS):
        yield f"Due from {day} on, unless held: {plural(count, 'more', 'more')}"


@click.command()
@AS_OF
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .csv or .jsonl file to write."
)
@json_option
@click.pass_obj
def due(console: Console, as_of: str | None, out: Path) -> None:
    """Write a list of the records that are due and under no hold, with title and beginning, for people to look through.

    Nothing is proposed or destroyed by that. The file holds what the records say: keep it like them.

    \b
    Examples:
      holdfast retention due --out due.csv
      holdfast retention due --as-of 2029-01-01 --out due-2029.jsonl
    """
    archive = console.open()
    on = judged_day(archive, as_of)
    with searchable_whole(archive) as opened:
        in_force = InForce.of(archive.ledger)
        written = write_list(out, lambda: due_rows(eligible(archive, opened, in_force, as_of=on, shown=True)))
    words = f"{out}: {plural(written, 'record')} due on {on}"
    console.show({"file": str(out), "as_of": str(on), "records": written}, (words,))
