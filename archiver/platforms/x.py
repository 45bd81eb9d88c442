"""X, formerly Twitter: what the API v2 and v1.1 return. Pure.

Posts keep their bare id; ids of other things are prefixed (``user:``), because X numbers each kind by itself. Each edit
of a post has an id of its own and names those before it: it is a version of one item, which goes by the first of them.
X shows the last one in lists; an earlier one that it still gives is an item beside, ``FIRST@ITS-OWN``.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from archiver.parsing.dates import find_instant, instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, many, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from archiver.platforms.x_parts import (
    attachments_of,
    author_of,
    counts_in,
    links_in,
    mentions_in,
    tags_in,
)
from archiver.platforms.x_reading import AUTHORISATION, BESIDE, READING, VOLATILE, WEBHOOK
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.record import Kind

PATHS = (
    ("data",),
    *BESIDE,
    ("tweets",),
    ("statuses",),
    ("results",),
    ("users",),
    ("media",),
    ("polls",),
    ("places",),
    ("lists",),
    ("events",),
    ("event",),
    ("direct_message",),
    ("tweet",),
)
USER_COUNTS = ("followers_count", "friends_count", "listed_count", "statuses_count", "favourites_count")


def view_of(value: Object, context: Context) -> Normalised | None:
    """Return what an object of either API says, told by its members alone."""
    if find_id(value, "id_str", "id") is None:
        return _media(value) if find_text(value, "media_key") else None
    if "media_key" in value:
        return _media(value)
    if "message_create" in value or "dm_conversation_id" in value or "sender" in value or "sender_id" in value:
        return _message(value)
    if any(name in value for name in ("text", "full_text", "note_tweet", "note_post")) and "event" not in value:
        return _post(value, context)
    if "screen_name" in value or "username" in value:
        return _user(value)
    if "options" in value or "place_type" in value or "full_name" in value:
        return _thing(value, kind="event", named="Question" if "options" in value else "Place")
    if "member_count" in value or "owner_id" in value or "subscriber_count" in value:
        return _thing(value, kind="list", named="Collection")
    return None


def context_of(envelope: Object) -> Context:
    """Return the users, media and posts that the posts of an envelope refer to (API v2, ``includes``)."""
    included = envelope.get("includes") or envelope
    users = {find_id(user, "id"): user for user in objects(included, "users")}
    media = {find_text(item, "media_key"): item for item in objects(included, "media")}
    posts = {find_id(post, "id"): post for name in ("tweets", "posts") for post in objects(included, name)}
    return {
        "posts": {key: post for key, post in posts.items() if key},
        "users": {key: user for key, user in users.items() if key},
        "media": {key: item for key, item in media.items() if key},
    }


def _post(value: Object, context: Context) -> Normalised:
    identifier = find_id(value, "id_str", "id") or ""
    item = _item_of(value, identifier)
    references = (*objects(value, "referenced_tweets"), *objects(value, "referenced_posts"))
    referenced = {find_text(reference, "type"): reference for reference in references}
    shared = member(value, "retweeted_status") or referenced.get("retweeted")
    parent = find_id(value, "in_reply_to_status_id_str", "in_reply_to_status_id") or find_id(
        referenced.get("replied_to"), "id"
    )
    if parent:
        parent = _item_of(context.get("posts", {}).get(parent, {}), parent)
    answers = parent or find_id(value, "in_reply_to_user_id_str", "in_reply_to_user_id")
    author = author_of(value, context)
    full = _fullest(value)
    created_text = find_text(value, "created_at")
    quoted = address(value, "quoted_status_permalink", "expanded")
    return Normalised(
        kind="reply" if answers else "post",
        type="Announce" if shared else "Note",
        item=item,
        url=f"https://x.com/{(author.handle if author else None) or 'i'}/status/{identifier}",
        text=_text(shared if isinstance(shared, dict) and _text(shared) else value),
        lang=find_text(value, "lang"),
        author=author,
        created=find_instant(created_text),
        created_text=created_text,
        thread=find_id(value, "conversation_id_str", "conversation_id"),
        parent=parent,
        attachments=attachments_of(full, context),
        tags=tags_in(full),
        mentions=mentions_in(full),
        links=unique((*links_in(full), quoted)),
        counts=counts_in(value),
        flags=("earlier-version",) if "@" in item else (),
    )


def _item_of(value: Mapping[str, Any], identifier: str) -> str:
    """Return what a post goes by, whatever was edited: its first id; an earlier version by its own, too."""
    edits = many(member(value, "edit_history_tweet_ids")) or many(member(value, "edit_history_post_ids"))
    if len(edits) < 2 or not all(isinstance(edit, str) for edit in edits):  # noqa: PLR2004 - edited at all
        return identifier
    return str(edits[0]) if identifier == edits[-1] else f"{edits[0]}@{identifier}"


def _fullest(value: Object) -> Object:
    """Return the part of a post that holds its whole text: API v1.1 wraps long ones, v2 keeps them beside."""
    extended = member(value, "extended_tweet")
    note = member(value, "note_tweet") or member(value, "note_post")
    if isinstance(extended, dict):
        return {**value, **extended}
    if isinstance(note, dict):
        return {**value, **{name: note[name] for name in ("text", "entities") if name in note}}
    return value


def _text(value: Object) -> str | None:
    full = _fullest(value)
    text = find_text(full, "full_text") or find_text(full, "text")
    return html.unescape(text) if text else None


def _user(value: Object) -> Normalised:
    handle = find_text(value, "screen_name") or find_text(value, "username")
    picture = address(value, "profile_image_url_https") or address(value, "profile_image_url")
    created_text = find_text(value, "created_at")
    described = member(value, "entities")
    links = (*links_in(member(described, "description")), *links_in(member(described, "url")), address(value, "url"))
    return Normalised(
        kind="profile",
        type="Person",
        item=f"user:{find_id(value, 'id_str', 'id')}",
        url=f"https://x.com/{handle}",
        title=find_text(value, "name"),
        text=find_text(value, "description"),
        author=Author(id=find_id(value, "id_str", "id"), name=find_text(value, "name"), handle=handle),
        created=find_instant(created_text),
        created_text=created_text,
        attachments=(Attachment(url=picture, role="image"),) if picture else (),
        links=unique(links),
        counts=counts_in(value) or counts_of((name.removesuffix("_count"), value.get(name)) for name in USER_COUNTS),
    )


def _message(value: Object) -> Normalised:
    made = member(value, "message_create")
    content = member(made, "message_data") or value
    created_text = find_text(value, "created_at") or find_id(value, "created_timestamp")
    sender = member(value, "sender")
    sender_id = find_id(value, "sender_id_str", "sender_id") or find_id(made, "sender_id")
    recipient = find_id(value, "recipient_id_str", "recipient_id") or find_id(member(made, "target"), "recipient_id")
    between = ":".join(sorted(party for party in (sender_id, recipient) if party))
    is_message = bool(made) or find_text(value, "event_type") in (None, "MessageCreate")
    return Normalised(
        kind="message" if is_message else "event",
        type="Note" if is_message else find_text(value, "event_type") or "Object",
        item=f"message:{find_id(value, 'id_str', 'id')}",
        text=_text(content if isinstance(content, dict) else value),
        author=Author(id=sender_id, name=find_text(sender, "name"), handle=find_text(value, "sender_screen_name")),
        created=find_instant(created_text) or instant_of_millis(created_text),
        created_text=created_text,
        thread=find_id(value, "dm_conversation_id") or between or None,
        attachments=attachments_of(content, {}),
        tags=tags_in(content),
        mentions=unique((*mentions_in(content), recipient)),
        links=links_in(content),
    )


def _media(value: Object) -> Normalised:
    named = {"photo": "Image", "animated_gif": "Image", "video": "Video"}.get(str(value.get("type")), "Document")
    return Normalised(
        kind="media",
        type=named,
        item=f"media:{find_text(value, 'media_key')}",
        url=address(value, "url") or address(value, "preview_image_url"),
        text=find_text(value, "alt_text"),
        counts=counts_in(value),
    )


def _thing(value: Object, *, kind: Kind, named: str) -> Normalised:
    created_text = find_text(value, "created_at")
    prefix = {"Question": "poll", "Place": "place"}.get(named, "list")
    return Normalised(
        kind=kind,
        type=named,
        item=f"{prefix}:{find_id(value, 'id_str', 'id')}",
        url=address(value, "url"),
        title=find_text(value, "full_name") or find_text(value, "name"),
        text="\n".join(label for option in objects(value, "options") if (label := find_text(option, "label")))
        or find_text(value, "description"),
        created=find_instant(created_text),
        created_text=created_text,
        counts=counts_of((name, value.get(name)) for name in ("member_count", "subscriber_count", "follower_count")),
    )


PLATFORM = Platform(
    name="x",
    title="X",
    dialect=Dialect(view=view_of, paths=PATHS, context=context_of, list_view=lambda _: None, volatile=VOLATILE),
    reading=READING,
    webhook=WEBHOOK,
    authorisation=AUTHORISATION,
)
