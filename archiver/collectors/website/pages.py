"""What a web page says and what it is made of. Pure."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from archiver.collectors.website.styles import STYLE_SHEET, style_references
from archiver.parsing.markup import is_bomb, links_of, media_of, read_fragment, text_of
from archiver.parsing.text import Reference, clean, find_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
DECLARED = re.compile(
    rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,256}?encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
SNIFFED = 1 << 14
LINKED = frozenset({"stylesheet", "icon", "apple-touch-icon", "mask-icon", "manifest", "preload", "modulepreload"})
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
AS_WINDOWS = frozenset({"iso8859-1", "ascii"})
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a person sees it, where it links to, and the files it is made of."""

    title: str | None
    text: str
    lang: str | None
    links: tuple[str, ...]
    resources: tuple[Reference, ...]
    flags: tuple[str, ...] = ()


def read_page(payload: bytes, *, address: str, content_type: str) -> Page:
    """Return what the HTML ``payload`` says; of one that would be too costly to read, only a crude text."""
    markup = clean(text_of_page(payload, content_type=content_type))
    if is_bomb(markup):
        return Page(None, read_fragment(markup).text, None, (), (), flags=("unread",))
    root = LexborHTMLParser(markup).root
    if root is None:
        return Page(None, "", None, (), ())
    base = _base(root, address)
    title = root.css_first("title")
    return Page(
        title=" ".join((title.text() if title is not None else "").split()) or None,
        text=text_of(root),
        lang=(root.attributes.get("lang") if root.tag == "html" else None) or None,
        links=tuple(links_of(root, base=base)),
        resources=tuple({reference.address: reference for reference in _resources(root, base)}.values()),
    )


def text_of_page(payload: bytes, *, content_type: str) -> str:
    """Return the markup as text: by byte order mark, header, its own declaration, UTF-8, or else Windows-1252.

    That is HTML 13.2.3.2 without its guesses; what cannot be decoded becomes U+FFFD.
    """
    for mark, encoding in MARKS:
        if payload.startswith(mark):
            return payload.decode(encoding, "replace")
    named, declared = CHARSET.search(content_type), DECLARED.search(payload[:SNIFFED])
    names = [named[1]] if named else []
    if declared:
        names.append((declared[1] or declared[2]).decode("ascii"))
    for name in names:
        try:
            encoding = codecs.lookup(name).name
            return payload.decode("cp1252" if encoding in AS_WINDOWS else encoding, "replace")
        except (LookupError, UnicodeError):
            continue
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("cp1252", "replace")


def page_address(address: str) -> str:
    """Return ``address`` in the one spelling that serves as a page's id: no fragment, no default port."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = _port(address)
    shown = host if port in (None, PORTS.get(parts.scheme.lower())) else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), shown, parts.path or "/", parts.query, ""))


def origin_of(address: str) -> tuple[str, str, int | None]:
    """Return the origin of an address (RFC 6454 section 4): scheme, host and port."""
    parts = urlsplit(address)
    return parts.scheme.lower(), (parts.hostname or "").lower(), _port(address) or PORTS.get(parts.scheme.lower())


def _port(address: str) -> int | None:
    try:
        return urlsplit(address).port
    except ValueError:
        return None


def _base(root: LexborNode, address: str) -> str:
    base = root.css_first("base[href]")
    return (find_address(base.attributes.get("href"), base=address) if base is not None else None) or address


def _resources(root: LexborNode, base: str) -> Iterator[Reference]:
    for node in root.css("link[rel][href]"):
        kinds = set((node.attributes.get("rel") or "").lower().split())
        address = find_address(node.attributes.get("href"), base=base)
        if address and kinds & LINKED:
            yield Reference(address, "link", media_type=STYLE_SHEET if "stylesheet" in kinds else None)
    for node in root.css("script[src], input[src]"):
        address = find_address(node.attributes.get("src"), base=base)
        if address:
            yield Reference(address, node.tag or "", alt=node.attributes.get("alt"))
    yield from media_of(root, base=base)
    for node in root.css("[srcset]"):
        for candidate in _candidates(node.attributes.get("srcset") or ""):
            address = find_address(candidate, base=base)
            if address:
                yield Reference(address, "img", alt=node.attributes.get("alt"))
    for node in root.css("style"):
        yield from style_references(node.text(), base=base)
    for node in root.css("[style]"):
        yield from style_references(node.attributes.get("style") or "", base=base)


def _candidates(srcset: str) -> Iterator[str]:
    """Yield the addresses of image candidates (HTML 4.8.4.2.1): an address may hold commas, but none at its end."""
    for candidate in re.split(r",\s+|\s+[^\s,]+\s*,", f"{srcset.strip()} "):
        words = candidate.split()
        if words:
            yield words[0].rstrip(",")
