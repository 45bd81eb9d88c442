"""Some records of a WARC file copied to another as they lie there, with what they cannot be read without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from storage.warc.exchange import field
from storage.warc.holders import find_holders
from storage.warc.read import read_warc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from schemas.instant import Instant

STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Extracted:
    """A record that was copied: where it begins in the copy and its length there, and what an index says of it."""

    id: str
    type: str
    uri: str | None
    date: Instant
    status: int | None
    media_type: str | None
    digest: str | None
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Lying:
    """A record where it lies."""

    record: Extracted
    concurrent: str | None


def extract(stream: BinaryIO, wanted: Collection[str], target: BinaryIO) -> Iterator[Extracted]:
    """Copy those of the wanted records that are there, byte for byte, and yield what was copied, in their order.

    With each goes the request that it answers, and what a revisit refers to. Copied, too, is what the file says of
    itself. ``stream`` must be seekable and gzipped, a member a record; it is read three times.

    Raises:
        WarcDamagedError: a record is damaged.
    """
    start = stream.tell()
    holders = find_holders(stream)
    stream.seek(start)
    lying = list(_lying(stream))
    end = stream.seek(0, 2) - start
    chosen = _chosen(lying, wanted, holders)
    ends = [*(one.record.offset for one in lying[1:]), end]
    for one, until in zip(lying, ends, strict=True):
        if one.record.id in chosen:
            yield _copied(stream, start, one.record, until, target)


def _lying(stream: BinaryIO) -> Iterator[_Lying]:
    for record in read_warc(stream, keep=()):
        concurrent = field(record.headers, "WARC-Concurrent-To")
        media_type = field(record.http_headers, "Content-Type") or field(record.headers, "Content-Type")
        yield _Lying(
            Extracted(
                id=record.id,
                type=record.type,
                uri=record.uri,
                date=record.date,
                status=record.status,
                media_type=media_type,
                digest=field(record.headers, "WARC-Payload-Digest"),
                offset=record.offset,
                length=0,
            ),
            concurrent and concurrent.strip("<>"),
        )


def _chosen(lying: Collection[_Lying], wanted: Collection[str], holders: Mapping[str, str]) -> set[str]:
    """Return which records are copied."""
    answers = {*wanted, *(holders[one] for one in wanted if one in holders)}
    about = {one.record.id for one in lying if one.record.type == "warcinfo"}
    return answers | about | {one.record.id for one in lying if one.concurrent in answers}


def _copied(stream: BinaryIO, start: int, record: Extracted, until: int, target: BinaryIO) -> Extracted:
    offset, left = target.tell(), until - record.offset
    stream.seek(start + record.offset)
    while left and (chunk := stream.read(min(left, STEP))):
        target.write(chunk)
        left -= len(chunk)
    return Extracted(
        **{name: getattr(record, name) for name in ("id", "type", "uri", "date", "status", "media_type", "digest")},
        offset=offset,
        length=target.tell() - offset,
    )
