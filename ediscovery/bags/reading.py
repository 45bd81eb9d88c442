"""A package's files as they lie there, and as its manifests name them: streams in the order of names."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ediscovery.bags import names
from schemas.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LINE = re.compile(r"([0-9a-f]{64}|[0-9a-f]{128})  (.+)\n", re.ASCII)
LONGEST = 512
DEEPEST = 8
"""How deep folders are looked into; no file of a package lies half as deep as that."""
DIGITS = {"sha256": 64, "sha512": 128}
LARGEST_TAG = 16 << 20


class NotAPackageError(InputError):
    """A folder holds no package, or one that was never finished."""

    code = "NOT_A_PACKAGE"


class PackageMalformedError(IntegrityError):
    """A file of a package cannot be read as what it must be."""

    code = "PACKAGE_MALFORMED"


def malformed(why: str) -> PackageMalformedError:
    """Return the error that says what is wrong with a package's file."""
    return PackageMalformedError(f"The package cannot be read: {why}.", do="Ask for the package again.")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that lies in a package; ``regular`` is false for what is neither file nor folder."""

    name: str
    regular: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A line of a manifest."""

    name: str
    digest: str


def demand_package(folder: Path) -> None:
    """Demand that a folder holds a package that was finished.

    Raises:
        NotAPackageError: it does not.
    """
    if not (folder / names.DECLARATION).is_file() and not (folder / names.PAYLOAD).is_dir():
        raise NotAPackageError(f"{folder} holds no package.", do="Give the folder that holds bagit.txt.")
    if not (folder / names.LAST).is_file():
        raise NotAPackageError(
            f"{folder} holds no finished package: {names.LAST} is missing, which is written last.",
            do="Make it again if making it was cut short; otherwise ask for the package again.",
        )


def walk(folder: Path, prefix: str) -> Iterator[Found]:
    """Yield what lies below ``prefix`` (ending in a slash) in a folder, in the order of names.

    Raises:
        PackageMalformedError: a folder cannot be read.
    """
    try:
        # pathlib keeps each name that it ever saw; there may be hundreds of thousands.
        with os.scandir(f"{folder}/{prefix}") as entries:
            # A folder stands where its name with the slash does, so that all names together are in order.
            listed = sorted(
                (entry.name + "/" * entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False))
                for entry in entries
            )
    except OSError as error:
        raise malformed(f"a folder in it: {error.strerror}") from error
    for name, regular in listed:
        if name.endswith("/") and prefix.count("/") < DEEPEST:
            yield from walk(folder, prefix + name)
        else:
            yield Found(prefix + name, regular)


def tags(folder: Path) -> Iterator[Found]:
    """Yield the files beside the payload, in the order of names; a folder among them is none of ours."""
    for found in sorted(folder.iterdir(), key=lambda path: path.name):
        if found.name + "/" != names.PAYLOAD:
            yield Found(found.name, stat.S_ISREG(found.lstat().st_mode))


def open_file(folder: Path, name: str) -> BinaryIO:
    """Open a file of a package, never through a link that stands in its place."""
    return os.fdopen(os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def read_file(folder: Path, name: str, *, most: int = LARGEST_TAG) -> bytes:
    """Return the content of a file of at most so many bytes: by default of a small one beside the payload.

    Raises:
        PackageMalformedError: it cannot be read, or is too large.
    """
    try:
        with open_file(folder, name) as stream:
            # As much memory as is asked for is taken at once.
            content = stream.read(min(most, os.fstat(stream.fileno()).st_size) + 1)
    except OSError as error:
        raise malformed(f"{name}: {error.strerror}") from error
    if len(content) > most:
        raise malformed(f"{name} is larger than {most} bytes")
    return content


def manifest_lines(folder: Path, name: str, algorithm: str, *, payload: bool) -> Iterator[Named]:
    """Yield the lines of a manifest: each name once, in order, leading nowhere but into the package.

    Raises:
        PackageMalformedError: it is otherwise.
    """
    before = ""
    for text in _lines(folder, name):
        match = LINE.fullmatch(text)
        if match is None or len(match[1]) != DIGITS[algorithm]:
            raise malformed(f"{name} has a line that is no digest and name")
        if not names.SAFE.fullmatch(match[2]) or match[2].startswith(names.PAYLOAD) is not payload:
            raise malformed(f"{name} names something that cannot be in it")
        if match[2] <= before:
            raise malformed(f"{name} names files twice or in another order")
        before = match[2]
        yield Named(match[2], match[1])


def _lines(folder: Path, name: str) -> Iterator[str]:
    try:
        with open_file(folder, name) as stream:
            while line := stream.readline(LONGEST):
                yield line.decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise malformed(f"{name} cannot be read: {error}") from error


def labels(content: bytes) -> dict[str, str]:
    """Return the labels of a ``bag-info.txt`` in our spelling: one line each.

    Raises:
        PackageMalformedError: it is spelled otherwise.
    """
    try:
        lines: Iterable[str] = content.decode().split("\n")
        return dict(line.split(": ", 1) for line in lines if line)
    except ValueError as error:
        raise malformed(f"{names.INFO} has a line without a label") from error
