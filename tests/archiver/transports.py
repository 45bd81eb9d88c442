"""A recording transport over the loopback address that refuses every other host: no test reaches the network."""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.failures import HostUnreachableError
from archiver.fetch.recording import Limits
from archiver.fetch.transport import Patience, RecordingTransport
from schemas.instant import Instant
from storage.warc import WarcWriter, payload_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.contract import Seen
    from archiver.fetch.addresses import Address

AT = Instant.from_text("2026-11-21T09:30:00.000000Z")


def only_loopback(host: str, port: int) -> tuple[Address, ...]:
    if host == "127.0.0.1":
        return (ipaddress.ip_address(host),)
    raise HostUnreachableError(f"The host {host} has no address.", do="Stay at home.", host=host)


@contextmanager
def transport_to(path: Path) -> Iterator[RecordingTransport]:
    """A transport that records into the WARC file at ``path``."""
    with (
        WarcWriter(path, software="holdfast/0", operator="district", salt=bytes(32), now=lambda: AT) as warc,
        RecordingTransport(
            warc,
            user_agent="holdfast",
            folder=path.parent,
            now=lambda: AT,
            addresses=is_public_or_private,
            resolve=only_loopback,
            limits=Limits(connect=5, read=5, total=20),
            patience=Patience(attempts=1),
        ) as transport,
    ):
        yield transport


def recorded_native(path: Path, seen: Seen) -> bytes:
    """What the WARC file says that the native bytes are: the slice of the recorded payload."""
    source = seen.observation.source
    with path.open("rb") as stream:
        payload = payload_of(stream, source.exchange, limit=1 << 30)
    return payload[source.offset : source.offset + source.length]
