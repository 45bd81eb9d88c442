"""Comments on the items of a feed: which feeds hold them, what to remember of each, and who answers whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archiver.collectors.feed.found import Feed, FeedItem
    from schemas.record import Normalised

COMMENTS = "comments"
"""The cursor's key, which stays on this machine: a JSON array of [address, post, validators]."""
THREADS = "threads"
"""The cursor's key of how many these are, which goes into the ledger."""


@dataclass(frozen=True, slots=True)
class CommentFeed:
    """The feed of the comments on one post, and the validators of its last answer."""

    address: str
    post: str
    validators: Mapping[str, str] = field(default_factory=dict)

    def with_validators(self, validators: Mapping[str, str]) -> CommentFeed:
        """Return the feed with the validators of a newer answer."""
        return replace(self, validators=validators)


def remembered(cursor: Mapping[str, str]) -> list[CommentFeed]:
    """Return the feeds that a cursor remembers; none when it cannot be read, so that all are read anew."""
    try:
        rows = msgspec.json.decode(cursor.get(COMMENTS, "[]"), type=list[tuple[str, str, dict[str, str]]])
    except msgspec.MsgspecError:
        return []
    return [CommentFeed(*row) for row in rows]


def spelled(feeds: Iterable[CommentFeed]) -> dict[str, str]:
    """Return what a cursor remembers of ``feeds``."""
    rows = [(feed.address, feed.post, dict(feed.validators)) for feed in feeds]
    return {COMMENTS: msgspec.json.encode(rows).decode(), THREADS: str(len(rows))} if rows else {}


def comment_feeds(feed: Feed, *, before: Iterable[CommentFeed]) -> list[CommentFeed]:
    """Return the feeds of the comments on a feed's items, each once, with what was remembered of them."""
    validators = {(thread.address, thread.post): thread.validators for thread in before}
    found: dict[str, CommentFeed] = {}
    for item in feed.items:
        if item.comments and item.comments not in (feed.view.item, *found):
            remembered_of = validators.get((item.comments, item.view.item), {})
            found[item.comments] = CommentFeed(item.comments, item.view.item, remembered_of)
    return list(found.values())


def as_comments(items: Iterable[FeedItem], *, post: str) -> tuple[FeedItem, ...]:
    """Return the items of a comments' feed as comments on ``post``.

    A comment that answers another one of the feed (RFC 4685 section 3) is a reply. The post itself, which some feeds
    repeat, is left out.
    """
    comments = [item for item in items if item.view.item != post]
    ids = {item.view.item for item in comments}
    return tuple(replace(item, view=_as_comment(item.view, post, ids)) for item in comments)


def _as_comment(view: Normalised, post: str, ids: set[str]) -> Normalised:
    answers = view.parent if view.parent in ids and view.parent != view.item else None
    kind = "reply" if answers else "comment"
    return msgspec.structs.replace(view, kind=kind, type="Note", thread=post, parent=answers or post)


def threaded(views: Iterable[Normalised]) -> list[Normalised]:
    """Return the views of one feed with their threads: each entry that answers another belongs to the root's thread."""
    views = list(views)
    parents = {view.item: view.parent for view in views}
    return [_threaded(view, parents) for view in views]


def _threaded(view: Normalised, parents: Mapping[str, str | None]) -> Normalised:
    if view.parent is None:
        return view
    root, passed = view.parent, {view.item}
    while root not in passed and (above := parents.get(root)) is not None:
        passed.add(root)
        root = above
    kind = "reply" if parents.get(view.parent) else "comment"
    return msgspec.structs.replace(view, kind=kind, thread=root)
