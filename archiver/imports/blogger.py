"""Blogger's Atom: Takeout's ``feed.atom`` and the older backup, with posts, pages and comments as entries. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment
from archiver.parsing.text import find_address, unique
from archiver.parsing.xml_elements import BrokenXml, elements
from archiver.platforms.objects import item_at
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.xml_elements import Node
    from schemas.record import Kind

KIND = "http://schemas.google.com/blogger/2008/kind#"
KINDS: dict[str, Kind] = {"post": "post", "page": "page", "comment": "comment"}
TAG = re.compile(r"tag:blogger\.com,1999:blog-(\d+)\.(?:post|page)-(\d+)", re.ASCII)
"""How ids are spelled here: the numbers of a blog, and of a post, page or comment in it."""

ATOM, BLOGGER, THREADS = "w3.org/2005/Atom", "blogger", "thread"


def _read(content: Buffer, _: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for found in elements(content, "entry"):
        if isinstance(found, BrokenXml):
            yield refused(found.offset, found.length, found.why)
        else:
            node = found.node
            yield item_at(content, node.start, node.end - node.start, _view(node))


def _view(entry: Node) -> Normalised:
    stated = next(
        (one.attributes.get("term", "") for one in entry.all("category") if KIND in one.attributes.get("term", "")), ""
    )
    named = (entry.find("type", BLOGGER) or stated.removeprefix(KIND)).lower()
    body = read_fragment(entry.find("content", ATOM) or entry.find("summary", ATOM) or "")
    created_text = entry.find("published") or entry.find("created", BLOGGER)
    author = next(entry.all("author"), None)
    links = {one.attributes.get("rel", ""): one.attributes.get("href") for one in entry.all("link")}
    answered = next(entry.all("in-reply-to", THREADS), None)
    parent = (answered.attributes.get("ref") if answered else None) or entry.find("parent", BLOGGER)
    draft = entry.find("status", BLOGGER) == "DRAFT"
    below = _id_in_the_api(parent or "", "") if named == "comment" and parent else None
    return Normalised(
        kind=KINDS.get(named, "event"),
        type="Article" if named in ("post", "page") else "Note" if named == "comment" else "Object",
        item=_id_in_the_api(entry.find("id") or "", named, below=below),
        url=find_address(links.get("alternate"), base=""),
        title=entry.find("title", ATOM),
        text=body.text or None,
        author=Author(name=author.find("name"), url=find_address(author.find("uri"), base="")) if author else None,
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(entry.find("updated")),
        parent=below,
        thread=below,
        attachments=tuple(Attachment(url=one.address, role="image", alt=one.alt) for one in body.media),
        tags=unique(
            one.attributes.get("term") for one in entry.all("category") if KIND not in one.attributes.get("term", "")
        ),
        links=body.links,
        flags=("draft",) if draft else (),
    )


def _id_in_the_api(tag: str, named: str, *, below: str | None = None) -> str:
    """Return an id as the API's dialect spells it (``archiver.platforms.blogger``); another id as it is."""
    found = TAG.fullmatch(tag)
    if found is None:
        return tag
    blog, number = found.groups()
    if named == "comment":
        return f"comment:{below}/{number}" if below else f"comment:{number}"
    return f"page:{blog}/{number}" if named == "page" else f"{blog}/{number}"


FORMAT = Format(
    collector="blogger-export/1",
    title="a Blogger export",
    platforms=("blogger",),
    mark=ending(r"blogger/blogs/[^/]+/feed\.atom|blog-\d\d-\d\d-\d{4}\.xml"),
    files=(file(r"[^/]*\.(?:atom|xml)", "posts, pages and comments", _read),),
)
