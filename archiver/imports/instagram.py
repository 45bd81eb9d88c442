"""Instagram's "Download your information" in JSON, in the layouts of its folders since 2018. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.imports.format import Format, ending, file
from archiver.imports.meta_parts import (
    attachment_of,
    attachments_of,
    first_texts,
    instant_at,
    key_of,
    listed,
    read_conversation,
    text_at,
)
from archiver.parsing.dates import find_instant
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import member, objects
from archiver.parsing.text import find_address, unique
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.imports.format import Asked
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.shapes import Object

CONTENT = (
    r"(?:content|media)/(?:posts|archived_posts|reels|igtv_videos|other_content|recently_deleted_content)(?:_\d+)?"
)
STORIES = r"(?:content|media)/(?:stories|profile_photos)(?:_\d+)?"
COMMENTS = r"comments/(?:post_comments|reels_comments)(?:_\d+)?"
LISTED = r"(?:followers_and_following|connections/followers_and_following)/(?:followers|following)(?:_\d+)?"
LIKES = r"likes/(?:liked_posts|liked_comments)(?:_\d+)?"
MESSAGES = r"messages/[^/]+/[^/]+/message_\d+"
PROFILE = r"(?:account_information|personal_information)/personal_information"


def _post(value: Object, asked: Asked) -> Normalised | None:
    media = list(objects(value, "media")) or ([value] if "uri" in value else [])
    attachments = attachments_of(media)
    if not attachments:
        return None
    created, created_text = instant_at(value, "creation_timestamp")
    if created is None:
        created, created_text = instant_at(media[0], "creation_timestamp")
    text = first_texts(text_at(value, "title"), *(text_at(one, "title") for one in media))
    return Normalised(
        kind="post",
        type="Note",
        item=key_of("post", created_text, (text,), attachments),
        text=text,
        author=asked.owner,
        created=created,
        created_text=created_text,
        attachments=attachments,
    )


def _old_post(value: Object, asked: Asked) -> Normalised | None:
    attachment = attachment_of({"uri": value.get("path")})
    if attachment is None:
        return None
    created_text, text = text_at(value, "taken_at"), text_at(value, "caption")
    return Normalised(
        kind="post",
        type="Note",
        item=key_of("post", created_text, (text,), (attachment,)),
        text=first_texts(text, text_at(value, "location")),
        author=asked.owner,
        created=find_instant(created_text),
        created_text=created_text,
        attachments=(attachment,),
    )


def _labelled(value: Object, label: str) -> Any:  # noqa: ANN401 - any JSON
    return member(value, "string_map_data", label)


def _comment(value: Object, asked: Asked) -> Normalised | None:
    text = text_at(_labelled(value, "Comment"), "value")
    if text is None:
        return None
    created, created_text = instant_at(_labelled(value, "Time"), "timestamp")
    owner = text_at(_labelled(value, "Media Owner"), "value")
    return Normalised(
        kind="comment",
        type="Note",
        item=key_of("comment", created_text, (owner, text), ()),
        text=text,
        author=asked.owner,
        created=created,
        created_text=created_text,
        mentions=unique((owner,)),
        attachments=attachments_of(objects(value, "media_list_data")),
    )


def _follower(value: Object, _: Asked) -> Normalised | None:
    return _in_list(value, named="Relationship", prefix="follower")


def _like(value: Object, _: Asked) -> Normalised | None:
    return _in_list(value, named="Like", prefix="like")


def _in_list(value: Object, *, named: str, prefix: str) -> Normalised | None:
    said = next(objects(value, "string_list_data"), None)
    if said is None:
        return None
    created, created_text = instant_at(said, "timestamp")
    url = find_address(text_at(said, "href"), base="")
    title = text_at(value, "title") or text_at(said, "value")
    return Normalised(
        kind="event",
        type=named,
        item=key_of(prefix, created_text, (title, url), ()),
        url=url,
        title=title,
        created=created,
        created_text=created_text,
        links=unique((url,)),
    )


def _profile(value: Object, asked: Asked) -> Normalised | None:
    if "string_map_data" not in value:
        return None
    pictures = member(value, "media_map_data")
    return Normalised(
        kind="profile",
        type="Person",
        item="profile",
        title=text_at(_labelled(value, "Name"), "value") or text_at(_labelled(value, "Username"), "value"),
        text=text_at(_labelled(value, "Bio"), "value"),
        author=asked.owner,
        attachments=attachments_of(pictures.values()) if isinstance(pictures, dict) else (),
        links=unique((find_address(text_at(_labelled(value, "Website"), "value"), base=""),)),
    )


def _gathered(content: Buffer) -> Mapping[str, str]:
    for piece in pieces(content, "*"):
        if not isinstance(piece, Broken) and isinstance(piece.value, dict):
            found = {
                "handle": text_at(_labelled(piece.value, "Username"), "value"),
                "name": text_at(_labelled(piece.value, "Name"), "value"),
            }
            return {key: text for key, text in found.items() if text}
    return {}


def _owner(about: Mapping[str, str]) -> Author | None:
    return Author(name=about.get("name"), handle=about.get("handle")) if about else None


FORMAT = Format(
    collector="instagram-export/1",
    title="an Instagram export",
    platforms=("instagram",),
    mark=ending(
        rf"(?:{PROFILE}|{COMMENTS}|(?:your_instagram_activity|content)/(?:.*/)?(?:posts_\d+|stories|reels))\.json"
    ),
    files=(
        file(rf"(?:{CONTENT})\.json", "posts", listed(_post)),
        file(rf"(?:{STORIES})\.json", "stories and pictures", listed(_post)),
        file(rf"(?:{COMMENTS})\.json", "comments", listed(_comment)),
        file(rf"(?:{LISTED})\.json", "followers and followed", listed(_follower)),
        file(rf"(?:{LIKES})\.json", "likes", listed(_like)),
        file(rf"{MESSAGES}\.json", "messages", read_conversation),
        file(rf"(?:{PROFILE})\.json", "the profile", listed(_profile)),
        file(r"media\.json", "posts", listed(_old_post)),
    ),
    gather=((ending(rf"(?:{PROFILE})\.json"), _gathered),),
    owner=_owner,
)
