"""Logs that want to be witnessed, also forked ones, and witnesses that serve them on the loopback address."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from manifests.console import system_clock
from manifests.notes import Checkpoint, SignedNote
from manifests.signing import SigningKey
from manifests.witness.requests import Request
from manifests.witness.server import WitnessServer
from manifests.witness.witness import create_witness, open_witness
from schemas.merkle import consistency_path, leaf_hash, nodes_of, root_of
from tests.manifests.archives import ORIGIN, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.witness.witness import Witness

NAME = "records.springfield.example"
SECONDS = 20.0


@dataclass(frozen=True)
class Log:
    """A log of a hundred leaves. ``branch`` tells its leaves from ``fork`` on from those of another such log."""

    key: SigningKey = field(default_factory=lambda: SigningKey.generate(ORIGIN))
    branch: str = "main"
    fork: int = 0

    def forked(self, at: int, branch: str = "other") -> Log:
        """The same log with other leaves from ``at`` on, signed with the same key."""
        return Log(self.key, branch, at)

    def leaves(self, size: int) -> list:
        names = ["main" if index < self.fork else self.branch for index in range(size)]
        return [leaf_hash(f"{name} {index}\n".encode()) for index, name in enumerate(names)]

    def note(self, size: int) -> SignedNote:
        """The signed checkpoint over the first leaves."""
        text = Checkpoint(self.key.name, size, root_of(self.leaves(size))).to_text()
        return SignedNote.sign(text, self.key)

    def proof(self, old: int, size: int) -> tuple:
        return consistency_path(nodes_of(self.leaves(size)), old, second=size) if old else ()

    def request(self, old: int, size: int) -> Request:
        """The request to go from one size to another."""
        return Request(old, self.proof(old, size), self.note(size))


def watching(folder: Path, log: Log, *, now=None) -> Witness:
    """A new witness that watches ``log``."""
    witness = create_witness(folder, name=NAME, now=now or Clock())
    witness.trust(log.key.verifier)
    return witness


def add_and_tell(folder: str, request: str, answer: str) -> None:
    """Open the witness, let it cosign the request in a file, and write what it answers to another: as a server does."""
    witness = open_witness(Path(folder), now=system_clock)
    note = witness.add(Request.from_bytes(Path(request).read_bytes()))
    descriptor = os.open(answer, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(descriptor, note.to_bytes())  # by one call, so that it is told at one step or not at all
    os.close(descriptor)


@dataclass
class Served:
    """A witness that serves: its address, and the lines that it told."""

    server: WitnessServer
    told: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def converse(self, sent: bytes) -> bytes:
        """Everything that comes back for these bytes until the witness closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=SECONDS) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def post(self, body: bytes, *, path: str = "/add-checkpoint") -> tuple[int, dict[str, str], bytes]:
        """The status, headers and content of the answer to a POST."""
        return self._parsed(b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body))

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self._parsed(b"GET %b HTTP/1.1\r\n\r\n" % path.encode())

    def _parsed(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        head, _, content = self.converse(sent).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert int(headers["Content-Length"]) == len(content)
        return int(status.split()[1]), headers, content


@contextmanager
def serving(witness: Witness, **options) -> Iterator[Served]:
    """Serve a witness on a free port."""
    told: list[str] = []
    with WitnessServer(("127.0.0.1", 0), witness, tell=told.append, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Served(server, told)
        finally:
            server.shutdown()
            thread.join()
