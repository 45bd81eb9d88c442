"""``transfer.json``: what a package says of itself as a whole, and the commitment to a receipt for it (FORMAT 9)."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from ediscovery.bags.reading import malformed
from manifests.notes import Checkpoint
from schemas.canonical import Canonical, Natural
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.ledger import TransferName
from schemas.retention import SeriesName

if TYPE_CHECKING:
    from collections.abc import Iterable

TRANSFER_FORMAT = "holdfast-transfer/v1"
RECEIPT_DOMAIN = b"holdfast-receipt/v1\x00"


class Transfer(Canonical, frozen=True):
    """The whole package: whose records, as of which day, of which series; under which checkpoint they are proved.

    ``records_root`` is over their ids in the order of their numbers. ``salt`` keeps the ledger's commitment to the
    receipt from confirming a guess at what the archives wrote.
    """

    format: str
    transfer: TransferName
    organisation: str
    software: str
    made: Instant
    as_of: date
    series: tuple[SeriesName, ...]
    origin: str
    ledger_size: Natural
    ledger_root: Digest
    checkpoint: str
    claims: Claims
    records: Natural
    records_root: Digest
    salt: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    permanent: bool = False

    @property
    def ledger(self) -> Checkpoint:
        """The ledger that the checkpoint must be of."""
        return Checkpoint(self.origin, self.ledger_size, self.ledger_root)


def read_transfer(content: bytes) -> Transfer:
    """Return what a ``transfer.json`` says.

    Raises:
        PackageMalformedError: it is of another format.
        NotCanonicalError: it is not in its one spelling.
    """
    transfer = Transfer.from_bytes(content)
    if transfer.format != TRANSFER_FORMAT:
        raise malformed(f"it is of format {transfer.format[:40]!r}; this version knows {TRANSFER_FORMAT!r}")
    return transfer


def commitment_to(receipt: Iterable[bytes], *, salt: str) -> Digest:
    """Return what the ledger says of a receipt, given in chunks (FORMAT 9.5)."""
    content = hashlib.sha256()
    for chunk in receipt:
        content.update(chunk)
    return Digest.of(RECEIPT_DOMAIN + bytes.fromhex(salt) + content.digest())
