"""Content as it is sent: whole where it is small, else in parts, each with the checksums that the server checks."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from storage.objects import ObjectAlteredError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from storage.objects import Content

MIB = 1 << 20
WHOLE = 32 * MIB  # up to this, content is one request and in memory as a whole
PART = 16 * MIB
MOST_PARTS = 10_000  # a limit of S3


@dataclass(frozen=True, slots=True)
class Arrived:
    """A part that the server has: its size in bytes and its ETag without quotes."""

    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a large content: its number from 1, its size in bytes, its checksums."""

    number: int
    size: int
    md5: bytes
    sha256: bytes

    @classmethod
    def of(cls, number: int, body: bytes) -> Part:
        """Return what describes ``body``."""
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        return cls(number, len(body), md5, hashlib.sha256(body).digest())

    @property
    def arrived(self) -> Arrived:
        """What the server says of the part when it has it."""
        return Arrived(self.size, self.md5.hex())

    @property
    def checksums(self) -> dict[str, str]:
        """The checksums as parameters of a request."""
        return {
            "ContentMD5": b64encode(self.md5).decode(),
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": b64encode(self.sha256).decode(),
        }


def part_size(size: int) -> int:
    """Return the size of the parts of a content of ``size`` bytes, in bytes: 16 MiB, more where they are too many."""
    return max(PART, -(-size // MOST_PARTS // MIB) * MIB)


def read_whole(key: str, content: Content) -> bytes:
    """Return a small content after checking that it is what its size and digest say.

    Raises:
        ObjectAlteredError: it is not.
        StoreUnavailableError: it cannot be read.
    """
    with content.open() as source:
        body = _read(source, content.size + 1)
    if len(body) != content.size or hashlib.sha256(body).digest() != content.sha256.raw:
        raise changed(key)
    return body


def in_parts(key: str, content: Content) -> Iterator[tuple[Part, bytes]]:
    """Yield each part of a content with its bytes; whoever gets to the end knows that they are the content.

    Raises:
        ObjectAlteredError: size or digest of all of it are not what the content says; some parts were yielded.
        StoreUnavailableError: it cannot be read.
    """
    size, hasher = 0, hashlib.sha256()
    for number, body in enumerate(_bodies(content), 1):
        size += len(body)
        if size > content.size:
            break
        hasher.update(body)
        yield Part.of(number, body), body
    if size != content.size or hasher.digest() != content.sha256.raw:
        raise changed(key)


def is_ours(parts: Iterable[Part], arrived: Mapping[int, Arrived]) -> bool:
    """Return whether what arrived of an upload is some of these parts, and something did: then it may be continued."""
    ours = {part.number: part.arrived for part in parts}
    return bool(arrived) and arrived.items() <= ours.items()


def changed(key: str) -> ObjectAlteredError:
    """Return the error about content that is not what it says."""
    return ObjectAlteredError(
        f"What was to be stored as {key} changed while it was read; nothing was stored.",
        do="Find out what writes to it, then store it again.",
        key=key,
    )


def _bodies(content: Content) -> Iterator[bytes]:
    """Yield the content in parts, and at most one byte more than it should have."""
    size, rest = part_size(content.size), content.size + 1
    with content.open() as source:
        while body := _read(source, min(size, rest)):
            rest -= len(body)
            yield body


def _read(source: BinaryIO, size: int) -> bytes:
    """Return ``size`` bytes, fewer only at the end."""
    try:
        body = source.read(size)
        while len(body) < size and (more := source.read(size - len(body))):
            body += more
    except OSError as error:
        raise StoreUnavailableError(
            f"What was to be stored could not be read: {error.strerror}.",
            do="Check where it comes from, then try again.",
        ) from error
    return body
