"""One request sent, its answer received, masked, and written to the WARC file before anybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urldefrag, urlsplit

from requests.structures import CaseInsensitiveDict

from archiver.contract import Response
from archiver.fetch.bodies import examine, receive
from schemas.errors import ArchiveError, UnavailableError
from storage.warc import Answer, Exchange, Headers, Request, WarcWriter, field

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from requests import PreparedRequest
    from urllib3 import BaseHTTPResponse

    from archiver.fetch.bodies import Truncated
    from archiver.fetch.connections import VettedPools
    from archiver.fetch.masking import Mask
    from schemas.instant import Instant

IN_MEMORY = 1 << 20
REDIRECTS = frozenset((301, 302, 303, 307, 308))
VERSIONS = {10: "HTTP/1.0", 11: "HTTP/1.1"}
DEFAULT_PORTS = {"http": 80, "https": 443}
OF_CODED_BODY = frozenset(("content-encoding", "content-length"))


class FolderUnwritableError(UnavailableError):
    """There is no room for the body of an answer; nothing of it is recorded."""

    code = "FOLDER_UNWRITABLE"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may cost.

    In seconds: ``connect``, ``read`` (between two packets), ``total``, and ``brief``, the total of one that a rendered
    page waits for. In bytes: ``max_body``, recorded of a body, and ``max_payload``, decoded into memory.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 900.0
    brief: float = 30.0
    max_body: int = 2 << 30
    max_payload: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer on the disk; ``location`` is where it redirects to. It and ``headers`` are unmasked, not to be kept."""

    response: Response
    location: str | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Recorder:
    """What recording needs; ``folder`` takes large bodies while they are examined."""

    warc: WarcWriter
    pools: VettedPools
    mask: Mask
    folder: Path
    now: Callable[[], Instant]
    limits: Limits

    def record(self, asked: PreparedRequest, *, keep_payload: bool) -> Recorded:
        """Send one request and record what became of it.

        Raises:
            UnavailableError, PolicyError: no answer; a metadata record says so.
            WarcUnwritableError, FolderUnwritableError: it could not be recorded.
        """
        at = self.now()
        try:
            raw, ip = self.pools.open(asked)
        except ArchiveError as error:
            told = {
                "outcome": "no answer",
                "method": asked.method or "",
                "code": error.code,
                "reason": self.mask.url(error.what),
            }
            self.warc.note(at=at, uri=self.mask.url(_address(asked)), fields=told.items())
            raise
        try:
            return self._kept(asked, raw, at=at, ip=ip, keep_payload=keep_payload)
        except OSError as error:
            raise FolderUnwritableError(
                f"A body cannot be kept while it is examined: {error.strerror or error}.",
                do=f"Make room in {self.folder}, then poll again.",
            ) from error

    def _kept(
        self, asked: PreparedRequest, raw: BaseHTTPResponse, *, at: Instant, ip: str | None, keep_payload: bool
    ) -> Recorded:
        with self._spool() as wire, self._spool() as clean:
            cut = self._receive(raw, wire)
            payload = examine(
                wire,
                clean,
                encoding=raw.headers.get("Content-Encoding", ""),
                media_type=raw.headers.get("Content-Type", ""),
                mask=self.mask,
                limit=self.limits.max_payload if keep_payload else self.limits.max_body,
                keep=keep_payload,
            )
            body = clean if payload.changed else wire
            body.seek(0)
            as_it_was = _address(asked), _sent(asked), tuple(raw.headers.items())
            uri, request, headers = self._masked(*as_it_was)
            exchange = Exchange(
                uri=uri,
                at=at,
                ip=ip,
                request=request,
                answer=self._answer(raw, headers, body, opened=payload.changed),
                truncated=cut or (payload.truncated if payload.changed else None),
                masked=payload.changed or as_it_was != (uri, request, headers),
            )
            name = self.warc.exchange(exchange)
        response = Response(
            exchange=name,
            uri=uri,
            status=raw.status,
            headers=_joined(headers),
            payload=payload.content,
            sha256=payload.sha256,
            size=payload.size,
            at=at,
            truncated=cut or payload.truncated,
        )
        return Recorded(response, _location(raw), as_it_was[2])

    def _spool(self) -> BinaryIO:
        return cast("BinaryIO", SpooledTemporaryFile(IN_MEMORY, dir=str(self.folder)))

    def _receive(self, raw: BaseHTTPResponse, wire: BinaryIO) -> Truncated | None:
        cut: Truncated | None = "disconnect"
        try:
            cut = receive(raw, wire, limit=self.limits.max_body)
        finally:
            if cut:
                raw.close()
            raw.release_conn()
        return cut

    def _masked(self, uri: str, sent: Request, headers: Headers) -> tuple[str, Request, Headers]:
        body = self.mask.body(sent.body, field(sent.headers, "Content-Type") or "")
        request = Request(sent.method, self.mask.url(sent.target), self.mask.headers(sent.headers), body)
        return self.mask.url(uri), request, self.mask.headers(headers)

    def _answer(self, raw: BaseHTTPResponse, headers: Headers, body: BinaryIO, *, opened: bool) -> Answer:
        if opened and field(headers, "Content-Encoding"):
            # The body is stored decoded, so these describe another one.
            headers = tuple(
                (f"X-Archive-Orig-{name}" if name.lower() in OF_CODED_BODY else name, value) for name, value in headers
            )
        return Answer(raw.status, self.mask.url(raw.reason or ""), headers, body, VERSIONS.get(raw.version, "HTTP/1.1"))


def _sent(asked: PreparedRequest) -> Request:
    """Return the request as http.client spells it."""
    address = urlsplit(asked.url or "")
    host = address.netloc.rpartition("@")[2]
    if address.port == DEFAULT_PORTS[address.scheme]:
        host = host.rpartition(":")[0]
    headers: Headers = (("Host", host), *((name, str(value)) for name, value in asked.headers.items()))
    body = asked.body if isinstance(asked.body, bytes) else b""
    return Request(asked.method or "", asked.path_url, headers, body)


def _address(asked: PreparedRequest) -> str:
    return urldefrag(asked.url or "")[0]


def _joined(headers: Headers) -> CaseInsensitiveDict[str]:
    joined: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _location(raw: BaseHTTPResponse) -> str | None:
    location = raw.headers.get("Location") if raw.status in REDIRECTS else None
    # http.client reads headers as Latin-1 (RFC 9110 section 5.5); the bytes themselves are what the server means.
    return location and "".join(char if char.isascii() else f"%{ord(char):02X}" for char in location)
