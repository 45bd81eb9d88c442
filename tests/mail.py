"""A mail server on loopback, at a port that it holds from the beginning: nobody else can take it meanwhile."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Iterator

HOST = "127.0.0.1"
START_SECONDS = 60.0


class Bound(Controller):
    """A server on a socket that is bound already."""

    def __init__(self, box: object, bound: socket.socket, **options: Any) -> None:
        super().__init__(box, hostname=HOST, port=bound.getsockname()[1], ready_timeout=START_SECONDS, **options)
        self.bound = bound

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.bound)


@contextmanager
def served(box: object, **options: Any) -> Iterator[int]:
    """Serve mail into a box (aiosmtpd's handler), and give the port."""
    with socket.create_server((HOST, 0)) as bound:
        server = Bound(box, bound, **options)
        server.start()
        try:
            yield server.port
        finally:
            server.stop()
