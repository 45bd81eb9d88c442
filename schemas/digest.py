"""A SHA-256 digest that cannot hold anything else."""

from __future__ import annotations

import hashlib
from functools import total_ordering
from typing import TYPE_CHECKING, Final, Self

from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE = 32
GROUP = 8


class DigestMalformedError(IntegrityError):
    """A digest is not 64 lower-case hexadecimal digits."""

    code = "DIGEST_MALFORMED"


@total_ordering
class Digest:
    """32 bytes of SHA-256 (FIPS 180-4).

    Not a dataclass: msgspec would spell one as an object, and a digest is spelled as text.
    """

    __slots__ = ("raw",)
    raw: Final[bytes]

    def __init__(self, raw: bytes) -> None:
        if len(raw) != SIZE:
            raise DigestMalformedError(
                f"A digest has {len(raw)} bytes instead of {SIZE}.", do="Do not use this data; keep it and report it."
            )
        self.raw = raw

    @classmethod
    def of(cls, content: bytes | bytearray | memoryview) -> Self:
        """Return the digest of ``content``."""
        return cls(hashlib.sha256(content).digest())

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> Self:
        """Return the digest of the chunks' concatenation, in bounded memory."""
        hasher = hashlib.sha256()
        for chunk in chunks:
            hasher.update(chunk)
        return cls(hasher.digest())

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read the one accepted spelling: 64 lower-case hexadecimal digits.

        Raises:
            DigestMalformedError: on any other spelling.
        """
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if len(raw) != SIZE or raw.hex() != text:
            raise DigestMalformedError(
                f"{text[:80]!r} is not a SHA-256 digest in lower-case hexadecimal.",
                do="Do not use this data; keep it and report it.",
            )
        return cls(raw)

    @property
    def hex(self) -> str:
        """64 lower-case hexadecimal digits."""
        return self.raw.hex()

    @property
    def grouped(self) -> str:
        """The digits in eight groups of eight, for people who compare two by eye."""
        return " ".join(self.hex[place : place + GROUP] for place in range(0, 2 * SIZE, GROUP))

    def __str__(self) -> str:
        return self.hex

    def __repr__(self) -> str:
        return f"Digest({self.hex[:12]}…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and self.raw == other.raw

    def __lt__(self, other: Digest) -> bool:
        return self.raw < other.raw

    def __hash__(self) -> int:
        return hash(self.raw)
