"""Captures with real objects, for audits: a WARC file with a payload, and partitions of records cut from it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from schemas.digest import Digest
from schemas.partition import Partition
from schemas.record import Normalised, Provenance, Record, Slice
from storage import layout, parquet
from storage.objects import Content
from storage.warc import Answer, Exchange, Request, WarcWriter
from tests.manifests.archives import START, Writer, captured, registered

FEED = "file:///archive/of/feed.xml"

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from manifests.ledger import Ledger
    from schemas.ledger import Captured

PERIOD = "2026-03"


def salted(number: int) -> bytes:
    """A salt that is the same in every run."""
    return hashlib.sha256(str(number).encode()).digest()


@dataclass
class Archivist:
    """Somebody who may write to the ledger, and so can also seal what is wrong."""

    folder: Path
    writer: Writer = field(default_factory=Writer)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = self.writer.create()
        self.writer.append(self.ledger, registered())

    @property
    def store(self):
        return self.writer.store

    def seal(
        self,
        name: str,
        *,
        records: int = 3,
        change: Callable[[list[Record]], list[Record]] = lambda records: records,
        say: Callable[[Partition], Partition] = lambda partition: partition,
        columns: Callable[[bytes], bytes] = lambda content: content,
        repeated: bool = False,
    ) -> Captured:
        """Seal a capture whose records may be changed before, or be said to be others than they are.

        With ``repeated`` the records come from an answer that WARC keeps as a revisit of an earlier one.
        """
        natives = [f"<item>{name} {number}</item>".encode() for number in range(records)]
        exchange, stored = self._exchanges(name, b"".join(natives), repeated=repeated)
        made = change(self._records(name, natives, exchange))
        content, root = parquet.write_partition(made)
        key = layout.partition(account="blog", series="unscheduled", period=PERIOD, name=name)
        kept = self.store.put_new(key, Content.of(columns(content)))
        partition = say(
            Partition(account="blog", series="unscheduled", period=PERIOD, rows=len(made), root=root, stored=kept)
        )
        before = self.ledger.history.last_capture.get("blog")
        act = captured(name, base=before[0] if before else None)
        act = msgspec.structs.replace(act, partitions=(partition,), exchanges=(stored,))
        self.writer.append(self.ledger, act)
        return act

    def _exchanges(self, name: str, payload: bytes, *, repeated: bool):
        path = self.folder / f"{name}.warc.gz"
        with WarcWriter(path, software="test", operator="test", salt=salted(0), now=lambda: START) as warc:
            if repeated:
                warc.exchange(answered("https://blog.example/first", payload))
                exchange = warc.exchange(answered("https://blog.example/again", payload))
            else:
                exchange = warc.resource(
                    uri=FEED,
                    at=START,
                    content_type="application/xml",
                    body=io.BytesIO(payload),
                )
        key = layout.exchanges(account="blog", capture=name)
        return exchange, self.store.put_new(key, Content.of_file(path))

    def _records(self, name: str, natives: Sequence[bytes], exchange: str) -> list[Record]:
        records, offset = [], 0
        for number, native in enumerate(natives):
            source = Slice(exchange=exchange, uri=FEED, offset=offset, length=len(native))
            records.append(record(number, native, source, capture=name))
            offset += len(native)
        return records


def answered(uri: str, body: bytes) -> Exchange:
    """An exchange with this answer."""
    answer = Answer(200, "OK", (("Content-Type", "application/xml"),), io.BytesIO(body))
    return Exchange(uri=uri, at=START, ip=None, request=Request("GET", "/", ()), answer=answer)


def record(number: int, native: bytes, source: Slice, *, capture: str, account: str = "blog", created=START) -> Record:
    """A record as a collector would make it."""
    view = Normalised(kind="post", type="Note", item=str(number), text=native.decode(), created=created)
    provenance = Provenance(
        account=account,
        platform="feed",
        capture=capture,
        captured=START,
        method="feed",
        collector="test/1",
        claim=1,
        source=source,
    )
    return Record(salt=salted(number), native=native, normalised=view.to_bytes(), provenance=provenance.to_bytes())


def source_of(one: Record) -> Slice:
    """Where a record says that it comes from."""
    return Provenance.from_bytes(one.provenance).source


def digest_of(text: str) -> Digest:
    """A digest of nothing in particular."""
    return Digest.of(text.encode())
