"""One record of a WARC file, and its payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import InputError
from storage.warc.coding import STEP, ContentCodingError, dechunked, decoded
from storage.warc.exchange import field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.instant import Instant
    from storage.warc.digests import Verdict
    from storage.warc.exchange import Headers


class PayloadTooLargeError(InputError):
    """A payload is larger than the caller takes into memory."""

    code = "PAYLOAD_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record, whole. Its body can be read until the next record is asked for.

    ``id`` and ``refers_to`` are without angle brackets; ``version`` is its first line; ``offset`` is that of the
    record's first byte in the file; ``head`` is the HTTP header in its block, with the empty line, and the body what
    follows it; ``digests`` tells whether the record proved itself (``absent``: it carries no digest).
    """

    version: str
    id: str
    type: str
    uri: str | None
    date: Instant
    offset: int
    headers: Headers
    status: int | None
    http_headers: Headers
    head: bytes
    digests: Verdict
    body: BinaryIO

    @property
    def refers_to(self) -> str | None:
        """The id of the record whose payload a revisit shares, if it names one."""
        refers_to = field(self.headers, "WARC-Refers-To")
        return refers_to and refers_to.strip("<>")

    @property
    def truncated(self) -> str | None:
        """Why the end of the body is missing, if it is."""
        return field(self.headers, "WARC-Truncated")

    @property
    def coding(self) -> str | None:
        """The content coding that the body claims."""
        return field(self.http_headers, "Content-Encoding")

    def chunks(self) -> Iterator[bytes]:
        """Yield the payload: the body without its codings, as far as it can be decoded (FORMAT section 4)."""
        try:
            yield from self.whole_chunks()
        except ContentCodingError:
            return

    def whole_chunks(self) -> Iterator[bytes]:
        """Yield the payload.

        Raises:
            ContentCodingError: it cannot be decoded to its end, after the last byte that could be.
        """
        self.body.seek(0)
        plain: Iterator[bytes] = iter(lambda: self.body.read(STEP), b"")
        if chunked(self.http_headers):
            plain = dechunked(self.body)
        yield from decoded(plain, self.coding)

    def payload(self, *, limit: int) -> bytes:
        """Return the payload, at most ``limit`` bytes.

        Raises:
            PayloadTooLargeError: it has more.
        """
        payload = bytearray()
        for chunk in self.chunks():
            payload += chunk
            if len(payload) > limit:
                raise PayloadTooLargeError(
                    f"The payload of {self.id} is larger than {limit} bytes.", do="Read it in parts.", limit=limit
                )
        return bytes(payload)

    def part(self, *, offset: int, length: int) -> bytes:
        """Return ``length`` bytes at ``offset`` of the payload, fewer where it ends before; the rest is not kept."""
        part, position = bytearray(), 0
        for chunk in self.chunks():
            part += chunk[max(0, offset - position) : max(0, offset + length - position)]
            position += len(chunk)
            if position >= offset + length:
                break
        return bytes(part)


def chunked(http_headers: Headers) -> bool:
    """Tell whether the body of a record kept its chunk framing, as that of some writers does."""
    return "chunked" in (field(http_headers, "Transfer-Encoding") or "").lower()
