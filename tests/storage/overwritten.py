"""WARC files of which something is overwritten: made, done, and read back."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

from storage.warc import (
    Overwritten,
    WarcWriter,
    overwrite,
    payload_of,
    read_warc,
)
from tests.storage.warc_files import AT, exchange

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIMIT = 1 << 26
SALT = bytes(range(32))
GONE = b'{"id": "7", "text": "what nobody may read"}'
STAYS = b'{"id": "8", "text": "what everybody may read"}'
LIST = b'{"items": [' + GONE + b", " + STAYS + b"]}" + b" " * 300


def writer(path: Path, *, salt: bytes = SALT) -> WarcWriter:
    """A writer whose file depends on nothing but what is written."""
    numbers = count(1)
    return WarcWriter(
        path,
        software="holdfast/0",
        operator="The district",
        salt=salt,
        now=lambda: AT,
        new_id=lambda: UUID(int=next(numbers)),
    )


def coded(body: bytes, coding: str) -> bytes:
    return {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "deflate, gzip": lambda content: gzip.compress(zlib.compress(content)),
    }[coding](body)


def encoded(body: bytes, coding: str, **changes: object) -> object:
    return exchange(coded(body, coding), headers=(("Content-Encoding", coding), ("X-Name", "kept")), **changes)


def done(path: Path, **what: object) -> tuple[Path, Overwritten]:
    """The overwritten copy of a file, and what was done."""
    target = path.with_name("overwritten.warc.gz")
    with path.open("rb") as source, target.open("wb") as file:
        told = overwrite(source, file, **{"natives": [[GONE]], "turn": "plan 1"} | what)  # type: ignore[arg-type]
    return target, told


def everything(path: Path) -> bytes:
    """The file decompressed, and every payload decoded."""
    with path.open("rb") as file:
        payloads = b"\n".join(record.payload(limit=LIMIT) for record in read_warc(file))
    content = path.read_bytes()
    return (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content) + payloads


def payload(path: Path, record: str) -> bytes:
    with path.open("rb") as file:
        return payload_of(file, record, limit=LIMIT)


@dataclass
class Read:
    """A record as it is in a file, with its gzip member."""

    type: str
    headers: tuple[tuple[str, str], ...]
    http: tuple[tuple[str, str], ...]
    member: bytes


def read(path: Path) -> dict[str, Read]:
    content = path.read_bytes()
    with path.open("rb") as file:
        found = [(one.id, one.offset, one.type, one.headers, one.http_headers) for one in read_warc(file)]
    ends = [offset for _, offset, *_ in found[1:]] + [len(content)]
    return {
        name: Read(kind, headers, http, content[offset:end])
        for (name, offset, kind, headers, http), end in zip(found, ends, strict=True)
    }


def changed(was: bytes, body: bytes) -> set[int]:
    """Where two payloads of one length differ."""
    return {at for at, (one, other) in enumerate(zip(was, body, strict=True)) if one != other}


def occurrences(payload: bytes, natives: Iterable[bytes]) -> set[int]:
    """Every byte of every occurrence, also of those that overlap."""
    covered: set[int] = set()
    for native in natives:
        at = payload.find(native)
        while at >= 0:
            covered.update(range(at, at + len(native)))
            at = payload.find(native, at + 1)
    return covered
