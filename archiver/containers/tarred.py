"""A tar, compressed with gzip or not, as a container (POSIX pax): unpacked to one scratch file, never to its names."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from archiver.containers import bounds
from archiver.containers.members import MOST_MEMBERS, Member, Names, RefusedMember
from archiver.imports.refusals import ImportDamagedError, ImportNoFileError, ImportTooLargeError
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 512
MARK, MARK_AT = b"ustar", 257
GZIP = b"\x1f\x8b"
DESCRIBING = b"xgLKX"
"""The types of the blocks that only say more of the next one; they are read into memory."""

LARGEST_DESCRIPTION = 1 << 20
STATED_SIZE = re.compile(rb"\b\d{1,4} size=(\d{1,18})\n")
"""The size of the next file, where its own header has no room for it (pax)."""

OF_READING = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError)


class Tar:
    """A tar file that lies unpacked in ``plain``. What is a link or named badly is in ``refused``."""

    kind = "tar"

    def __init__(self, path: Path, plain: BinaryIO) -> None:
        self.name = path.name
        self._plain = plain
        self._entries: dict[str, tarfile.TarInfo] = {}
        refused: list[RefusedMember] = []
        names = Names()
        try:
            _check_headers(plain, self.name)
            for entry in _entries(plain):
                if entry.isdir():
                    continue
                try:
                    self._take(names, entry)
                except InputError as error:
                    refused.append(RefusedMember(entry.name, error))
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
        if len(self._entries) > MOST_MEMBERS:
            raise ImportTooLargeError(f"There are more than {MOST_MEMBERS:,} files.", do="Unpack it by hand.")

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


def _entries(plain: BinaryIO) -> Iterator[tarfile.TarInfo]:
    plain.seek(0)
    with tarfile.open(fileobj=plain, mode="r:", ignore_zeros=False) as file:
        yield from file


def _check_headers(plain: BinaryIO, name: str) -> None:
    """Check that no block which describes another is larger than one has to be: it is read into memory.

    Raises:
        ImportDamagedError: one is.
    """
    plain.seek(0)
    stated: re.Match[bytes] | None = None
    while len(header := plain.read(BLOCK)) == BLOCK and header.strip(b"\0"):
        size = int(stated[1]) if stated else tarfile.nti(header[124:136])  # type: ignore[attr-defined] # not in its stubs
        stated, describing = None, header[156:157] in DESCRIBING
        if size < 0 or (describing and size > LARGEST_DESCRIPTION):
            raise _damaged(name, "a header is far too large")
        after = plain.tell() + (size + BLOCK - 1) // BLOCK * BLOCK
        if describing:
            stated = STATED_SIZE.search(plain.read(size))
        plain.seek(after)


def _damaged(name: str, why: object) -> ImportDamagedError:
    return ImportDamagedError(
        f"{name} cannot be unpacked to its end: {str(why)[:120]}.",
        do="Obtain it again and compare its size; what stands before the damage is taken.",
    )
