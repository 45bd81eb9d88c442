"""The records of web archives (WARC, ARC), as plain data: where they start, what they are, their payloads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.containers.members import BOMB_FROM, BOMB_RATIO
from storage.warc import (
    ContentCodingError,
    PayloadTooLargeError,
    WarcDamagedError,
    WarcUnsupportedError,
    field,
    is_arc,
    read_arc,
    read_warc,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_slices import Buffer
    from schemas.instant import Instant
    from storage.warc import WarcRecord

LARGEST_PAYLOAD = 32 << 20
"""How large a payload may be to be read into a record; a larger one is kept in the file."""

SNIFFED = 4096
PAYLOADS = frozenset({"response", "resource"})


@dataclass(frozen=True, slots=True)
class WebRecord:
    """One record: where it starts, its type in lower case, and whether its digests prove it.

    ``payload`` is that of a response or resource, without codings; ``None`` where there is none or it was not wanted.
    ``cut`` tells that it could not be decoded to its end, ``too_large`` that it is larger than is read.
    """

    offset: int
    type: str
    uri: str
    date: Instant
    status: int | None
    media_type: str
    digests: str
    payload: bytes | None = None
    cut: bool = False
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """Where a web archive stops being one, and why."""

    offset: int
    why: str


def web_records(content: Buffer, *, wanted: tuple[str, ...]) -> Iterator[WebRecord | BrokenRecord]:
    """Yield the records of a web archive, and where it breaks; ``wanted`` are media types whose payloads are given."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    stream.seek(0)
    largest = max(BOMB_FROM, BOMB_RATIO * len(content))
    try:
        if is_arc(content[:SNIFFED]):
            records = read_arc(stream, largest=largest)
        else:
            records = read_warc(stream, mismatch="report", largest=largest)
        for record in records:
            yield _plain(record, wanted)
    except (WarcDamagedError, WarcUnsupportedError) as error:
        offset = error.facts.get("offset")
        yield BrokenRecord(min(offset if isinstance(offset, int) else 0, len(content)), error.what)


def _plain(record: WarcRecord, wanted: tuple[str, ...]) -> WebRecord:
    media_type = field(record.http_headers, "Content-Type") or ""
    if not media_type and not record.head:
        media_type = field(record.headers, "Content-Type") or ""
    kind = record.type.strip().lower()
    payload, cut, too_large = None, False, False
    if kind in PAYLOADS and media_type.lower().startswith(wanted):
        try:
            payload = record.payload(limit=LARGEST_PAYLOAD)
            cut = record.truncated is not None or not _whole(record)
        except PayloadTooLargeError:
            too_large = True
    return WebRecord(
        record.offset, kind, record.uri or "", record.date, record.status, media_type, record.digests,
        payload, cut, too_large,
    )  # fmt: skip


def _whole(record: WarcRecord) -> bool:
    try:
        for _ in record.whole_chunks():
            pass
    except ContentCodingError:
        return False
    return True
