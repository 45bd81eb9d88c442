"""A small HTTP server in a thread whose answers a test writes down; it keeps the requests that came."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import socketserver
    import ssl
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class Answer:
    """What the server sends.

    ``short`` promises so many bytes more in Content-Length than come. ``times`` sends the body so often; 0: endlessly,
    without a length. ``hang`` stops before the header or after the body until the server ends. ``raw`` is sent as it
    is, instead of all that.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunked: bool = False
    gzipped: bool = False
    short: int = 0
    times: int = 1
    hang: Literal["no", "before", "after"] = "no"
    raw: bytes | None = None


@dataclass(frozen=True)
class Received:
    """A request as it came; ``connection`` tells connections apart."""

    path: str
    headers: Mapping[str, str]
    connection: int
    method: str = "GET"
    body: bytes = b""


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, {"Location": location})


class Server(ThreadingHTTPServer):
    """A running server; ``requests`` grows as they come, which ``came`` tells."""

    daemon_threads = False

    def __init__(self, site: Mapping[str, Answer | Sequence[Answer]]) -> None:
        self._lock = threading.Lock()
        self.came = threading.Condition(self._lock)
        self.write(site)
        self._open: set[socket.socket] = set()
        self.scheme = "http"
        self.requests: list[Received] = []
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    def write(self, site: Mapping[str, Answer | Sequence[Answer]]) -> None:
        """Serve this from now on."""
        with self._lock:
            self._turns = {path: iter([turn] if isinstance(turn, Answer) else turn) for path, turn in site.items()}
            self._last: dict[str, Answer] = {}

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server_address[1]}{path}"

    def answer(self, request: Received) -> Answer:
        """The next of the path's answers, then the last one for ever; 404 where the test wrote none."""
        with self._lock:
            self.requests.append(request)
            self.came.notify_all()
            path = request.path if request.path in self._turns else request.path.partition("?")[0]
            last = self._last.get(path, Answer(404, body=b"nothing here"))
            self._last[path] = next(self._turns.get(path, iter(())), last)
            return self._last[path]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are part of the tests."""

    def shutdown(self) -> None:
        """Stop serving, and leave those who are being served."""
        self.closing.set()
        super().shutdown()
        for connection in tuple(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = self.client_address[1]
        answer = self.server.answer(Received(self.path, dict(self.headers), connection, self.command, body))
        with suppress(OSError):
            if answer.hang == "before":
                self.server.closing.wait()
            if answer.raw is None:
                self._send(answer)
            else:
                self.close_connection = True
                self.wfile.write(answer.raw)
            if answer.hang == "after":
                self.server.closing.wait()

    do_POST = do_PUT = do_OPTIONS = do_GET  # noqa: N815 - http.server's

    def _send(self, answer: Answer) -> None:
        body = gzip.compress(answer.body, mtime=0) if answer.gzipped else answer.body
        self.close_connection = bool(answer.short) or not answer.times
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.gzipped:
            self.send_header("Content-Encoding", "gzip")
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.times:
            self.send_header("Content-Length", str(len(body) * answer.times + answer.short))
        self.end_headers()
        for _ in range(answer.times) if answer.times else itertools.count():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if answer.chunked and body else body)
        if answer.chunked:
            self.wfile.write(b"0\r\n\r\n")


@contextmanager
def serving(site: Mapping[str, Answer | Sequence[Answer]], *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve ``site`` on the loopback address: each path, with or without its query, and its answers in turn."""
    server = Server(site)
    if tls:
        server.scheme = "https"
    with running(server, tls=tls):
        yield server


@contextmanager
def running(server: socketserver.TCPServer, *, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Run a server in a thread until the block ends, then close it."""
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
