"""What of a package is made of ``production.json`` and the proofs, and of nothing else (FORMAT 6.8.3). Pure.

It is made when a package is written, and made anew and compared when one is checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.packages import concordance, naming
from ediscovery.packages.certification import certification
from ediscovery.packages.fields import HandedOver, fields_of
from ediscovery.packages.readme import readme
from ediscovery.packages.redactions import redactions
from ediscovery.packages.rsmf import conversations
from ediscovery.packages.texts import text_of
from ediscovery.packages.withheld import withheld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.packages.fields import Fields
    from ediscovery.production.manifest import ManifestRecord, ProductionManifest
    from manifests.proofs.file import ProofOfRecord


class Derived:
    """The derived files of a production, as its records are added in their order."""

    def __init__(self, manifest: ProductionManifest) -> None:
        self._manifest = manifest
        self._records: list[HandedOver] = []
        self._rows: list[Fields] = []

    def add(self, listed: ManifestRecord, proof: ProofOfRecord) -> tuple[str, bytes]:
        """Add a record, and return the file with its words: name and content.

        Raises:
            IntegrityError: a part of the proof is not in its one spelling.
        """
        record = HandedOver.of(listed, proof)
        self._records.append(record)
        self._rows.append(fields_of(record))
        return naming.text(listed), text_of(record.view).encode()

    @property
    def records(self) -> tuple[HandedOver, ...]:
        """The records that were added."""
        return tuple(self._records)

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """Yield all other files, after the last record: name and content."""
        name = self._manifest.production
        dat, csv = concordance.dat(self._rows), concordance.csv(self._rows)
        yield naming.load_file(name, "dat"), dat.content
        yield naming.load_file(name, "csv"), csv.content
        for one in conversations(self._manifest, self._records):
            yield naming.conversation(one.name), one.content
        if self._manifest.withheld:
            yield naming.WITHHELD, withheld(self._manifest)
        if self._manifest.receipt is not None:
            yield naming.RECEIPT, self._manifest.receipt.to_bytes()
        if self._manifest.redacted:
            yield naming.REDACTIONS, redactions(self._records)
        yield naming.CERTIFICATION, certification(self._manifest, self._records).encode()
        yield naming.README, readme(self._manifest, dat.replaced).encode()
