"""The door to time stamp authorities: one request over HTTP, its whole time and its answer's size bounded.

No redirects, no proxies, nothing from the environment: an authority's address is in the settings or it is wrong. What
comes back proves nothing before ``manifests.timestamps.verify`` says so, also over plain HTTP.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Event, Timer
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from manifests.timestamp_token import LARGEST_RESPONSE
from manifests.timestamps import request, settle
from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.digest import Digest

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
PORTS = {"http": 80, "https": 443}
OK = 200
AGENT = "Holdfast"


class TimestampAddressError(InputError):
    """The address of a time stamp authority is none that can be asked."""

    code = "TIMESTAMP_ADDRESS"


class TimestampUnreachableError(UnavailableError):
    """A time stamp authority cannot be reached, or did not answer whole in time."""

    code = "TIMESTAMP_UNREACHABLE"


class TimestampAnswerError(UnavailableError):
    """What answered at the address of a time stamp authority is no time stamp response."""

    code = "TIMESTAMP_ANSWER"


def ask(url: str, digest: Digest, *, nonce: int, timeout: float) -> bytes:
    """Return an authority's stamp over ``digest``, settled (``timestamps.settle``) and not yet verified.

    ``timeout`` is in seconds, for connecting to each of the host's addresses and again for all that follows; ``nonce``
    is as for ``request``.

    Raises:
        TimestampAddressError: ``url`` is no address of an authority.
        TimestampUnreachableError: nothing answers there, or not in time.
        TimestampAnswerError: something else answers there.
        TimestampRefusedError: the authority refuses.
        TimestampMalformedError: the answer claims to be a stamp and is none.
    """
    address = _address(url)
    late = Event()
    try:
        with _connected(address, timeout) as connection, _cut_off(connection, after=timeout, late=late):
            body = _exchange(connection, address, request(digest, nonce=nonce))
    except (OSError, HTTPException, UnicodeError) as error:
        # The host's name alone: an address may carry a customer's number.
        why = f"no whole answer within {timeout:g} seconds" if late.is_set() or isinstance(error, TimeoutError) else ""
        raise TimestampUnreachableError(
            f"The time stamp authority at {address.hostname} cannot be asked: {why or str(error) or 'cut off'}.",
            do="Nothing was stamped; it is asked again the next time.",
            host=address.hostname,
        ) from error
    return settle(body)


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        address, port = SplitResult("", "", "", "", ""), None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or address.scheme not in PORTS or not address.hostname or address.username is not None or port == 0:
        raise TimestampAddressError(
            "The address of a time stamp authority must be of http or https, without a user's name in it.",
            do="Correct it; authorities print it in their terms, such as http://timestamp.example/tsr.",
        )
    return address


@contextmanager
def _connected(address: SplitResult, timeout: float) -> Iterator[socket.socket]:
    host = address.hostname or ""
    with socket.create_connection((host, address.port or PORTS[address.scheme]), timeout=timeout) as plain:
        if address.scheme == "http":
            yield plain
            return
        context = ssl.create_default_context()
        with context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False) as tls:
            yield tls


@contextmanager
def _cut_off(connection: socket.socket, *, after: float, late: Event) -> Iterator[None]:
    """Cut the connection ``after`` seconds, however slowly it drips; ``late`` tells that it was done."""

    def cut() -> None:
        late.set()
        with suppress(OSError):
            # Of the plain socket's class: TLS would first say goodbye.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = Timer(after, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _exchange(connection: socket.socket, address: SplitResult, query: bytes) -> bytes:
    if isinstance(connection, ssl.SSLSocket):
        connection.do_handshake()
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    http = kind(address.hostname or "", address.port)
    http.sock = connection
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {"Content-Type": QUERY, "Accept": REPLY, "User-Agent": AGENT, "Connection": "close"}
    http.request("POST", target, body=query, headers=headers)
    with http.getresponse() as answer:
        media_type = answer.headers.get_content_type()
        if answer.status != OK:
            raise _not_a_stamp(address, f"status {answer.status}")
        if media_type != REPLY:
            raise _not_a_stamp(address, f"the media type {media_type[:80]!r}")
        body = answer.read(LARGEST_RESPONSE + 1)
        if len(body) > LARGEST_RESPONSE:
            raise _not_a_stamp(address, f"more than {LARGEST_RESPONSE} bytes")
        if answer.length:
            raise IncompleteRead(body, answer.length)
        return body


def _not_a_stamp(address: SplitResult, what: str) -> TimestampAnswerError:
    return TimestampAnswerError(
        f"The time stamp authority at {address.hostname} answers with {what}, not with a time stamp.",
        do="See that its address is right; if it is, ask its operator.",
        host=address.hostname,
    )
