"""What the stores ask of a file system: folders that are no links, drafts that die with their writer, its refusals.

POSIX only. Folders and files are given by descriptor, so that nobody can put a link in their place between two calls.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from schemas.digest import Digest
from storage.objects import CHUNK, ObjectAlteredError, StoreUnavailableError, StoreUnsuitableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAFT = re.compile(r"[0-9a-f]{32}")
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
READ_ONLY = 0o444  # what the umask leaves of it

# Refusals after which it is certain that nothing was done, and that may pass.
PASSING = {
    errno.ENOSPC: ("the disk is full", "Free or add space, then try again."),
    errno.EDQUOT: ("the disk quota is used up", "Raise the quota or free space, then try again."),
    errno.EFBIG: ("the file is larger than the file system or this process's limit allows", "Raise the limit."),
    errno.EROFS: ("the file system is read-only", "Mount it for writing, then try again."),
    errno.EACCES: ("this user may not", "Give this user the right to read and write there."),
    errno.EPERM: ("this user may not", "Give this user the right to read and write there."),
    errno.EMFILE: ("this process has too many open files", "Raise its limit, then try again."),
    errno.ENFILE: ("the system has too many open files", "Raise the limit, then try again."),
    errno.ENOENT: ("the folder went away meanwhile", "Check that the disk is mounted, then try again."),
}
# Refusals of a file system that lacks what a store needs.
UNSUITABLE = {
    errno.ENOLCK: "it has no file locks",
    errno.EOPNOTSUPP: "it lacks file locks, hard links or synchronised folders",
    errno.ENOSYS: "it lacks file locks, hard links or synchronised folders",
    errno.EINVAL: "it cannot synchronise folders",
}


@contextmanager
def refusals(where: Path) -> Iterator[None]:
    """Say in our words what the file system under ``where`` refuses.

    Raises:
        StoreUnavailableError: it was not done, and may work later.
        StoreUnsuitableError: this file system can never do it.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        if number in UNSUITABLE:
            raise unsuitable(where, UNSUITABLE[number]) from error
        why, do = PASSING.get(number, (os.strerror(number), "Check the disk and its mount, then try again."))
        raise StoreUnavailableError(
            f"The store in {where} did not do it: {why}.", do=do, errno=errno.errorcode.get(number)
        ) from error


def unsuitable(where: Path, why: str) -> StoreUnsuitableError:
    """Return the error about a file system that cannot keep the promises of a store."""
    return StoreUnsuitableError(
        f"The file system under {where} cannot hold a store: {why}.",
        do="Use one local file system with hard links and locks, such as ext4, XFS, ZFS or APFS.",
    )


def _in_place_of(name: str, what: str) -> ObjectAlteredError:
    return ObjectAlteredError(
        f"Something that is no {what} stands in the store as {name[:80]!r}, perhaps a link to elsewhere.",
        do="Do not follow it: keep the disk as it is, find out who put it there, restore from a second copy.",
        name=name,
    )


def enter(folder: int, name: str) -> int:
    """Open the folder ``name`` in ``folder`` and return its descriptor.

    Raises:
        ObjectAlteredError: a link or a special file stands there.
        FileNotFoundError: nothing is there.
        NotADirectoryError: a regular file is.
    """
    try:
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if not stat.S_ISREG(mode):
                raise _in_place_of(name, "folder") from None
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name) from None
        raise


def is_file(folder: int, name: str) -> bool:
    """Return whether ``name`` is a regular file in ``folder``; a folder of that name is no file.

    Raises:
        ObjectAlteredError: a link or a special file stands there.
    """
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise _in_place_of(name, "file")
    return stat.S_ISREG(mode)


def open_file(folder: int, name: str) -> BinaryIO | None:
    """Open a regular file for reading, or return ``None`` where there is none.

    Raises:
        ObjectAlteredError: a link or a special file stands there.
    """
    if not is_file(folder, name):
        return None
    try:
        # Not blocking, and looked at again when open: what stands there may have been exchanged for a link or a pipe.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _in_place_of(name, "file") from None
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _in_place_of(name, "file")
    return os.fdopen(file, "rb")


def remove(folder: int, name: str) -> bool:
    """Remove a file for good, and return whether there was one."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    finally:
        # Also where it was gone: whoever removed it may not have lived to make that durable.
        os.fsync(folder)
    return True


def make_folders(path: Path) -> None:
    """Make a folder and its parents, durably; what exists is left alone."""
    if path.is_dir():
        return
    make_folders(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    synchronise(path.parent)


def discard(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; what somebody else removes meanwhile is gone, too.

    Raises:
        OSError: something of it stays.
    """

    def unless_gone(_call: object, _path: object, error: tuple[object, BaseException, object]) -> None:
        if not isinstance(error[1], FileNotFoundError):
            raise error[1]

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=unless_gone)
    else:
        path.unlink(missing_ok=True)


def synchronise(path: Path) -> None:
    """Make durable what a file holds, or the names in a folder."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def draft(folder: int) -> Iterator[tuple[int, str]]:
    """Create a read-only file that only we write and that is locked while we do; yield its descriptor and name.

    Its name is removed at the end. Whatever happens to us, the lock goes: then ``sweep`` may remove the name.
    """
    while True:
        name = secrets.token_hex(16)
        file = os.open(
            name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, READ_ONLY, dir_fd=folder
        )
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A sweep that came between creating and locking took it for a dead one: begin again.
            if os.fstat(file).st_nlink:
                yield file, name
                return
        finally:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            os.close(file)


def sweep(folder: int) -> int:
    """Remove the drafts whose writers are dead and return how many those were; those of the living stay."""
    swept = 0
    for name in filter(DRAFT.fullmatch, os.listdir(folder)):
        file = open_file(folder, name)
        if file is None:
            continue
        with file, suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
            swept += 1
    return swept


def fill(file: int, source: BinaryIO, *, most: int) -> tuple[int, Digest]:
    """Copy ``source`` into a file; return the size in bytes and the digest of what was copied.

    It stops as soon as more than ``most`` bytes have come, so that a source that lies cannot fill the disk.

    Raises:
        StoreUnavailableError: the source could not be read.
    """
    size, hasher = 0, hashlib.sha256()
    while size <= most and (chunk := _read(source)):
        size += len(chunk)
        hasher.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(file, rest) :]
    return size, Digest(hasher.digest())


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(CHUNK)
    except OSError as error:
        raise StoreUnavailableError(
            f"What was to be copied could not be read: {error.strerror}.",
            do="Check where it comes from, then try again.",
        ) from error
