"""Google+ as Takeout gave it until 2019: a file a post, in JSON or HTML, in the folder of its stream. Pure.

A post's native bytes end where its first comment begins: comments are items of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from archiver.imports.format import LOCAL, Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import Decoded
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.markup import read_fragment
from archiver.parsing.shapes import Object, address, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.objects import Item, item_at, item_of
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer

LARGEST_PAGE = 16 << 20
FOLDER = r"(?:google\+ stream|stream in google\+)/(?:posts|beitr[^/]*|[^/]+)"


def _read(content: Buffer, _: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for piece in pieces(content):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
            continue
        native = content[piece.offset : piece.offset + piece.length]
        decoded = Decoded(piece.value, piece.readable, replaced=native != piece.readable)
        whole = Located.whole(decoded, shift=piece.offset)
        post = _post(piece.value)
        comments = list(whole.at(("comments",))) if post else []
        items = [item_of(content, one, _comment(one.value, post)) for one in comments]
        end = items[0].offset if items else piece.offset + piece.length
        yield _cut(item_of(content, whole, post), end)
        yield from items


def _cut(item: Item, end: int) -> Item:
    return Item(item.offset, end - item.offset, item.normalised)


def _author(value: Any) -> Author | None:  # noqa: ANN401 - any JSON
    name = find_text(value, "displayName")
    identifier = (find_text(value, "resourceName") or "").removeprefix("users/")
    url = address(value, "profilePageUrl")
    return Author(id=identifier or None, name=name, url=url) if name or identifier or url else None


def _post(value: Any) -> Normalised | None:  # noqa: ANN401 - any JSON
    url, created_text = address(value, "url"), find_text(value, "creationTime")
    if not isinstance(value, dict) or (url is None and find_text(value, "resourceName") is None):
        return None
    body = read_fragment(find_text(value, "content") or "")
    media = [one for one in (member(value, "media"), *objects(value, "album", "media")) if isinstance(one, dict)]
    link = address(value, "link", "url")
    return Normalised(
        kind="post",
        type="Note",
        item=find_text(value, "resourceName") or url or "",
        url=url,
        title=find_text(value, "link", "title"),
        text=body.text or None,
        author=_author(value.get("author")),
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(find_text(value, "updateTime")),
        attachments=tuple(one for found in media if (one := _attachment(found))),
        links=unique((link, address(value, "resharedPost", "url"), *body.links)),
        counts=counts_of(
            (name, len(found))
            for name in ("plusOnes", "reshares", "comments")
            if isinstance(found := value.get(name), list)
        ),
    )


def _attachment(value: Object) -> Attachment | None:
    url, local = address(value, "url"), find_text(value, "localFilePath")
    place = url or (f"{LOCAL}{local.lstrip('./')}" if local else None)
    if place is None:
        return None
    family = (find_text(value, "contentType") or "").partition("/")[0]
    role = family if family in ("image", "video", "audio") else "resource"
    return Attachment(
        url=place,
        role=role,  # type: ignore[arg-type] # told above
        alt=find_text(value, "description"),
    )


def _comment(value: Any, post: Normalised | None) -> Normalised | None:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict) or "content" not in value:
        return None
    body = read_fragment(find_text(value, "content") or "")
    created_text = find_text(value, "creationTime")
    root = post.item if post else None
    return Normalised(
        kind="comment",
        type="Note",
        item=find_text(value, "resourceName") or "",
        url=address(value, "postUrl"),
        text=body.text or None,
        author=_author(value.get("author")),
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(find_text(value, "updateTime")),
        thread=root,
        parent=root,
        links=body.links,
    )


def _page(content: Buffer, asked: Asked) -> Iterator[Found]:
    """Yield a post that Takeout gave as a page."""
    if len(content) > LARGEST_PAGE:
        yield refusals(content)(0, len(content), f"it is larger than {LARGEST_PAGE >> 20} MiB")
        return
    body = read_fragment(content[:].decode("utf-8", "replace"))
    view = Normalised(
        kind="post",
        type="Note",
        item="",
        title=asked.path.rpartition("/")[2].rpartition(".")[0],
        text=body.text or None,
        links=body.links,
        flags=("not-sliced",),
    )
    yield item_at(content, 0, len(content), msgspec.structs.replace(view, author=asked.owner))


FORMAT = Format(
    collector="google-plus-takeout/1",
    title="Google Takeout of Google+",
    platforms=("google-plus",),
    mark=ending(rf"{FOLDER}/[^/]+\.(?:json|html)"),
    files=(file(rf"{FOLDER}/[^/]+\.json", "a post", _read), file(rf"{FOLDER}/[^/]+\.html", "a post", _page)),
)
