"""Connections over which platforms tell what happens, followed for as long as they last and opened again."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError
from websockets.exceptions import ConnectionClosedError, WebSocketException
from websockets.sync.client import connect

from archiver.fetch.addresses import permitted
from archiver.fetch.connections import Reach, VettedPools, connected, prepared
from archiver.fetch.failures import AccessRefusedError, ConnectionCutError
from archiver.receiving.received import LARGEST
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.fetch.access import Credentials
    from archiver.fetch.addresses import Resolver
    from archiver.platforms.notifying import Stream

CONNECT, SILENCE, FOREVER = 10.0, 120.0, 10 * 365 * 86_400.0
"""Seconds: to be connected, and after which a stream that does not even say that it lives is opened anew."""
TOO_LARGE = 1009
"""How a WebSocket is closed by who was sent too much at once (RFC 6455 section 7.4.1)."""
EVENT_END = re.compile(rb"(?:\r\n|(?<!\r)\n|\r(?!\n)){2}")
"""Two ends of lines after each other. One that is cut in the middle is taken for two; the rest is passed over."""
PORTS = {"ws": 80, "wss": 443}


class FrameTooLargeError(UnavailableError):
    """A stream sent more at once than is taken."""

    code = "FRAME_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class StreamReader:
    """Reads one account's stream, over vetted connections."""

    stream: Stream
    resolve: Resolver
    user_agent: str
    private_network: bool = False
    credentials: Credentials | None = None

    def messages(self, address: str) -> Iterator[bytes]:
        """Yield what is told, each message in its exact bytes, until the stream ends.

        Nothing is yielded when it is open, and in the place of what is too large to be kept.

        Raises:
            FrameTooLargeError: it sent more at once than is taken; asked for again, it would do so again.
            UnavailableError, PolicyError: it cannot be opened, or broke.
        """
        match self.stream.kind:
            case "events":
                yield from self._events(address)
            case "websocket":
                yield from self._frames(address)

    def _events(self, address: str) -> Iterator[bytes]:
        pools = VettedPools(self._reach(), authorities=None)
        try:
            url, headers = self._authorised(address)
            sent = {"User-Agent": self.user_agent, "Accept": "text/event-stream", **headers}
            raw, _ = pools.open(prepared(url, sent))
            if raw.status != 200:  # noqa: PLR2004 - RFC 9110 section 15.3.1
                raise AccessRefusedError(
                    f"The stream of {urlsplit(address).hostname} was answered with status {raw.status}.",
                    do="Check the account's credentials: holdfast account access",
                )
            yield b""
            yield from events_in(iter(lambda: raw.read1(1 << 14, decode_content=False), b""))
        except HTTPError as error:
            raise _broken(address) from error
        finally:
            pools.clear()

    def _frames(self, address: str) -> Iterator[bytes]:
        _, headers = self._authorised(address.replace("ws", "http", 1))
        parts = urlsplit(address)
        try:
            with connect(
                address,
                sock=connected(self._reach(), parts.hostname or "", parts.port or PORTS[parts.scheme])[0],
                ssl=ssl.create_default_context() if parts.scheme == "wss" else None,
                user_agent_header=self.user_agent,
                additional_headers=dict(headers),
                open_timeout=CONNECT,
                ping_interval=SILENCE / 4,
                ping_timeout=SILENCE,
                max_size=LARGEST,
                proxy=None,
            ) as connection:
                yield b""
                for message in connection:
                    yield message.encode() if isinstance(message, str) else message
        except ConnectionClosedError as error:
            if error.sent is not None and error.sent.code == TOO_LARGE:
                raise FrameTooLargeError(
                    f"The stream of {parts.hostname} sent more than {LARGEST} bytes at once.",
                    do="Nothing: the account is read, and the stream followed from now on.",
                ) from error
            raise _broken(address) from error
        except (
            WebSocketException,
            OSError,
            ValueError,
        ) as error:  # the last: it leads elsewhere, which is not followed
            raise _broken(address) from error

    def _authorised(self, address: str) -> tuple[str, dict[str, str]]:
        if self.credentials is None:
            return address, {}
        url, headers = self.credentials.on(address)
        return url, dict(headers)

    def _reach(self) -> Reach:
        allowed = permitted(private_network=self.private_network)
        return Reach(allowed, self.resolve, connect=CONNECT, read=SILENCE, total=FOREVER)


def events_in(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield server-sent events (HTML 9.2.6), without the empty line that ends each; comments are no events.

    Nothing is yielded in the place of one that is too large to be kept.
    """
    waiting = b""
    for chunk in chunks:
        *events, waiting = EVENT_END.split(waiting + chunk)
        yield from (event for one in events if _says_something(event := one.lstrip(b"\r\n")))
        if len(waiting) > LARGEST:
            waiting = b""  # larger than anything a platform says of an item: what it is about, a look finds
            yield b""


def _says_something(event: bytes) -> bool:
    return any(line.startswith(b"data") for line in event.replace(b"\r", b"\n").split(b"\n"))


def _broken(address: str) -> ConnectionCutError:
    return ConnectionCutError(f"The stream of {urlsplit(address).hostname} broke.", do="Nothing: it is opened again.")
