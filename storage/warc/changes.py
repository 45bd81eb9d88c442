"""What becomes of one WARC record when native bytes are destroyed (FORMAT 3.9): the rule that overwriting applies."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from storage.warc.clearing import STEP, outside
from storage.warc.coding import KNOWN, ContentCodingError, codings
from storage.warc.digests import spelled
from storage.warc.exchange import field
from storage.warc.record import chunked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from storage.warc.clearing import Clearing, Span
    from storage.warc.exchange import Headers
    from storage.warc.record import WarcRecord

MARK = "WARC-X-Overwritten"
PAYLOAD_DIGEST = "WARC-Payload-Digest"
ADDRESSES = frozenset({"warc-target-uri", "warc-refers-to-target-uri"})

FRAMING = rb"(?:content-encoding|content-length|transfer-encoding)[ \t]*:"
FRAMES = re.compile(rb"^(?=" + FRAMING + rb")", re.IGNORECASE | re.MULTILINE)
FIELDS = re.compile(rb"^(?!" + FRAMING + rb")(?:[^\s:][^\r\n:]*:|[ \t])[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
REASON = re.compile(rb"HTTP/\S+ +\d+ +([^\r\n]+)")
TARGET = re.compile(rb"\S+ +([^\r\n]+?)(?: +HTTP/[\d.]+)?[ \t]*\r?\n")
# What a server computes from a body, by which a guess at what is gone could be confirmed.
PROOFS = re.compile(
    rb"^(?:etag|content-md5|content-digest|repr-digest|digest|x-amz-checksum-[a-z0-9-]+|x-goog-hash)[ \t]*:[ \t]*"
    rb"([^\r\n]+)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it is to be: its own headers, and its block, which is ``head`` and then all of ``body``.

    ``digest`` is that of its payload where this is another one than before; ``octets`` how many bytes were overwritten
    or dropped.
    """

    headers: Headers
    head: bytes
    body: BinaryIO
    digest: str | None
    octets: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a record: a change, if any; whether natives still occur in it, or may, unseen."""

    change: Change | None
    quoting: bool
    unread: bool


@dataclass(frozen=True, slots=True)
class _Payload:
    """``stored`` tells whether ``file`` is the body in another form than it had: without its codings, or empty."""

    file: BinaryIO
    octets: int
    anew: bool
    stored: bool
    quoting: bool
    unread: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes: the natives of ``clearing``, and the payloads of ``drop``; but nothing in the parts ``kept``."""

    clearing: Clearing
    drop: frozenset[str]
    kept: Mapping[str, Collection[Span]]

    def outcome(self, record: WarcRecord, scratch: BinaryIO, *, shared: str | None = None) -> Outcome:
        """Return what becomes of a record; its body is used up, ``scratch`` is an empty file to work in.

        ``shared`` is the digest of the payload that a revisit refers to, where this is another one than before.
        """
        payload = self._payload(record, scratch)
        head, in_head, quoted = self._head(record, spoiled=payload.anew or shared is not None, anew=payload.stored)
        headers, in_addresses, named = self._addressed(record.headers)
        octets = payload.octets + in_head + in_addresses
        quoting = payload.quoting or quoted or named
        if not (octets or payload.anew or (shared and shared != field(record.headers, PAYLOAD_DIGEST))):
            return Outcome(None, quoting, payload.unread)
        digest = _digest(b"", payload.file) if payload.anew and _whole(record) else None
        fields = _own_fields(record, head, payload.file, octets)
        told = shared if record.type == "revisit" else digest
        if told:
            fields[PAYLOAD_DIGEST] = told
        replaced = {name.lower() for name in fields}
        if payload.anew and not told and record.type != "revisit":
            replaced.add(PAYLOAD_DIGEST.lower())  # a segment's is that of a whole which is no more
        others = tuple(pair for pair in headers if pair[0].lower() not in replaced)
        return Outcome(Change((*others, *fields.items()), head, payload.file, digest, octets), quoting, payload.unread)

    def _payload(self, record: WarcRecord, scratch: BinaryIO) -> _Payload:
        kept, going = self.kept.get(record.id, ()), record.id in self.drop
        if going and not kept:
            size = record.body.seek(0, io.SEEK_END)
            return _Payload(scratch, size, anew=size > 0, stored=size > 0, quoting=False, unread=False)
        coded, broken, file = _coded(record), False, record.body
        if coded:
            broken, file = not _decode(record, scratch), scratch
        spans = outside(kept, file.seek(0, io.SEEK_END))
        if going:
            octets = self.clearing.fill(file, spans)
            quoting = self.clearing.occurs(file)
        else:
            octets, quoting = self.clearing.clear(file, spans)
        # Compressed bytes can spell a short native by chance.
        anew = octets > 0 or (coded and self.clearing.occurs(record.body))
        unread = not going and (
            not KNOWN.issuperset(codings(record.coding))
            or (broken and not anew)
            or record.truncated is not None
            or not _whole(record)
        )
        return _Payload(file if anew else record.body, octets, anew, coded and anew, quoting, unread)

    def _head(self, record: WarcRecord, *, spoiled: bool, anew: bool) -> tuple[bytes, int, bool]:
        head = FRAMES.sub(b"X-Archive-Orig-", record.head) if anew else record.head
        head, octets, quoting = self.clearing.cleared(head, list(_writable(head, asked=record.type == "request")))
        if spoiled:
            file = io.BytesIO(head)
            octets += self.clearing.fill(file, [match.span(1) for match in PROOFS.finditer(head)])
            head = file.getvalue()
        return head, octets, quoting

    def _addressed(self, headers: Headers) -> tuple[Headers, int, bool]:
        """Overwrite natives in addresses, after their scheme."""
        result, octets, quoting = list[tuple[str, str]](), 0, False
        for name, value in headers:
            text = value
            if name.lower() in ADDRESSES:
                content = value.encode("utf-8", "surrogateescape")
                span = (content.find(b"://") + 3 if b"://" in content else 0, len(content))
                content, done, found = self.clearing.cleared(content, [span])
                text = content.decode("utf-8", "surrogateescape")
                octets, quoting = octets + done, quoting or found
            result.append((name, text))
        return tuple(result), octets, quoting


def _own_fields(record: WarcRecord, head: bytes, body: BinaryIO, octets: int) -> dict[str, str]:
    fields = {
        "Content-Length": str(len(head) + body.seek(0, io.SEEK_END)),
        "WARC-Block-Digest": _digest(head, body),
    }
    before = field(record.headers, MARK) or ""
    octets += int(before) if before.isascii() and before.isdigit() else 0
    return fields | ({MARK: str(octets)} if octets else {})


def _writable(head: bytes, *, asked: bool) -> Iterator[Span]:
    """Yield the parts of an HTTP header that may change: values, target and reason, but not what frames the body."""
    first = (TARGET if asked else REASON).match(head)
    if first:
        yield first.span(1)
    yield from (match.span(1) for match in FIELDS.finditer(head, head.find(b"\n") + 1))


def _coded(record: WarcRecord) -> bool:
    return chunked(record.http_headers) or not {"", "identity"}.issuperset(codings(record.coding))


def _decode(record: WarcRecord, file: BinaryIO) -> bool:
    """Write the payload to a file; tell whether all of the body could be decoded."""
    try:
        file.writelines(record.whole_chunks())
    except ContentCodingError:
        return False
    return True


def _whole(record: WarcRecord) -> bool:
    return field(record.headers, "WARC-Segment-Number") is None


def _digest(head: bytes, body: BinaryIO) -> str:
    hasher = hashlib.sha256(head)
    body.seek(0)
    while chunk := body.read(STEP):
        hasher.update(chunk)
    return spelled(hasher.digest())
