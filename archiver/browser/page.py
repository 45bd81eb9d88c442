"""What came of rendering one page: what it shows, what it is made of, and what it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archiver.contract import Response


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one page may cost.

    ``seconds`` until what it shows by then is taken; ``requests`` and ``octets`` (bytes of answers) that it is given;
    ``height`` of its picture in pixels; ``markup``, characters of its document; ``frames`` that are read.
    """

    seconds: float = 60.0
    requests: int = 1_500
    octets: int = 256 << 20
    height: int = 16_384
    markup: int = 32 << 20
    frames: int = 50


@dataclass(frozen=True, slots=True)
class Fetched:
    """Something that a page asked for and was given; ``kind`` is Chromium's word for what it was for.

    ``response`` has no payload.
    """

    kind: str
    response: Response


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that a page asked for and was not given, and why.

    ``lacking``: by no rule of ours, so that the page is less than it would be elsewhere.
    """

    kind: str
    method: str
    url: str
    why: str
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame of a page holds."""

    url: str
    markup: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as it was when nothing more came, or when its time was up (``settled`` is false then).

    ``url`` is the address at which it ended, ``response`` the answer that it is. ``markup`` is the document as the
    browser holds it, ``picture`` a PNG of all of it, or (``cut``) of its upper part; ``mhtml`` the page in one file.
    """

    url: str
    response: Response
    markup: str
    frames: tuple[Frame, ...]
    picture: bytes
    mhtml: bytes
    fetched: tuple[Fetched, ...]
    refused: tuple[Refused, ...]
    settled: bool
    cut: bool
