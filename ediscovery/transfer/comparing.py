"""What lies in a package beside what its manifests, METS and PREMIS say of it: one pass, in the order of names.

Memory does not grow with the number of files. A source that cannot be read to its end is named once; that a file is
not named in it says nothing then.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from ediscovery.transfer import naming, reading
from ediscovery.transfer.bag import Filed
from ediscovery.transfer.manifest import malformed
from ediscovery.transfer.mets import read_files
from ediscovery.transfer.premis import read_objects
from manifests.audit.found import Found
from schemas.errors import ArchiveError
from storage.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ediscovery.transfer.proving import Proving

Said: TypeAlias = "dict[str, Any]"
"""What each source says of a file: its line in a manifest, its element in METS or PREMIS, itself in the folder."""
FOLDER = "."
TAG_MANIFESTS = {naming.tag_manifest(one): one for one in naming.ALGORITHMS}
MANIFESTS = {naming.manifest(one): one for one in naming.ALGORITHMS}


@dataclass(slots=True)
class Comparison:
    """A comparison under way: what was found of files, and of what describes them; how many files, how many bytes."""

    folder: Path
    files: Found = field(default_factory=Found)
    described: Found = field(default_factory=Found)
    checked: int = 0
    payload_files: int = 0
    octets: int = 0
    _broken: set[str] = field(default_factory=set)

    def tags(self) -> None:
        """Compare the files beside the payload with the tag manifests."""
        lying = (found for found in reading.tags(self.folder) if found.name not in TAG_MANIFESTS)
        sources = [self._said(FOLDER, lying, self.files), *self._manifests(TAG_MANIFESTS, payload=False)]
        for name, said in _by_name(*sources):
            self._file(name, said, TAG_MANIFESTS, lambda _: None)

    def payload(self, proving: Proving) -> None:
        """Compare the payload with the manifests, METS and PREMIS, and have every record proved."""
        sources = [
            self._said(FOLDER, reading.walk(self.folder, naming.PAYLOAD), self.files),
            *self._manifests(MANIFESTS, payload=True),
            self._said(naming.METS, read_files(self.folder / naming.METS), self.described),
            self._said(naming.PREMIS, read_objects(self.folder / naming.PREMIS), self.described),
        ]
        for name, said in _by_name(*sources):
            filed = self._file(name, said, MANIFESTS, partial(proving.feed, name))
            if filed is not None:
                self.payload_files, self.octets = self.payload_files + 1, self.octets + filed.size
                self._described(filed, said)
                if naming.PREMIS in said:
                    proving.told(said[naming.PREMIS].record)
        proving.finish()

    def _manifests(self, names: dict[str, str], *, payload: bool) -> list[Iterator[tuple[str, str, Any]]]:
        lines = reading.manifest_lines
        return [
            self._said(name, lines(self.folder, name, algorithm, payload=payload), self.files)
            for name, algorithm in names.items()
        ]

    def _said(self, source: str, items: Iterable[Any], found: Found) -> Iterator[tuple[str, str, Any]]:
        """Yield what a source says of files: each file's name, the source, and that; a fault ends it."""
        before = None
        try:
            for item in items:
                if item.name == before:
                    raise malformed(f"it tells of {item.name[:200]!r} twice")
                before = item.name
                yield item.name, source, item
        except ArchiveError as error:
            self._broken.add(source)
            found.error(error, source)

    def _file(self, name: str, said: Said, manifests: dict[str, str], each: Callable[[bytes], None]) -> Filed | None:
        """Read a file and compare it with the manifests; return what it is, if it is there and can be read."""
        named = said.keys() & manifests.keys()
        shown = name.encode("utf-8", "backslashreplace").decode()  # what lies there may have any name
        if FOLDER not in said:
            if FOLDER not in self._broken:
                self.files.fault("FILE_MISSING", shown, f"It is not there, and named in {' and '.join(sorted(said))}.")
            return None
        self.checked += 1
        if not said[FOLDER].regular:
            self.files.fault("FILE_UNNAMED", shown, "This is no file, but a link or something else.")
            return None
        if lacking := sorted(manifests.keys() - named - self._broken):
            self.files.fault("FILE_UNNAMED", shown, f"It is there, and not named in {' and '.join(lacking)}.")
        try:
            filed = Filed.of(shown, self._chunks(name, each))
        except OSError as error:
            self.files.error(malformed(f"{error.strerror}"), shown)
            return None
        if any(said[one].digest != filed.digest(manifests[one]) for one in named):
            self.files.fault("FILE_ALTERED", shown, "Its digest is not the one in the manifests.")
        return filed

    def _chunks(self, name: str, each: Callable[[bytes], None]) -> Iterator[bytes]:
        """Yield a file's bytes, which are what is looked into, too; an empty file has one empty chunk."""
        with reading.open_file(self.folder, name) as stream:
            chunk = stream.read(CHUNK)
            while True:
                each(chunk)
                yield chunk
                if not (chunk := stream.read(CHUNK)):
                    return

    def _described(self, filed: Filed, said: Said) -> None:
        part = naming.part_of(filed.name)
        native = part is not None and part[1].startswith("native.")
        self._of(naming.METS, "METS_DIFFERS", filed, said, expected=filed.name != naming.METS)
        self._of(naming.PREMIS, "PREMIS_DIFFERS", filed, said, expected=native)

    def _of(self, source: str, code: str, filed: Filed, said: Said, *, expected: bool) -> None:
        one = said.get(source)
        if one is None:
            if expected and source not in self._broken:
                self.described.fault(code, filed.name, f"{source} does not tell of it.")
        elif not expected:
            self.described.fault(code, filed.name, f"{source} tells of it, and must not.")
        elif (one.size, one.sha256) != (filed.size, filed.sha256):
            self.described.fault(code, filed.name, f"{source} gives another size or SHA-256.")


def _by_name(*sources: Iterable[tuple[str, str, Any]]) -> Iterator[tuple[str, Said]]:
    """Yield each name once, in order, with what each source says of it."""
    merged = heapq.merge(*sources, key=itemgetter(0))
    for name, several in groupby(merged, key=itemgetter(0)):
        yield name, {source: item for _, source, item in several}
