"""What becomes of one WARC record when native bytes are destroyed (FORMAT 3.9): the rule that overwriting applies."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from storage.warc import parts
from storage.warc.digests import spelled
from storage.warc.exchange import DIGITS, field
from storage.warc.holders import PAYLOAD_DIGEST
from storage.warc.spans import STEP, fill

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from storage.warc.exchange import Headers
    from storage.warc.finding import Found
    from storage.warc.parts import Going
    from storage.warc.record import WarcRecord
    from storage.warc.spans import Span

MARK = "WARC-X-Overwritten"

# What a server computes from a body, by which a guess at what is gone could be confirmed; and where it is said again.
DIGESTS = rb"etag|content-md5|content-digest|repr-digest|digest|x-amz-checksum-[a-z0-9-]+|x-goog-hash"
VALUE = rb")[ \t]*:[ \t]*([^\r\n]+)"
PROOFS = re.compile(rb"^(?:" + DIGESTS + VALUE, re.IGNORECASE | re.MULTILINE)
REPEATED = re.compile(rb"^(?:if-(?:none-)?match|if-range|" + DIGESTS + VALUE, re.IGNORECASE | re.MULTILINE)
TAG = re.compile(rb'"[^"]+"')


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
class Stale:
    """What says something of payloads that are no more, and may stand in other records than theirs.

    ``digests`` are the new payload digests by the ids of the records, ``proofs`` what servers had computed of the old
    payloads, ``segmented`` the ids of the first segments of payloads that were in parts.
    """

    digests: Mapping[str, str]
    proofs: frozenset[bytes]
    segmented: frozenset[str]


NONE_STALE = Stale({}, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes: the payloads and slices ``going``; what was found of natives; and the byte that is written there."""

    going: Going
    filler: bytes

    def find_change(
        self,
        record: WarcRecord,
        found: Found,
        scratch: BinaryIO,
        *,
        holder: str | None = None,
        stale: Stale = NONE_STALE,
    ) -> Change | None:
        """Return what becomes of a record, if anything; its body is used up, ``scratch`` is an empty file to work in.

        ``holder`` is the id of the record that a revisit shares its payload with.
        """
        shared = stale.digests.get(holder or "")
        body, octets, anew = self._payload(record, found, scratch)
        own_proofs = PROOFS.finditer(record.head) if anew or shared else ()
        proofs = [match.span(1) for match in chain(own_proofs, _repeated(record.head, stale.proofs))]
        head, in_head = self._head(record, found, proofs, stored=body is not record.body)
        headers, in_addresses = self._addressed(record, found)
        octets += in_head + in_addresses
        claimed = field(record.headers, PAYLOAD_DIGEST)
        torn = claimed is not None and (segmented_in(record) or holder) in stale.segmented
        if not (octets or anew or torn or (shared and shared != claimed)):
            return None
        digest = digest_of(b"", body) if anew and segmented_in(record) is None else None
        own = own_fields(record, head, body, octets)
        new = shared if record.type == "revisit" else digest
        if new:
            own[PAYLOAD_DIGEST] = new
        replaced = {name.lower() for name in own}
        if torn or (anew and not new and record.type != "revisit"):
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

    def _head(self, record: WarcRecord, found: Found, proofs: Collection[Span], *, stored: bool) -> tuple[bytes, int]:
        """Return the HTTP header as it is to be; ``stored`` tells whether the body has another form than before."""
        part = parts.head(record, stored=stored)
        octets = part.fill(found.spans.get(parts.HEAD, ()), self.filler) + fill(part.file, proofs, self.filler)
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


def proofs_in(record: WarcRecord) -> Iterator[bytes]:
    """Yield what a server says in a record's HTTP header that it computed from the body."""
    for match in PROOFS.finditer(record.head):
        yield from _tags(match[1])


def _repeated(head: bytes, proofs: Collection[bytes]) -> Iterator[re.Match[bytes]]:
    return (match for match in REPEATED.finditer(head) if not _tags(match[1]).isdisjoint(proofs))


def _tags(value: bytes) -> set[bytes]:
    """Return what the value of a header field says: all of it, and each entity tag in it (RFC 9110 section 8.8.3)."""
    return {value.strip(), *TAG.findall(value)}


def segmented_in(record: WarcRecord) -> str | None:
    """Return the id of the first segment of the payload that a record is a part of, if it is one."""
    if field(record.headers, "WARC-Segment-Number") is None:
        return None
    return (field(record.headers, "WARC-Segment-Origin-ID") or record.id).strip("<>")


def own_fields(record: WarcRecord, head: bytes, body: BinaryIO, octets: int) -> dict[str, str]:
    """Return the headers that a record has of its own after a change of ``octets`` bytes."""
    fields = {
        "Content-Length": str(len(head) + body.seek(0, io.SEEK_END)),
        "WARC-Block-Digest": digest_of(head, body),
    }
    before = field(record.headers, MARK) or ""
    octets += int(before) if DIGITS.fullmatch(before) else 0
    return fields | ({MARK: str(octets)} if octets else {})


def digest_of(head: bytes, body: BinaryIO) -> str:
    """Return the digest of ``head`` and all of ``body``, as a WARC header spells it."""
    hasher = hashlib.sha256(head)
    body.seek(0)
    while chunk := body.read(STEP):
        hasher.update(chunk)
    return spelled(hasher.digest())
