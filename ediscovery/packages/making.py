"""From a production in the ledger to a package: its document and what is attached to it, opened for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ediscovery.bags.writing import new_bag
from ediscovery.packages import naming
from ediscovery.packages.derived import Derived
from ediscovery.packages.exchanges import refuse_held_back, write_exchanges
from ediscovery.packages.handed import checker
from ediscovery.packages.imaging import images_of
from ediscovery.packages.opticon import VOLUME, opt
from ediscovery.packages.sealed import SEALED_FORMAT, Sealed
from ediscovery.printable import one_line
from ediscovery.production.checking import read_manifest
from ediscovery.production.manifest import MANIFEST_NAME
from ediscovery.production.reading import attachments, decoded, open_pdf, unreadable
from manifests.archive import SOFTWARE
from manifests.proofs.file import read_proof_of_record
from manifests.proofs.making import prove_acts
from schemas.errors import InputError
from schemas.ledger import Produced
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyhanko.pdf_utils.generic import StreamObject

    from ediscovery.bags.writing import Bag
    from ediscovery.packages.fields import HandedOver
    from ediscovery.packages.opticon import ImageKind
    from ediscovery.production.manifest import ProductionManifest
    from manifests.archive import Archive
    from manifests.checkpoints.making import Made as Checkpointed
    from manifests.history import History

MEDIA_TYPES = {
    "csv": "text/csv",
    "dat": "text/plain",
    "html": "text/html",
    "jpg": "image/jpeg",
    "json": "application/json",
    "opt": "text/plain",
    "py": "text/x-python",
    "rsmf": "message/rfc822",
    "tif": "image/tiff",
    "txt": "text/plain",
}


class ProductionUnknownError(InputError):
    """There is no such production, or its document was destroyed."""

    code = "PRODUCTION_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished package: of which production, and how large its payload is in files and bytes."""

    manifest: ProductionManifest
    files: int
    octets: int


def demand_produced(history: History, name: str) -> Produced:
    """Return the act that sealed a production.

    Raises:
        ProductionUnknownError: there is none of that name, or its document was destroyed.
    """
    act = history.produced.get(name)
    if act is None:
        raise ProductionUnknownError(f"There is no production {name[:80]!r}.", do="See 'holdfast productions'.")
    if history.replacements.find(act.document.key) is not None:
        raise ProductionUnknownError(
            f"The document of the production {name} was destroyed as its schedule says.",
            do="See 'holdfast retention plans'.",
        )
    return act


def pack(
    archive: Archive,
    act: Produced,
    checkpoint: Checkpointed,
    folder: Path,
    *,
    images: bool = False,
    exchanges: bool = False,
    tell: Callable[[str, int, int], None],
) -> Packed:
    """Write the package of a production to a new folder; until its last file is there it is a draft.

    ``checkpoint`` was made after the production was sealed (``manifests.checkpoints.making.make``). With ``images``
    each page is there as a picture, too, and with ``exchanges`` what platforms answered, whole. ``tell`` is told of
    records and pages, done and of all.

    Raises:
        OutputExistsError: there is such a folder; it stays as it is.
        BagUnwritableError: it cannot be written; what was written is removed.
        ExchangesWithheldError: the exchanges hold what was withheld or redacted.
        IntegrityError: the document is gone, or not what was sealed; what was written is removed.
    """
    document = read_stored(archive.store, act.document)
    attached = attachments(open_pdf(document))
    if MANIFEST_NAME not in attached:
        raise unreadable(f"The production {act.production} has no {MANIFEST_NAME}")
    manifest = read_manifest(attached[MANIFEST_NAME], attached=len(attached))
    if exchanges:
        refuse_held_back(manifest)
    with new_bag(folder) as bag:
        bag.add(naming.DOCUMENT, document, media_type="application/pdf")
        bag.add(naming.MANIFEST, manifest.to_bytes(), media_type="application/json")
        bag.add(naming.SEALED, _sealed(archive, act, checkpoint).to_bytes(), media_type="application/json")
        records = _records(bag, manifest, attached, partial(tell, "records"))
        if exchanges:
            with bag.path_of(naming.EXCHANGES).open("xb") as file:
                write_exchanges(archive, manifest, records, file)
            bag.add_written(naming.EXCHANGES, media_type="application/wacz")
        if images:
            _images(bag, manifest, document, partial(tell, "pages"))
        for name in naming.HANDED:
            _add(bag, naming.handed(name), checker(name))
        bag.finish(_info(manifest, day=str(archive.now())[:10]), {})
        return Packed(manifest, bag.files, bag.octets)


def _sealed(archive: Archive, act: Produced, checkpoint: Checkpointed) -> Sealed:
    ledger = archive.ledger
    # It was sealed soon after its checkpoint was made.
    after = range(act.ledger_size, checkpoint.size)
    proved = next(prove_acts(ledger, Produced, lambda one: one == act, entries=after, size=checkpoint.size))
    return Sealed(
        format=SEALED_FORMAT,
        produced=proved,
        checkpoint=checkpoint.note.to_bytes().decode(),
        claims=checkpoint.claims,
        path=ledger.consistency(act.ledger_size, size=checkpoint.size),
    )


def _records(
    bag: Bag, manifest: ProductionManifest, attached: Mapping[str, StreamObject], tell: Callable[[int, int], None]
) -> tuple[HandedOver, ...]:
    """Write what is attached of every record, and all that is derived of it; return the records."""
    derived = Derived(manifest)
    for done, record in enumerate(manifest.records, 1):
        if (whole := record.whole) is not None:
            native = decoded(whole.name, attached[whole.name], size=whole.size)
            bag.add(naming.native(whole.name), native, media_type=whole.media_type)
        proof = decoded(record.proof, attached[record.proof], size=record.proof_size)
        bag.add(naming.proof(record), proof, media_type="application/json")
        _add(bag, *derived.add(record, read_proof_of_record(proof)))
        tell(done, len(manifest.records))
    for name, content in derived.rest():
        _add(bag, name, content)
    return derived.records


def _images(bag: Bag, manifest: ProductionManifest, document: bytes, tell: Callable[[int, int], None]) -> None:
    """Write the picture of each page, and the load file that leads to those of records."""
    kinds: dict[int, ImageKind] = {}
    for number, (kind, content) in enumerate(images_of(document), manifest.bates.first):
        kinds[number] = kind
        _add(bag, naming.image(manifest.bates.spell(number), kind), content)
        tell(len(kinds), manifest.bates.pages)
    _add(bag, naming.load_file(manifest.production, "opt"), opt(manifest, kinds, volume=VOLUME))


def _add(bag: Bag, name: str, content: bytes) -> None:
    bag.add(name, content, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


def _info(manifest: ProductionManifest, *, day: str) -> dict[str, str]:
    return {
        "Source-Organization": one_line(manifest.organisation),
        "Bagging-Date": day,
        "External-Identifier": manifest.production,
        "Bag-Group-Identifier": manifest.origin,
        "External-Description": f"{len(manifest.records)} records, {manifest.bates}",
        "Bag-Software-Agent": SOFTWARE,
    }
