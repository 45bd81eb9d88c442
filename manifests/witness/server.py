"""A witness on the network (C2SP tlog-witness): small, without access control, since every request proves itself.

Plain HTTP: what travels is signed and public. Whoever wants TLS puts a proxy in front.
"""

from __future__ import annotations

import io
import socket
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from manifests.notes import NoteUnsignedError
from manifests.signing import SignatureRefusedError
from manifests.witness.cosignatures import Cosigner
from manifests.witness.requests import (
    REQUEST_LIMIT,
    SIZE_TYPE,
    SUBMISSION,
    LogForkedError,
    LogUnknownError,
    Request,
    WitnessClockError,
    WitnessConflictError,
    WitnessRequestError,
)
from schemas.errors import ArchiveError, UnavailableError
from schemas.merkle import ProofRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from manifests.witness.witness import Witness

MONITORING = "/checkpoint"
HEADERS_LIMIT = 1 << 14
CONNECTIONS = 64
SECONDS = 10.0
TEXT_TYPE = "text/plain; charset=utf-8"


def status_of(refusal: ArchiveError) -> HTTPStatus:
    """Return the status that tlog-witness gives a refusal."""
    match refusal:
        case WitnessRequestError():
            return HTTPStatus.BAD_REQUEST
        case SignatureRefusedError() | NoteUnsignedError():
            return HTTPStatus.FORBIDDEN
        case LogUnknownError():
            return HTTPStatus.NOT_FOUND
        case WitnessConflictError():
            return HTTPStatus.CONFLICT
        case LogForkedError() | ProofRefusedError():
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case UnavailableError() | WitnessClockError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


class WitnessServer(ThreadingTCPServer):
    """Serves one witness until it is shut down.

    At most ``connections`` are open at once, others are closed unheard; each request must arrive, and each answer
    leave, within ``seconds``. ``tell`` is given a line about every answer.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        witness: Witness,
        *,
        tell: Callable[[str], None],
        seconds: float = SECONDS,
        connections: int = CONNECTIONS,
    ) -> None:
        """Listen at once on ``address``, host and port; port 0 lets the system choose."""
        self.witness = witness
        self.tell = tell
        self.seconds = seconds
        self._free = BoundedSemaphore(connections)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Conversation)

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Hear a connection in a thread of its own, if there is one to spare."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system gives no thread
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Hear a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Patient(io.RawIOBase):
    """What comes through a socket, until a deadline and up to a number of bytes, both set anew for each request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = 0.0
        self._left = 0

    def begin(self, *, seconds: float, limit: int) -> None:
        self._until = time.monotonic() + seconds
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer, for which 3.11 has no name
        left = self._until - time.monotonic()
        if left <= 0 or not self._left:
            raise TimeoutError
        self._connection.settimeout(left)
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count


class _Conversation(BaseHTTPRequestHandler):
    """One connection: requests one after another, each with its answer."""

    protocol_version = "HTTP/1.1"
    server: WitnessServer

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._patient = _Patient(self.connection)
        self.rfile = io.BufferedReader(self._patient)

    def handle_one_request(self) -> None:
        self._patient.begin(seconds=self.server.seconds, limit=HEADERS_LIMIT + REQUEST_LIMIT)
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != SUBMISSION:
            self._answer(HTTPStatus.NOT_FOUND, f"A witness takes POST {SUBMISSION}.\n")
            return
        try:
            request = Request.from_bytes(body)
            cosigned = self.server.witness.add(request)
        except WitnessConflictError as refusal:
            self._answer(HTTPStatus.CONFLICT, f"{refusal.latest}\n", kind=SIZE_TYPE, note=refusal.what)
        except ArchiveError as refusal:
            self._answer(status_of(refusal), f"{refusal.what}\n", note=refusal.what)
        else:
            ours = Cosigner.of(self.server.witness.key)
            lines = "".join(f"{line.to_line()}\n" for line in cosigned.signatures if ours.made(line))
            checkpoint = request.checkpoint
            self._answer(HTTPStatus.OK, lines, note=f"cosigned {checkpoint.origin} at {checkpoint.size}")

    def do_GET(self) -> None:
        self.close_connection |= "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
        digits = self.path.removeprefix("/").removesuffix(MONITORING)
        try:
            note = self.server.witness.find(digits) if self.path == f"/{digits}{MONITORING}" else None
        except ArchiveError as refusal:
            self._answer(status_of(refusal), f"{refusal.what}\n", note=refusal.what)
            return
        if note is None:
            self._answer(HTTPStatus.NOT_FOUND, "Nothing was cosigned.\n")
        else:
            self._answer(HTTPStatus.OK, note.to_bytes().decode())

    def _body(self) -> bytes | None:
        """Return the request's body, or ``None`` after answering that it cannot be read."""
        lengths = self.headers.get_all("Content-Length", [])
        closing = self.close_connection
        self.close_connection = True  # until the body has been read there is no telling where the next request begins
        if "Transfer-Encoding" in self.headers or not lengths:
            self._answer(HTTPStatus.LENGTH_REQUIRED, "Send the request with its length.\n")
        elif len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            self._answer(HTTPStatus.BAD_REQUEST, "The request has no usable length.\n")
        elif len(lengths[0]) > len(str(REQUEST_LIMIT)) or int(lengths[0]) > REQUEST_LIMIT:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {REQUEST_LIMIT} bytes.\n")
        else:
            body = self.rfile.read(int(lengths[0]))
            if len(body) == int(lengths[0]):
                self.close_connection = closing
                return body
        return None

    def _answer(self, status: HTTPStatus, text: str, *, kind: str = TEXT_TYPE, note: str = "") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.server.tell(f"{self.client_address[0]}  {status.value}  {note or text.rstrip()}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's
        """Say nothing: ``tell`` was told what was answered, and other words come from strangers."""

    def version_string(self) -> str:
        return "Holdfast"
