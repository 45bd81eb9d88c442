"""Objects read once: hashed while they are read, so that what is looked into is what was hashed."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from schemas.matters import TEXT_LIMIT, MatterText
from storage.objects import CHUNK, ObjectAlteredError, read_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

IN_MEMORY = 8 << 20


class Hashed:
    """A stream that is hashed while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._hasher, self._size = stream, hashlib.sha256(), 0

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes, at most ``size``; none at the end."""
        content = self._stream.read(size)
        self._hasher.update(content)
        self._size += len(content)
        return content

    def check(self, stored: StoredObject) -> None:
        """Read to the end and compare with what the ledger names.

        Raises:
            ObjectAlteredError: size or digest differ.
        """
        while self._size <= stored.size and self.read():
            pass
        if self._size != stored.size or self._hasher.digest() != stored.sha256.raw:
            raise ObjectAlteredError(
                f"The object {stored.key} is not the one that was stored: size or SHA-256 differ.",
                do="Keep it; restore the object from a second copy.",
                key=stored.key,
            )


@contextmanager
def hashed(store: ObjectStore, stored: StoredObject) -> Iterator[Hashed]:
    """Open an object to be read once, from its beginning.

    Raises:
        ObjectMissingError: it is gone.
    """
    with store.open(stored.key, version=stored.version) as stream:
        yield Hashed(stream)


@contextmanager
def whole(store: ObjectStore, stored: StoredObject) -> Iterator[BinaryIO]:
    """Give an object for reading anywhere in it, after checking that it is the one that the ledger names.

    Up to 8 MiB are held in memory, larger ones in a temporary file.

    Raises:
        ObjectMissingError: it is gone.
        ObjectAlteredError: size or digest differ.
    """
    if stored.size <= IN_MEMORY:
        yield io.BytesIO(read_stored(store, stored))
        return
    with TemporaryFile() as copy:
        with hashed(store, stored) as stream:
            while content := stream.read():
                copy.write(content)
                if copy.tell() > stored.size:
                    break
            stream.check(stored)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def read_text(store: ObjectStore, stored: StoredObject) -> MatterText:
    """Return what people wrote about a matter.

    Raises:
        ObjectMissingError: it is gone.
        ObjectAlteredError: size or digest differ.
        NotCanonicalError: it is no text about a matter, or longer than one may be.
    """
    with whole(store, stored) as source:
        return MatterText.from_bytes(source.read(TEXT_LIMIT + 1))
