"""What lies in a bag beside what its manifests say of it, and what others do: one pass, in the order of names.

Memory does not grow with the number of files. A source that cannot be read to its end is named once; that a file is
not named in it says nothing then.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ediscovery.bags import names, reading
from ediscovery.bags.reading import malformed
from ediscovery.bags.writing import BAGIT, Filed
from manifests.audit.found import Found
from schemas.errors import ArchiveError
from storage.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Each: TypeAlias = "Callable[[str, bytes], None]"
"""Is given a file's name and its bytes, in chunks."""
Said: TypeAlias = "dict[str, Any]"
"""What each source says of a file: its line in a manifest, what others tell of it, itself in the folder."""
FOLDER = "."
TAG_MANIFESTS = {names.tag_manifest(one): one for one in names.ALGORITHMS}
MANIFESTS = {names.manifest(one): one for one in names.ALGORITHMS}


class Source(NamedTuple):
    """What tells of files beside the manifests, in the order of their names; what is wrong with it is ``found``."""

    name: str
    items: Iterable[Any]
    found: Found


def _unheard(_name: str, _chunk: bytes) -> None:
    """Nobody looks into the files."""


@dataclass(slots=True)
class Comparison:
    """A comparison under way: what was found of files; how many, and how many bytes the payload has."""

    folder: Path
    files: Found = field(default_factory=Found)
    checked: int = 0
    payload_files: int = 0
    octets: int = 0
    broken: set[str] = field(default_factory=set)

    def tags(self) -> None:
        """Compare the files beside the payload with the tag manifests."""
        lying = (found for found in reading.tags(self.folder) if found.name not in TAG_MANIFESTS)
        sources = [self._said(Source(FOLDER, lying, self.files)), *self._manifests(TAG_MANIFESTS, payload=False)]
        for name, said in _by_name(*sources):
            self._file(name, said, TAG_MANIFESTS, _unheard)

    def payload(self, *more: Source, each: Each = _unheard) -> Iterator[tuple[Filed, Said]]:
        """Compare the payload with the manifests, and yield every file with what is said of it.

        ``each`` is given a file's name and its bytes, in chunks, before it is yielded.
        """
        sources = [
            self._said(Source(FOLDER, reading.walk(self.folder, names.PAYLOAD), self.files)),
            *self._manifests(MANIFESTS, payload=True),
            *map(self._said, more),
        ]
        for name, said in _by_name(*sources):
            filed = self._file(name, said, MANIFESTS, each)
            if filed is not None:
                self.payload_files, self.octets = self.payload_files + 1, self.octets + filed.size
                yield filed, said

    def labels(self) -> dict[str, str]:
        """Compare bagit.txt and the size in bag-info.txt, after all files, and return what the latter says."""
        try:
            if reading.read_file(self.folder, names.DECLARATION) != BAGIT:
                what = "It declares another version or spelling than BagIt 1.0 in UTF-8."
                self.files.fault("BAG_DIFFERS", names.DECLARATION, what)
            info = reading.labels(reading.read_file(self.folder, names.INFO))
        except ArchiveError as error:
            self.files.error(error, names.INFO)
            return {}
        if info.get("Payload-Oxum") != f"{self.octets}.{self.payload_files}":
            self.files.fault("BAG_DIFFERS", names.INFO, "It states another size or number of payload files.")
        return info

    def _manifests(self, manifests: dict[str, str], *, payload: bool) -> list[Iterator[tuple[str, str, Any]]]:
        lines = reading.manifest_lines
        return [
            self._said(Source(name, lines(self.folder, name, algorithm, payload=payload), self.files))
            for name, algorithm in manifests.items()
        ]

    def _said(self, source: Source) -> Iterator[tuple[str, str, Any]]:
        """Yield what a source says of files: each file's name, the source's, and that; a fault ends it."""
        before = None
        try:
            for item in source.items:
                if item.name == before:
                    raise malformed(f"it tells of {item.name[:200]!r} twice")
                before = item.name
                yield item.name, source.name, item
        except ArchiveError as error:
            self.broken.add(source.name)
            source.found.error(error, source.name)

    def _file(self, name: str, said: Said, manifests: dict[str, str], each: Each) -> Filed | None:
        """Read a file and compare it with the manifests; return what it is, if it is there and can be read."""
        named = said.keys() & manifests.keys()
        shown = name.encode("utf-8", "backslashreplace").decode()  # what lies there may have any name
        if FOLDER not in said:
            if FOLDER not in self.broken:
                self.files.fault("FILE_MISSING", shown, f"It is not there, and named in {' and '.join(sorted(said))}.")
            return None
        self.checked += 1
        if not said[FOLDER].regular:
            self.files.fault("FILE_UNNAMED", shown, "This is no file, but a link or something else.")
            return None
        if lacking := sorted(manifests.keys() - named - self.broken):
            self.files.fault("FILE_UNNAMED", shown, f"It is there, and not named in {' and '.join(lacking)}.")
        try:
            filed = Filed.of(shown, self._chunks(name, each))
        except OSError as error:
            self.files.error(malformed(f"{error.strerror}"), shown)
            return None
        if any(said[one].digest != filed.digest(manifests[one]) for one in named):
            self.files.fault("FILE_ALTERED", shown, "Its digest is not the one in the manifests.")
        return filed

    def _chunks(self, name: str, each: Each) -> Iterator[bytes]:
        """Yield a file's bytes, which are what is looked into, too; an empty file has one empty chunk."""
        with reading.open_file(self.folder, name) as stream:
            chunk = stream.read(CHUNK)
            while True:
                each(name, chunk)
                yield chunk
                if not (chunk := stream.read(CHUNK)):
                    return


def _by_name(*sources: Iterable[tuple[str, str, Any]]) -> Iterator[tuple[str, Said]]:
    """Yield each name once, in order, with what each source says of it."""
    merged = heapq.merge(*sources, key=itemgetter(0))
    for name, several in groupby(merged, key=itemgetter(0)):
        yield name, {source: item for _, source, item in several}
