"""From what a production says to its numbered PDF, natives, proofs and manifest attached. Signing comes after."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.production import pages
from ediscovery.production.binding import AttachedFile, Binder
from ediscovery.production.field import FIELD
from ediscovery.production.manifest import (
    MANIFEST_FORMAT,
    MANIFEST_NAME,
    ManifestRecord,
    ProductionManifest,
    WithheldRecord,
)
from ediscovery.production.presses import LAID_OUT_AT, MOST_SECTIONS, Presses
from schemas.digest import Digest
from schemas.production import BatesRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ediscovery.production.binding import Bound
    from ediscovery.production.document import ProducedItem, ProductionDocument
    from ediscovery.production.typesetting import Press, Section

IDENTIFIER_SIZE = 32
ROWS_A_PAGE = 11
"""Of the index, about."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF before it is signed. ``records`` are the records' page numbers, in order; each starts a new page.

    ``without_glyph`` are characters that no font has: the pages name them, the native files are complete.
    """

    pdf: bytes
    bates: BatesRange
    records: tuple[BatesRange, ...]
    manifest: ProductionManifest
    without_glyph: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return self.bates.pages


def render(
    document: ProductionDocument,
    *,
    first_number: int,
    progress: Callable[[int, int], None] | None = None,
    processes: int = 1,
) -> Rendered:
    """Typeset ``document`` with Bates numbers from ``first_number``, one a page, in as many processes.

    The same document and number give the same bytes, with the same fonts and libraries installed. ``progress`` is
    told how many records are laid out, and of how many.

    Raises:
        BatesError: the numbers are used up, or the prefix is not one.
        FontMissingError: a font is not installed.
        TypesettingUnavailableError: a system library is not installed.
        ProcessLostError: a process ended before its work was done.
    """
    presses = Presses(pages.css(document), at=document.prepared_at, processes=processes)
    with io.BytesIO() as file:
        binder = Binder(file)
        printed = _print(document, first_number, presses, binder, progress or (lambda _done, _all: None))
        manifest = _manifest(document, printed.bates, printed.records)
        content = manifest.to_bytes()
        binder.finish(
            printed.bound,
            tuple(_attached(document, manifest, content)),
            identifier=Digest.of(content).hex[:IDENTIFIER_SIZE].encode(),
            at=document.prepared_at,
        )
        return Rendered(file.getvalue(), printed.bates, printed.records, manifest, tuple(sorted(binder.without_glyph)))


def _attached(document: ProductionDocument, manifest: ProductionManifest, content: bytes) -> Iterator[AttachedFile]:
    yield AttachedFile(MANIFEST_NAME, content, "What this production holds")
    for item, record in zip(document.items, manifest.records, strict=True):
        if record.native is not None and item.native is not None:
            what = f"Native bytes of record {record.record}"
            yield AttachedFile(record.native, item.native, what, item.media_type, "Source")
        yield AttachedFile(record.proof, item.proof, f"Proof of record {record.record}", relationship="Supplement")


@dataclass(frozen=True, slots=True)
class _Printed:
    bound: tuple[Bound, ...]
    bates: BatesRange
    records: tuple[BatesRange, ...]


class _Run:
    """The numbers of a production's pages, handed out as its parts are laid out; the front comes first and last."""

    def __init__(self, document: ProductionDocument, first: int, presses: Presses) -> None:
        self.records: list[BatesRange] = []
        self._document, self._own = document, presses.own
        # All digits are equally wide: whatever numbers the front names, its pages stay as they are.
        front = self._own.lay_out(
            pages.front(document, numbers=self._range(first, 1), places=defaultdict(lambda: first))
        )
        self._first, self.after = first, first + front.pages
        self._places = {name: first + page for name, page in front.places.items()}

    def begin(self, place: str) -> None:
        """Note that here begins what the front has to name."""
        self._places[place] = self.after

    def record(self, count: int) -> None:
        """Give the next record its numbers."""
        self.records.append(self._range(self.after, count))
        self.after += count
        if len(self.records) == len(self._document.items):
            self.begin("withheld")

    def last(self) -> Section:
        """Lay out the last page."""
        self.begin("checking")
        last = self._own.lay_out(pages.checking(self._document, first=self.after))
        self.after += last.pages
        return last

    def front(self) -> Section:
        """Lay out the front, when everything that it names has its number."""
        return self._own.lay_out(pages.front(self._document, numbers=self.bates, places=self._places))

    @property
    def bates(self) -> BatesRange:
        """All numbers."""
        return self._range(self._first, self.after - self._first)

    def _range(self, first: int, count: int) -> BatesRange:
        return BatesRange(prefix=self._document.bates_prefix, first=first, last=first + count - 1)


def _print(
    document: ProductionDocument, first: int, presses: Presses, binder: Binder, progress: Callable[[int, int], None]
) -> _Printed:
    run, total = _Run(document, first, presses), len(document.items) + len(document.withheld)
    htmls = pages.records(document)
    if total <= MOST_SECTIONS:
        bound = _print_few(document, run, htmls, presses.own, binder, progress)
    else:
        bound = _print_many(document, run, htmls, presses, binder, progress)
    return _Printed(bound, run.bates, tuple(run.records))


def _print_few(
    document: ProductionDocument,
    run: _Run,
    htmls: Iterator[str],
    own: Press,
    binder: Binder,
    progress: Callable[[int, int], None],
) -> tuple[Bound, ...]:
    """Print everything at once, which then has each font once."""
    sections: list[Section] = []
    later: list[int] = []
    run.begin("record-1")
    for html in htmls:
        sections.append(own.lay_out(html))
        later.append(run.after - LAID_OUT_AT)
        run.record(sections[-1].pages)
        progress(len(sections), len(document.items) + len(document.withheld))
    run.begin("index")
    for html in pages.index(document, run.records):
        sections.append(own.lay_out(html))
        later.append(run.after - LAID_OUT_AT)
        run.after += sections[-1].pages
    sections.append(run.last())
    gathering = own.print([run.front(), *sections], at=document.prepared_at, later=(0, *later, 0), field=FIELD)
    return (binder.add(gathering),)


def _print_many(
    document: ProductionDocument,
    run: _Run,
    htmls: Iterator[str],
    presses: Presses,
    binder: Binder,
    progress: Callable[[int, int], None],
) -> tuple[Bound, ...]:
    """Print and bind batch by batch: what is bound is not held."""
    own, at = presses.own, document.prepared_at
    total = len(document.items) + len(document.withheld)
    bound: list[Bound] = []
    run.begin("record-1")
    for batch in presses.printed(htmls, first=run.after, estimated=total):
        bound.append(binder.add(batch.gathering))
        for count in batch.pages:
            run.record(count)
        progress(len(run.records), total)
    run.begin("index")
    for batch in presses.printed(pages.index(document, run.records), first=run.after, estimated=total // ROWS_A_PAGE):
        bound.append(binder.add(batch.gathering))
        run.after += sum(batch.pages)
    bound.append(binder.add(own.print([run.last()], at=at)))
    return (binder.add(own.print([run.front()], at=at, field=FIELD)), *bound)


def _manifest(document: ProductionDocument, bates: BatesRange, records: tuple[BatesRange, ...]) -> ProductionManifest:
    return ProductionManifest(
        format=MANIFEST_FORMAT,
        production=document.production,
        organisation=document.organisation,
        matter=document.matter,
        requester=document.requester,
        prepared_by=document.prepared_by,
        prepared_at=document.prepared_at,
        query_typed=document.query_typed,
        query_words=document.query_words,
        origin=document.origin,
        ledger_size=document.ledger_size,
        ledger_root=document.ledger_root,
        checkpoint=document.checkpoint,
        claims=document.claims,
        software=document.software,
        signer=document.signer,
        test_certificate=document.test_certificate,
        bates=bates,
        receipt=document.receipt,
        volume=document.volume,
        held_back=document.held_back,
        records=tuple(_manifest_record(item, numbers) for item, numbers in zip(document.items, records, strict=False)),
        withheld=tuple(
            WithheldRecord(
                record=item.record,
                bates=numbers,
                reason=item.reason,
                description=item.description,
                matched=item.matched,
            )
            for item, numbers in zip(document.withheld, records[len(document.items) :], strict=True)
        ),
    )


def _manifest_record(item: ProducedItem, numbers: BatesRange) -> ManifestRecord:
    name = numbers.spell(numbers.first)
    return ManifestRecord(
        record=item.record,
        account=item.provenance.account,
        kind=item.normalised.kind,
        item=item.normalised.item,
        bates=numbers,
        native=None if item.native is None else f"{name}-native.{item.extension}",
        native_media_type=None if item.native is None else item.media_type,
        native_size=None if item.native is None else len(item.native),
        native_sha256=item.native_sha256,
        proof=f"{name}-proof.json",
        proof_size=len(item.proof),
        proof_sha256=Digest.of(item.proof),
        matched=item.matched,
    )
