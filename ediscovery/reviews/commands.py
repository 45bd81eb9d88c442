"""The command that writes what is to be decided before anything is produced: review."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.answers.giving import typed_options, write_receipts
from ediscovery.commands import demand_asked, query_of, query_options, searchable_whole
from ediscovery.redaction.rules import COLUMNS
from ediscovery.reviews import folders
from ediscovery.reviews.listing import write_list
from ediscovery.sheets import new_file, refuse_taken, sheet, unwritable
from manifests.console import json_option, plural

if TYPE_CHECKING:
    from manifests.console import Console


@click.command()
@query_options
@click.option("--into", "folder", required=True, type=click.Path(path_type=Path), help="The folder to make.")
@json_option
@click.pass_obj
def review(console: Console, /, words: str, folder: Path, **given: Any) -> None:  # noqa: ANN401 - the options of a search
    """Write what a search finds as a list in which people decide of each record whether it is produced.

    In review.csv, which any spreadsheet opens, write produce or withhold into the column 'decision' of each row; of
    what is withheld also a reason, such as attorney-client, and a description if you wish: both are printed on the page
    that stands in its place. Then produce it. What is captured meanwhile is not in it.

    What is to be blacked out in records that are produced goes into redactions.csv, a row for each: 'what' is words,
    person, phones, emails or field; 'value' the words, the name or the field; 'reason' a few words, which are printed;
    'record' the id of one record, or nothing for all.

    \b
    Examples:
      holdfast review 'budget OR buses' --from 2026-01-01 --into review-14
      holdfast produce --review review-14 --matter request-2026-14
    """
    refuse_taken(folder, option="--into")
    archive = console.open()
    query = query_of(archive, words, **given)
    demand_asked(query)
    zone, size = archive.settings.zone, archive.ledger.head.size
    question = Question(query, words, typed_options(**given))
    with (
        console.progress("Searching") as tell,
        searchable_whole(archive, size=size, tell=tell) as opened,
        ExitStack() as undo,
    ):
        receipt = receipt_of(archive, opened, question, basis_of(archive, opened, size=size))
        try:
            folder.mkdir()
        except OSError as error:
            raise unwritable(str(folder), error, option="--into") from error
        undo.callback(shutil.rmtree, folder)
        with new_file(folder / folders.LIST, option="--into") as file:
            write_list(file, opened.committed(query), zone, tell=lambda done: tell("records", done, receipt.hits))
        with new_file(folder / folders.REDACTIONS, option="--into") as file, sheet(file, COLUMNS):
            pass
        write_receipts([receipt], folder / folders.RECEIPT, option="--into")
        undo.pop_all()
    console.show(
        {"folder": str(folder), "records": receipt.hits, "receipt": receipt.to_plain()},
        (
            f"{folder}: {plural(receipt.hits, 'record')} to be decided, in {folder / folders.LIST}",
            f"  To redact words in what is produced: {folder / folders.REDACTIONS}",
            f"  Then: holdfast produce --review {folder} --matter MATTER",
        ),
    )
