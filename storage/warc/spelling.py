"""One WARC record as bytes (ISO 28500:2017 section 4), and as a gzip member of its own (its annex D)."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from storage.warc.coding import STEP
from storage.warc.digests import spelled
from storage.warc.members import GZIP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Block:
    """The block of a record: ``head``, and what is left of ``body``, the payload, of ``length`` bytes.

    ``digest`` is that of both together, ``payload`` that of the payload, as WARC headers spell them.
    """

    head: bytes
    body: BinaryIO
    length: int
    digest: str
    payload: str

    @classmethod
    def of(cls, head: bytes, body: BinaryIO) -> Self:
        """Return a block, its body read once and rewound to where it stood."""
        start, whole, payload = body.tell(), hashlib.sha256(head), hashlib.sha256()
        while chunk := body.read(STEP):
            whole.update(chunk)
            payload.update(chunk)
        length = body.tell() - start
        body.seek(start)
        return cls(head, body, length, spelled(whole.digest()), spelled(payload.digest()))


def spell(version: str, headers: Iterable[tuple[str, str]], head: bytes, body: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a record; ``body`` is read from where it stands."""
    lines = (version, *(f"{name}: {value}" for name, value in headers), "", "")
    yield "\r\n".join(lines).encode("utf-8", "surrogateescape") + head
    while chunk := body.read(STEP):
        yield chunk
    yield b"\r\n\r\n"


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a gzip member that holds ``pieces``; each is of ``STEP`` bytes or more, but for the last."""
    deflater, waiting = zlib.compressobj(COMPRESSION, zlib.DEFLATED, GZIP), bytearray()
    for piece in pieces:
        waiting += deflater.compress(piece)
        if len(waiting) >= STEP:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting + deflater.flush())
