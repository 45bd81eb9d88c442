"""A BagIt 1.0 bag (RFC 8493) that is being written: every file hashed on its way, the tag manifest with SHA-256 last.

Files are added in any order; manifests are in the order of names, as whoever checks the bag walks it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from ediscovery.bags import names
from ediscovery.sheets import OutputExistsError
from schemas.canonical import Canonical, Natural
from schemas.errors import UnavailableError
from storage.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class BagUnwritableError(UnavailableError):
    """A package cannot be written where it is to be."""

    code = "BAG_UNWRITABLE"


class Filed(Canonical, frozen=True):
    """A file in a bag: its name, media type, size in bytes, and digests in hexadecimal."""

    name: str
    media_type: str
    size: Natural
    sha256: str
    sha512: str

    def digest(self, algorithm: str) -> str:
        """Return one of the digests."""
        return self.sha256 if algorithm == "sha256" else self.sha512

    @classmethod
    def of(cls, name: str, chunks: Iterable[bytes], *, media_type: str = "text/plain") -> Self:
        """Return what is to be said of a file with this content."""
        size, sha256, sha512 = 0, hashlib.sha256(), hashlib.sha512()
        for chunk in chunks:
            size += len(chunk)
            sha256.update(chunk)
            sha512.update(chunk)
        return cls(name=name, media_type=media_type, size=size, sha256=sha256.hexdigest(), sha512=sha512.hexdigest())


class Bag:
    """A bag in ``folder``. Files below ``many``, added in the order of their names, are remembered in a file.

    So memory does not grow with them. All other payload files are few, and come before them by name.
    """

    def __init__(self, folder: Path, remembered: BinaryIO, *, many: str | None = None) -> None:
        self.folder, self._many = folder, many
        self._remembered = remembered
        self._others: list[Filed] = []
        self._folders: set[Path] = set()
        self.octets, self.files = 0, 0

    def add(self, name: str, content: bytes, *, media_type: str) -> Filed:
        """Write a payload file."""
        with self.path_of(name).open("xb") as stream:
            stream.write(content)
        return self._added(Filed.of(name, (content,), media_type=media_type))

    def add_written(self, name: str, *, media_type: str) -> Filed:
        """Add a payload file that was written at its path."""
        with self.path_of(name).open("rb") as stream:
            return self._added(Filed.of(name, iter(lambda: stream.read(CHUNK), b""), media_type=media_type))

    def path_of(self, name: str) -> Path:
        """Return where a file of that name lies; its folder is there then."""
        path = self.folder / name
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        return path

    def _added(self, filed: Filed) -> Filed:
        if self._many is not None and filed.name.startswith(self._many):
            self._remembered.write(filed.to_bytes() + b"\n")
        else:
            self._others.append(filed)
        self.octets, self.files = self.octets + filed.size, self.files + 1
        return filed

    def payload(self) -> Iterator[Filed]:
        """Yield the payload files that were added, in the order of their names."""
        yield from sorted(self._others, key=lambda filed: filed.name)
        self._remembered.seek(0)
        for line in self._remembered:
            yield Filed.from_bytes(line[:-1])
        self._remembered.seek(0, os.SEEK_END)

    def finish(self, info: Mapping[str, str], tags: Mapping[str, bytes]) -> None:
        """Write the manifests and tag files, ``info`` being the labels of bag-info.txt; then the folder is a bag."""
        oxum = {"Payload-Oxum": f"{self.octets}.{self.files}"}
        lines = "".join(f"{label}: {value}\n" for label, value in {**info, **oxum}.items())
        tags = {**tags, names.DECLARATION: BAGIT, names.INFO: lines.encode()}
        filed = [self._tag(name, content) for name, content in tags.items()]
        for algorithm in names.ALGORITHMS:
            name = names.manifest(algorithm)
            with (self.folder / name).open("x", encoding="utf-8", newline="\n") as stream:
                stream.writelines(f"{one.digest(algorithm)}  {one.name}\n" for one in self.payload())
            with (self.folder / name).open("rb") as stream:
                filed.append(Filed.of(name, iter(lambda: stream.read(CHUNK), b"")))
        filed.sort(key=lambda one: one.name)
        # At this point all but the tag manifests is written. If we crash here or earlier, the folder is a draft.
        os.sync()
        for algorithm in reversed(names.ALGORITHMS):
            content = "".join(f"{one.digest(algorithm)}  {one.name}\n" for one in filed).encode()
            self._write_whole(names.tag_manifest(algorithm), content)

    def _tag(self, name: str, content: bytes) -> Filed:
        with (self.folder / name).open("xb") as stream:
            stream.write(content)
        return Filed.of(name, (content,))

    def _write_whole(self, name: str, content: bytes) -> None:
        """Write a file that has its name only when it is whole and durable."""
        draft = self.folder / f".{name}"
        with draft.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def demand_new(folder: Path) -> None:
    """Demand that nothing is where a package is to be.

    Raises:
        OutputExistsError: something is.
    """
    if folder.exists():
        draft = folder.is_dir() and not (folder / names.LAST).exists()
        do = "Remove it if it is a draft that was cut short, or choose another name with --to."
        raise OutputExistsError(f"{folder} exists already.", do=do if draft else "Choose another name with --to.")


@contextmanager
def new_bag(folder: Path, *, many: str | None = None) -> Iterator[Bag]:
    """Make a folder and give the bag to be written there (``Bag``); where the block fails, the folder is removed.

    Raises:
        OutputExistsError: there is such a folder or file; it stays as it is.
        BagUnwritableError: the file system refuses.
    """
    demand_new(folder)
    try:
        with TemporaryFile() as remembered, ExitStack() as undo:
            folder.mkdir()
            undo.callback(shutil.rmtree, folder)
            yield Bag(folder, cast("BinaryIO", remembered), many=many)
            undo.pop_all()
    except OSError as error:
        raise BagUnwritableError(
            f"{folder} cannot be written: {error.strerror}.", do="Give a folder that can be made with --to."
        ) from error
