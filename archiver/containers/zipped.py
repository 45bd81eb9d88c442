"""A ZIP as a container (PKWARE's APPNOTE): its members are streamed, and nothing is written where their names say."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from archiver.containers import bounds
from archiver.containers.members import MOST_MEMBERS, Member, Names, RefusedMember, called
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
ENTRY, ENTRY_SIZE = b"PK\x01\x02", 46
END, END_64, PLACE_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
END_64_SIZE = 56 + 20
"""The end of a large ZIP with the locator behind it (APPNOTE 4.3.14, 4.3.15); they stand before the plain end."""

LONGEST_END = 22 + 65_535
LARGEST_DIRECTORY = 128 << 20
ENCRYPTED, IN_UTF_8 = 0x1, 0x800
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
"""How files are packed that are taken; what LZMA unpacks may take gigabytes of memory, as its packer likes."""

OF_READING = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, struct.error)
"""What Python's reader raises on bytes that are no ZIP, cut off, damaged, or packed in a way that it does not know."""


class Zip:
    """A ZIP file. What is encrypted, a link, named twice or out of bounds is in ``refused``."""

    kind = "zip"

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.name = called(path)
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
                name = names.path_of(_name_of(entry))
                _check(entry, name, left=left)
                self._entries[name] = entry
                left -= entry.file_size
            except InputError as error:
                refused.append(RefusedMember(_name_of(entry), error))
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


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return a file's name; many programs write it in UTF-8 and do not say so (APPNOTE 4.4.4, bit 11)."""
    if entry.flag_bits & IN_UTF_8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _check(entry: zipfile.ZipInfo, name: str, *, left: int) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise ImportEncryptedError(
            f"{name} is encrypted.", do="Unpack the container with its password and import that."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ImportNoFileError(f"{name} is no file, but a link.", do="Put the file itself in its place.")
    if entry.compress_type not in PACKED:
        raise _damaged(name, NotImplementedError())
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
    directory, end = struct.unpack_from("<I", tail, at + 12)[0], size - len(tail) + at
    # Python's reader takes the larger end from where it lies, and not from where its locator says that it does.
    stream.seek(max(0, end - END_64_SIZE))
    larger = stream.read(END_64_SIZE)
    if larger.startswith(END_64) and larger[56:60] == PLACE_64:
        directory, end = struct.unpack_from("<Q", larger, 40)[0], end - END_64_SIZE
    if directory > LARGEST_DIRECTORY or _holds_more(stream, end - directory, directory):
        raise ImportTooLargeError(
            f"{name} lists more than {MOST_MEMBERS:,} files.",
            do="Unpack it by hand, and import its folders one by one.",
        )
    stream.seek(0)


def _holds_more(stream: BinaryIO, start: int, size: int) -> bool:
    """Return whether the list of files at ``start`` has more than are taken, whatever it says of their number."""
    stream.seek(max(0, start))
    listed, at = stream.read(size), 0
    for _ in range(MOST_MEMBERS + 1):
        if not listed.startswith(ENTRY, at) or len(listed) - at < ENTRY_SIZE:
            return False
        at += ENTRY_SIZE + sum(struct.unpack_from("<HHH", listed, at + 28))
    return True


def _damaged(name: str, why: object) -> ImportDamagedError:
    said = "it is packed in a way that is not known here" if isinstance(why, NotImplementedError) else str(why)[:120]
    return ImportDamagedError(
        f"{name} cannot be unpacked: {said}.", do="Obtain it again and compare its size; keep this one.", reason=said
    )
