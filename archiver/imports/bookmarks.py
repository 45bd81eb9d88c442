"""Bookmarks in Netscape's format, as Delicious, StumbleUpon, Pinboard and browsers exported them. Pure.

A bookmark's native bytes are its line, with the note (``<DD>``) below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.csv_rows import decode
from archiver.parsing.dates import instant_of_millis
from archiver.parsing.markup import read_fragment, tidy
from archiver.parsing.text import REPLACED, find_address, unique
from archiver.platforms.objects import item_at
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer

LARGEST = 1 << 20
START = re.compile(rb"<dt>[ \t\r\n]*+(?=<a[\s>])", re.IGNORECASE)
STOP = re.compile(rb"<dt>|</?dl>|</body>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([a-z_]+)\s*=\s*\"([^\"]*+)\"", re.IGNORECASE)
OPENING = re.compile(r"<a\b[^>]*+>", re.IGNORECASE)
NOTE = re.compile(r"<dd>", re.IGNORECASE)


def _read(content: Buffer, asked: Asked) -> Iterator[Found]:
    refused = refusals(content)
    found = START.search(content)
    if found is None:
        yield refused(0, len(content), "there is no bookmark in it")
    while found is not None:
        start = found.start()
        stop = STOP.search(content, found.end())
        end = stop.start() if stop else len(content)
        if end - start > LARGEST:
            yield refused(start, end - start, f"it is larger than {LARGEST >> 20} MiB")
        else:
            native = content[start:end].rstrip()
            yield item_at(content, start, len(native), _view(native, asked))
        found = START.search(content, end)


def _view(native: bytes, asked: Asked) -> Normalised | None:
    text, replaced = decode(native)
    opening = OPENING.search(text)
    if opening is None:
        return None
    said = {name.lower(): value for name, value in ATTRIBUTE.findall(opening[0])}
    url = find_address(read_fragment(said.get("href", "")).text, base="")
    title, _, note = NOTE.sub("\0", text[opening.end() :]).partition("\0")
    added = said.get("add_date")
    return Normalised(
        kind="post",
        type="Link",
        item=f"bookmark:{url}" if url else "",
        url=url,
        title=tidy(read_fragment(title).text) or None,
        text=read_fragment(note).text or None,
        author=asked.owner,
        created=instant_of_millis(f"{added}000" if added else None),
        created_text=added,
        tags=unique(tag.strip() for tag in said.get("tags", "").split(",")),
        links=unique((url,)),
        flags=(*(("private",) if said.get("private") == "1" else ()), *((REPLACED,) if replaced else ())),
    )


FORMAT = Format(
    collector="bookmarks/1",
    title="bookmarks",
    platforms=("bookmarks", "delicious", "stumbleupon"),
    mark=ending(r"delicious\.html?|stumbleupon[^/]*\.html?"),
    files=(file(r"[^/]*\.html?", "bookmarks", _read),),
)
