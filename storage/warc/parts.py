"""The parts of a WARC record in which natives are looked for, and what of them may be overwritten (FORMAT 3.9)."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from storage.warc.coding import ContentCodingError, codings
from storage.warc.record import chunked
from storage.warc.spans import common, fill, merged, outside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from storage.warc.record import WarcRecord
    from storage.warc.spans import Span

Place: TypeAlias = "str | int"
"""Which part of a record: ``PAYLOAD``, ``HEAD``, or the number of a header that holds an address."""

PAYLOAD = "payload"
HEAD = "head"
ADDRESSES = frozenset({"warc-target-uri", "warc-refers-to-target-uri"})

FRAMING = rb"(?:content-encoding|content-length|transfer-encoding)[ \t]*:"
FRAMES = re.compile(rb"^(?=" + FRAMING + rb")", re.IGNORECASE | re.MULTILINE)
VALUE = rb"(?:[^\s:][^\r\n:]*:|[ \t])[ \t]*([^\r\n]+)"
VALUES = re.compile(rb"^" + VALUE, re.MULTILINE)
FREE_VALUES = re.compile(rb"^(?!" + FRAMING + rb")" + VALUE, re.IGNORECASE | re.MULTILINE)
REASON = re.compile(rb"HTTP/\S+ +\d+ +([^\r\n]+)")
TARGET = re.compile(rb"\S+ +([^\r\n]+?)(?: +HTTP/[\d.]+)?[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes in which natives are looked for; only ``free`` may be overwritten, in order and apart."""

    file: BinaryIO
    free: tuple[Span, ...]

    def fill(self, spans: Iterable[Span], filler: bytes) -> int:
        """Overwrite what is free of ``spans`` (in order and apart); return how many bytes had another value before."""
        return fill(self.file, common(spans, self.free), filler)

    def fixed(self) -> Iterator[Span]:
        """Yield what may not be overwritten, in order."""
        return outside(self.free, self.file.seek(0, io.SEEK_END))


@dataclass(frozen=True, slots=True)
class Going:
    """What goes and what stays whatever natives say, by the ids of the records that hold the payloads.

    The payloads ``drop`` go whole, the slices ``gone`` as they lie, and nothing in those ``kept``.
    """

    drop: frozenset[str]
    gone: Mapping[str, Collection[Span]]
    kept: Mapping[str, Collection[Span]]

    def concerns(self, record: WarcRecord) -> bool:
        """Tell whether anything of the record's payload may go."""
        return record.id in self.drop or record.id in self.gone

    def emptied(self, record: WarcRecord) -> bool:
        """Tell whether nothing is left of the record's payload."""
        return record.id in self.drop and not self.kept.get(record.id)

    def spans(self, record: WarcRecord, size: int) -> tuple[Span, ...]:
        """Return which parts of a payload of ``size`` bytes go whatever they hold, those included that are kept."""
        if record.id in self.drop:
            return ((0, size),)
        return tuple(common(merged(self.gone.get(record.id, ())), ((0, size),)))


def payload(record: WarcRecord, scratch: BinaryIO, going: Going) -> tuple[Part, bool]:
    """Return the decoded payload, and whether the body decodes to its end; it is in ``scratch`` where it is coded."""
    file, whole = record.body, True
    if coded(record):
        file, whole = scratch, _decode(record, scratch)
    free = outside(going.kept.get(record.id, ()), file.seek(0, io.SEEK_END))
    return Part(file, tuple(free)), whole


def head(record: WarcRecord, *, stored: bool = False) -> Part:
    """Return the HTTP header; values, target and reason may change in it, but not what frames the body.

    What framed a body that is ``stored`` in another form frames nothing any more.
    """
    content = record.head
    first = (TARGET if record.type == "request" else REASON).match(content)
    fields = (VALUES if stored else FREE_VALUES).finditer(content, content.find(b"\n") + 1)
    spans = (match.span(1) for match in chain((first,) if first else (), fields))
    return Part(io.BytesIO(content), tuple(spans))


def addresses(record: WarcRecord) -> Iterator[tuple[int, Part]]:
    """Yield the addresses in the record's own headers, by the headers' numbers; their scheme stays."""
    for number, (name, value) in enumerate(record.headers):
        if name.lower() in ADDRESSES:
            content = value.encode("utf-8", "surrogateescape")
            start = content.find(b"://") + 3 if b"://" in content else 0
            yield number, Part(io.BytesIO(content), ((start, len(content)),))


def coded(record: WarcRecord) -> bool:
    """Tell whether a record's body is another than its payload."""
    return chunked(record.http_headers) or not {"", "identity"}.issuperset(codings(record.coding))


def _decode(record: WarcRecord, file: BinaryIO) -> bool:
    try:
        file.writelines(record.whole_chunks())
    except ContentCodingError:
        return False
    return True
