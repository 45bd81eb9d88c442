"""An object store in a folder of a POSIX file system: one read-only file an object, its path the key.

What it keeps against: crashes and power loss at any point, racing writers in any number of processes, full disks,
links and other things put in the place of files. What it cannot keep against: whoever owns the files may remove
them. There are no version ids and no locks; the audit notices what was done.

A file system has no name that is a file and a folder: where ``a`` is stored ``a/b`` is refused, and the reverse.
"""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from schemas.digest import Digest
from schemas.stored import StoredObject
from storage import disk, keys
from storage.objects import (
    CHUNK,
    KeyTakenError,
    ObjectAlteredError,
    ObjectMissingError,
    WriteOutcomeUnknownError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from storage.objects import Content

INCOMING = "+incoming"  # '+' stands in no key
NO_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
OF_THE_FILE_SYSTEM = "lost+found/"


class DirectoryStore:
    """An ``ObjectStore`` in the folder ``root``, which is made by the first write; while it is absent, it is empty.

    Safe among threads and processes. File modes are 0444 as far as the umask lets them.
    """

    def __init__(self, root: Path, *, pinned: bool = True) -> None:
        """Open without touching anything. A copy of a store with version ids is not ``pinned``: ids are ignored."""
        self.root = root
        self._pinned = pinned
        self._durable: set[tuple[str, ...]] = set()

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store ``content`` under a key that nobody holds; see ``ObjectStore.put_new``.

        Raises:
            StoreUnsuitableError: the file system lacks hard links or locks, or ``key`` is the folder of another key.
        """
        keys.check(key)
        *parents, name = key.split("/")
        with disk.refusals(self.root), self._made(parents) as folder:
            held = self._held(folder, name, key)
            if held is None and self._write(folder, name, key, content):
                return StoredObject(key=key, sha256=content.sha256, size=content.size)
            held = held or self._held(folder, name, key)
            if held is None:
                raise disk.unsuitable(self.root, f"{key} is the folder of other objects there")
            if (held.sha256, held.size) != (content.sha256, content.size):
                raise KeyTakenError(
                    f"The key {key} holds other bytes; nothing was written.",
                    do="Read what it holds, then decide.",
                    key=key,
                )
            # These bytes were durable before they had their name, but whoever gave it may not have lived to make
            # that durable too.
            os.fsync(folder)
            return held

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Open an object for reading; see ``ObjectStore.open``.

        Raises:
            ObjectAlteredError: a link or a special file stands in its place.
        """
        keys.check(key)
        *parents, name = key.split("/")
        with disk.refusals(self.root), self._entered(parents) as folder:
            known = version is None or not self._pinned
            file = disk.open_file(folder, name) if folder is not None and known else None
        if file is None:
            raise ObjectMissingError(
                f"Nothing is stored as {key}{f' in version {version}' if version else ''}.",
                do="Run 'holdfast verify'; restore the object from a second copy.",
                key=key,
            )
        return file

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        """Return some bytes of an object; see ``ObjectStore.read_part``.

        Raises:
            ObjectAlteredError: a link or a special file stands in its place.
        """
        with self.open(key, version=version) as stream, disk.refusals(self.root):
            stream.seek(start)
            return stream.read(end - start)

    def find(self, key: str) -> StoredObject | None:
        """Return what is stored under ``key``, its digest computed from its bytes, or ``None``.

        Raises:
            ObjectAlteredError: a link or a special file stands in its place.
        """
        keys.check(key)
        *parents, name = key.split("/")
        with disk.refusals(self.root), self._entered(parents) as folder:
            return None if folder is None else self._held(folder, name, key)

    def exists(self, key: str) -> bool:
        """Return whether something is stored under ``key``, without reading it.

        Raises:
            ObjectAlteredError: a link or a special file stands in its place.
        """
        keys.check(key)
        *parents, name = key.split("/")
        with disk.refusals(self.root), self._entered(parents) as folder:
            return folder is not None and disk.is_file(folder, name)

    def destroy(self, key: str) -> int:
        """Delete the file of ``key``, and drafts that dead writers left; see ``Shredder.destroy``.

        The file system forgets the bytes when it writes others over them.
        """
        keys.check(key)
        *parents, name = key.split("/")
        with disk.refusals(self.root), self._entered(parents) as folder:
            gone = folder is not None and disk.remove(folder, name)
        return int(gone) + self.sweep()

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys that start with ``prefix`` and come after ``after``, in order.

        Only folders that can hold such keys are read, each as a whole: about 0.5 s and, for the keys that are
        yielded, 100 MB for a folder of a million. What is no regular file is left to ``strangers``.
        """
        folder = prefix.rpartition("/")[0]
        if not folder or keys.is_key(folder):
            yield from self._keys(f"{folder}/" if folder else "", prefix, after)

    def strangers(self) -> Iterator[str]:
        r"""Yield what lies in the store and is no object: paths relative to the root, in no certain order.

        These are names that are no keys, links and special files; folders of such names once, with a ``/`` at the
        end and without their contents. Bytes that are no UTF-8 are spelled ``\xNN``. Drafts, dead or being written,
        and the file system's own ``lost+found`` are left out.
        """
        yield from self._strangers("")

    def sweep(self) -> int:
        """Remove the drafts that writers left when they died and return how many; those of living writers stay."""
        with disk.refusals(self.root), self._entered([INCOMING]) as incoming:
            return 0 if incoming is None else disk.sweep(incoming)

    def _write(self, folder: int, name: str, key: str, content: Content) -> bool:
        """Return whether ``content`` got the name; ``False`` when somebody holds it."""
        with self._made([INCOMING]) as incoming, disk.draft(incoming) as (file, temporary):
            with content.open() as source:
                copied = disk.fill(file, source, most=content.size)
            if copied != (content.size, content.sha256):
                raise ObjectAlteredError(
                    f"What was to be stored as {key} changed while it was read; nothing was stored.",
                    do="Find out what writes to it, then store it again.",
                    key=key,
                )
            os.fsync(file)
            # At this point the bytes are whole and durable, and no reader sees them. If we crash, a sweep removes them.
            try:
                os.link(temporary, name, src_dir_fd=incoming, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in NO_LINKS:
                    raise disk.unsuitable(self.root, f"hard links are refused ({error.strerror})") from error
                if error.errno in disk.PASSING:
                    raise
                raise _unknown(key, error) from error
            # From here on readers see the object. If we crash, it may lose its name with the power, so a retry has
            # to make the name durable too.
            try:
                os.fsync(folder)
            except OSError as error:
                raise _unknown(key, error) from error
        return True

    def _held(self, folder: int, name: str, key: str) -> StoredObject | None:
        file = disk.open_file(folder, name)
        if file is None:
            return None
        with file:
            sha256 = Digest.of_chunks(iter(lambda: file.read(CHUNK), b""))
            return StoredObject(key=key, sha256=sha256, size=file.tell())

    @contextmanager
    def _entered(self, parts: Sequence[str]) -> Iterator[int | None]:
        """Open a folder of the store, or yield ``None`` where there is none."""
        with ExitStack() as opened:
            folder = None
            with suppress(FileNotFoundError, NotADirectoryError):
                inner = os.open(self.root, disk.FOLDER)
                opened.callback(os.close, inner)
                for name in parts:
                    inner = disk.enter(inner, name)
                    opened.callback(os.close, inner)
                folder = inner
            yield folder

    @contextmanager
    def _made(self, parts: Sequence[str]) -> Iterator[int]:
        """Open a folder of the store; it is made where it is absent, and the names on the way to it are durable."""
        disk.make_folders(self.root)
        with ExitStack() as opened:
            folder = os.open(self.root, disk.FOLDER)
            opened.callback(os.close, folder)
            for depth, name in enumerate(parts, 1):
                folder = self._made_in(folder, name, tuple(parts[:depth]))
                opened.callback(os.close, folder)
            yield folder

    def _made_in(self, folder: int, name: str, path: tuple[str, ...]) -> int:
        try:
            inner = disk.enter(folder, name)
        except FileNotFoundError:
            self._durable.discard(path)
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
            inner = disk.enter(folder, name)
        except NotADirectoryError:
            raise disk.unsuitable(self.root, f"the folder {'/'.join(path)} would be an object there") from None
        if path not in self._durable:
            # Also of a folder that we found: who made it may have died before its name was durable.
            os.fsync(folder)
            self._durable.add(path)
        return inner

    def _keys(self, folder: str, prefix: str, after: str) -> Iterator[str]:
        for path in self._listed(folder, prefix, after):
            if path.endswith("/"):
                yield from self._keys(path, prefix, after)
            else:
                yield path

    def _listed(self, folder: str, prefix: str, after: str) -> list[str]:
        """Return what one folder holds that matters, sorted as whole keys are: a folder's name ends with its slash."""
        found = []
        with disk.refusals(self.root), self._scanned(folder) as entries:
            for entry in entries:
                path = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    path += "/"
                    wanted = (path > after or after.startswith(path)) and (
                        path.startswith(prefix) or prefix.startswith(path)
                    )
                else:
                    wanted = path > after and path.startswith(prefix) and entry.is_file(follow_symlinks=False)
                if wanted and keys.is_segment(entry.name) and len(path) <= keys.LONGEST:
                    found.append(path)
        return sorted(found)

    def _strangers(self, folder: str) -> Iterator[str]:
        inner, strange = [], []
        with disk.refusals(self.root), self._scanned(folder) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                path = folder + entry.name + ("/" if is_folder else "")
                if path == OF_THE_FILE_SYSTEM:
                    continue
                if is_folder and _may_hold_objects(path):
                    inner.append(path)
                elif is_folder or not (entry.is_file(follow_symlinks=False) and _is_ours(path)):
                    strange.append(_printable(path))
        yield from strange
        for path in inner:
            yield from self._strangers(path)

    @contextmanager
    def _scanned(self, folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        with self._entered(folder.split("/")[:-1]) as entered:
            if entered is None:
                yield iter(())
                return
            with os.scandir(entered) as entries:
                yield entries


def _unknown(key: str, error: OSError) -> WriteOutcomeUnknownError:
    return WriteOutcomeUnknownError(
        f"The disk failed while {key} got its name: {error.strerror}.",
        do="Check the disk; then try again: the same bytes are accepted whether or not they are there.",
        key=key,
    )


def _may_hold_objects(folder: str) -> bool:
    return folder == f"{INCOMING}/" or keys.is_key(folder[:-1])


def _is_ours(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return disk.DRAFT.fullmatch(name) is not None if folder == INCOMING else keys.is_key(path)


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
