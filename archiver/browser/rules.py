"""Which requests of a page are made for it, with which headers, and what of an answer it is given. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.fetch.access import origin_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1); TRACE is none of a page's."""
READING = frozenset({"XHR", "Fetch"})
STREAM = "text/event-stream"
LOCAL = ("data:", "blob:", "about:")
NEVER = {
    "Media": "sound and film are not played; what the page shows of them is recorded beside it",
    "Ping": "a beacon reads nothing",
    "CSPViolationReport": "a report reads nothing",
    "Prefetch": "what a page may need later is not fetched",
    "SignedExchange": "an answer that another server speaks for is not read",
}

NOT_SENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "host", "te", "transfer-encoding", "upgrade"),
        *("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"),
        *("proxy-authorization", "proxy-connection", "user-agent"),
    )
)
NOT_GIVEN = frozenset(
    (
        *("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"),
        *("alt-svc", "nel", "report-to", "reporting-endpoints", "strict-transport-security"),
    )
)
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Paused:
    """A request that Chromium would make; ``body`` is absent where it has one that it does not tell."""

    id: str
    frame: str
    kind: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def is_local(self) -> bool:
        """Whether it stays within the browser."""
        return self.url.startswith(LOCAL)


def refusal(request: Paused, *, invited: Container[str]) -> str | None:
    """Return why a request is not made for a page, or ``None`` if it is.

    ``invited`` are the addresses that answered a preflight of this page (Fetch standard, CORS-preflight fetch).
    """
    if urlsplit(request.url).scheme.lower() not in ("http", "https"):
        return "it is no address of the web"
    if request.kind in NEVER:
        return NEVER[request.kind]
    if _field(request.headers, "accept") == STREAM:
        return "a stream of events does not end"
    if request.method in SAFE:
        return None
    if request.method != "POST" or request.kind not in READING:
        return f"{request.method} may change something"
    if request.body is None:
        return "its body cannot be told"
    origin = _field(request.headers, "origin")
    if origin and origin_of(origin) and origin_of(origin) == origin_of(request.url):
        return None
    return None if request.url in invited else "a POST to an origin that did not say that it takes it"


def sent(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a page's request that go out; what makes an answer partial or empty does not."""
    return {name: value for name, value in headers.items() if name.lower() not in NOT_SENT}


def given(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer that a page is given: none that told of the form in which its body travelled."""
    for name, value in headers:
        if name.lower() not in NOT_GIVEN and TOKEN.fullmatch(name):
            yield name, UNSPEAKABLE.sub(" ", value)


def allows(status: int, headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether an answer to a preflight lets anybody in; whether it lets this page in is the browser's to say."""
    names = {name.lower() for name, _ in headers}
    return 200 <= status < 300 and "access-control-allow-origin" in names  # noqa: PLR2004 - RFC 9110 section 15.3


def _field(headers: Mapping[str, str], wanted: str) -> str | None:
    return next((value for name, value in headers.items() if name.lower() == wanted), None)
