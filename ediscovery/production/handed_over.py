"""What was handed over: the productions whose documents are there, what they hold, and under which numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ediscovery.production.checking import read_manifest
from ediscovery.production.manifest import MANIFEST_NAME
from ediscovery.production.reading import attachments, open_pdf, unreadable
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.production.manifest import ProductionManifest
    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.ledger import Produced

NUMBERS = re.compile(r"([A-Z][A-Z0-9]*?)([0-9]{1,7})\.\.([0-9]{1,7})", re.ASCII)
"""The first and the last of some Bates numbers, as ``ediscovery.language`` spells them: ``MGU0000006..0000011``."""


def standing(archive: Archive) -> Iterator[Produced]:
    """Yield the productions whose documents are there."""
    history = archive.ledger.history
    for act in history.produced.values():
        if history.replacements.find(act.document.key) is None:
            yield act


def manifest_of(archive: Archive, act: Produced) -> ProductionManifest:
    """Return what a production holds.

    Raises:
        IntegrityError: it is gone, or not what was stored.
    """
    found = attachments(open_pdf(read_stored(archive.store, act.document)))
    if MANIFEST_NAME not in found:
        raise unreadable(f"The production {act.production} has no {MANIFEST_NAME}")
    return read_manifest(found[MANIFEST_NAME], attached=len(found))


def numbered(archive: Archive, numbers: str, *, size: int) -> Iterator[Digest]:
    """Yield the records that productions of the ledger's first entries show on pages with these numbers (``NUMBERS``).

    Raises:
        IntegrityError: a production is gone, or not what was stored.
    """
    said = NUMBERS.fullmatch(numbers)
    if said is None:
        return
    first, last = int(said[2]), int(said[3])
    later = {one.stored.key for one in archive.ledger.history.named(start=size)}
    for act in standing(archive):
        if act.document.key in later:
            continue
        if act.bates.prefix == said[1] and act.bates.first <= last and first <= act.bates.last:
            for one in manifest_of(archive, act).records:
                if one.bates.first <= last and first <= one.bates.last:
                    yield one.record
