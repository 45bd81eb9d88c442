"""Reading WARC files, plain or gzipped: every record checked before it is handed over.

warcio reads on over damage: it swallows zlib's errors, hands over short payloads and checks no revisit. So only its
header parser is used; members, lengths and digests are ours.
"""

from __future__ import annotations

import io
import re
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser

from schemas.errors import InputError
from schemas.instant import Instant
from storage.warc.coding import STEP, dechunked
from storage.warc.digests import Claim, Verdict, together
from storage.warc.exchange import DIGITS, Headers, field
from storage.warc.members import MAGIC, Content, PlainBytes, Source, damaged, members
from storage.warc.record import WarcRecord, chunked

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from storage.warc.members import Readable

VERSIONS = {b"WARC/1.1", b"WARC/1.0", b"WARC/0.18", b"WARC/0.17"}
HEAD_LIMIT = 1 << 20
IN_MEMORY = 1 << 20
ARC = b"filedesc://"
DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z)?)?)?", re.ASCII)
HTTP_TYPES = {"response": b"HTTP/", "revisit": b"HTTP/", "request": b""}


class WarcUnsupportedError(InputError):
    """The file is of a kind that is not read."""

    code = "WARC_UNSUPPORTED"


def read_warc(
    stream: Readable,
    *,
    mismatch: Literal["refuse", "report"] = "refuse",
    keep: Container[str] | None = None,
    largest: int | None = None,
) -> Iterator[WarcRecord]:
    """Yield the records of a WARC file in order, each checked to its last byte, in bounded memory.

    Where ``keep`` is given, the bodies of records whose ids are not in it are checked, but handed over closed.

    With ``mismatch="report"`` a record whose digest is false is yielded with ``digests="failed"``: for files of
    others, whose writers are known to miscompute them. ``largest`` is how many bytes a record may say that it has.

    Raises:
        WarcDamagedError: a record is damaged, or too large; those before it have been yielded.
        WarcUnsupportedError: it is an ARC file.
    """
    source = Source(stream)
    if not source.fill():
        return
    records = _gzipped(source, keep, largest) if source.pending.startswith(MAGIC) else _plain(source, keep, largest)
    for record in records:
        with closing(record.body):
            if record.digests == "failed" and mismatch == "refuse":
                raise damaged("its digest is false", offset=record.offset)
            yield record


def _gzipped(source: Source, keep: Container[str] | None, largest: int | None) -> Iterator[WarcRecord]:
    for offset, reader in members(source):
        record = _read_record(reader, offset, keep, largest)
        with _closed_if_raised(record.body):
            if any(line.strip() for line in iter(lambda: reader.readline(STEP), b"")):  # noqa: B023 -- used up at once
                raise damaged("more follows in its gzip member than one record", offset=offset)
        yield record


def _plain(source: Source, keep: Container[str] | None, largest: int | None) -> Iterator[WarcRecord]:
    with io.BufferedReader(PlainBytes(source)) as reader:
        ahead = reader.peek(1)
        while ahead:
            yield _read_record(reader, source.offset - len(ahead), keep, largest)
            while (ahead := reader.peek(1)) and ahead[:1] in b"\r\n":
                reader.read(1)


def _read_record(reader: Content, offset: int, keep: Container[str] | None, largest: int | None) -> WarcRecord:
    own = _read_head(reader, offset)
    headers: Headers = tuple((key, value.strip()) for key, value in own.headers)
    kind, name = (field(headers, "WARC-Type") or "").lower(), field(headers, "WARC-Record-ID")
    date, length = _date(field(headers, "WARC-Date") or ""), field(headers, "Content-Length") or ""
    if not kind or not name or date is None or not DIGITS.fullmatch(length):
        raise damaged("a mandatory header is missing or malformed", offset=offset)
    if largest is not None and int(length) > largest:
        raise damaged(f"it says that it has {length} bytes, more than are taken", offset=offset)
    uri = (field(headers, "WARC-Target-URI") or "").strip("<>") or None
    head = ahead = b""
    if kind in HTTP_TYPES and uri and uri.lower().startswith(("http:", "https:")):
        head, ahead = read_http_head(reader, HTTP_TYPES[kind], int(length), offset)
    http = StatusAndHeadersParser([], verify=False).parse(io.BytesIO(head)) if head.strip() else None
    http_headers: Headers = tuple(http.headers) if http else ()
    name, framed = name.strip("<>"), chunked(http_headers)
    kept = keep is None or framed or name in keep
    body, digests = read_body(reader, head, ahead, int(length), headers, offset, kept=kept)
    if digests == "failed" and framed and _passes_dechunked(body, headers):
        digests = "passed"
    return WarcRecord(
        version=own.protocol,
        id=name,
        type=kind,
        uri=uri,
        date=date,
        offset=offset,
        headers=headers,
        status=status_of(http) if http and kind != "request" else None,
        http_headers=http_headers,
        head=head,
        digests=digests,
        body=body,
    )


def _read_head(reader: Content, offset: int) -> StatusAndHeaders:
    head = reader.readline(STEP)
    if head.startswith(ARC):
        raise WarcUnsupportedError("This is an ARC file, not a WARC file.", do="Convert it with 'warcio recompress'.")
    if head.rstrip().upper() not in VERSIONS:
        raise damaged("it does not start as a WARC record does", offset=offset)
    while (line := reader.readline(STEP)).strip():
        head += line
        if len(head) > HEAD_LIMIT:
            raise damaged("its header has no end", offset=offset)
    return StatusAndHeadersParser([], verify=False).parse(io.BytesIO(head + b"\r\n"))


def read_http_head(reader: Content, start: bytes, length: int, offset: int) -> tuple[bytes, bytes]:
    """Return the HTTP header with its empty line; where the block is not HTTP, nothing, and what was read of it."""
    # Not peeked at: a peek gives no more than happens to be in the buffer.
    first = reader.read(min(len(start), length))
    if first != start:
        return b"", first
    head = first
    while len(head) < length and (line := reader.readline(min(length - len(head), STEP))):
        head += line
        if not line.strip() and (not first or len(head) > len(first) + len(line)):
            break
        if len(head) > HEAD_LIMIT:
            raise damaged("its HTTP header has no end", offset=offset)
    return head, b""


def read_body(
    reader: Content, head: bytes, ahead: bytes, length: int, headers: Headers, offset: int, *, kept: bool
) -> tuple[BinaryIO, Verdict]:
    """Return the block after its HTTP header, in a file of its own, and whether the digests prove it.

    ``ahead`` is what was read of it.
    """
    # A revisit's payload digest is that of the record it refers to; a segment's that of the whole.
    elsewhere = field(headers, "WARC-Profile") or field(headers, "WARC-Segment-Number")
    block = Claim(field(headers, "WARC-Block-Digest"))
    payload = Claim(None if elsewhere else field(headers, "WARC-Payload-Digest"))
    block.update(head)
    left = length - len(head)
    body: BinaryIO = io.BytesIO()
    if kept and left > IN_MEMORY:
        body = cast("BinaryIO", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 -- closed by whoever got it
    with _closed_if_raised(body):
        while left and (chunk := ahead or reader.read(min(left, STEP))):
            ahead = b""
            left -= len(chunk)
            block.update(chunk)
            payload.update(chunk)
            if kept:
                body.write(chunk)
        if left:
            raise damaged(f"{left} bytes are missing at its end", offset=offset)
    if not kept:
        body.close()
    return body, together((block.verdict, payload.verdict))


@contextmanager
def _closed_if_raised(body: BinaryIO) -> Iterator[None]:
    with ExitStack() as cleanup:
        cleanup.callback(body.close)
        yield
        cleanup.pop_all()


def _passes_dechunked(body: BinaryIO, headers: Headers) -> bool:
    # Some writers keep the chunk framing, and digest the payload without it (ISO 28500:2017 section 5.9).
    payload = Claim(field(headers, "WARC-Payload-Digest"))
    body.seek(0)
    for chunk in dechunked(body):
        payload.update(chunk)
    return payload.verdict == "passed"


def status_of(http: StatusAndHeaders) -> int | None:
    code = http.statusline.split(" ", 1)[0]
    return int(code) if DIGITS.fullmatch(code) else None


def _date(text: str) -> Instant | None:
    """Read a W3C date of any precision (ISO 28500:2017 section 5.4) as the first instant that it covers."""
    match = DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(match.groups()[:6], "011000", strict=True)
    )
    try:
        moment = datetime(year, month, day, hour, minute, second, int((match[7] or "0").ljust(6, "0")[:6]), tzinfo=UTC)
    except ValueError:
        return None
    return Instant.from_datetime(moment)
