"""A proxy before an S3 server that lets one request of many meet a fault: which one is said by its number.

A fault is a short script of what happens to a request and to its answer. Nothing is left to chance or to a clock: what
comes late comes after a certain later request was done, and a client that is kept waiting is kept until it leaves.
"""

from __future__ import annotations

import re
import socket
import socketserver
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lanes.s3 import Lane

SECONDS = 30  # after so long a server is taken for dead, and the test fails
BLANK = b"\r\n\r\n"
LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
EXPECTS = re.compile(rb"^expect: *100-continue\r\n", re.IGNORECASE | re.MULTILINE)
ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{0}</Code><Message>no</Message></Error>"


@dataclass(frozen=True)
class Request:
    """A request as it came, byte for byte but for what concerns the connection; the host that was signed stays."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        """Method and target."""
        return self.head.partition(b" HTTP/")[0].decode()

    @property
    def changes(self) -> bool:
        """Whether it asks the server to change anything."""
        return not self.head.startswith((b"GET ", b"HEAD "))


class Exchange:
    """A request on its way, and what a fault can do with it. When the fault is done the connection is closed.

    ``place`` is which request of all it is, from 1.
    """

    def __init__(self, proxy: Proxy, client: socket.socket, request: Request, place: int) -> None:
        self.request, self.place = request, place
        self._proxy, self._client = proxy, client

    def ask(self) -> bytes:
        """Let the server do it, and return its whole answer."""
        return self._proxy.deliver(self.request.head + self.request.body)

    def ask_for_half(self) -> None:
        """Send half of the body, or of the head where there is none, and end there."""
        head, body = self.request.head, self.request.body
        half = head + body[: len(body) // 2] if body else head[: len(head) // 2]
        self._proxy.deliver(half, whole=False)

    def ask_later(self, *, after: int | None) -> None:
        """Let the server do it when so many later requests were done, or when the proxy is asked to settle.

        It is said before the client is let go, so that it can make no request that is not counted.
        """
        self._proxy.keep(self.request, None if after is None else self.place + after)

    def answer(self, content: bytes) -> None:
        """Send bytes to the client."""
        # So that whatever the client does next, it does it after what came late.
        self._proxy.deliver_late(lambda until: until is not None and until <= self.place)
        with suppress(OSError):
            self._client.sendall(content)

    def wait_until_the_client_leaves(self) -> None:
        """Keep the client waiting until it gives up."""
        with suppress(OSError):
            while self._client.recv(1):
                pass


@dataclass(frozen=True)
class Fault:
    """What happens to one request; ``of_changes`` counts only those that change something, as others need not be told.

    To a client that reads it is one and the same whether its request or the answer got lost.
    """

    name: str
    script: Callable[[Exchange], None]
    of_changes: bool = False


def refusal(status: str, body: str, kind: str = "application/xml") -> bytes:
    """Return an answer that did not come from the server."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


INTERNAL_ERROR = refusal("500 Internal Server Error", ERROR.format("InternalError"))
REFUSALS = (
    INTERNAL_ERROR,
    refusal("503 Service Unavailable", "<html><body>No server is available.</body></html>", "text/html"),
    refusal("503 Slow Down", ERROR.format("SlowDown")),
)


def lost(exchange: Exchange) -> None:
    exchange.ask()


def delayed(exchange: Exchange) -> None:
    exchange.ask_later(after=1)
    exchange.wait_until_the_client_leaves()


def very_late(exchange: Exchange) -> None:
    exchange.ask_later(after=None)


def doubled(exchange: Exchange) -> None:
    exchange.ask()
    exchange.answer(exchange.ask())


def doubled_later(exchange: Exchange) -> None:
    answer = exchange.ask()
    exchange.ask_later(after=1)
    exchange.answer(answer)


def cut_in_the_head(exchange: Exchange) -> None:
    head = exchange.ask().partition(BLANK)[0]
    exchange.answer(head[: len(head) * (exchange.place * 37 % 100) // 100])  # somewhere else in each


def cut_in_the_body(exchange: Exchange) -> None:
    head, blank, body = exchange.ask().partition(BLANK)
    exchange.answer(head + blank + body[: len(body) // 2])


def refused(exchange: Exchange) -> None:
    exchange.answer(REFUSALS[exchange.place % len(REFUSALS)])


def failed_after_it_was_done(exchange: Exchange) -> None:
    exchange.ask()
    exchange.answer(INTERNAL_ERROR)


DELAYED = Fault("delayed", delayed)
FAULTS = (
    Fault("dropped", lambda _: None),
    DELAYED,
    Fault("cut-in-the-answers-head", cut_in_the_head),
    Fault("cut-in-the-answers-body", cut_in_the_body),
    Fault("500-503-or-slow-down-in-turn", refused),
    Fault("answer-lost", lost, of_changes=True),
    Fault("very-late", very_late, of_changes=True),
    Fault("doubled", doubled, of_changes=True),
    Fault("doubled-later", doubled_later, of_changes=True),
    Fault("500-after-it-was-done", failed_after_it_was_done, of_changes=True),
    Fault("cut-in-the-request", Exchange.ask_for_half, of_changes=True),
)


class Proxy(socketserver.ThreadingTCPServer):
    """Passes requests on, each over a connection of its own; the one that ``plan`` names meets its fault."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, lane: Lane) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        there = urlsplit(lane.endpoint)
        assert there.scheme == "http", "a proxy cannot look into what is encrypted"
        self._there = (there.hostname or "", there.port or 80)
        self._changing = threading.Lock()
        self.broken: list[str] = []
        self.plan(None, 0)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, fault: Fault | None, number: int) -> None:
        """From now on count anew, and let the ``number``-th request that the fault is about meet it, counted from 1."""
        self._fault, self._number = fault, number
        self._late: list[tuple[int | None, Request]] = []
        self.requests: list[str] = []
        self._changes = 0
        self.met: str | None = None

    def settle(self) -> None:
        """Let the server do everything that is late."""
        self.deliver_late(lambda _: True)

    def keep(self, request: Request, until: int | None) -> None:
        """Hold a request back until so many were done, or until it settles."""
        with self._changing:
            self._late.append((until, request))

    def deliver_late(self, is_due: Callable[[int | None], bool]) -> None:
        """Let the server do what was held back until now."""
        with self._changing:
            due = [request for until, request in self._late if is_due(until)]
            self._late = [(until, request) for until, request in self._late if not is_due(until)]
        for request in due:
            self.deliver(request.head + request.body)

    def deliver(self, content: bytes, *, whole: bool = True) -> bytes:
        """Send bytes to the server and return all that it answers; what is not ``whole`` visibly ends there."""
        with socket.create_connection(self._there, timeout=SECONDS) as server:
            server.sendall(content)
            if not whole:
                server.shutdown(socket.SHUT_WR)
            with server.makefile("rb") as stream:
                return stream.read()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection: one request."""
        came = _find_request(request)
        if came is None:
            return
        place, fault = self._counted(came)
        exchange = Exchange(self, request, came, place)
        if fault is None:
            exchange.answer(exchange.ask())
        else:
            fault.script(exchange)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what broke, which is never a client that left: the proxy's end tells it."""
        self.broken.append(repr(sys.exception()))

    def _counted(self, came: Request) -> tuple[int, Fault | None]:
        """Return which request of all this is, and the fault that it meets, if any."""
        with self._changing:
            self.requests.append(came.line)
            self._changes += came.changes
            fault, place = self._fault, len(self.requests)
            if fault is None or self.met or (fault.of_changes and not came.changes):
                return place, None
            if self._number != (self._changes if fault.of_changes else place):
                return place, None
            self.met = came.line
            return place, fault


def _find_request(client: socket.socket) -> Request | None:
    """Return the request that comes, or ``None`` when the client leaves before it is whole."""
    with suppress(OSError), client.makefile("rb") as stream:
        head = b""
        while not head.endswith(BLANK):
            line = stream.readline()
            if not line:
                return None
            head += line
        if EXPECTS.search(head):
            client.sendall(b"HTTP/1.1 100 Continue" + BLANK)
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        body = stream.read(size)
        head = EXPECTS.sub(b"", head).removesuffix(b"\r\n") + b"Connection: close" + BLANK
        return Request(head, body) if len(body) == size else None
    return None


@contextmanager
def faulty(lane: Lane) -> Iterator[Proxy]:
    """Run a proxy before a lane."""
    proxy = Proxy(lane)
    with running(proxy):
        yield proxy
    assert not proxy.broken
