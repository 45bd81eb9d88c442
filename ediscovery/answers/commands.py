"""The commands beside search: repeat asks again what a receipt says, terms asks what is in a list."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.answers.comparing import compare
from ediscovery.answers.giving import (
    STANDARD_OUTPUT,
    OutputTwiceError,
    answer_options,
    as_of_option,
    checked_format,
    export,
    write_receipts,
)
from ediscovery.answers.receipt import LARGEST, read_receipts
from ediscovery.answers.repeating import content_of, demand_ledger
from ediscovery.answers.reporting import REPORT_COLUMNS, TermReport
from ediscovery.answers.terms import LARGEST as TERMS_LARGEST
from ediscovery.answers.terms import read_terms
from ediscovery.answers.wording import basis_line, comparison_lines
from ediscovery.as_of import size_as_of
from ediscovery.commands import searchable_whole
from ediscovery.index.tallying import tally
from ediscovery.sheets import ListFormatError, new_file, refuse_taken, sheet
from manifests.console import Console, json_option

if TYPE_CHECKING:
    from ediscovery.answers.exporting import Format


@click.command()
@click.argument("asked", metavar="RECEIPT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answer_options
@json_option
@click.pass_obj
def repeat(console: Console, asked: Path, out: Path | None, wanted: Format | None, receipt: Path | None) -> None:
    """Ask again what a receipt says, of the same entries of the ledger, and say whether the answer is the same.

    A file that ends in .jsonl holds several receipts of one day, a line each. Hits that are others now are put down to
    destruction only in accounts of which records were destroyed since.

    \b
    Examples:
      holdfast repeat deleted.json
      holdfast repeat terms.jsonl
    """
    wanted = checked_format(console, out, wanted, receipt)
    archive = console.open()
    receipts = read_receipts(content_of(asked, LARGEST), lines=asked.suffix.lower() == ".jsonl")
    if out is not None and len(receipts) > 1:
        raise OutputTwiceError(
            "Several searches are to be repeated, and one file is named for the hits of all.", do="Leave out --export."
        )
    for one in receipts:
        demand_ledger(archive, one)
    size = receipts[0].ledger_size
    questions = [Question(one.asked(), one.typed, one.options) for one in receipts]
    with console.progress("Searching") as tell, searchable_whole(archive, size=size, tell=tell) as opened:
        basis = basis_of(archive, opened, size=size)
        now = [receipt_of(archive, opened, question, basis) for question in questions]
        if out and wanted:
            zone = archive.settings.zone
            export(opened, questions[0].query, out, wanted, zone, partial(tell, "hits"), now[0].hits)
    if receipt:
        write_receipts(now, receipt)
    found = [compare(*both) for both in zip(receipts, now, strict=True)]
    lines = (
        *(line for three in zip(receipts, now, found, strict=True) for line in comparison_lines(*three)),
        basis_line(basis),
    )
    if out == STANDARD_OUTPUT:
        for line in lines:
            console.say(line)
    else:
        console.show(
            {
                "same": all(one.same for one in found),
                "explained": all(one.explained for one in found),
                "repeated": [
                    {**one.to_plain(), "receipt": again.to_plain()} for one, again in zip(found, now, strict=True)
                ],
            },
            lines,
        )
    if not all(one.explained for one in found):
        console.unsound("Keep both receipts, and run 'holdfast verify'.")


@click.command()
@click.argument("listed", metavar="TERMS.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_of_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .csv file to write the report to.")
@click.option(
    "--receipts",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A .jsonl file to write what it takes to repeat each of the searches.",
)
@json_option
@click.pass_obj
def terms(console: Console, listed: Path, as_of: str | None, out: Path | None, receipts: Path | None) -> None:
    """Report how many items each search term of a list finds, how many no other term finds, and in which threads.

    The list is CSV; its first line names the columns: query, and if need be name, from, to, type, account, author. If a
    query cannot be read, its line is named, and nothing is searched.

    \b
    Examples:
      holdfast terms terms.csv
      holdfast terms terms.csv --as-of 2026-03-31 --out report.csv --receipts receipts.jsonl
    """
    for path, option, suffix in ((out, "--out", ".csv"), (receipts, "--receipts", ".jsonl")):
        if path is not None:
            refuse_taken(path, option=option)
            if path.suffix.lower() != suffix:
                raise ListFormatError(f"{path} names no format.", do=f"Let its name end in {suffix}.")
    archive = console.open()
    named = read_terms(archive, content_of(listed, TERMS_LARGEST))
    size = size_as_of(archive, as_of)
    with console.progress("Searching") as tell, searchable_whole(archive, size=size, tell=tell) as opened:
        basis = basis_of(archive, opened, size=size)
        queries = [one.question.query for one in named]
        tallies, together = tally(opened.index, queries, tell=lambda done: tell("terms", done, len(named)))
        made = [receipt_of(archive, opened, one.question, basis) for one in named] if receipts else []
    report = TermReport(named, tallies, together)
    if out is not None:
        with new_file(out) as file, sheet(file, REPORT_COLUMNS) as write:
            for row in report.rows:
                write(row)
    if receipts is not None:
        write_receipts(made, receipts, option="--receipts")
    console.show(
        {
            **report.to_plain(),
            "zone": archive.settings.zone.key,
            "ledger_size": size,
            "ledger_root": archive.ledger.root_at(size).hex,
            "records": basis.records,
            "partitions": basis.partitions,
            "not_indexed": dict(basis.not_indexed),
            "withheld": sum(basis.withheld.values()),
        },
        (*report.lines, basis_line(basis), *(f"Written: {path}" for path in (out, receipts) if path)),
    )
