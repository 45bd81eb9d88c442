"""The door to witnesses, authorities and places to publish: one request, bounded in time and in the size of its answer.

No redirects, no proxies, nothing from the environment: an address is in the settings or it is wrong. What comes back
proves nothing before it is verified, also over TLS.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Event, Timer
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urlsplit

from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PORTS = {"http": 80, "https": 443}
AGENT = "Holdfast"


class ServiceAddressError(InputError):
    """The address of a witness, of a time stamp authority or of a place to publish is none that can be asked."""

    code = "SERVICE_ADDRESS"


class ServiceUnreachableError(UnavailableError):
    """A witness, a time stamp authority or a place to publish cannot be reached, or did not answer whole in time."""

    code = "SERVICE_UNREACHABLE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the content's type in lower case without parameters, and the content."""

    status: int
    media_type: str
    content: bytes


def post(url: str, body: bytes, *, headers: Mapping[str, str], limit: int, seconds: float) -> Answer:
    """Return the answer to a POST of ``body`` at ``url`` (``send``)."""
    return send("POST", url, body, headers=headers, limit=limit, seconds=seconds)


def send(
    method: Literal["GET", "POST", "PUT"],
    url: str,
    body: bytes | None,
    *,
    headers: Mapping[str, str],
    limit: int,
    seconds: float,
) -> Answer:
    """Return the answer of ``url``, whole: at most ``limit`` bytes.

    ``seconds`` is for connecting to each of the host's addresses, and again for all that follows.

    Raises:
        ServiceAddressError: ``url`` is no address that can be asked.
        ServiceUnreachableError: nothing answers there, not in time, or more than the limit.
    """
    address = split(url)
    late = Event()
    try:
        with _connected(address, seconds) as connection, _cut_off(connection, after=seconds, late=late):
            answer = _exchange(method, connection, address, body, headers=headers, limit=limit)
    except (OSError, HTTPException, UnicodeError) as error:
        why = f"no whole answer within {seconds:g} seconds" if late.is_set() or isinstance(error, TimeoutError) else ""
        raise _unreachable(address, why or str(error) or "cut off") from error
    if len(answer.content) > limit:
        raise _unreachable(address, f"it answers with more than {limit} bytes")
    return answer


def split(url: str) -> SplitResult:
    """Return the parts of an address of http or https, without a user's name and in ASCII.

    Raises:
        ServiceAddressError: it is none. The address is not repeated: it may carry a secret.
    """
    try:
        address = urlsplit(url)
        port = address.port
        (address.hostname or "").encode("idna")  # what name look-ups would stumble over
    except ValueError:
        address, port = SplitResult("", "", "", "", ""), None
    plain = url.isascii() and url.isprintable() and " " not in url and not address.fragment
    if not plain or address.scheme not in PORTS or not address.hostname or "@" in address.netloc or port == 0:
        raise ServiceAddressError(
            "The address of a witness, a time stamp authority or a place to publish is not usable.",
            do="Use one of http or https in plain letters, without a user's name, such as 'https://witness.example'.",
        )
    return address


@contextmanager
def _connected(address: SplitResult, seconds: float) -> Iterator[socket.socket]:
    host = address.hostname or ""
    with socket.create_connection((host, address.port or PORTS[address.scheme]), timeout=seconds) as plain:
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
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():  # it was cut in the very moment in which it ended: who knows what is missing
        raise TimeoutError


def _exchange(
    method: str,
    connection: socket.socket,
    address: SplitResult,
    body: bytes | None,
    *,
    headers: Mapping[str, str],
    limit: int,
) -> Answer:
    if isinstance(connection, ssl.SSLSocket):
        connection.do_handshake()
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    http = kind(address.hostname or "", address.port)
    http.sock = connection
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    http.request(method, target, body=body, headers={**headers, "User-Agent": AGENT, "Connection": "close"})
    with http.getresponse() as response:
        content = response.read(limit + 1)
        if response.length and len(content) <= limit:
            raise IncompleteRead(content, response.length)
        return Answer(response.status, response.headers.get_content_type(), content)


def _unreachable(address: SplitResult, why: str) -> ServiceUnreachableError:
    # The host's name alone: an address may carry a customer's number.
    return ServiceUnreachableError(
        f"{address.hostname} cannot be asked: {why}.",
        do="Nothing else depends on it; it is asked again the next time.",
        host=address.hostname,
    )
