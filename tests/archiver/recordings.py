"""A recording transport and the WARC file that it writes, which judges look at in the end."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.recording import Limits
from archiver.fetch.transport import Patience, RecordingTransport
from schemas.instant import Instant
from storage.warc import WarcWriter, payload_of, read_warc
from tests.judges import judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.contract import Response


AT = Instant.from_text("2026-11-21T09:30:00.000000Z")
LIMITS = Limits(connect=5, read=5, total=20, max_body=1 << 20, max_payload=1 << 20)
TOKEN = "EAAB-opensesame/42"


class Recording:
    """A transport and the file that it writes to; ``waits`` are the pauses it took."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.path = folder / "capture.warc.gz"
        self.waits: list[float] = []
        self.warc = WarcWriter(self.path, software="holdfast/0", operator="district", salt=bytes(32), now=lambda: AT)
        known: dict[str, Any] = {"addresses": is_public_or_private, "limits": LIMITS, "patience": Patience(attempts=1)}
        self.transport = RecordingTransport(
            self.warc, user_agent="holdfast", folder=folder, now=lambda: AT, sleep=self.waits.append, **known | settings
        )
        self.get = self.transport.get

    def records(self, kind: str) -> list[tuple[str | None, int | None, str | None]]:
        with self.path.open("rb") as stream:
            return [
                (record.uri, record.status, record.truncated) for record in read_warc(stream) if record.type == kind
            ]

    def notes(self) -> list[dict[str, str]]:
        with self.path.open("rb") as stream:
            payloads = [
                record.payload(limit=9999).decode() for record in read_warc(stream) if record.type == "metadata"
            ]
        return [dict(line.split(": ", 1) for line in payload.splitlines()) for payload in payloads]

    def payload(self, response: Response) -> bytes:
        with self.path.open("rb") as stream:
            return payload_of(stream, response.exchange, limit=1 << 30)

    def plain(self) -> bytes:
        return gzip.decompress(self.path.read_bytes())


@contextmanager
def recording(folder: Path, **settings: Any) -> Iterator[Recording]:
    made = Recording(folder, **settings)
    with made.warc, made.transport:
        yield made
    judged(made.path)
