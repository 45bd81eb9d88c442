"""Nextdoor: how the posts of its APIs read, for imports. Pure.

Source: developer.nextdoor.com, "Displaying content: data types" and the Publish API. How its lists go on, how one post
is looked up and what a missing one is answered with is not published: no account is read over the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.parsing.dates import find_instant, instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.instant import Instant

MADE = ("creation_date_epoch_seconds", "creation_date")
COUNTS = ("comment_count", "like_count", "downvote_count")
MOST_COMMENTS = 10_000
LATEST = 2**40
VOLATILE = (*COUNTS, "reaction_types", "reactions", "in_popular_posts_curation")


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what a post says. Its comments stand within it and have no address: they are part of its record."""
    identifier = find_id(value, "id")
    if identifier is None or not value.keys() & set(MADE) or not value.keys() & {"body", "title"}:
        return None
    said = [_said(one) for one in _comments(value)]
    written = member(value, "author")
    name, number = find_text(written, "name"), find_id(value, "author_id") or find_id(written, "id")
    media = value.get("media")
    return Normalised(
        kind="post",
        type="Note",
        item=identifier,
        url=address(value, "url") or address(value, "public_post_url") or address(value, "embed_url"),
        title=find_text(value, "title"),
        text="\n".join(filter(None, (find_text(value, "body"), *said))) or None,
        author=Author(id=number, name=name) if name or number else None,
        created=_instant(value),
        created_text=find_id(value, *MADE),
        attachments=tuple(_attachments(media if isinstance(media, list) else [])),
        tags=unique((find_text(value, "category"), find_text(written, "neighborhood_name"))),
        counts=counts_of((name.removesuffix("_count"), value.get(name)) for name in COUNTS),
        flags=("comments-within",) if said else (),
    )


def list_view(value: Object) -> Normalised | None:
    """Return what a list of posts says of itself."""
    return Normalised(kind="list", type="Collection", item="") if isinstance(value.get("posts"), list) else None


def _comments(post: Object) -> Iterator[Object]:
    """Yield the comments in a post, each before those that answer it."""
    waiting, left = list(objects(post, "comments"))[::-1], MOST_COMMENTS
    while waiting and left:
        one, left = waiting.pop(), left - 1
        yield one
        waiting.extend(list(objects(one, "comments"))[::-1])


def _said(comment: Object) -> str | None:
    body = find_text(comment, "body")
    return f"{find_text(comment, 'author_name') or 'A comment'}: {body}" if body else None


def _attachments(media: list[Any]) -> Iterator[Attachment]:
    for one in media:
        url = address({"url": one}, "url") if isinstance(one, str) else address(one, "url")
        if url:
            yield Attachment(url=url, role="video" if member(one, "is_video") is True else "image")


def _instant(value: Object) -> Instant | None:
    made = next((value[name] for name in MADE if name in value), None)
    if isinstance(made, int | float) and not isinstance(made, bool):
        return instant_of_millis(int(made * 1000)) if 0 <= made < LATEST else None
    return find_instant(made)


PLATFORM = Platform(
    name="nextdoor",
    title="Nextdoor",
    dialect=Dialect(view=view_of, paths=(("posts",),), context=lambda _: {}, list_view=list_view, volatile=VOLATILE),
)
