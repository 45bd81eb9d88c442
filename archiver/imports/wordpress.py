"""WordPress's export (WXR): posts, pages, attachments, menus as items of one feed, comments in them. Pure.

An item's native bytes end where its first comment begins: comments are items of their own. Ids are those of the REST
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import refusals
from archiver.imports.tables import instant_of
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

KINDS: dict[str, tuple[Kind, str]] = {
    "post": ("post", "Article"),
    "page": ("page", "Page"),
    "attachment": ("media", "Document"),
}
NEVER = "0000-00-00 00:00:00"


def _read(content: Buffer, _: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for found in elements(content, "item"):
        if isinstance(found, BrokenXml):
            yield refused(found.offset, found.length, found.why)
            continue
        node = found.node
        comments = list(node.all("comment"))
        end = comments[0].start if comments else node.end
        post = _post(node)
        yield item_at(content, node.start, end - node.start, post)
        for comment in comments:
            yield item_at(content, comment.start, comment.end - comment.start, _comment(comment, post))


def _dated(node: Node, *names: str) -> tuple[str, ...]:
    return tuple(text for name in names if (text := node.find(name)) and text != NEVER)


def _post(item: Node) -> Normalised:
    kind, named = KINDS.get(item.find("post_type") or "", ("event", "Object"))
    number = item.find("post_id")
    body = read_fragment(item.find("encoded", "content") or "")
    excerpt = read_fragment(item.find("encoded", "excerpt") or "")
    dates = _dated(item, "post_date_gmt")
    status = item.find("status") or "publish"
    file_url = find_address(item.find("attachment_url"), base="")
    shown = tuple(Attachment(url=one.address, role="image", alt=one.alt) for one in body.media)
    author = item.find("creator")
    return Normalised(
        kind=kind,
        type=named,
        item=number or item.find("guid") or "",
        url=find_address(item.find("link"), base=""),
        title=item.find("title"),
        text="\n".join(part.text for part in (body, excerpt) if part.text) or None,
        author=Author(handle=author) if author else None,
        created=instant_of(dates[0]) if dates else None,
        created_text=dates[0] if dates else item.find("post_date"),
        edited=next((instant_of(text) for text in _dated(item, "post_modified_gmt")), None),
        parent=next((one for one in _dated(item, "post_parent") if one != "0"), None),
        attachments=(Attachment(url=file_url, role="resource"), *shown) if file_url else shown,
        tags=unique(one.text for one in item.all("category")),
        links=body.links,
        flags=() if status in ("publish", "inherit") else (f"status-{status}",),
    )


def _comment(comment: Node, post: Normalised) -> Normalised:
    parent = comment.find("comment_parent")
    body = read_fragment(comment.find("comment_content") or "")
    dates = _dated(comment, "comment_date_gmt")
    approved = comment.find("comment_approved") or "1"
    number = comment.find("comment_id")
    answers = parent not in (None, "0")
    return Normalised(
        kind="reply" if answers else "comment",
        type="Note",
        item=f"comment:{number}" if number else "",
        text=body.text or None,
        author=Author(
            id=comment.find("comment_user_id") or None,
            name=comment.find("comment_author"),
            url=find_address(comment.find("comment_author_url"), base=""),
        ),
        created=instant_of(dates[0]) if dates else None,
        created_text=dates[0] if dates else comment.find("comment_date"),
        thread=post.item,
        parent=f"comment:{parent}" if answers else post.item,
        links=body.links,
        flags=() if approved == "1" else (f"status-{approved}",),
    )


FORMAT = Format(
    collector="wordpress-export/1",
    title="a WordPress export (WXR)",
    platforms=("wordpress",),
    mark=ending(r"[^/]*\.wordpress\.\d{4}-\d\d-\d\d(?:\.\d+)?\.xml"),
    files=(file(r"[^/]*\.xml", "posts, pages and comments", _read),),
)
