"""The gzip members of a WARC file, one a record: read with their offsets, and cut back to the last whole one."""

from __future__ import annotations

import io
import os
import re
import zlib
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    class Readable(Protocol):
        """Whatever gives its bytes one after the other."""

        def read(self, size: int, /) -> bytes: ...


BLOCK = 1 << 16
MAGIC = b"\x1f\x8b"
MEMBER = re.compile(re.escape(MAGIC) + b"\x08")
GZIP = zlib.MAX_WBITS + 16
RECORD_START = b"WARC/"


class WarcDamagedError(IntegrityError):
    """A WARC file is not what its writer wrote; ``offset`` is where the damaged record starts, in bytes."""

    code = "WARC_DAMAGED"


def damaged(why: str, *, offset: int) -> WarcDamagedError:
    """Return the error for a record that starts at ``offset``."""
    return WarcDamagedError(
        f"The WARC file is damaged in the record at byte {offset}: {why}.",
        do="Keep the file as it is; use the records before it, and restore the file from a second copy.",
        offset=offset,
    )


class Source:
    """A stream that knows how far it was read, and holds what was read too far."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._read = 0
        self.pending = b""

    @property
    def offset(self) -> int:
        """How many bytes were used, from where the stream stood at the beginning."""
        return self._read - len(self.pending)

    def fill(self) -> bool:
        """Read more; return whether there was any."""
        block = self._stream.read(BLOCK)
        self._read += len(block)
        self.pending += block
        return bool(block)


class PlainBytes(io.RawIOBase):
    """What is left of a source, as it is."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        source = self._source
        if not source.pending and not source.fill():
            return 0
        size = min(len(buffer), len(source.pending))
        buffer[:size] = source.pending[:size]
        source.pending = source.pending[size:]
        return size


class MemberBytes(io.RawIOBase):
    """One gzip member's content, its CRC and length checked by its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = source.offset
        self._inflater = zlib.decompressobj(GZIP)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        source, inflater = self._source, self._inflater
        ended = inflater.eof
        while not ended:
            try:
                plain = inflater.decompress(source.pending, len(buffer))
            except zlib.error as error:
                raise damaged(f"it does not decompress ({error})", offset=self._start) from error
            ended = inflater.eof
            source.pending = inflater.unused_data if ended else inflater.unconsumed_tail
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if not ended and not source.pending and not source.fill():
                raise damaged("the file ends in the middle of it", offset=self._start)
        return 0


Content: TypeAlias = "io.BufferedReader[MemberBytes] | io.BufferedReader[PlainBytes]"


def members(source: Source) -> Iterator[tuple[int, Content]]:
    """Yield every gzip member: the offset of its first byte, and its content, which must be read to its end."""
    while source.pending or source.fill():
        offset = source.offset
        with io.BufferedReader(MemberBytes(source), BLOCK) as reader:
            yield offset, reader


def salvage(path: Path) -> int:
    """Cut a WARC file that a killed process left behind after its last whole gzip member; return the bytes kept.

    Only a torn tail is cut: where whole records follow the damage, the file is left alone.

    Raises:
        WarcDamagedError: the file is damaged before its end.
    """
    with path.open("r+b") as file:
        kept = 0
        source = Source(file)
        try:
            for _, reader in members(source):
                while reader.read(BLOCK):
                    pass
                kept = source.offset
        except WarcDamagedError:
            if _record_follows(file, kept + 1):
                raise
        # At this point everything from ``kept`` on is one record that never was whole. If we crash here, the next
        # call finds and cuts the same tail.
        file.truncate(kept)
        os.fsync(file.fileno())
    return kept


def _record_follows(file: BinaryIO, start: int) -> bool:
    """Tell whether a whole gzip member that holds a WARC record starts at or after byte ``start``."""
    file.seek(start)
    position, window = start, b""
    while block := file.read(BLOCK):
        window += block
        for match in MEMBER.finditer(window):
            back = file.tell()
            if _is_record(file, position + match.start()):
                return True
            file.seek(back)
        position += len(window) - 2
        window = window[-2:]
    return False


def _is_record(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        with io.BufferedReader(MemberBytes(Source(file)), BLOCK) as reader:
            if reader.read(len(RECORD_START)) != RECORD_START:
                return False
            while reader.read(BLOCK):
                pass
    except WarcDamagedError:
        return False
    return True
