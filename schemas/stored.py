"""How the ledger names a stored object: where it is, which version, how large, and what it must hash to."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest


class StoredObject(Canonical, frozen=True):
    """One object in the store; ``size`` in bytes, ``version`` absent where the store has no version ids."""

    key: str
    sha256: Digest
    size: Natural
    version: str | None = None
