"""How the ledger names a stored object: its key, version, size, digest and lock."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.instant import Instant

LockMode: TypeAlias = Literal["compliance", "governance"]


class Lock(Canonical, frozen=True):
    """A retention lock: until then nobody deletes the version (``compliance``), or only whoever may bypass it."""

    mode: LockMode
    until: Instant


class StoredObject(Canonical, frozen=True):
    """One object in the store; ``size`` in bytes.

    ``version`` and ``lock`` are those of its writing, absent where the store has no version ids or no locks.
    """

    key: str
    sha256: Digest
    size: Natural
    version: str | None = None
    lock: Lock | None = None
