"""What would make the feed parser expand, loop or grow far beyond a document's size, and the copy that it is given.

Each limit stands for something measured: feedparser compares every category with every other, expat every attribute
with every other, an author is searched for an e-mail address from each of its letters. Pure; natives stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archiver.collectors.feed.slicing import find_doctype, tokens

if TYPE_CHECKING:
    from archiver.collectors.feed.slicing import Shadow

LARGEST = 64 << 20
LONGEST_PROLOG = 1 << 16
LONG_TAG = 1 << 14
MOST_IN_ONE = 4_000
LONGEST_SUBSET = 4096
LONGEST_TEXTS = {
    b"author": 1024,
    b"creator": 1024,
    b"managingeditor": 1024,
    b"webmaster": 1024,
    b"publisher": 1024,
    b"keywords": 8192,
    b"tags": 8192,
}
PLAIN_ENTITY = re.compile(rb"<!ENTITY\s+[\w.:-]+\s+(?:\"(?:&#\w+;|[^&%\"]{0,256})\"|'(?:&#\w+;|[^&%']{0,256})')\s*>")
WIDE = {2: "utf-16", 4: "utf-32"}
REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)
SURROGATES = range(0xD800, 0xE000)
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def find_hazard(units: bytes) -> str | None:
    """Return in words why the parser must not see this document; ``None`` when it may."""
    if len(units) > LARGEST:
        return f"it is larger than {LARGEST >> 20} MiB"
    categories, text_start, in_prolog = 0, 0, True
    for token in tokens(units):
        if in_prolog:
            if token.start - text_start > LONGEST_PROLOG or units.count(b"\n", text_start, token.start) > MOST_IN_ONE:
                return "its root element comes late"
            in_prolog = token.kind == "doctype"
        if token.end - token.start > LONG_TAG and units.count(b"=", token.start, token.end) > MOST_IN_ONE:
            return "an element has too many attributes"
        name = token.name.rpartition(b":")[2]
        if name in (b"item", b"entry"):
            categories = 0
        elif name == b"category" and token.kind != "end":
            categories += 1
            if categories > MOST_IN_ONE:
                return "an item has too many categories"
        elif token.kind == "end" and token.start - text_start > LONGEST_TEXTS.get(name, LARGEST):
            return f"the text of {name.decode('ascii', 'replace')} is too long"
        text_start = token.end
    return None


def find_dangerous_doctype(shadow: Shadow) -> tuple[int, int] | None:
    """Return where a document type lies that declares anything but short plain entities (XML 1.0 section 4.4)."""
    place = find_doctype(shadow)
    if place is None:
        return None
    subset = shadow.units[place[0] // shadow.width : sum(place) // shadow.width]
    is_plain = place[1] <= LONGEST_SUBSET and b"<!ENTITY" not in PLAIN_ENTITY.sub(b"", subset).upper()
    return None if is_plain else place


def for_parser(document: bytes, shadow: Shadow, *, without: tuple[int, int] | None) -> bytes:
    """Return the copy that the parser reads: in UTF-8 instead of UTF-16 or UTF-32, and without a dangerous doctype.

    What needs the entities that go with it is ill-formed; nothing is expanded, and nothing external is read.
    """
    copy = document if without is None else document[: without[0]] + document[sum(without) :]
    if shadow.width > 1:
        order = "" if copy.startswith(BYTE_ORDER_MARKS) else "-be" if copy.startswith(b"\x00") else "-le"
        copy = copy.decode(WIDE[shadow.width] + order, "replace").encode("utf-8", "replace")
    return without_surrogates(copy)


def without_surrogates(document: bytes) -> bytes:
    """Return ``document`` with references to surrogates, which are no characters, replaced by ones to U+FFFD.

    XML 1.0 section 2.2 forbids them, and the parser fails on the whole document for one of them.
    """

    def replaced(reference: re.Match[bytes]) -> bytes:
        number = int(reference[1], 16) if reference[1] else int(reference[2])
        return b"&#xFFFD;" if number in SURROGATES else reference[0]

    return REFERENCE.sub(replaced, document)
