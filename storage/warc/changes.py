"""What becomes of one WARC record when native bytes are destroyed (FORMAT 3.9): the rule that overwriting applies."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from storage.warc import parts
from storage.warc.digests import spelled
from storage.warc.exchange import field
from storage.warc.holders import PAYLOAD_DIGEST
from storage.warc.spans import STEP, fill

if TYPE_CHECKING:
    from storage.warc.exchange import Headers
    from storage.warc.finding import Found
    from storage.warc.parts import Going
    from storage.warc.record import WarcRecord

MARK = "WARC-X-Overwritten"

# What a server computes from a body, by which a guess at what is gone could be confirmed.
PROOFS = re.compile(
    rb"^(?:etag|content-md5|content-digest|repr-digest|digest|x-amz-checksum-[a-z0-9-]+|x-goog-hash)[ \t]*:[ \t]*"
    rb"([^\r\n]+)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it is to be: its own headers, and its block, which is ``head`` and then all of ``body``.

    ``anew`` tells that its payload is another one than before, ``digest`` the digest of it, which a segment has not;
    ``octets`` how many bytes were overwritten or dropped.
    """

    headers: Headers
    head: bytes
    body: BinaryIO
    anew: bool
    digest: str | None
    octets: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes: the payloads and slices ``going``; what was found of natives; and the byte that is written there."""

    going: Going
    filler: bytes

    def find_change(
        self, record: WarcRecord, found: Found, scratch: BinaryIO, *, shared: str | None = None
    ) -> Change | None:
        """Return what becomes of a record, if anything; its body is used up, ``scratch`` is an empty file to work in.

        ``shared`` is the digest of the payload that a revisit refers to, where this is another one than before.
        """
        body, octets, anew = self._payload(record, found, scratch)
        head, in_head = self._head(record, found, spoiled=anew or shared is not None, stored=body is not record.body)
        headers, in_addresses = self._addressed(record, found)
        octets += in_head + in_addresses
        if not (octets or anew or (shared and shared != field(record.headers, PAYLOAD_DIGEST))):
            return None
        digest = digest_of(b"", body) if anew and field(record.headers, "WARC-Segment-Number") is None else None
        own = own_fields(record, head, body, octets)
        told = shared if record.type == "revisit" else digest
        if told:
            own[PAYLOAD_DIGEST] = told
        replaced = {name.lower() for name in own}
        if anew and not told and record.type != "revisit":
            replaced.add(PAYLOAD_DIGEST.lower())  # a segment's is that of a whole which is no more
        others = tuple(pair for pair in headers if pair[0].lower() not in replaced)
        return Change((*others, *own.items()), head, body, anew, digest, octets)

    def _payload(self, record: WarcRecord, found: Found, scratch: BinaryIO) -> tuple[BinaryIO, int, bool]:
        """Return the body as it is to be, how many of its bytes were overwritten, and whether it is another one."""
        size = record.body.seek(0, io.SEEK_END)
        if self.going.emptied(record):
            return (scratch, size, True) if size else (record.body, 0, False)
        spans = found.spans.get(parts.PAYLOAD, ())
        if not (spans or found.stored or self.going.concerns(record)):
            return record.body, 0, False
        payload, _ = parts.payload(record, scratch, self.going)
        octets = payload.fill(self.going.spans(record, payload.file.seek(0, io.SEEK_END)), self.filler)
        octets += payload.fill(spans, self.filler)
        anew = octets > 0 or found.stored
        return payload.file if anew else record.body, octets, anew

    def _head(self, record: WarcRecord, found: Found, *, spoiled: bool, stored: bool) -> tuple[bytes, int]:
        """Return the HTTP header as it is to be; ``stored`` tells whether the body has another form than before."""
        part = parts.head(record, stored=stored)
        octets = part.fill(found.spans.get(parts.HEAD, ()), self.filler)
        if spoiled:
            octets += fill(part.file, (match.span(1) for match in PROOFS.finditer(record.head)), self.filler)
        part.file.seek(0)
        head = part.file.read()
        return parts.FRAMES.sub(b"X-Archive-Orig-", head) if stored else head, octets

    def _addressed(self, record: WarcRecord, found: Found) -> tuple[Headers, int]:
        headers, octets = list(record.headers), 0
        for number, part in parts.addresses(record):
            octets += part.fill(found.spans.get(number, ()), self.filler)
            part.file.seek(0)
            headers[number] = headers[number][0], part.file.read().decode("utf-8", "surrogateescape")
        return tuple(headers), octets


def own_fields(record: WarcRecord, head: bytes, body: BinaryIO, octets: int) -> dict[str, str]:
    """Return the headers that a record has of its own after a change of ``octets`` bytes."""
    fields = {
        "Content-Length": str(len(head) + body.seek(0, io.SEEK_END)),
        "WARC-Block-Digest": digest_of(head, body),
    }
    before = field(record.headers, MARK) or ""
    octets += int(before) if before.isascii() and before.isdigit() else 0
    return fields | ({MARK: str(octets)} if octets else {})


def digest_of(head: bytes, body: BinaryIO) -> str:
    """Return the digest of ``head`` and all of ``body``, as a WARC header spells it."""
    hasher = hashlib.sha256(head)
    body.seek(0)
    while chunk := body.read(STEP):
        hasher.update(chunk)
    return spelled(hasher.digest())
