"""A web server that takes PUT, with or without conditions and a token."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Site(ThreadingHTTPServer):
    """What was put, by path; and what was asked."""

    def __init__(self, token: str | None, *, conditional: bool) -> None:
        self.token, self.conditional = token, conditional
        self.held: dict[str, bytes] = {}
        self.heard: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self._may():
            held = self.server.held.get(self.path)
            self._answer(404 if held is None else 200, held or b"nothing here")

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self._may():
            taken = self.server.conditional and self.headers["If-None-Match"] == "*" and self.path in self.server.held
            if not taken:
                self.server.held[self.path] = content
            self._answer(412 if taken else 201, b"")

    def _may(self) -> bool:
        self.server.heard.append((self.command, self.path))
        allowed = self.server.token is None or self.headers["Authorization"] == f"Bearer {self.server.token}"
        if not allowed:
            self._answer(401, b"no")
        return allowed

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def publishing(token: str | None = None, *, conditional: bool = True) -> Iterator[Site]:
    """Serve on the loopback address until the block ends."""
    with Site(token, conditional=conditional) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
