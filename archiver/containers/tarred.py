"""A tar, compressed with gzip or not, as a container (POSIX pax): unpacked to one scratch file, never to its names."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from archiver.containers import bounds
from archiver.containers.members import MOST_MEMBERS, Member, Names, RefusedMember, called
from archiver.imports.refusals import ImportDamagedError, ImportNoFileError, ImportTooLargeError
from archiver.parsing.text import clean
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 512
MARK, MARK_AT = b"ustar", 257
GZIP = b"\x1f\x8b"
LARGEST_DESCRIPTION = 1 << 20
"""How many bytes may be read of all that describes one file: they lie in memory."""

OF_READING = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError, RecursionError)


class Tar:
    """A tar file that lies unpacked in ``plain``. What is a link or named badly is in ``refused``."""

    kind = "tar"

    def __init__(self, path: Path, plain: BinaryIO) -> None:
        self.name = called(path)
        self._plain = plain
        self._entries: dict[str, tarfile.TarInfo] = {}
        refused: list[RefusedMember] = []
        names = Names()
        try:
            for entry in _entries(plain):
                if entry.isdir():
                    continue
                if len(self._entries) + len(refused) == MOST_MEMBERS:
                    raise ImportTooLargeError(
                        f"There are more than {MOST_MEMBERS:,} files in {self.name}.", do="Unpack it by hand."
                    )
                try:
                    self._take(names, entry)
                except InputError as error:
                    refused.append(RefusedMember(clean(entry.name), error))
        except OF_READING as error:
            # What stands before the damage can be read.
            refused.append(RefusedMember("", _damaged(self.name, error)))
        self.members = tuple(Member(name, entry.size) for name, entry in self._entries.items())
        self.refused = tuple(refused)

    def _take(self, names: Names, entry: tarfile.TarInfo) -> None:
        name = names.path_of(entry.name)
        if not entry.isreg() or entry.issparse():
            raise ImportNoFileError(
                f"{name} is no plain file, but a link, a device or one with holes.",
                do="Put the file itself in its place.",
            )
        self._entries[name] = entry

    def copy(self, member: Member, to: BinaryIO) -> None:
        """Write a member's bytes to ``to``."""
        entry = self._entries[member.path]
        self._plain.seek(entry.offset_data)
        left = entry.size
        while left:
            block = self._plain.read(min(left, bounds.STEP))
            if not block:
                raise _damaged(member.path, "it is cut off")
            to.write(block)
            left -= len(block)


def is_tar(stream: BinaryIO) -> bool:
    """Return whether a file is a tar, as it is or in gzip; it is left where it began."""
    stream.seek(0)
    try:
        if stream.read(len(GZIP)) == GZIP:
            stream.seek(0)
            with gzip.GzipFile(fileobj=stream) as plain:
                return plain.read(BLOCK)[MARK_AT:].startswith(MARK)
        stream.seek(0)
        return stream.read(BLOCK)[MARK_AT:].startswith(MARK)
    except OF_READING:
        return False
    finally:
        stream.seek(0)


def unpack(stream: BinaryIO, to: BinaryIO, *, name: str) -> None:
    """Write the tar that ``stream`` is, or has in gzip, to ``to``, as far as it goes: a cut one keeps what came before.

    Raises:
        ImportTooLargeError, ImportBombError: it unpacks to more than may be taken.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    compressed = stream.read(len(GZIP)) == GZIP
    stream.seek(0)
    if not compressed:
        bounds.copy(stream, to, path=name, packed=size)
        return
    written = 0
    try:
        with gzip.GzipFile(fileobj=stream) as plain:
            while block := plain.read1(bounds.STEP):
                written += len(block)
                bounds.check(name, size=written, packed=size)
                to.write(block)
    except OF_READING:
        return  # where it breaks off, its last member does; that is found out by whoever reads it


class _Headers:
    """A tar as its headers are read; whatever makes a reader take in more of them than one file can need is refused."""

    def __init__(self, plain: BinaryIO) -> None:
        self._plain = plain
        self.left = LARGEST_DESCRIPTION
        self.seek, self.tell = plain.seek, plain.tell

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            ReadError: what describes one file has more than it can need.
        """
        self.left -= size
        if self.left < 0:
            raise tarfile.ReadError("a header is far too large")
        return self._plain.read(size)


def _entries(plain: BinaryIO) -> Iterator[tarfile.TarInfo]:
    """Yield what a tar says that it holds, up to the block of zeros that ends it.

    Raises:
        TarError, RecursionError: it breaks off, or a header is none.
    """
    plain.seek(0)
    headers = _Headers(plain)
    with tarfile.open(fileobj=headers, mode="r:") as file:  # type: ignore[call-overload] # all that it asks for
        while (entry := file.next()) is not None:
            file.members.clear()  # or all of them lie in memory
            headers.left = LARGEST_DESCRIPTION
            yield entry
        # At this point the library has met the end, or a header that it cannot read: it does not say which.
        plain.seek(file.offset)
        if plain.read(BLOCK) != bytes(BLOCK):
            raise tarfile.ReadError("it is cut off, or a header is damaged")


def _damaged(name: str, why: object) -> ImportDamagedError:
    return ImportDamagedError(
        f"{name} cannot be unpacked to its end: {str(why)[:120]}.",
        do="Obtain it again and compare its size; what stands before the damage is taken.",
    )
