"""The command about productions: produce."""

from __future__ import annotations

import errno
import os
import secrets
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.answers.giving import typed_options
from ediscovery.commands import demand_asked, in_words, query_of, query_options, searchable, versions_in_words
from ediscovery.matters.opening import written
from ediscovery.production.volumes import volumes
from ediscovery.reviews.folders import demand_same, read_review
from ediscovery.reviews.parting import parted
from ediscovery.sheets import OutputExistsError, unwritable
from manifests.checkpoints.commands import lack_lines, lacks_plain, system_nonce
from manifests.checkpoints.making import make
from manifests.console import Console, json_option, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ediscovery.production.manifest import Volume
    from ediscovery.redaction.rules import Rule
    from schemas.ledger import Produced

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
    matter that was opened is known there, in the ledger and by 'holdfast matter show'. More than 5,000 records (the
    setting production.volume) are produced in volumes: a document each, which names the records in the others.

    \b
    Examples:
      holdfast produce 'budget hearing' --from 2026-01-01 --matter request-2026-14 --out request-14.pdf
      holdfast produce --review review-14 --matter request-2026-14
      holdfast produce --account city-hall --matter "Doe v. District, first request"
    """
    # WeasyPrint and pyHanko are slow to import, and no other command needs them.
    from ediscovery.production import making, preparing  # noqa: PLC0415
    from ediscovery.production.certificate import signer_of  # noqa: PLC0415

    archive = console.open()
    _files(out, 1)
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
            name="",
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
        withheld = [hit for hit, _ in review.withheld] if review else ()
        cut = list(volumes(hits, withheld, most=archive.settings.production.volume))
        files = _files(out, len(cut))
        tell("looking through", 0, 1)
        prepared = preparing.prepare(archive, opened, [part.hits for part in cut], order)
        tell("checkpoint", 0, 1)
        # After the search, so that it covers whatever was found.
        checkpoint = make(archive, nonce=system_nonce, name=False)
        done: list[_Done] = []
        for part, (name, target) in zip(cut, files, strict=True):
            before = sum(one.act.records for one in done)

            def count(number: int, _: int, before: int = before) -> None:
                tell("records", before + number, len(hits) + len(withheld))

            made = making.produce(
                archive,
                opened,
                part.hits,
                replace(order, name=name, volume=part.volume),
                signer_of(archive),
                checkpoint,
                prepared=prepared,
                progress=count,
                processes=min(len(os.sched_getaffinity(0)), MOST_PROCESSES),
            )
            target.write_bytes(made.pdf)
            rendered = made.rendered
            told = (rendered.pages, rendered.manifest.redacted, rendered.without_glyph, made.redacted)
            done.append(_Done(target, made.act, part.volume, *told))
            vouched, attested = made.document.vouched, made.document.attested
    lacking = checkpoint.lacking
    console.show(
        _plain(done) | {"vouched": vouched, "lacking": lacks_plain(lacking)},
        (
            *(line for one in done for line in _lines(one)),
            *(("  Nothing was redacted: the review has no rules for it.",) if review and not review.rules else ()),
            *(f"  Redacted in {plural(found, 'record')}: {rule} ({rule.reason})" for rule, found in _redacted(done)),
            *(f"  {words}" for words in attested),
            *lack_lines(lacking),
        ),
    )


class _Done(NamedTuple):
    """What is told of a production that stands; ``redacted`` counts its records, ``found`` says so of each rule."""

    file: Path
    act: Produced
    volume: Volume | None
    pages: int
    redacted: int
    without_glyph: tuple[str, ...]
    found: Mapping[Rule, int]


def _files(out: Path | None, count: int) -> list[tuple[str, Path]]:
    """Return for each volume its random name, and where its document goes.

    Raises:
        OutputExistsError: something is there.
        ListUnwritableError: there is no such folder.
    """
    names = [secrets.token_hex(6) for _ in range(count)]
    if out is None:
        files = [Path(f"production-{name}.pdf") for name in names]
    else:
        files = (
            [out]
            if count == 1
            else [out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(1, count + 1)]
        )
    for file in files:
        if file.exists():
            raise OutputExistsError(f"{file} exists already.", do="Choose another name with --out.")
        if not file.parent.is_dir():
            raise unwritable(str(file), FileNotFoundError(errno.ENOENT, "there is no such folder"), option="--out")
    return list(zip(names, files, strict=True))


def _plain(done: Sequence[_Done]) -> dict[str, Any]:
    """Return what is said of all volumes together, and of each; of an only one, of it."""
    several = [
        {
            "production": one.act.production,
            "file": str(one.file),
            "records": one.act.records,
            "withheld": one.act.withheld,
            "redacted": one.redacted,
            "pages": one.pages,
            "bates": str(one.act.bates),
            "sha256": one.act.document.sha256.hex,
            "without_glyph": one.without_glyph,
        }
        for one in done
    ]
    together: dict[str, Any] = {
        "records": sum(one.act.records for one in done),
        "withheld": sum(one.act.withheld for one in done),
        "redacted": sum(one.redacted for one in done),
        "pages": sum(one.pages for one in done),
        "volumes": several,
        "redactions": [
            {"row": rule.row, "what": str(rule), "reason": rule.reason, "records": found}
            for rule, found in _redacted(done)
        ],
    }
    return several[0] | together if len(several) == 1 else together


def _redacted(done: Iterable[_Done]) -> list[tuple[Rule, int]]:
    """Return of each rule in how many records of all volumes it found something."""
    found: Counter[Rule] = Counter()
    for one in done:
        # Not added up as counters are, which would leave out those that found nothing.
        found.update(one.found)
    return list(found.items())


def _lines(one: _Done) -> Iterator[str]:
    told = [plural(one.act.records, "record"), f" on {plural(one.pages, 'page')}"]
    told += [f", {one.act.withheld:,} withheld"] if one.act.withheld else []
    told += [f", {one.redacted:,} redacted"] if one.redacted else []
    told += [f", volume {one.volume.number:,} of {one.volume.of:,}"] if one.volume else []
    yield f"{one.file}: {''.join(told)}"
    yield f"  Bates   {one.act.bates}"
    yield f"  SHA-256 {one.act.document.sha256}"
    yield f"  Check it with: holdfast verify {one.file}"
    if one.without_glyph:
        yield f"  No font has {' '.join(one.without_glyph)}: the pages name them; the natives are whole."
