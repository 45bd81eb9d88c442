"""The command that finds records: search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of, spelling_of
from ediscovery.answers.giving import (
    STANDARD_OUTPUT,
    answer_options,
    as_of_option,
    checked_format,
    export,
    typed_options,
    write_receipts,
)
from ediscovery.answers.wording import basis_line
from ediscovery.as_of import size_as_of
from ediscovery.commands import query_of, query_options, searchable_whole
from ediscovery.language.spelling import spelled
from ediscovery.views.answering import answered, view_options
from ediscovery.views.forms import formed, forms_option
from manifests.console import Console, json_option, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from ediscovery.answers.exporting import Format
    from ediscovery.language.forms import Language
    from ediscovery.views.answering import View
    from schemas.query import Query


@click.command()
@query_options
@click.option("--limit", default=50, show_default=True, help="How many hits to show; all are counted.")
@forms_option
@view_options
@as_of_option
@answer_options
@json_option
@click.pass_obj
def search(
    console: Console,
    /,
    words: str,
    limit: int,
    forms: Language | None,
    as_of: str | None,
    out: Path | None,
    wanted: Format | None,
    receipt: Path | None,
    view: View | None = None,
    **given: Any,  # noqa: ANN401 - the options
) -> None:
    """Find records by words, date, type, account and author.

    Words are found in any case, with or without accents; words side by side must all occur. AND, OR, NOT, (…), "a
    phrase", budg* for every word that starts so, wom?n for one letter, w/5 and pre/5 for words that are near, fields
    such as author:, type:, created: and is:deleted. docs/SEARCH.md has all of it. Every version is searched; the item's
    latest is shown.

    \b
    Examples:
      holdfast search 'budget hearing' --from 2026-01-01 --to 2026-03-31
      holdfast search '("bus route" OR transport*) NOT volcano' --type post --type comment
      holdfast search 'levy w/10 (hearing OR vote*) created:2026-01..2026-03'
      holdfast search budget --summary
      holdfast search 'hearing vote' --forms english --threads
      holdfast search 'author:okafor is:deleted' --export deleted.csv --receipt deleted.json
    """
    if out and view:
        raise click.UsageError(f"--export writes every hit: leave out --{view}.")
    wanted = checked_format(console, out, wanted, receipt)
    archive = console.open()
    zone = archive.settings.zone
    query = query_of(archive, words, **given)
    size = size_as_of(archive, as_of)
    with console.progress("Searching") as tell, searchable_whole(archive, size=size, tell=tell) as opened:
        asked = formed(opened, query, forms)
        question = Question(asked.query, words, typed_options(as_of=as_of, forms=forms, **given))
        answer = None if out else answered(opened, asked.query, view=view, limit=limit, zone=zone)
        basis = basis_of(archive, opened, size=size)
        made = receipt_of(archive, opened, question, basis) if console.json or receipt or out else None
        if made and out and wanted:
            export(opened, question.query, out, wanted, zone, partial(tell, "hits"), made.hits)
    if made and receipt:
        write_receipts([made], receipt)
    lines = (
        *asked.lines,
        *(answer.lines if answer else ()),
        *((f"{out}: {plural(made.hits, 'item')}",) if out and made else ()),
        *_understood(question, query, zone),
        basis_line(basis),
        *((f"Receipt: {receipt}, of hits with SHA-256 {made.digest}",) if made and receipt else ()),
    )
    if out == STANDARD_OUTPUT:
        for line in lines:
            console.say(line)
        return
    plain = answer.plain if answer else {"total": made.hits if made else 0, "hits": []}
    console.show(asked.plain | plain | {"receipt": made.to_plain() if made else None}, lines)


def _understood(question: Question, query: Query, zone: ZoneInfo) -> Iterator[str]:
    """Yield what was understood, where it is not what was typed."""
    if query.term is not None and spelled(query.term, zone) != question.typed.strip():
        yield f"Understood as: {spelling_of(question.query, zone)}"
