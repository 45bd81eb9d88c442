"""An object store in memory: the contract in its shortest form, for tests and demonstrations."""

from __future__ import annotations

import io
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from schemas.digest import Digest
from schemas.stored import StoredObject
from storage import keys
from storage.objects import KeyTakenError, ObjectAlteredError, ObjectMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.objects import Content


class MemoryStore:
    """An ``ObjectStore`` whose objects are ``bytes``; safe among threads, without version ids."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._writing = Lock()

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store ``content`` under a key that nobody holds; see ``ObjectStore.put_new``."""
        keys.check(key)
        with content.open() as stream:
            given = stream.read(content.size + 1)
        if len(given) != content.size or Digest.of(given) != content.sha256:
            raise ObjectAlteredError(
                f"What was to be stored as {key} changed while it was read; nothing was stored.",
                do="Find out what writes to it, then store it again.",
                key=key,
            )
        with self._writing:
            held = self._objects.setdefault(key, given)
        if held != given:
            raise KeyTakenError(
                f"The key {key} holds other bytes; nothing was written.", do="Read what it holds, then decide.", key=key
            )
        return StoredObject(key=key, sha256=content.sha256, size=content.size)

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Open an object for reading; see ``ObjectStore.open``."""
        keys.check(key)
        held = self._objects.get(key)
        if held is None or version is not None:
            raise ObjectMissingError(
                f"Nothing is stored as {key}{f' in version {version}' if version else ''}.",
                do="Run 'holdfast verify'; restore the object from a second copy.",
                key=key,
            )
        return io.BytesIO(held)

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        """Return some bytes of an object; see ``ObjectStore.read_part``."""
        with self.open(key, version=version) as stream:
            stream.seek(start)
            return stream.read(end - start)

    def find(self, key: str) -> StoredObject | None:
        """Return what is stored under ``key``, or ``None``."""
        keys.check(key)
        held = self._objects.get(key)
        return None if held is None else StoredObject(key=key, sha256=Digest.of(held), size=len(held))

    def exists(self, key: str) -> bool:
        """Return whether something is stored under ``key``."""
        keys.check(key)
        return key in self._objects

    def destroy(self, key: str) -> int:
        """Delete what is stored under ``key``; see ``Shredder.destroy``."""
        keys.check(key)
        with self._writing:
            return 0 if self._objects.pop(key, None) is None else 1

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys that start with ``prefix`` and come after ``after``, in order."""
        with self._writing:
            held = list(self._objects)
        yield from sorted(key for key in held if key > after and key.startswith(prefix))
