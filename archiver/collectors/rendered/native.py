"""The native bytes of a rendered page: its document, and in a comment at the end what the document does not hold. Pure.

That is the address, the documents of its frames, and the digests of the pictures that it loaded, as JSON: so the bytes
of a page say by themselves what a reader saw, and what of it makes a version.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec

from archiver.collectors.website.pages import Page, read_page
from archiver.parsing.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.browser.page import Frame
    from schemas.digest import Digest

MARK = b"\n<!-- holdfast-rendered/1 "
END = b" -->\n"
UTF_8 = "text/html; charset=utf-8"
# A browser spells the document of an open shadow root as a template, of which that is the first attribute.
TEMPLATE = re.compile(r"<(?:(/)template\s*>|template(?=[\s>])(\s+shadowrootmode\b[^<>]{0,1000}+>)?)", re.IGNORECASE)
SHADOW = "holdfast-shadow"
"""What the document of an open shadow root is called while it is read."""
# What is only shown where scripts do not run.
UNSEEN = re.compile(r"<noscript\b.*?</noscript\s*>", re.IGNORECASE | re.DOTALL)
UNSEEN_END = re.compile(r"</noscript\s*>", re.IGNORECASE)
FORWARDING = frozenset({"www.google.com", "google.com"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A rendered page as it was seen: what is at its end, and what its document and its frames say."""

    url: str
    page: Page
    frames: tuple[Page, ...]
    pictures: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything that is to be read, frames last."""
        return "\n".join(text for text in (self.page.text, *(frame.text for frame in self.frames)) if text)

    @property
    def links(self) -> tuple[str, ...]:
        """Where it links to, frames included, each once."""
        return tuple(dict.fromkeys((*self.page.links, *(link for frame in self.frames for link in frame.links))))


def native_of(url: str, markup: str, frames: Iterable[Frame], pictures: Iterable[Digest]) -> bytes:
    """Return the native bytes of a page."""
    told = {
        "frames": [{"markup": clean(frame.markup), "url": clean(frame.url)} for frame in frames],
        "pictures": sorted({str(picture) for picture in pictures}),
        "url": clean(url),
    }
    # No character of it ends a comment (HTML 13.1.6).
    spelled = json.dumps(told, sort_keys=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("-", "\\u002d")
    return clean(markup).encode() + MARK + spelled.encode() + END


def read_native(native: bytes) -> Shown:
    """Return what the native bytes of a page say; of any other bytes, what they say as HTML."""
    markup, mark, rest = native.rpartition(MARK)
    end = _find_end(rest.removesuffix(END)) if mark else None
    if end is None:
        return Shown("", _read(native, ""), (), ())
    frames = tuple(_read(frame.markup.encode(), frame.url) for frame in end.frames)
    return Shown(end.url, _read(markup, end.url), frames, end.pictures)


def substance_of(native: bytes) -> bytes:
    """Return what of a page's native bytes makes a version of it: what is read, where it leads, which pictures it has.

    Nonces, scripts, class names and the order of attributes are no part of it.
    """
    shown = read_native(native)
    links = tuple(dict.fromkeys(map(_target, shown.links)))
    return msgspec.json.encode((shown.page.title, shown.text, links, shown.pictures))


class _Framed(msgspec.Struct, frozen=True):
    markup: str
    url: str


class _End(msgspec.Struct, frozen=True):
    """What stands at the end of a page's native bytes."""

    frames: tuple[_Framed, ...]
    pictures: tuple[str, ...]
    url: str


def _find_end(spelled: bytes) -> _End | None:
    try:
        return msgspec.json.decode(spelled, type=_End)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # not by us


def _read(markup: bytes, url: str) -> Page:
    text = _with_shadows(_seen(markup.decode("utf-8", "replace")))
    return read_page(text.encode(), address=url, content_type=UTF_8)


def _seen(markup: str) -> str:
    """Return markup without what is only shown where scripts do not run."""
    # Up to the last end each beginning has one: a page of beginnings alone would be gone through once for each.
    end = max((found.end() for found in UNSEEN_END.finditer(markup)), default=0)
    return UNSEEN.sub("", markup[:end]) + markup[end:]


def _with_shadows(markup: str) -> str:
    """Return markup in which the documents of open shadow roots are elements, which are read, and no templates."""
    open_tags: list[bool] = []

    def turned(tag: re.Match[str]) -> str:
        if tag[1]:
            is_shadow = open_tags.pop() if open_tags else False
        else:
            is_shadow = tag[2] is not None
            open_tags.append(is_shadow)
        return f"<{tag[1] or ''}{SHADOW}>" if is_shadow else tag[0]

    return TEMPLATE.sub(turned, markup)


def _target(link: str) -> str:
    """Return where a link leads that Google sends through a page of its own, which marks each reading anew."""
    parts = urlsplit(link)
    if parts.hostname in FORWARDING and parts.path == "/url":
        return next(iter(parse_qs(parts.query).get("q", ())), link)
    return link
