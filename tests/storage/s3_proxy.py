"""A proxy before an S3 server that loses, cuts and replaces answers as a test says, and notes every request."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lanes.s3 import Lane

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>'


@dataclass(frozen=True)
class Seen:
    """A request that came: its method, path, query and headers, and how large its body was."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    size: int

    @property
    def operation(self) -> str:
        """The request as boto3 names it, of those that the tests ask about."""
        names = {
            ("GET", "versions"): "list_object_versions",
            ("GET", "uploads"): "list_multipart_uploads",
            ("GET", "uploadId"): "list_parts",
            ("POST", "uploads"): "create_multipart_upload",
            ("POST", "uploadId"): "complete_multipart_upload",
            ("PUT", "partNumber"): "upload_part",
            ("PUT", "retention"): "put_object_retention",
            ("DELETE", "uploadId"): "abort_multipart_upload",
        }
        found = (name for (method, word), name in names.items() if method == self.method and word in self.query)
        return next(found, {"GET": "get_object", "PUT": "put_object", "HEAD": "head_object"}.get(self.method, "other"))

    @property
    def part(self) -> int:
        return int(self.query.get("partNumber", 0))


@dataclass(frozen=True)
class Lose:
    """Close the connection instead of answering: after the server has done it, or ``before`` it hears of it."""

    before: bool = False


@dataclass(frozen=True)
class Cut:
    """Close the connection after so many bytes of the server's answer's body."""

    after: int


@dataclass(frozen=True)
class Say:
    """Answer so, instead of the server."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """Neither ask the server nor answer until the proxy ends; then close the connection."""


Fault: TypeAlias = Lose | Cut | Say | Hold | None


def refusal(status: int, code: str, *, message: str = "no", more: str = "", **headers: str) -> Say:
    """Return what an S3 server says when it refuses."""
    body = ERROR.format(code=code, message=message, more=more).encode()
    return Say(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class Proxy(ThreadingHTTPServer):
    """Asks ``fault`` about every request what to do with it; ``None`` passes it on. ``seen`` are all in order."""

    daemon_threads = True

    def __init__(self, lane: Lane | None, fault: Callable[[Seen], Fault]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lane, self.fault = lane, fault
        self.seen: list[Seen] = []
        self.answered: list[Seen] = []
        self.closing = threading.Event()
        self.changed = threading.Condition()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def note(self, where: list[Seen], request: Seen) -> None:
        with self.changed:
            where.append(request)
            self.changed.notify_all()

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Return when something has been noted that the test waits for."""
        with self.changed:
            assert self.changed.wait_for(happened, timeout=60)

    def count(self, operation: str) -> int:
        return sum(request.operation == operation for request in self.seen)

    def shutdown(self) -> None:
        """Stop serving, and leave those who are kept waiting."""
        self.closing.set()
        super().shutdown()

    def ask(self, request: Seen, body: bytes) -> http.client.HTTPResponse:
        assert self.lane is not None
        address = urlsplit(self.lane.endpoint)
        assert address.hostname
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=self.lane.authority)
            link: http.client.HTTPConnection = http.client.HTTPSConnection(
                address.hostname, address.port, context=context
            )
        else:
            link = http.client.HTTPConnection(address.hostname, address.port)
        link.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in HOP_BY_HOP:
                link.putheader(name, value)
        link.putheader("Content-Length", str(len(body)))
        link.putheader("Connection", "close")
        link.endheaders(body)
        return link.getresponse()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {
            name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()
        }
        request = Seen(self.command, self.path, query, dict(self.headers), len(body))
        self.server.note(self.server.seen, request)
        with suppress(OSError):
            self._obey(self.server.fault(request), request, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 -- the library's names

    def _obey(self, fault: Fault, request: Seen, body: bytes) -> None:
        match fault:
            case Say(status, content, headers):
                self._send(status, headers, content)
            case Hold():
                self.server.closing.wait()
                self.close_connection = True
            case Lose(before):
                if not before:
                    self._read(self.server.ask(request, body))
                self.close_connection = True
            case Cut(after):
                answer = self.server.ask(request, body)
                content = self._read(answer)
                self._send(answer.status, dict(answer.getheaders()), content, most=after)
                self.close_connection = True
            case None:
                answer = self.server.ask(request, body)
                content = self._read(answer)
                length = answer.getheader("Content-Length") if request.method == "HEAD" else None
                self._send(answer.status, dict(answer.getheaders()), content, length=length)
                self.server.note(self.server.answered, request)

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        with answer:
            return answer.read()

    def _send(
        self, status: int, headers: dict[str, str], body: bytes, *, most: int | None = None, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:most])


@contextmanager
def proxy(lane: Lane | None, fault: Callable[[Seen], Fault] = lambda _: None) -> Iterator[Proxy]:
    """Run a proxy before a lane, or before nothing."""
    server = Proxy(lane, fault)
    with running(server):
        yield server


def once(operation: str, *faults: Fault) -> Callable[[Seen], Fault]:
    """Return a rule: the first requests of an operation meet these faults, one each, and then none."""
    waiting = iter(faults)
    lock = threading.Lock()

    def rule(request: Seen) -> Fault:
        with lock:
            return next(waiting, None) if re.fullmatch(operation, request.operation) else None

    return rule
