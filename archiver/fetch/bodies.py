"""Bodies of any size: received into a file, then decoded, masked and measured in one pass, in bounded memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from urllib3.exceptions import HTTPError, ReadTimeoutError

from schemas.digest import Digest
from storage.warc import ContentCodingError, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse

    from archiver.fetch.masking import Mask

STEP = 1 << 16
Truncated: TypeAlias = Literal["length", "time", "disconnect"]


def receive(raw: BaseHTTPResponse, into: BinaryIO, *, limit: int) -> Truncated | None:
    """Copy a body as transferred, at most ``limit`` bytes; return why its end is missing."""
    left = limit
    try:
        # read1 and not read: what came before a timeout must not be lost with it.
        while chunk := raw.read1(STEP, decode_content=False):
            into.write(chunk[:left])
            left -= len(chunk)
            if left < 0:
                return "length"
    except ReadTimeoutError:
        return "time"
    except HTTPError:
        return "disconnect"
    return None


@dataclass(frozen=True, slots=True)
class Payload:
    """A body decoded and masked. ``changed`` tells that masking changed it, or could not look at all of it."""

    content: bytes
    sha256: Digest
    size: int
    truncated: Truncated | None
    changed: bool


def examine(
    wire: BinaryIO, clean: BinaryIO, *, encoding: str, media_type: str, mask: Mask, limit: int, keep: bool
) -> Payload:
    """Decode and mask at most ``limit`` bytes of the body in ``wire``; ``keep`` returns them in memory.

    Where the mask looks into such bodies, the result is also in ``clean``.
    """
    wire.seek(0)
    opened = _Opened(decoded(iter(lambda: wire.read(STEP), b""), encoding), limit)
    hasher, size, content, looks = hashlib.sha256(), 0, bytearray(), mask.looks_into(media_type)
    for chunk in mask.stream(opened, media_type):
        hasher.update(chunk)
        size += len(chunk)
        if keep:
            content += chunk
        if looks:
            clean.write(chunk)
    changed = looks and (opened.truncated is not None or opened.hasher.digest() != hasher.digest())
    return Payload(bytes(content), Digest(hasher.digest()), size, opened.truncated, changed)


class _Opened:
    """A decoded body up to a limit, hashed as it passes."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks = chunks
        self._left = limit
        self.hasher = hashlib.sha256()
        self.truncated: Truncated | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks:
                part = chunk[: self._left]
                self._left -= len(part)
                self.hasher.update(part)
                yield part
                if len(part) < len(chunk):
                    self.truncated = "length"
                    return
        except ContentCodingError:
            self.truncated = "disconnect"
