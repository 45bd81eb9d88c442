"""Where a browser comes back after a person allowed something: one request, on this machine's loopback alone."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/callback"
PAGE = b"<!doctype html><title>Holdfast</title><p>You may close this window, and go on where you began."
LONGEST_WAIT = 600.0
"""In seconds."""


class NotAllowedError(InputError):
    """Nobody came back from the platform with a permission."""

    code = "ACCOUNT_NOT_CONNECTED"


@dataclass(slots=True)
class Callback:
    """A place to come back to: ``address`` is registered with the platform."""

    server: _Server
    address: str

    def wait(self) -> str:
        """Return the address at which the browser came back, with what the platform says in its query.

        Raises:
            NotAllowedError: nobody came within ten minutes.
        """
        end = time.monotonic() + LONGEST_WAIT
        while (left := end - time.monotonic()) > 0:
            self.server.timeout, self.server.found = left, None
            self.server.handle_request()
            if self.server.found:
                return self.server.found
        raise NotAllowedError("Nobody came back from the platform.", do="Run the command again.")


class _Server(HTTPServer):
    found: str | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Whoever leaves without asking is no answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answers = parts.path == PATH and {"code", "error", "oauth_verifier"} & parse_qs(parts.query).keys()
        self.send_response(200 if answers else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE) if answers else 0))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if answers:
            self.wfile.write(PAGE)
            self.server.found = f"http://127.0.0.1:{self.server.server_port}{PATH}?{parts.query}"

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""


@contextmanager
def listening(port: int) -> Iterator[Callback]:
    """Listen on a port of the loopback address (0: any) until the block ends.

    Raises:
        NotAllowedError: the port is taken.
    """
    try:
        server = _Server(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise NotAllowedError(
            f"Port {port} of this machine is taken ({error.strerror}).",
            do="Choose another with --port, and register its address with the platform.",
        ) from error
    with server:
        yield Callback(server, f"http://127.0.0.1:{server.server_port}{PATH}")
