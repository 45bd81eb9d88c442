"""Reading HTML: the text that a person sees, and what the markup refers to. Derived views only, never evidence."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from archiver.parsing.text import Reference, clean, find_address
from schemas.record import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selectolax.lexbor import LexborNode

    from schemas.record import Role

HIDDEN = frozenset({"script", "style", "template", "head", "title", "iframe", "object", "-comment", "-doctype"})
BLOCK_NAMES = """
address article aside blockquote body caption dd details dialog div dl dt fieldset figcaption figure footer form
h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre section summary table tbody tfoot thead tr ul
"""
BLOCKS = frozenset(BLOCK_NAMES.split())
CELLS = frozenset({"td", "th"})
SHOWING = "img[src], video[src], video[poster], audio[src], source[src], track[src], embed[src]"
SPACES = re.compile(r"[ \t\r\f\n]+")
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
ANY_TAG = re.compile(r"<[^<>]*>")

SELF_ENDING_NAMES = """
area base br col embed hr img input link meta param source track wbr
p li dt dd option optgroup tr td th thead tbody tfoot colgroup rt rp html head body
"""
SELF_ENDING = frozenset(SELF_ENDING_NAMES.split())
ROLES: Mapping[str, Role] = {"img": "image", "video": "video", "audio": "audio"}
SHALLOW_TAGS = 2_000
NESTING_BUDGET = 4_000_000
LONG_TAG = 20_000
MOST_ATTRIBUTES = 2_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a piece of HTML holds: its text, the addresses it links to, and the media it shows."""

    text: str
    links: tuple[str, ...] = ()
    media: tuple[Reference, ...] = ()


def shown_in(body: Fragment) -> tuple[Attachment, ...]:
    """Return the media that a piece of HTML shows, as what belongs to the item that it is of."""
    return tuple(
        Attachment(url=one.address, role=ROLES.get(one.element, "resource"), alt=one.alt or None) for one in body.media
    )


def is_bomb(markup: str) -> bool:
    """Return whether building a tree would cost far more than the size of ``markup``, as honest pages never do.

    Each tag may look at, or open again, all that stand open (HTML 13.2.6), and each attribute at all before it.
    """
    for piece in markup.split("<"):
        if len(piece) > LONG_TAG and len(QUOTED.sub("", piece).partition(">")[0].split()) > MOST_ATTRIBUTES:
            return True
    if markup.count("<") <= SHALLOW_TAGS:
        return False
    depth = work = 0
    for tag in TAG.finditer(markup):
        if tag[2].lower() not in SELF_ENDING:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        work += depth
        if work > NESTING_BUDGET:
            return True
    return False


def read_fragment(markup: str, *, base: str = "") -> Fragment:
    """Return what ``markup`` holds; relative addresses are resolved against ``base``."""
    markup = clean(markup)
    if "<" not in markup:
        return Fragment(tidy(html.unescape(markup)))
    if is_bomb(markup):
        return Fragment(tidy(html.unescape(ANY_TAG.sub(" ", markup))))
    root = LexborHTMLParser(markup).root
    if root is None:
        return Fragment("")
    return Fragment(text_of(root), tuple(links_of(root, base=base)), tuple(media_of(root, base=base)))


def text_of(root: LexborNode) -> str:
    """Return the visible text below ``root``: blocks on lines of their own, white space collapsed outside ``pre``."""
    return tidy("".join(_pieces(root)))


def tidy(text: str) -> str:
    """Return ``text`` without blank lines and without white space at the edges of lines."""
    return "\n".join(stripped for line in text.split("\n") if (stripped := line.strip()))


def _pieces(root: LexborNode) -> Iterator[str]:
    waiting: list[LexborNode | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
            continue
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            parent = node.parent
            yield text if parent is not None and parent.tag in ("pre", "textarea") else SPACES.sub(" ", text)
        elif tag == "br":
            yield "\n"
        elif tag not in HIDDEN:
            edge = "\n" if tag in BLOCKS else "\t" if tag in CELLS else ""
            if edge:
                yield edge
                waiting.append(edge)
            waiting.extend(reversed(list(node.iter(include_text=True))))


def links_of(root: LexborNode, *, base: str) -> Iterator[str]:
    """Yield the absolute addresses that are linked to, in order, without repetition."""
    seen: set[str] = set()
    for node in root.css("a[href], area[href]"):
        address = find_address(node.attributes.get("href"), base=base)
        if address is not None and address not in seen:
            seen.add(address)
            yield address


def media_of(root: LexborNode, *, base: str) -> Iterator[Reference]:
    """Yield images, sound and film that are shown, in order, each address once."""
    seen: set[str] = set()
    for node in root.css(SHOWING):
        tag, attributes = node.tag or "", node.attributes
        parent = node.parent.tag if node.parent is not None else None
        shown = [(attributes.get("src"), parent if tag == "source" and parent in ("audio", "video") else tag)]
        if attributes.get("poster"):
            shown.append((attributes["poster"], "img"))
        for reference, element in shown:
            address = find_address(reference, base=base)
            if address is not None and address not in seen:
                seen.add(address)
                yield Reference(address, element or tag, alt=attributes.get("alt"), media_type=attributes.get("type"))
