"""The contract of an object store: every key is written once. ``tests/storage/contract.py`` holds stores to it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

from schemas.digest import Digest
from schemas.errors import ConflictError, InputError, IntegrityError, OutcomeUnknownError, PolicyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.stored import Lock, StoredObject

CHUNK = 1 << 20


class KeyTakenError(ConflictError):
    """The key holds other bytes already; nothing was written."""

    code = "KEY_TAKEN"


class KeyMalformedError(InputError):
    """A key is not one that a store accepts."""

    code = "KEY_MALFORMED"


class ObjectMissingError(IntegrityError):
    """An object that should be there is not."""

    code = "OBJECT_MISSING"


class ObjectAlteredError(IntegrityError):
    """An object's bytes are not those that were stored."""

    code = "OBJECT_ALTERED"


class StoreUnavailableError(UnavailableError):
    """The store did not do it: disk full, no permission, unreachable. Nothing was written."""

    code = "STORE_UNAVAILABLE"


class StoreUnsuitableError(PolicyError):
    """The store cannot keep the contract's promises."""

    code = "STORE_UNSUITABLE"


class LockRefusedError(PolicyError):
    """The store refuses to lock a version, to extend its lock, or to set its legal hold."""

    code = "LOCK_REFUSED"


class ObjectLockedError(PolicyError):
    """The store keeps a version: its lock has not ended, a legal hold is on, or these credentials may not delete."""

    code = "OBJECT_LOCKED"


class WriteOutcomeUnknownError(OutcomeUnknownError):
    """A write was interrupted: the object may or may not be there."""

    code = "WRITE_OUTCOME_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to be stored, with size and digest known beforehand; ``open`` may be called more than once."""

    open: Callable[[], BinaryIO]
    size: int
    sha256: Digest

    @classmethod
    def of(cls, content: bytes) -> Content:
        """Return the content of some bytes."""
        return cls(lambda: io.BytesIO(content), len(content), Digest.of(content))

    @classmethod
    def of_file(cls, path: Path) -> Content:
        """Return the content of a file, which must not change until it is stored."""
        with path.open("rb") as stream:
            sha256 = Digest.of_chunks(iter(lambda: stream.read(CHUNK), b""))
        return cls(lambda: path.open("rb"), path.stat().st_size, sha256)


class ObjectStore(Protocol):
    """Bytes at keys, each written once and never changed.

    1. ``put_new`` either stores all of the content durably, or leaves nothing under the key. It never overwrites.
       When the key already holds the same bytes it returns that object: a retry after a lost answer succeeds.
    2. Of any number of writers that race for one key with different bytes, exactly one wins; the others get
       ``KeyTakenError``.
    3. When ``put_new`` has returned, the object survives the loss of the process and of power.
    4. A reader never sees a part of an object.
    5. ``keys`` lists in the order of code points; an object whose ``put_new`` returned before the call is listed.
    6. A key is ASCII: segments of lower-case letters, digits, ``.``, ``_`` and ``-``, parted by ``/``, none of
       which is ``.`` or ``..`` or longer than 255; at most 512 characters. Anything else raises
       ``KeyMalformedError``.
    7. No key is the folder of another: ``a`` and ``a/b`` cannot both be stored. Callers see to it; a store in a file
       system refuses the second one.
    """

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store ``content`` under a key that nobody holds.

        Raises:
            KeyTakenError: the key holds other bytes.
            StoreUnavailableError: it was not stored; it may be tried again.
            WriteOutcomeUnknownError: nobody knows; look with ``find``.
            ObjectAlteredError: ``content`` yields other bytes than its digest says; nothing was stored.
        """
        ...

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Open an object for reading, the given version or the oldest. The caller checks the digest, and closes.

        Raises:
            ObjectMissingError: nothing is stored there.
        """
        ...

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        """Return the bytes of an object from ``start`` up to, and without, ``end``, fewer where it ends before.

        They are the given version's, or the oldest one's. No more is asked of the store than that.

        Raises:
            ObjectMissingError: nothing is stored there.
            StoreUnavailableError: the store did not deliver them.
        """
        ...

    def find(self, key: str) -> StoredObject | None:
        """Return what the store holds under ``key``, its digest computed from its bytes, or ``None``."""
        ...

    def exists(self, key: str) -> bool:
        """Return whether something is stored under ``key``, without reading it."""
        ...

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys that start with ``prefix`` and come after ``after``, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Guard:
    """How a store guards one version now: its lock, if any, and whether a legal hold is on."""

    lock: Lock | None
    hold: bool


@runtime_checkable
class Locks(Protocol):
    """A store that can keep versions of objects from being deleted. ``version`` is the given one, or the oldest."""

    def guard_of(self, key: str, *, version: str | None = None) -> Guard:
        """Return how the store guards a version now, as it says itself.

        Raises:
            ObjectMissingError: there is no such version.
        """
        ...

    def retain(self, key: str, *, version: str | None = None, until: Instant) -> Lock:
        """Lock a version until ``until`` at least, and return its lock. A lock is never shortened or weakened.

        Raises:
            ObjectMissingError: there is no such version.
            LockRefusedError: the store does not do it.
        """
        ...

    def hold(self, key: str, *, version: str | None = None, on: bool) -> None:
        """Set or lift a version's legal hold.

        Raises:
            ObjectMissingError: there is no such version.
            LockRefusedError: the store does not do it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key; a ``marker`` holds no bytes and hides the older ones from whoever names no version.

    ``modified`` is when it was written, by the store's clock.
    """

    key: str
    version: str
    size: int
    marker: bool
    modified: Instant


@runtime_checkable
class Versions(Protocol):
    """A store that keeps several versions of a key."""

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every version and delete marker under a prefix: keys in order, of each key from oldest to newest.

        Those of keys up to ``after`` are left out.
        """
        ...

    def open_version(self, key: str, version: str) -> BinaryIO:
        """Open this very version, also where the settings have ``ObjectStore.open`` read another one.

        Raises:
            ObjectMissingError: there is none.
        """
        ...


@runtime_checkable
class Shredder(Protocol):
    """A store that can destroy what it holds; apart from ``ObjectStore``, so that hardly anybody has it at hand."""

    def destroy(self, key: str) -> int:
        """Delete every version of a key, every delete marker and every part of an upload, and return how many.

        The version that owns the key goes last. When it returns nothing of the key is left in the store. It may be
        killed at any moment and be called again; where nothing is, nothing is done.

        Raises:
            ObjectLockedError: the store keeps a version. Those after it are gone; it and those before it stay.
            StoreUnavailableError: not all is gone; it may be tried again.
        """
        ...


def read(store: ObjectStore, key: str, *, version: str | None = None, limit: int = 64 << 20) -> bytes:
    """Return a whole object that is expected to be small; ``limit`` in bytes.

    Raises:
        ObjectMissingError: nothing is stored there.
        ObjectAlteredError: it is larger than ``limit``.
    """
    with store.open(key, version=version) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise ObjectAlteredError(
            f"The object {key} is larger than the {limit} bytes it may have.", do="Keep it and report it.", key=key
        )
    return content


def read_stored(store: ObjectStore, stored: StoredObject) -> bytes:
    """Return an object's bytes after checking that they are those that the ledger names.

    Raises:
        ObjectMissingError: it is gone.
        ObjectAlteredError: size or digest differ.
    """
    with store.open(stored.key, version=stored.version) as stream:
        content = stream.read(stored.size + 1)
    if len(content) != stored.size or Digest.of(content) != stored.sha256:
        raise ObjectAlteredError(
            f"The object {stored.key} is not the one that was stored: size or SHA-256 differ.",
            do="Keep it and run 'holdfast verify'; restore the object from a second copy.",
            key=stored.key,
        )
    return content
