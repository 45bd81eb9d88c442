"""What was handed over, opened as what it is: told by its first bytes, not by its name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from archiver.containers.files import Folder, OneFile, unreadable
from archiver.containers.members import called
from archiver.containers.tarred import Tar, is_tar, unpack
from archiver.containers.zipped import MARK, Zip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from archiver.containers.members import Container


def is_container(stream: BinaryIO) -> bool:
    """Return whether a file is a ZIP or a tar; one in another container is a file of it, and is not opened."""
    stream.seek(0)
    return stream.read(len(MARK)) == MARK or is_tar(stream)


@contextmanager
def opened(path: Path, scratch: Path) -> Iterator[Container]:
    """Open a file, a folder, a ZIP or a tar until the block ends; ``scratch`` is a folder for temporary files.

    A ZIP or a tar in another one is a file of it, and is not opened.

    Raises:
        ImportUnreadableError: it cannot be read.
        ImportDamagedError: it is a ZIP that is cut off or is none.
        ImportTooLargeError, ImportBombError: it holds more than is taken.
    """
    if path.is_dir():
        yield Folder(path)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise unreadable(called(path), error) from error
    with stream:
        if stream.read(len(MARK)) == MARK:
            yield Zip(path, stream)
        elif is_tar(stream):
            unpacked = scratch / "unpacked.tar"
            try:
                with unpacked.open("xb+") as plain:
                    unpack(stream, plain, name=called(path))
                    yield Tar(path, plain)
            finally:
                unpacked.unlink(missing_ok=True)
        else:
            yield OneFile(path)
