"""Reading ARC files (Internet Archive, versions 1 and 2), plain or gzipped: as strict as the reader of WARC files.

An ARC record is one line (address, IP address, date, media type, length), so many bytes, and a line feed. It has no
digest: nothing proves it but its length, and in gzip its checksum.
"""

from __future__ import annotations

import io
import re
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warcio.statusandheaders import StatusAndHeadersParser

from schemas.instant import Instant
from storage.warc.members import GZIP, MAGIC, PlainBytes, Source, damaged, members
from storage.warc.read import ARC, read_body, read_http_head, status_of
from storage.warc.record import WarcRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.warc.members import Content, Readable

LINE = re.compile(rb"(\S.*?) (\S+) (\d{8,20}) (\S.*|) ?(?<= )(\d{1,15})", re.ASCII)
"""What version 2 has more (status, checksum, place …) stands between the media type and the length."""

DATE = "%Y%m%d%H%M%S"
SNIFFED = 4096
LONGEST_LINE = 1 << 13


def is_arc(start: bytes) -> bool:
    """Tell by its first bytes whether a file is an ARC file, plain or gzipped."""
    if start.startswith(MAGIC):
        try:
            start = zlib.decompressobj(GZIP).decompress(start[:SNIFFED], len(ARC))
        except zlib.error:
            return False
    return start.startswith(ARC)


def read_arc(stream: Readable, *, largest: int | None = None) -> Iterator[WarcRecord]:
    """Yield the records of an ARC file in order; the first describes the file (``warcinfo``), the others are responses.

    ``largest`` is how many bytes a record may say that it has.

    Raises:
        WarcDamagedError: a record is damaged, or too large; those before it have been yielded.
    """
    source = Source(stream)
    if not source.fill():
        return
    if source.pending.startswith(MAGIC):
        for offset, reader in members(source):
            yield from _records(reader, lambda _, start=offset: start, largest)  # type: ignore[misc]
        return
    with io.BufferedReader(PlainBytes(source)) as reader:
        yield from _records(reader, lambda ahead: source.offset - ahead, largest)


def _records(reader: Content, offset_of: Callable[[int], int], largest: int | None) -> Iterator[WarcRecord]:
    while ahead := reader.peek(1):
        if ahead[:1] in b"\r\n":
            reader.read(1)
            continue
        record = _read_record(reader, offset_of(len(ahead)), largest)
        try:
            yield record
        finally:
            record.body.close()


def _read_record(reader: Content, offset: int, largest: int | None) -> WarcRecord:
    line = LINE.fullmatch(reader.readline(LONGEST_LINE).rstrip())
    date = _date(line[3]) if line else None
    if line is None or date is None:
        raise damaged("it does not start as an ARC record does", offset=offset)
    uri, length = line[1].decode("utf-8", "replace"), int(line[5])
    if largest is not None and length > largest:
        raise damaged(f"it says that it has {length} bytes, more than are taken", offset=offset)
    head = ahead = b""
    if uri.lower().startswith(("http:", "https:")):
        head, ahead = read_http_head(reader, b"HTTP/", length, offset)
    http = StatusAndHeadersParser([], verify=False).parse(io.BytesIO(head)) if head.strip() else None
    body, digests = read_body(reader, head, ahead, length, (), offset, kept=True)
    return WarcRecord(
        version="ARC",
        id=f"arc:{offset}",
        type="warcinfo" if line[1].startswith(ARC) else "response",
        uri=uri,
        date=date,
        offset=offset,
        headers=(("Content-Type", line[4].split(b" ")[0].decode("ascii", "replace")),),
        status=status_of(http) if http else None,
        http_headers=tuple(http.headers) if http else (),
        head=head,
        digests=digests,
        body=body,
    )


def _date(digits: bytes) -> Instant | None:
    """Read a date of 14 digits; more are fractions of a second or mistakes, fewer stand for its beginning."""
    text = digits.decode("ascii")[:14].ljust(14, "0")
    try:
        return Instant.from_datetime(datetime.strptime(text, DATE).replace(tzinfo=UTC))
    except ValueError:
        return None
