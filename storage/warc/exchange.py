"""One HTTP exchange as it is kept: what was asked, what came back, when, from which address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

if TYPE_CHECKING:
    from schemas.instant import Instant

Headers: TypeAlias = tuple[tuple[str, str], ...]
Truncated: TypeAlias = Literal["length", "time", "disconnect"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent; ``target`` is the path and query of the request line."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it was received.

    ``body`` holds the body from its current position to its end: content coding kept, chunk framing removed. It must
    be seekable; it is not closed.
    """

    status: int
    reason: str
    headers: Headers
    body: BinaryIO
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, credentials masked already (``masked`` tells whether there were any).

    ``at`` is when the request was sent, ``ip`` the address that answered; ``truncated`` says why the body's end is
    missing.
    """

    uri: str
    at: Instant
    ip: str | None
    request: Request
    answer: Answer
    truncated: Truncated | None = None
    masked: bool = False


DIGITS = re.compile(r"\d{1,18}", re.ASCII)
"""A number that a header says, as long as any file can have it."""


def field(headers: Headers, name: str) -> str | None:
    """Return the first value of the header field ``name``, in any case, or ``None``."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
