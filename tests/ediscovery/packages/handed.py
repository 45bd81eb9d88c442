"""Productions whose load files are tested: records sealed in a real ledger, with their real proofs and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.packages.fields import HandedOver
from ediscovery.production.render import render
from manifests.proofs.file import read_record_proof
from tests.ediscovery.productions import check_record, document_of

if TYPE_CHECKING:
    from ediscovery.production.manifest import ProductionManifest
    from tests.ediscovery.productions import Item


@dataclass(frozen=True)
class Handed:
    """What whoever makes load files has before them."""

    manifest: ProductionManifest
    records: tuple[HandedOver, ...]


def handed_over(*items: Item, first_number: int = 1) -> Handed:
    """Seal, prove and typeset records, and read their proofs, which hold."""
    document = document_of(*items)
    manifest = render(document, first_number=first_number).manifest
    for item in document.items:
        check_record(item.proof, item.native)
    proofs = [read_record_proof(item.proof) for item in document.items]
    return Handed(manifest, tuple(map(HandedOver.of, manifest.records, proofs)))
