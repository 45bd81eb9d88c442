"""What ``doctor`` tries with a folder: whether its file system keeps the promises of a store; which one none keeps."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import ArchiveError
from storage import disk
from storage.directory import INCOMING
from storage.examination import Ailment, Examination, Looked, ailment_of, examined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TITLES = (
    "Folder: it can be written, and what is written is durable",
    "Names: one that is given is not given again (hard links)",
    "File locks: one that is held is not given again",
    "Space: there is some left",
    "Guard: what keeps others from deleting",
)
GIGABYTE = 1_000_000_000


def examine_directory(
    root: Path, *, tell: Callable[[str, int, int], None] = lambda _step, _done, _total: None
) -> Examination:
    """Return which promises the file system under ``root`` keeps; no fault is raised, each is found.

    Where there is no folder yet, none is left behind.
    """
    return examined(f"the folder {root}", TITLES, _looks(root), tell)


def _looks(root: Path) -> Iterator[Looked]:
    with ExitStack() as held:
        try:
            with disk.refusals(root):
                folder = held.enter_context(_folder(root))
                file, name = held.enter_context(disk.draft(folder))
                os.write(file, b"doctor\n")
                os.fsync(file)
                os.fsync(folder)
        except ArchiveError as error:
            yield Looked(1, (ailment_of(error, key=str(root)),))
            return
        yield Looked(1)
        yield _tried(root, lambda: _links(root, folder, name))
        yield _tried(root, lambda: _locks(root, folder, name))
    yield _space(root)
    yield Looked(1, (_guard(root),))


@contextmanager
def _folder(root: Path) -> Iterator[int]:
    """Open the folder in which the store writes its drafts; where there is no store, one that goes away again."""
    with ExitStack() as kept:
        if root.is_dir():
            place = root / INCOMING
            disk.make_folders(place)
        else:
            place = Path(kept.enter_context(tempfile.TemporaryDirectory(dir=_existing(root))))
        folder = os.open(place, disk.FOLDER | os.O_NOFOLLOW)
        kept.callback(os.close, folder)
        yield folder


def _existing(path: Path) -> Path:
    """Return the nearest thing above ``path`` that is there: where it is no folder, nothing can be made in it."""
    return next(above for above in (path, *path.absolute().parents) if os.path.lexists(above))


def _tried(root: Path, look: Callable[[], Looked]) -> Looked:
    try:
        with disk.refusals(root):
            return look()
    except ArchiveError as error:
        return Looked(1, (ailment_of(error, key=str(root)),))


def _links(root: Path, folder: int, name: str) -> Looked:
    other = secrets.token_hex(16)  # as a draft is named, so that a sweep removes it if we die
    os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder)
    try:
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError:
        return Looked(2)
    finally:
        os.unlink(other, dir_fd=folder)
    return Looked(2, (_broken(root, "NAMES_REUSED", "gives a name a second time that is taken"),))


def _locks(root: Path, folder: int, name: str) -> Looked:
    second = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        fcntl.flock(second, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Looked(1)
    finally:
        os.close(second)
    return Looked(1, (_broken(root, "FILE_LOCKS_IGNORED", "gives a lock on a file that somebody holds"),))


def _broken(root: Path, code: str, does: str) -> Ailment:
    error = disk.unsuitable(root, f"it {does}")
    return Ailment(code=code, severity="fault", key=str(root), what=error.what, do=error.do)


def _space(root: Path) -> Looked:
    free = shutil.disk_usage(_existing(root)).free
    full = Ailment(
        code="DISK_NEARLY_FULL",
        severity="notice",
        key=str(root),
        what=f"Less than {free // 1_000_000 + 1} MB are free on the disk of {root}.",
        do="Free or add space: nothing is lost when it is full, but nothing is captured either.",
    )
    return Looked(1, (full,) if free < GIGABYTE else ())


def _guard(root: Path) -> Ailment:
    return Ailment(
        code="SOFTWARE_ONLY",
        severity="notice",
        key=str(root),
        what="In a folder only software refuses to overwrite and delete; this machine's administrators can do both.",
        do="'holdfast verify' would show it; a bucket with Object Lock would refuse it (docs/BUCKETS.md).",
    )
