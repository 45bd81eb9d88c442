"""From what a production says to its numbered PDF, natives, proofs and manifest attached. Signing comes after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.production import pages
from ediscovery.production.manifest import MANIFEST_FORMAT, MANIFEST_NAME, ManifestRecord, ProductionManifest
from ediscovery.production.typesetting import AttachedFile, Press, Section
from schemas.digest import Digest
from schemas.production import BatesRange

if TYPE_CHECKING:
    from collections.abc import Callable

    from ediscovery.production.document import ProducedItem, ProductionDocument

IDENTIFIER_SIZE = 32


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF before it is signed. ``records`` are the records' page numbers, in order; each starts a new page.

    ``without_glyph`` are characters that no font has: the pages show an empty box, the native files are complete.
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
    document: ProductionDocument, *, first_number: int, progress: Callable[[int, int], None] | None = None
) -> Rendered:
    """Typeset ``document`` with Bates numbers from ``first_number``, one a page.

    The same document and number give the same bytes, with the same fonts and libraries installed. ``progress`` is
    told how many records are laid out, and of how many.

    Raises:
        BatesError: the numbers are used up, or the prefix is not one.
        FontMissingError: a font is not installed.
        TypesettingUnavailableError: a system library is not installed.
    """
    laid_out = _lay_out(document, first_number, progress or (lambda _done, _all: None))
    manifest = _manifest(document, laid_out.bates, laid_out.records)
    content = manifest.to_bytes()
    attached = [AttachedFile(MANIFEST_NAME, content, "What this production holds")]
    for item, record in zip(document.items, manifest.records, strict=True):
        attached.append(AttachedFile(record.native, item.native, f"Native bytes of record {record.record}"))
        attached.append(AttachedFile(record.proof, item.proof, f"Proof of record {record.record}"))
    identifier = Digest.of(content).hex[:IDENTIFIER_SIZE].encode()
    pdf = laid_out.press.bind(laid_out.sections, attached, identifier=identifier, at=document.prepared_at)
    return Rendered(pdf, laid_out.bates, laid_out.records, manifest, tuple(sorted(laid_out.press.without_glyph)))


@dataclass(frozen=True, slots=True)
class _LaidOut:
    press: Press
    sections: tuple[Section, ...]
    bates: BatesRange
    records: tuple[BatesRange, ...]


def _lay_out(document: ProductionDocument, first: int, progress: Callable[[int, int], None]) -> _LaidOut:
    """Lay out front, records, index and last page; the front, which names all others, is laid out again at the end."""
    press = Press(pages.css(document))
    prefix, total = document.bates_prefix, len(document.items)
    numbers = BatesRange(prefix=prefix, first=first, last=first)
    # All digits are equally wide: whatever numbers the front names, its pages stay as they are.
    front = press.lay_out(pages.front(document, numbers=numbers, places=defaultdict(lambda: first)))
    after = first + front.pages
    sections: list[Section] = []
    records: list[BatesRange] = []
    for place in range(1, total + 1):
        sections.append(press.lay_out(pages.record(document, place, first=after)))
        records.append(BatesRange(prefix=prefix, first=after, last=after + sections[-1].pages - 1))
        after += sections[-1].pages
        progress(place, total)
    places = {name: first + page for name, page in front.places.items()}
    places |= {"record-1": records[0].first, "index": after}
    sections.append(press.lay_out(pages.index(document, first=after, records=records)))
    after += sections[-1].pages
    places["checking"] = after
    sections.append(press.lay_out(pages.checking(document, first=after)))
    numbers = BatesRange(prefix=prefix, first=first, last=after + sections[-1].pages - 1)
    front = press.lay_out(pages.front(document, numbers=numbers, places=places))
    return _LaidOut(press, (front, *sections), numbers, tuple(records))


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
        records=tuple(_manifest_record(item, numbers) for item, numbers in zip(document.items, records, strict=True)),
    )


def _manifest_record(item: ProducedItem, numbers: BatesRange) -> ManifestRecord:
    name = numbers.spell(numbers.first)
    return ManifestRecord(
        record=item.record,
        account=item.provenance.account,
        kind=item.normalised.kind,
        item=item.normalised.item,
        bates=numbers,
        native=f"{name}-native.{item.extension}",
        native_media_type=item.media_type,
        native_size=len(item.native),
        native_sha256=item.native_sha256,
        proof=f"{name}-proof.json",
        proof_size=len(item.proof),
        proof_sha256=Digest.of(item.proof),
        matched=item.matched,
    )
