"""A partition as the ledger names it: the records of one account, one retention series and one period in one object."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.stored import StoredObject


class Partition(Canonical, frozen=True, tag_field="act", tag="partition"):
    """A part of the act that seals it, on a line of its own (FORMAT 4.1).

    ``period`` is a month in UTC, ``2026-11``; ``root`` the Merkle root over the record ids in row order.
    """

    account: str
    series: str
    period: str
    rows: Natural
    root: Digest
    stored: StoredObject
