"""The sections of a production as HTML: pure functions of what it says. Captured content is always escaped."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ediscovery.production import wording
from ediscovery.production.changes import Stretch, changes, elide
from ediscovery.production.presses import LAID_OUT_AT
from ediscovery.production.typesetting import JPEG
from ediscovery.production.visible import block, direction, inline, plain
from schemas.production import BatesRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ediscovery.production.document import ProducedItem, ProductionDocument, Version, WithheldItem
    from schemas.instant import Instant

TAGS = {
    "same": Markup("{}"),
    "removed": Markup("<del>{}</del>"),
    "inserted": Markup("<ins>{}</ins>"),
}
HEADING = 110
INDEXED_TOGETHER = 250
"""How many records a part of the index has: a table of any length would need memory of any size."""


def css(document: ProductionDocument) -> str:
    """Return the style sheet: ours, the paper, and the Bates numbers, which are the page counter with a prefix.

    The prefix is letters and digits by its type (``schemas.production``).
    """
    return files("ediscovery.production").joinpath("templates", "style.css").read_text(encoding="utf-8") + (
        f"@page {{ size: {document.paper}; @bottom-right {{ "
        f'content: "{document.bates_prefix}" counter(page, bates-digits) }} }}\n'
    )


def front(document: ProductionDocument, *, numbers: BatesRange, places: Mapping[str, int]) -> str:
    """Return cover sheet, certification and chain of custody.

    ``numbers`` are those of the whole production; ``places`` are the numbers at which ``certification``, ``custody``,
    ``record-1``, ``withheld``, ``index`` and ``checking`` start.
    """
    return _section("front", document, first=numbers.first, numbers=numbers, places=places)


def records(document: ProductionDocument) -> Iterator[str]:
    """Yield the pages of each record, then of each that is withheld; they are numbered when they are printed."""
    bates = BatesRange(prefix=document.bates_prefix, first=LAID_OUT_AT, last=LAID_OUT_AT).spell(LAID_OUT_AT)
    for name, items in (("record", document.items), ("withheld", document.withheld)):
        for place, item in enumerate(items, 1):
            yield _section(name, document, first=LAID_OUT_AT, item=item, place=place, bates=bates)


def index(document: ProductionDocument, records: Sequence[BatesRange]) -> Iterator[str]:
    """Yield the index of records with their page numbers, in parts; its own are numbered when they are printed.

    First they are in the order of the production, then by author and date: a few in one part, many in parts of theirs.
    """
    listed: tuple[ProducedItem | WithheldItem, ...] = (*document.items, *document.withheld)
    rows = tuple(enumerate(zip(listed, records, strict=True), 1))
    authors = _by_author(document, records)
    together = len(rows) <= INDEXED_TOGETHER
    for start in range(0, len(rows), INDEXED_TOGETHER):
        part = rows[start : start + INDEXED_TOGETHER]
        yield _section("index", document, first=LAID_OUT_AT, rows=part, authors=authors if together else ())
    for start in range(0, 0 if together else len(authors), INDEXED_TOGETHER):
        theirs = authors[start : start + INDEXED_TOGETHER]
        yield _section("index", document, first=LAID_OUT_AT, rows=(), authors=theirs)


def _by_author(
    document: ProductionDocument, records: Sequence[BatesRange]
) -> tuple[tuple[int, tuple[str | None, int, ProducedItem, BatesRange]], ...]:
    """Return the records by who wrote them and when: their places here, authors, places there, and pages."""
    told = [
        (wording.author(item.normalised.author), place, item, pages)
        for place, (item, pages) in enumerate(zip(document.items, records, strict=False), 1)
    ]
    told.sort(key=lambda one: (one[0] is None, (one[0] or "").casefold(), _dated(one[2]), one[1]))
    return tuple(enumerate(told, 1))


def _dated(item: ProducedItem) -> Instant:
    return item.normalised.created or item.provenance.captured


def checking(document: ProductionDocument, *, first: int) -> str:
    """Return the page that says how to check the document."""
    return _section("checking", document, first=first)


def _section(name: str, document: ProductionDocument, **more: object) -> str:
    return _TEMPLATES.get_template(f"{name}.html.j2").render(
        document=document,
        accounts={account.name: account.title for account in document.accounts},
        methods=wording.METHODS,
        parts=wording.PARTS,
        verdicts=wording.VERDICTS,
        author=wording.author,
        attachment_name=wording.attachment_name,
        picture_words=wording.picture_words,
        heading=_heading,
        compared=_compared,
        **more,
    )


def _heading(item: ProducedItem) -> str:
    seen = item.normalised
    words = seen.title or (seen.text or "").strip().partition("\n")[0]
    kind = seen.kind.capitalize()
    return f"{kind}: {_excerpt(words, HEADING)}" if words else kind


def _excerpt(text: str, length: int) -> str:
    shown = " ".join(text[: 2 * length].split())
    return shown if len(shown) <= length and len(text) <= 2 * length else shown[: length - 1].rstrip() + "…"


def _compared(versions: Sequence[Version], place: int) -> Markup:
    """Mark what a version changed in the one before; the first version is shown as it was."""
    new = _whole(versions[place])
    stretches = changes(_whole(versions[place - 1]), new) if place else (Stretch("same", new),)
    if place and all(stretch.sign == "same" for stretch in stretches):
        return Markup('<span class="elided">Nothing in title or text changed.</span>')
    return Markup("").join(_marked(stretch) for stretch in elide(stretches))


def _whole(version: Version) -> str:
    return "\n".join(part for part in (version.title, version.text) if part)


def _marked(stretch: Stretch) -> Markup:
    if stretch.sign == "elided":
        return Markup('<span class="elided"> [… {} unchanged characters …] </span>').format(f"{len(stretch.text):,}")
    return TAGS[stretch.sign].format(inline(stretch.text))


def _w3c(instant: Instant) -> str:
    return f"{instant.to_datetime():%Y-%m-%dT%H:%M:%SZ}"


_TEMPLATES = Environment(
    loader=PackageLoader("ediscovery.production"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "block": lambda text, lang=None: block(text, lang=lang),
    "inline": inline,
    "plain": plain,
    "direction": direction,
    "excerpt": _excerpt,
    "moment": wording.moment,
    "day": wording.day,
    "size": wording.size,
    "interval": wording.interval,
    "data_uri": lambda jpeg: f"{JPEG}{base64.b64encode(jpeg).decode()}",
    "thousands": lambda number: f"{number:,}",
    "w3c": _w3c,
}
