"""A file or a folder on this machine as a container: links are not followed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from archiver.containers import bounds
from archiver.containers.members import MOST_MEMBERS, Member, Names, RefusedMember, called
from archiver.imports.refusals import ImportNoFileError, ImportTooLargeError, ImportUnreadableError
from archiver.parsing.text import clean
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class OneFile:
    """A file that is no container: its only member, under its own name."""

    kind = "file"
    refused: tuple[RefusedMember, ...] = ()

    def __init__(self, path: Path) -> None:
        self.name = called(path)
        self._path = path
        try:
            self.members = (Member(self.name, path.stat().st_size),)
        except OSError as error:
            raise unreadable(self.name, error) from error

    def copy(self, member: Member, to: BinaryIO) -> None:
        """Write the file to ``to``."""
        _copy(self._path, to, member.path)


class Folder:
    """A folder with all that lies below it."""

    kind = "folder"

    def __init__(self, root: Path) -> None:
        self.name = called(root.resolve())
        self._path_of: dict[str, Path] = {}
        found: list[Member] = []
        refused: list[RefusedMember] = []
        names = Names()
        for path in _below(root, refused):
            name = path.relative_to(root).as_posix()
            try:
                member = Member(names.path_of(name), _size_of_file(path, name))
                self._path_of[member.path] = path
                found.append(member)
            except InputError as error:
                refused.append(RefusedMember(clean(name), error))
            if len(found) + len(refused) > MOST_MEMBERS:
                raise ImportTooLargeError(
                    f"{self.name} holds more than {MOST_MEMBERS:,} files.", do="Import its folders one by one."
                )
        self.members, self.refused = tuple(found), tuple(refused)

    def copy(self, member: Member, to: BinaryIO) -> None:
        """Write a file of the folder to ``to``."""
        _copy(self._path_of[member.path], to, member.path)


def _below(root: Path, refused: list[RefusedMember]) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        name = clean(os.path.relpath(error.filename or root, root))
        refused.append(RefusedMember(name, unreadable(name, error)))

    for folder, folders, files in os.walk(root, onerror=failed):
        folders.sort()
        here = root / folder
        # A link to a folder is not followed, and yet named.
        yield from (
            here / name for name in (*folders, *sorted(files)) if name not in folders or (here / name).is_symlink()
        )


def _size_of_file(path: Path, name: str) -> int:
    try:
        status = path.lstat()
    except OSError as error:
        raise unreadable(name, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise ImportNoFileError(f"{name} is no file, but a link or a device.", do="Put the file itself in its place.")
    return status.st_size


def _copy(path: Path, to: BinaryIO, name: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor that follows no link
            bounds.copy(stream, to, path=name, packed=path.stat().st_size)
    except OSError as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> ImportUnreadableError:
    """Return the error about a file that the machine does not give."""
    return ImportUnreadableError(f"{name} cannot be read: {error.strerror or error}.", do="Check the file.")
