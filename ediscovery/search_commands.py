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
    write_receipts,
)
from ediscovery.answers.wording import basis_line
from ediscovery.as_of import size_as_of
from ediscovery.commands import query_of, query_options, searchable_whole
from ediscovery.language.spelling import spelled
from manifests.console import Console, json_option, local, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from ediscovery.answers.exporting import Format
    from ediscovery.search import Hit

SHORT_ID = 12
WIDTH = 100


@click.command()
@query_options
@click.option("--limit", default=50, show_default=True, help="How many hits to show; all are counted.")
@as_of_option
@answer_options
@json_option
@click.pass_obj
def search(
    console: Console,
    /,
    words: str,
    limit: int,
    as_of: str | None,
    out: Path | None,
    wanted: Format | None,
    receipt: Path | None,
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
      holdfast search 'author:okafor is:deleted' --export deleted.csv --receipt deleted.json
    """
    wanted = checked_format(console, out, wanted, receipt)
    archive = console.open()
    zone = archive.settings.zone
    question = Question(query_of(archive, words, **given), words, _typed(as_of=as_of, **given))
    size = size_as_of(archive, as_of)
    with console.progress("Searching") as tell, searchable_whole(archive, size=size, tell=tell) as opened:
        total, hits = (0, ()) if out else opened.page(question.query, limit=limit)
        basis = basis_of(archive, opened, size=size)
        made = receipt_of(archive, opened, question, basis) if console.json or receipt or out else None
        if made and out and wanted:
            total = made.hits
            export(opened, question.query, out, wanted, zone, partial(tell, "hits"), total)
    if made and receipt:
        write_receipts([made], receipt)
    shown = f", the first {limit} are shown" if total > limit else ""
    answer = (
        f"{out}: {plural(total, 'item')}"
        if out
        else f"{plural(total, 'item')} found{shown}." + ("" if total else " Try fewer words, or budg* for budget.")
    )
    lines = (
        *(line for hit in hits for line in _hit_lines(hit, zone)),
        answer,
        *_understood(question, zone),
        basis_line(basis),
        *((f"Receipt: {receipt}, of hits with SHA-256 {made.digest}",) if made and receipt else ()),
    )
    if out == STANDARD_OUTPUT:
        for line in lines:
            console.say(line)
        return
    plain = {"total": total, "hits": [_plain_hit(hit) for hit in hits], "receipt": made.to_plain() if made else None}
    console.show(plain, lines)


def _typed(**given: Any) -> dict[str, str]:  # noqa: ANN401 - the options as click gives them
    """Return the options that were given, as people gave them."""
    names = {"as_of": "as-of", "start": "from", "end": "to", "kinds": "type", "accounts": "account"}
    said = {names.get(name, name): value for name, value in given.items() if value}
    return {
        name: ", ".join(value) if isinstance(value, tuple) else "yes" if value is True else str(value)
        for name, value in sorted(said.items())
    }


def _understood(question: Question, zone: ZoneInfo) -> Iterator[str]:
    """Yield what was understood, where it is not what was typed."""
    term = question.query.term
    if term is not None and spelled(term, zone) != question.typed.strip():
        yield f"Understood as: {spelling_of(question.query, zone)}"


def _plain_hit(hit: Hit) -> dict[str, Any]:
    return {
        "record": hit.record.hex,
        "account": hit.account,
        "item": hit.item,
        "kind": hit.kind,
        "created": str(hit.created) if hit.created else None,
        "captured": str(hit.captured),
        "author": hit.author,
        "title": hit.title,
        "text": hit.text,
        "url": hit.url,
        "versions": hit.versions,
        "absence": hit.absence,
        "matched": hit.matched.hex,
    }


def _hit_lines(hit: Hit, zone: ZoneInfo) -> Iterator[str]:
    marks = [f"{hit.versions} versions"] if hit.versions > 1 else []
    marks += [hit.absence.upper()] if hit.absence and hit.absent else []
    when = local(hit.date, zone)
    yield f"{hit.record.hex[:SHORT_ID]}  {when}  {hit.kind:<8} {hit.account}  {hit.author or ''}" + (
        f"  [{', '.join(marks)}]" if marks else ""
    )
    words = " ".join(f"{hit.title or ''} — {hit.text or ''}".split()).strip("— ")
    yield f"              {words[:WIDTH]}{'…' if len(words) > WIDTH else ''}"
