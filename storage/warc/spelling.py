"""One WARC record as bytes (ISO 28500:2017 section 4), and as a gzip member of its own (its annex D)."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Self

from storage.warc.coding import STEP
from storage.warc.members import GZIP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMPRESSION = 6
SMALL = 1 << 12
SMALL_MEMORY = 13 + 16, 6
MEMORY = GZIP, 8
"""How far zlib looks back, and how much it takes at once. That needs 256 KiB, and the system longer to give them than
compressing takes; for what has ``SMALL`` bytes at most, 64 do as well."""


@dataclass(frozen=True, slots=True)
class Block:
    """The block of a record: ``head``, and what is left of ``body``, the payload, of ``length`` bytes.

    ``digest`` is the SHA-256 of both together, ``payload`` that of the payload.
    """

    head: bytes
    body: BinaryIO
    length: int
    digest: bytes
    payload: bytes

    @classmethod
    def of(cls, head: bytes, body: BinaryIO) -> Self:
        """Return a block, its body read once and rewound to where it stood."""
        start, whole, payload = body.tell(), hashlib.sha256(head), hashlib.sha256()
        while chunk := body.read(STEP):
            whole.update(chunk)
            payload.update(chunk)
        length = body.tell() - start
        body.seek(start)
        return cls(head, body, length, whole.digest(), payload.digest())


def spell(version: str, headers: Iterable[tuple[str, str]], head: bytes, body: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a record; ``body`` is read from where it stands."""
    lines = (version, *(f"{name}: {value}" for name, value in headers), "", "")
    yield "\r\n".join(lines).encode("utf-8", "surrogateescape") + head
    while chunk := body.read(STEP):
        yield chunk
    yield b"\r\n\r\n"


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a gzip member that holds ``pieces``."""
    rest, start = iter(pieces), b""
    while len(start) <= SMALL and (piece := next(rest, b"")):
        start += piece
    memory = MEMORY if len(start) > SMALL else SMALL_MEMORY
    deflater = zlib.compressobj(COMPRESSION, zlib.DEFLATED, *memory)
    yield from map(deflater.compress, chain((start,), rest))
    yield deflater.flush()
