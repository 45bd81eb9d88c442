"""The address that platforms call: greets them, judges signatures, and keeps what they tell before it says yes."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from archiver.receiving.received import Notification, ReceivedFullError, keep
from archiver.receiving.routing import NobodyKnownError, routed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.platforms.notifying import Query, Reply, Webhook
    from schemas.errors import ArchiveError
    from schemas.instant import Instant

PATH = "/hooks/"
OK, FORBIDDEN, NOT_FOUND, TOO_LARGE, LENGTH_REQUIRED, UNAVAILABLE = 200, 403, 404, 413, 411, 503
LARGEST = 1 << 20
"""In bytes: of one call's body."""
PATIENCE, LONGEST = 10, 30.0
"""For how many seconds a caller may say nothing, and how many a call may take in all."""
MOST_AT_ONCE = 64
"""How many calls are taken at the same time: whoever comes then is not let in, and platforms call again."""
REMEMBERED = 10_000
"""How many calls are known again when they come once more, byte by byte."""
MOST_STRANGERS = 1_000
"""After so many who are not known, no more is said of others."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One account's address: how its platform calls there, and the secret that both share.

    ``topic`` is what a hub is asked to tell of, where one is. ``names`` are what calls of its ``platform`` name the
    account by; empty where that is not known.
    """

    account: str
    webhook: Webhook
    key: str = field(repr=False)
    topic: str = ""
    platform: str = ""
    names: tuple[str, ...] = ()

    def greeted(self, query: Query) -> Reply | None:
        """Return the answer to a platform, or to a hub that tells of our topic; ``None`` to anybody else."""
        if self.webhook.subscription is not None and not (self.topic and query.get("hub.topic") == self.topic):
            return None
        return self.webhook.greeted(query, self.key)


class Hooks(ThreadingHTTPServer):
    """Listens for platforms: each account has the address ``/hooks/ACCOUNT``. ``told`` is called for each notification.

    ``greeted`` is called for each question whether an address is ours that was answered with yes. ``said`` is told
    of whom a call was about who is not known.

    Whoever puts it on the internet puts it behind a server that speaks TLS.
    """

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        hooks: Mapping[str, Hook],
        *,
        home: Path,
        name: Callable[[], str],
        now: Callable[[], Instant],
        told: Callable[[str], None],
        greeted: Callable[[str, Query], None] = lambda *_: None,
        said: Callable[[ArchiveError], None] = lambda _: None,
    ) -> None:
        self.hooks, self.home, self.name, self.now, self.told = hooks, home, name, now, told
        self.greeted, self.said = greeted, said
        self._strangers: set[str] = set()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._kept: OrderedDict[bytes, None] = OrderedDict()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Serve a caller in a thread, if there is a place."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Serve a caller, who is cut off when time is up, however slowly the bytes drip."""
        end = threading.Timer(LONGEST, _cut, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._places.release()

    def take(self, called: Hook, body: bytes) -> None:
        """Keep a call whole with each account that it is about.

        Raises:
            ReceivedFullError: it is not kept with all of them.
        """
        route = routed(self.hooks, called, body)
        for account, about in route.told.items():
            self._keep(account, body, about)
            self.told(account)
        strangers = set(route.strangers) - self._strangers
        if strangers and len(self._strangers) < MOST_STRANGERS:
            self._strangers |= strangers
            self.said(NobodyKnownError.of(called.account, min(strangers)))

    def _keep(self, account: str, body: bytes, about: tuple[str, ...]) -> None:
        """Keep what was told of an account: once, also if it comes again, from a platform in doubt or from a thief."""
        known = hashlib.sha256(account.encode() + b"\0" + body).digest()
        if known not in self._kept:
            keep(self.home, account, Notification(self.name(), self.now(), "webhook", body, about=about))
            self._kept[known] = None
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Whoever leaves in the middle has told nothing."""


class _Handler(BaseHTTPRequestHandler):
    server: Hooks
    server_version, sys_version = "Holdfast", ""
    timeout = PATIENCE

    def do_GET(self) -> None:
        hook, query = self._hook()
        reply = hook.greeted(query) if hook else None
        if hook is None or reply is None:
            self._answer(FORBIDDEN if hook else NOT_FOUND)
        else:
            self._answer(OK, reply.content, reply.media_type)
            self.server.greeted(hook.account, query)

    def do_POST(self) -> None:
        hook, _ = self._hook()
        length = self.headers.get("Content-Length", "")
        if hook is None:
            self._answer(NOT_FOUND)
        elif not (length.isascii() and length.isdigit()):
            self._answer(LENGTH_REQUIRED)
        elif len(length) > len(str(LARGEST)) or int(length) > LARGEST:
            self._answer(TOO_LARGE)
        else:
            self._take(hook, self.rfile.read(int(length)), int(length))

    def _take(self, hook: Hook, body: bytes, length: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if len(body) < length or not hook.webhook.signed(headers, body, hook.key):
            self._answer(FORBIDDEN)
            return
        try:
            self.server.take(hook, body)
        except ReceivedFullError:
            self._answer(UNAVAILABLE)  # the platform calls again
            return
        self._answer(OK)

    def _hook(self) -> tuple[Hook | None, dict[str, str]]:
        path, _, query = self.path.partition("?")
        account = path.removeprefix(PATH) if path.startswith(PATH) else ""
        return self.server.hooks.get(account), dict(parse_qsl(query))

    def _answer(self, status: int, content: bytes = b"", media_type: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: addresses hold words that are shared with platforms."""


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
