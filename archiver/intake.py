"""Files that are imported into the WARC file of their capture, each whole, and where their bytes lie there."""

from __future__ import annotations

import hashlib
import io
import mmap
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from mimetypes import MimeTypes
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

import msgspec

from archiver.containers.opening import is_container
from archiver.containers.places import Places
from archiver.spool import on_disk
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.containers.members import Container, Member
    from archiver.containers.places import Place
    from archiver.parsing.json_slices import Buffer
    from schemas.instant import Instant
    from schemas.record import Attachment
    from storage.warc import WarcWriter

TYPES = MimeTypes()
"""The types of files that Python itself knows, on every machine the same."""

PASSED = 16 << 20
"""How much of a file is passed before it is let go of."""

MISSING = "its file is not in what was handed over"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the bytes of a file lie: the WARC record, its address, and what they are; ``packed`` are a ZIP or a tar."""

    exchange: str
    uri: str
    size: int
    sha256: Digest
    media_type: str
    packed: bool = False


class Intake:
    """Takes files into a WARC file; remembers where they are, so that what refers to them finds them.

    ``folder`` is for temporary files; what is taken lies there until it is in the WARC file.
    """

    def __init__(self, warc: WarcWriter, folder: Path, *, at: Instant) -> None:
        self._warc, self._folder, self._at = warc, folder, at
        self._kept: dict[Place, Kept] = {}
        self._unpacked: dict[str, Kept] = {}
        self._places = Places()

    def take(self, container: Container, member: Member) -> Kept:
        """Record a file that is not read.

        Raises:
            InputError: it is not taken; nothing is recorded.
            SpoolUnwritableError, WarcUnwritableError: it cannot be written.
        """
        with self._copied(container, member) as (stream, kept):
            return replace(kept, packed=is_container(stream))

    @contextmanager
    def reading(self, container: Container, member: Member) -> Iterator[tuple[Kept, Buffer]]:
        """Record a file, and give its bytes until the block ends; see ``take``."""
        with self._copied(container, member) as (stream, kept):
            if not kept.size:
                yield kept, b""
                return
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            try:
                yield kept, content
            finally:
                # A reader that was left in the middle may still look into it; then it goes when the reader does.
                with suppress(BufferError):
                    content.close()

    def unpacked(self, file: Kept, place: Place, name: str, media_type: str, content: bytes) -> Kept:
        """Record bytes that the file at ``place`` holds in another form; the next item may be attached to them."""
        kept = self._record(f"{file.uri}#{quote(name)}", media_type, content)
        self._unpacked[f"{place[1]}#{name}"] = kept
        return kept

    def pass_by(self) -> None:
        """Forget where that lies which was unpacked: there may be any number of it."""
        self._unpacked.clear()

    def find(self, place: Place) -> Kept | None:
        """Return the file at a place, if it was taken."""
        return self._kept.get(place)

    def resolved(self, attachment: Attachment, place: Place, wanted: str | None) -> Attachment:
        """Return an attachment with where its bytes are, if its file was taken: the file at ``place`` calls it so."""
        if not wanted:
            return attachment
        kept = self._unpacked.get(wanted)
        if kept is None and (found := self._places.find(place, wanted)):
            kept = self._kept[found]
        if kept is None:
            return msgspec.structs.replace(attachment, failure=attachment.failure or MISSING)
        return msgspec.structs.replace(
            attachment,
            media_type=attachment.media_type or kept.media_type,
            size=kept.size,
            sha256=kept.sha256,
            exchange=kept.exchange,
        )

    def _record(self, uri: str, media_type: str, content: bytes) -> Kept:
        exchange = self._warc.resource(uri=uri, at=self._at, content_type=media_type, body=io.BytesIO(content))
        return Kept(exchange, uri, len(content), Digest.of(content), media_type)

    @contextmanager
    def _copied(self, container: Container, member: Member) -> Iterator[tuple[BinaryIO, Kept]]:
        path = self._folder / "member"
        try:
            with on_disk(self._folder), path.open("wb+") as stream:
                to = _Hashing(stream, self._folder)
                container.copy(member, to)  # type: ignore[arg-type] # all that a copy needs
                stream.flush()
                stream.seek(0)
                media_type = _media_type(member.path)
                uri = _address(container, member)
                exchange = self._warc.resource(uri=uri, at=self._at, content_type=media_type, body=stream)
                kept = Kept(exchange, uri, to.size, Digest(to.hasher.digest()), media_type)
                self._kept[container.name, member.path] = kept
                self._places.add(container.name, member.path)
                yield stream, kept
        finally:
            path.unlink(missing_ok=True)


class Passed:
    """How far a reader went through a file's bytes: what it passed need not stay in memory."""

    def __init__(self, content: Buffer) -> None:
        self._content, self._dropped = content, 0

    def reached(self, offset: int) -> None:
        """Let go of what lies before ``offset``; whoever looks there again reads it from the disk."""
        if isinstance(self._content, mmap.mmap) and offset - self._dropped > PASSED:
            upto = offset // mmap.PAGESIZE * mmap.PAGESIZE
            self._content.madvise(mmap.MADV_DONTNEED, 0, upto)
            self._dropped = upto


class _Hashing:
    """A file that is written and hashed; a disk that refuses is told from a container that cannot be read."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        self._file, self._folder = file, folder
        self.hasher, self.size = hashlib.sha256(), 0

    def write(self, block: bytes) -> int:
        with on_disk(self._folder):
            self._file.write(block)
        self.hasher.update(block)
        self.size += len(block)
        return len(block)


def _media_type(path: str) -> str:
    media_type, coding = TYPES.guess_type(path)
    return "application/gzip" if coding == "gzip" else media_type or "application/octet-stream"


def _address(container: Container, member: Member) -> str:
    name = quote(container.name)
    return f"file:///{name}" if container.kind == "file" else f"file:///{name}/{quote(member.path)}"
