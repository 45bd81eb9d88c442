"""A ZIP as a container (PKWARE's APPNOTE): its members are streamed, and nothing is written where their names say."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from archiver.containers import bounds
from archiver.containers.members import MOST_MEMBERS, Member, Names, RefusedMember
from archiver.imports.refusals import (
    ImportDamagedError,
    ImportEncryptedError,
    ImportNoFileError,
    ImportTooLargeError,
)
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MARK = b"PK\x03\x04"
END, END_64, PLACE_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
LONGEST_END = 22 + 65_535
LARGEST_DIRECTORY = 128 << 20
ENCRYPTED = 0x1
OF_READING = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, struct.error)
"""What Python's reader raises on bytes that are no ZIP, cut off, damaged, or packed in a way that it does not know."""


class Zip:
    """A ZIP file. What is encrypted, a link, named twice or out of bounds is in ``refused``."""

    kind = "zip"

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.name = path.name
        _check_directory(stream, self.name)
        try:
            self._file = zipfile.ZipFile(stream)
        except OF_READING as error:
            raise _damaged(self.name, error) from error
        self._entries: dict[str, zipfile.ZipInfo] = {}
        refused: list[RefusedMember] = []
        names, left = Names(), bounds.most_of_all(stream.seek(0, 2))
        for entry in self._file.infolist():
            if entry.is_dir() and not entry.file_size:
                continue
            try:
                name = names.path_of(entry.filename)
                _check(entry, name, left=left)
                self._entries[name] = entry
                left -= entry.file_size
            except InputError as error:
                refused.append(RefusedMember(entry.filename, error))
        self.members = tuple(Member(name, entry.file_size) for name, entry in self._entries.items())
        self.refused = tuple(refused)

    def copy(self, member: Member, to: BinaryIO) -> None:
        """Write a member's bytes to ``to``; its checksum is compared at its end."""
        entry = self._entries[member.path]
        try:
            # By its entry, not by its name: the last of two with one name would be taken.
            with self._file.open(entry) as stream:
                bounds.copy(stream, to, path=member.path, packed=entry.compress_size)
        except OF_READING as error:
            raise _damaged(member.path, error) from error


def _check(entry: zipfile.ZipInfo, name: str, *, left: int) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise ImportEncryptedError(
            f"{name} is encrypted.", do="Unpack the container with its password and import that."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ImportNoFileError(f"{name} is no file, but a link.", do="Put the file itself in its place.")
    bounds.check(name, size=entry.file_size, packed=entry.compress_size)
    if entry.file_size > left:
        raise ImportTooLargeError(
            f"{name} is more than a container of this size may hold.", do="Unpack it by hand, and import the folder."
        )


def _check_directory(stream: BinaryIO, name: str) -> None:
    """Check that the list of a ZIP's files, which is read into memory, is of a size that one has.

    Raises:
        ImportTooLargeError: it is not.
        ImportDamagedError: there is none: the file is cut off.
    """
    size = stream.seek(0, 2)
    stream.seek(max(0, size - LONGEST_END))
    tail = stream.read(LONGEST_END)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < 22:  # noqa: PLR2004 - APPNOTE 4.3.16
        raise _damaged(name, "its end is missing")
    entries, directory = struct.unpack_from("<H", tail, at + 10)[0], struct.unpack_from("<I", tail, at + 12)[0]
    if tail[max(0, at - 20) : max(0, at - 16)] == PLACE_64:
        stream.seek(min(size, struct.unpack_from("<Q", tail, at - 12)[0]))
        end = stream.read(56)
        if len(end) == 56 and end.startswith(END_64):  # noqa: PLR2004 - APPNOTE 4.3.14
            entries, directory = struct.unpack_from("<QQ", end, 32)
    stream.seek(0)
    if entries > MOST_MEMBERS or directory > LARGEST_DIRECTORY:
        raise ImportTooLargeError(
            f"{name} lists more than {MOST_MEMBERS:,} files.",
            do="Unpack it by hand, and import its folders one by one.",
        )


def _damaged(name: str, why: object) -> ImportDamagedError:
    said = "it is packed in a way that is not known here" if isinstance(why, NotImplementedError) else str(why)[:120]
    return ImportDamagedError(
        f"{name} cannot be unpacked: {said}.", do="Obtain it again and compare its size; keep this one.", reason=said
    )
