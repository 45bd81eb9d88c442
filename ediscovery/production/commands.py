"""The command about productions: produce."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.answers.giving import typed_options
from ediscovery.commands import demand_asked, in_words, query_of, query_options, searchable, versions_in_words
from ediscovery.matters.opening import written
from ediscovery.reviews.folders import demand_same, read_review
from ediscovery.reviews.parting import parted
from ediscovery.sheets import OutputExistsError
from manifests.checkpoints.commands import lack_lines, lacks_plain, system_nonce
from manifests.checkpoints.making import make
from manifests.console import Console, json_option, plural

MOST_PROCESSES = 8
"""How many print at most: each needs some 300 MB."""


@click.command()
@query_options
@click.option("--matter", required=True, help="The matter ('holdfast matter list'), or any words that tell what for.")
@click.option(
    "--review", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="What was decided in the folder that 'holdfast review' wrote, instead of a search.",
)  # fmt: skip
@click.option("--requester", help="Who asked for it; default: who asks in the matter.")
@click.option("--prefix", help="The Bates prefix; default: the archive's.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write; default: its name.")
@json_option
@click.pass_obj
def produce(
    console: Console,
    /,
    words: str,
    matter: str,
    folder: Path | None,
    requester: str | None,
    prefix: str | None,
    out: Path | None,
    **given: Any,  # noqa: ANN401
) -> None:
    """Hand over what a search finds: a signed PDF with Bates numbers, natives and proofs, sealed in the ledger.

    All that is found is produced, and the receipt of the search is in it: anybody can repeat it. A production in a
    matter that was opened is known there, in the ledger and by 'holdfast matter show'.

    \b
    Examples:
      holdfast produce 'budget hearing' --from 2026-01-01 --matter request-2026-14 --out request-14.pdf
      holdfast produce --review review-14 --matter request-2026-14
      holdfast produce --account city-hall --matter "Doe v. District, first request"
    """
    # WeasyPrint and pyHanko are slow to import, and no other command needs them.
    from ediscovery.production import making  # noqa: PLC0415
    from ediscovery.production.certificate import signer_of  # noqa: PLC0415

    archive = console.open()
    name = secrets.token_hex(6)
    target = out or Path(f"production-{name}.pdf")
    if target.exists():
        raise OutputExistsError(f"{target} exists already.", do="Choose another name with --out.")
    if folder is not None and (words or any(given.values())):
        raise click.UsageError("What is produced says the review: leave out the search.")
    reviewed = read_review(archive, folder) if folder is not None else None
    query = reviewed.receipt.asked() if reviewed else query_of(archive, words, **given)
    demand_asked(query)
    case = archive.ledger.history.matters.get(matter)
    about = written(archive, case.opened.text) if case else None
    size = reviewed.receipt.ledger_size if reviewed else archive.ledger.head.size
    question = Question(query, words, typed_options(**given))
    if reviewed is not None:
        question = Question(query, reviewed.receipt.typed, reviewed.receipt.options)
    with console.progress("Producing") as tell, searchable(archive, size=size, tell=tell) as opened:
        receipt = receipt_of(archive, opened, question, basis_of(archive, opened, size=size))
        hits, review = tuple(opened.hits(query)), None
        if reviewed is not None:
            demand_same(reviewed.receipt, receipt)
            hits, review = parted(hits, reviewed, versions=query.versions)
        order = making.Order(
            name=name,
            matter=f"{matter}: {about.title}" if about else matter,
            requester=requester or (about.requester if about else ""),
            query_typed=question.typed,
            # A receipt has its filters in the words that it was understood as.
            query_words=f"{receipt.query}, {versions_in_words(query)}" if reviewed else in_words(query),
            bates_prefix=prefix or archive.settings.production.bates_prefix,
            receipt=receipt,
            case=matter if case else None,
            review=review,
        )
        tell("checkpoint", 0, 1)
        # After the search, so that it covers whatever was found.
        checkpoint = make(archive, nonce=system_nonce, name=False)
        made = making.produce(
            archive,
            opened,
            hits,
            order,
            signer_of(archive),
            checkpoint,
            progress=lambda done, total: tell("records", done, total),
            processes=min(len(os.sched_getaffinity(0)), MOST_PROCESSES),
        )
    target.write_bytes(made.pdf)
    console.show(
        {
            "production": name,
            "file": str(target),
            "records": made.act.records,
            "withheld": made.act.withheld,
            "redacted": made.rendered.manifest.redacted,
            "redactions": [
                {"row": rule.row, "what": str(rule), "reason": rule.reason, "records": found}
                for rule, found in made.redacted.items()
            ],
            "pages": made.rendered.pages,
            "bates": str(made.act.bates),
            "sha256": made.act.document.sha256.hex,
            "without_glyph": made.rendered.without_glyph,
            "vouched": made.document.vouched,
            "lacking": lacks_plain(checkpoint.lacking),
        },
        (
            f"{target}: {plural(made.act.records, 'record')} on {plural(made.rendered.pages, 'page')}"
            + (f", {made.act.withheld:,} withheld" if made.act.withheld else "")
            + (f", {made.rendered.manifest.redacted:,} redacted" if made.rendered.manifest.redacted else ""),
            f"  Bates   {made.act.bates}",
            f"  SHA-256 {made.act.document.sha256}",
            f"  Check it with: holdfast verify {target}",
            *(
                f"  Redacted in {plural(found, 'record')}: {rule} ({rule.reason})"
                for rule, found in made.redacted.items()
            ),
            *(f"  {words}" for words in made.document.attested),
            *lack_lines(checkpoint.lacking),
            *(
                (f"  No font has {' '.join(made.rendered.without_glyph)}: the pages name them; the natives are whole.",)
                if made.rendered.without_glyph
                else ()
            ),
        ),
    )
