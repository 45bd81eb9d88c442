"""MediaWiki's XML dump: every revision of every page, under the ids that its API gives them. Pure.

The page's title and number stand around its revisions, and are in the derived view of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.xml_elements import BrokenXml, elements
from archiver.platforms.objects import item_at
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.xml_elements import Element


def _read(content: Buffer, _: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for found in elements(content, "revision"):
        if isinstance(found, BrokenXml):
            yield refused(found.offset, found.length, found.why)
        else:
            node = found.node
            yield item_at(content, node.start, node.end - node.start, _view(found))


def _view(element: Element) -> Normalised:
    node, page = element.node, element.around
    by = next(node.all("contributor"), None)
    name = (by.find("username") or by.find("ip")) if by else None
    owner, number, before = page.get("id"), node.find("id"), node.find("parentid")
    created_text = node.find("timestamp")
    hidden = any("deleted" in one.attributes for one in node.all("text"))
    namespace = page.get("ns", "0")
    is_talk = namespace.isdecimal() and int(namespace[:9]) % 2 == 1
    return Normalised(
        kind="comment" if is_talk else "page",
        type="Page",
        item=f"{owner}@{number}" if owner and number else "",
        title=page.get("title"),
        text="\n".join(part for part in (node.find("text"), node.find("comment")) if part) or None,
        author=Author(id=by.find("id"), name=name) if by else None,
        created=find_instant(created_text),
        created_text=created_text,
        thread=owner,
        parent=f"{owner}@{before}" if owner and before not in (None, "0") else None,
        flags=("withheld",) if hidden else (),
    )


FORMAT = Format(
    collector="mediawiki-dump/1",
    title="a MediaWiki dump",
    platforms=("mediawiki",),
    mark=ending(r"[^/]*-(?:pages-(?:articles|meta-history)|history|current)[^/]*\.xml"),
    files=(file(r"[^/]*\.xml", "revisions", _read),),
)
