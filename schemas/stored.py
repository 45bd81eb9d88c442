"""How the ledger names a stored object: where it is, which version, how large, and what it must hash to."""

from __future__ import annotations

from schemas.canonical import Canonical
from schemas.digest import Digest


class StoredObject(Canonical, frozen=True):
    """One object in the store. ``version`` is the store's version id, absent where the store has none; ``size`` in bytes."""

    key: str
    sha256: Digest
    size: int
    version: str | None = None
