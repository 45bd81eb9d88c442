"""The salt of a WARC file: without it the file's digest would confirm a guess at what it held (FORMAT 3.9.7)."""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING

from storage.warc.changes import Change, own_fields

if TYPE_CHECKING:
    from storage.warc.record import WarcRecord

DOMAIN = b"holdfast-warc-salt/v1\x00"
SALT = re.compile(rb"^salt: ([0-9a-f]{64})\r\n", re.MULTILINE)


def turned(salt: bytes, turn: str) -> bytes:
    """Return the salt that follows a salt of 32 bytes at a turn; the one before cannot be told from it."""
    return hashlib.sha256(DOMAIN + salt + turn.encode()).digest()


def find_salted(record: WarcRecord, turn: str) -> Change | None:
    """Return a ``warcinfo`` record with its salt turned; none if it has no salt, or is about something else."""
    if record.type != "warcinfo":
        return None
    record.body.seek(0)
    content = record.body.read()
    salt = SALT.search(content)
    if not salt:
        return None
    start, end = salt.span(1)
    after = turned(bytes.fromhex(salt[1].decode()), turn).hex().encode()
    body = io.BytesIO(content[:start] + after + content[end:])
    own = own_fields(record, b"", body, 0)
    replaced = {name.lower() for name in own}
    others = tuple(pair for pair in record.headers if pair[0].lower() not in replaced)
    return Change((*others, *own.items()), b"", body, anew=True, digest=None, octets=0)
