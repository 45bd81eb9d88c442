"""Copies of stored objects as local files, for readers that need a path (DuckDB), named by their digest.

Bytes are checked once, on the way in. After that a copy is trusted as far as the folder is: it belongs to the user
who runs Holdfast and to nobody else, and only the size is looked at again. Nothing here is evidence:
``holdfast verify`` reads the store and never a copy, and the whole folder may be deleted at any time.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from storage import disk
from storage.objects import ObjectAlteredError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

OURS_ALONE = 0o700


class Cache:
    """Verified copies in ``folder``, which is made where it is absent; safe among threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, store: ObjectStore, stored: StoredObject) -> Path:
        """Return the path of a read-only file with the object's bytes; it is copied unless it is here already.

        Raises:
            ObjectMissingError: the store does not have it.
            ObjectAlteredError: the store's size or SHA-256 differ from what the ledger names; nothing is kept.
            StoreUnavailableError: store or cache could not be read or written.
        """
        path = self.place_of(stored)
        if not self._is_here(path, stored.size):
            self._fetch(store, stored, path)
        return path

    def place_of(self, stored: StoredObject) -> Path:
        """Return the path at which the object's copy lies as soon as it is asked for (``path_of``)."""
        return self.folder / stored.sha256.hex

    def clear(self, *, but: Iterable[StoredObject] = ()) -> None:
        """Remove every copy, but those of some objects, and what dead writers left.

        Readers that have a copy open keep it, others copy again.
        """
        if not self.folder.exists():
            return
        with disk.refusals(self.folder), self._opened() as folder:
            disk.sweep(folder)
            going = {path.name for path in self.folder.iterdir() if not disk.DRAFT.fullmatch(path.name)}
            for stored in but if going else ():
                going.discard(stored.sha256.hex)
            for name in going:
                (self.folder / name).unlink(missing_ok=True)

    def _is_here(self, path: Path, size: int) -> bool:
        with disk.refusals(self.folder):
            try:
                found = path.lstat()
            except FileNotFoundError:
                return False
        return stat.S_ISREG(found.st_mode) and found.st_size == size

    def _fetch(self, store: ObjectStore, stored: StoredObject, path: Path) -> None:
        with (
            store.open(stored.key, version=stored.version) as source,
            disk.refusals(self.folder),
            self._opened() as folder,
            disk.draft(folder) as (file, name),
        ):
            if disk.fill(file, source, most=stored.size) != (stored.size, stored.sha256):
                raise ObjectAlteredError(
                    f"The object {stored.key} is not the one that was stored: size or SHA-256 differ.",
                    do="Keep it and run 'holdfast verify'; restore the object from a second copy.",
                    key=stored.key,
                )
            # Durable before it has its name: after a loss of power a file of the right size is one with these bytes.
            os.fsync(file)
            os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        self.folder.mkdir(mode=OURS_ALONE, parents=True, exist_ok=True)
        folder = os.open(self.folder, disk.FOLDER)
        try:
            yield folder
        finally:
            os.close(folder)
