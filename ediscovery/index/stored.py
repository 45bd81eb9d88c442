"""The index as it is kept in the archive's store: parts that are read by blocks, each checked against what was signed.

Blocks that were read stay in a folder of the home's index, one file each, and are checked again whenever they are used.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ediscovery.index import segments
from ediscovery.index.files import IndexDamagedError
from ediscovery.index.stated import LIMIT, STATEMENT, blocks_of, read_statement
from schemas.digest import Digest
from schemas.errors import IntegrityError, PolicyError, UnavailableError
from schemas.segments import BLOCK, PIECE
from storage import disk, layout
from storage.objects import ObjectAlteredError, Versions, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from _typeshed import WriteableBuffer

    from manifests.archive import Archive
    from schemas.segments import FileStated, PartStated

SUFFIX = ".stored"
"""How the names of folders end that hold something of a part in the store."""

REFUSED = "refused"
"""The file that marks a part that is not used again."""

TOGETHER = 32
"""Blocks that are asked for at once; a piece has four times as many."""


class Shelf:
    """What the store of an archive holds of its index; ``home`` is the folder of the index on this machine.

    Where the store can be done without, its lists and statements may be unavailable: then it has nothing but what is
    here of it, is asked no more, and ``unavailable`` says so. What lies in a part is not made up for.
    """

    def __init__(self, archive: Archive, home: Path, *, needed: bool = True) -> None:
        self._archive, self._home, self._needed = archive, home, needed
        self.unavailable = False

    @cached_property
    def keys(self) -> dict[str, str | None]:
        """The keys that the store lists, each with its oldest version where it keeps any: a hint, and no more.

        A store that refuses to list them has none for us.
        """
        try:
            return self._listed()
        except UnavailableError:
            if self._needed:
                raise
            self.unavailable = True
            return {}

    def _listed(self) -> dict[str, str | None]:
        store = self._archive.store
        found: dict[str, str | None] = {}
        try:
            if not isinstance(store, Versions):
                return dict.fromkeys(store.keys(layout.INDEX))
            for version in store.versions(layout.INDEX):
                if not version.marker:
                    found.setdefault(version.key, version.version)
        except PolicyError:
            return {}
        return found

    @property
    def parts(self) -> Iterator[str]:
        """The names of parts of which the store lists a statement."""
        return (part for part in map(layout.index_stated, self.keys) if part)

    def find(self, part: str, files: Sequence[str]) -> StoredPart | None:
        """Return a part that has files of these names, if the store holds one that was signed by a key in force.

        Raises:
            StoreUnavailableError: store or disk could not be read or written.
        """
        folder = self._home / f"{part}{SUFFIX}"
        if (folder / REFUSED).exists():
            return None
        kept = folder / STATEMENT
        note = kept.read_bytes() if kept.exists() else self._statement(part)
        said = self._judged(note, part, files)
        if note is None or said is None:
            return None
        if not kept.exists():
            pieces = (layout.index(part, file.name, piece) for file in said.files for piece in range(file.pieces))
            if not all(key in self.keys for key in pieces):
                return None
            _write(kept, note)
        return StoredPart(self, folder, said)

    def said(self, part: str, files: Sequence[str]) -> PartStated | None:
        """Return what the store's statement says of a part that has such files, if a key in force signed it."""
        return self._judged(self._statement(part), part, files)

    def _judged(self, note: bytes | None, part: str, files: Sequence[str]) -> PartStated | None:
        ledger = self._archive.ledger
        if note is None:
            return None
        try:
            return read_statement(
                note, part=part, files=files, origin=ledger.origin, verifiers=ledger.history.verifiers("entry")
            )
        except IntegrityError:
            return None  # what nobody signed is as good as nothing: the part is made here

    def _statement(self, part: str) -> bytes | None:
        key = layout.index_statement(part)
        try:
            return read(self._archive.store, key, version=self.keys[key], limit=LIMIT) if key in self.keys else None
        except (IntegrityError, PolicyError):
            return None  # so is what we may not read
        except UnavailableError:
            if self._needed:
                raise
            self.unavailable, self.keys = True, {}
            return None

    def read_part(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of what is kept under a key, unjudged; raises what ``ObjectStore.read_part`` raises."""
        return self._archive.store.read_part(key, start, end, version=self.keys.get(key))


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part in the store, of which ``folder`` holds what was read: blocks, and files that were copied as a whole.

    Reading raises:
        IndexDamagedError: the store holds other bytes than were signed, or none; the part is not used again.
        StoreUnavailableError: store or disk could not be read or written.
    """

    shelf: Shelf
    folder: Path
    said: PartStated
    _files: dict[str, FileStated] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_files", {file.name: file for file in self.said.files})

    def opened(self, name: str) -> StoredFile:
        """Open a file; what is read of it is asked of the store, once."""
        return StoredFile(self, self._files[name])

    def fetch(self, name: str) -> Path:
        """Return the path of a file that is copied as a whole, unless it is there."""
        path, file = self.folder / name, self._files[name]
        if not path.exists():
            with disk.refusals(self.folder):
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                made = self.folder / f"{name}.{secrets.token_hex(8)}.part"
                with made.open("wb") as target:
                    for at in range(0, len(file.blocks), TOGETHER):
                        target.writelines(self._blocks(file, range(at, min(at + TOGETHER, len(file.blocks)))))
                disk.synchronise(made)
                _write(segments.digests_of(path), segments.digests(made))
                made.rename(path)
                for number in range(len(file.blocks)):
                    self._path(file, number).unlink(missing_ok=True)
        return path

    def holds(self, name: str) -> bool:
        """Return whether a file that was copied is still what was signed, and so is what was written of it."""
        path = self.folder / name
        try:
            return tuple(blocks_of(path)) == self._files[name].blocks and segments.digests_of(
                path
            ).read_bytes() == segments.digests(path)
        except OSError:
            return False

    def read(self, file: FileStated, start: int, end: int) -> bytes:
        """Return the bytes of a file from ``start`` up to, and without, ``end``, which lie in it."""
        first = start // BLOCK
        content = b"".join(self._blocks(file, range(first, -(-end // BLOCK))))
        return content[start - first * BLOCK : end - first * BLOCK]

    def _blocks(self, file: FileStated, numbers: range) -> list[bytes]:
        """Return blocks: those that were read before, and those that lack in as few requests as that takes."""
        found: list[bytes] = []
        lacking = numbers.start
        for number in numbers:
            kept = self._kept(file, number)
            if kept is not None:
                found += self._asked(file, range(lacking, number))
                found.append(kept)
                lacking = number + 1
        return found + self._asked(file, range(lacking, numbers.stop))

    def _kept(self, file: FileStated, number: int) -> bytes | None:
        with disk.refusals(self.folder):
            try:
                content = self._path(file, number).read_bytes()
            except FileNotFoundError:
                return None
        return content if Digest.of(content) == file.blocks[number] else None

    def _asked(self, file: FileStated, numbers: range) -> list[bytes]:
        """Return blocks from the store, after checking and keeping them."""
        found: list[bytes] = []
        for some in _together(numbers):
            try:
                content = self._ranged(file, some)
                for at, number in enumerate(some):
                    block = content[at * BLOCK : (at + 1) * BLOCK]
                    if Digest.of(block) != file.blocks[number]:
                        raise ObjectAlteredError(
                            f"Block {number} of {file.name} is not the one that was signed.", do="It is not used."
                        )
                    found.append(block)
            except (IntegrityError, PolicyError) as error:
                raise self.refused() from error
        for number, block in zip(numbers, found, strict=True):
            _write(self._path(file, number), block)
        return found

    def _ranged(self, file: FileStated, numbers: range) -> bytes:
        """Return what the store holds as blocks, which lie in one piece."""
        piece = numbers.start * BLOCK // PIECE
        start, end = numbers.start * BLOCK, min(numbers.stop * BLOCK, file.size)
        key = layout.index(self.said.part, file.name, piece)
        return self.shelf.read_part(key, start - piece * PIECE, end - piece * PIECE)

    def _path(self, file: FileStated, number: int) -> Path:
        return self.folder / f"{file.name}.{number:x}"

    def refused(self) -> IndexDamagedError:
        """Forget what was read of the part, and mark it, so that it is made here; return what is to be raised."""
        with disk.refusals(self.folder):
            disk.discard(self.folder)
        _write(self.folder / REFUSED, b"")
        return IndexDamagedError(
            f"A part of the index in the store is not what was signed, is no index, or went away: {self.said.part}.",
            do="Search again: this machine makes its own from the records, which are not concerned.",
        )


class StoredFile(io.RawIOBase):
    """A file of a part in the store, for readers that go to and fro in it; reading raises what ``StoredPart`` does."""

    def __init__(self, part: StoredPart, file: FileStated) -> None:
        super().__init__()
        self.part, self._file, self._at = part, file, 0
        self.name = file.name

    def readable(self) -> bool:
        """Return ``True``."""
        return True

    def seekable(self) -> bool:
        """Return ``True``."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte to be read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an offset and return it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer, as far as the file reaches."""
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._file.size)
        if self._at >= end:
            return 0
        content = self.part.read(self._file, self._at, end)
        view[: len(content)] = content
        self._at = end
        return len(content)


def _together(numbers: range) -> Iterator[range]:
    """Yield blocks in groups that are asked for at once: none reaches from one piece into the next."""
    at = numbers.start
    while at < numbers.stop:
        end = min(numbers.stop, (at // TOGETHER + 1) * TOGETHER)
        yield range(at, end)
        at = end


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; what it holds is checked whenever it is read."""
    with disk.refusals(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        made.write_bytes(content)
        made.replace(path)
