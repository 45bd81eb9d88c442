"""HTTP's content and transfer codings, taken off in bounded memory and always with the same result.

The payload of a WARC record, in which slices count, is defined here (FORMAT section 4), for the writer's side and the
reader's side alike.
"""

from __future__ import annotations

import zlib
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STEP = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"
ZLIB_METHOD = 8
CHUNK_LINE = 64


class ContentCodingError(IntegrityError):
    """A compressed body breaks off or is damaged; all that could be decoded has been yielded before."""

    code = "CONTENT_CODING"


KNOWN = frozenset({"gzip", "x-gzip", "deflate", "identity", ""})


def codings(encoding: str | None) -> list[str]:
    """Return the content codings of a body, in the order in which they were applied."""
    return [name.strip().lower() for name in (encoding or "").split(",")]


def decoded(chunks: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    """Yield the body without its content coding, in pieces of at most 64 KiB where it was compressed.

    ``gzip`` and ``deflate`` are taken off, in whatever order they were applied. A body that only claims to be
    compressed, and any other coding, is left as it is. Cutting ``chunks`` differently yields the same bytes.

    Raises:
        ContentCodingError: the compressed body breaks off or is damaged, after the last byte that could be decoded.
    """
    plain: Iterator[bytes] = iter(chunks)
    for coding in reversed(codings(encoding)):
        match coding:
            case "gzip" | "x-gzip":
                plain = _decompressed(plain, gzip=True)
            case "deflate":
                plain = _decompressed(plain, gzip=False)
            case "" | "identity":
                pass
            case _:
                break
    yield from plain


def _decompressed(chunks: Iterator[bytes], *, gzip: bool) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(GZIP_MAGIC):
            break
    body = chain((head,) if head else (), chunks)
    if gzip:
        yield from _inflated(body, zlib.MAX_WBITS + 16) if head.startswith(GZIP_MAGIC) else body
    else:
        # Servers send deflate with the zlib header of RFC 9110 section 8.4.1.2 and without it.
        wrapped = len(head) > 1 and head[0] & 0x0F == ZLIB_METHOD and int.from_bytes(head[:2], "big") % 31 == 0
        yield from _inflated(body, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _inflated(chunks: Iterator[bytes], wbits: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits)
    for chunk in chunks:
        rest, more = chunk, False
        while rest or more:
            if inflater.eof:
                if not rest.startswith(GZIP_MAGIC[:1]):
                    return  # padding after the last gzip member
                inflater = zlib.decompressobj(wbits)
            spare = inflater.copy()
            try:
                plain = inflater.decompress(rest, STEP)
            except zlib.error as error:
                yield from _until_broken(spare, rest)
                raise ContentCodingError(
                    f"A compressed body is damaged: {error}.", do="Use what could be decoded, and say so."
                ) from error
            if plain:
                yield plain
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            more = len(plain) == STEP and not inflater.eof
    if not inflater.eof:
        raise ContentCodingError("A compressed body breaks off.", do="Use what could be decoded, and say so.")


def _until_broken(inflater: zlib._Decompress, rest: bytes) -> Iterator[bytes]:
    # zlib drops what it decoded in the call that fails; byte by byte, nothing before the damage is lost.
    for position in range(len(rest)):
        try:
            plain = inflater.decompress(rest[position : position + 1])
        except zlib.error:
            return
        if plain:
            yield plain


def dechunked(body: BinaryIO) -> Iterator[bytes]:
    """Yield a body without the framing of ``Transfer-Encoding: chunked``; what is not framed is left as it is."""
    while line := body.readline(CHUNK_LINE):
        try:
            left = int(line.split(b";")[0], 16)
        except ValueError:
            yield line
            yield from iter(lambda: body.read(STEP), b"")
            return
        if left <= 0:
            return
        while left and (piece := body.read(min(left, STEP))):
            left -= len(piece)
            yield piece
        body.readline(CHUNK_LINE)
