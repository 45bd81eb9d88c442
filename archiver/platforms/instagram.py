"""Instagram: what its API with Instagram Login returns for a professional account, and what it is asked for. Pure.

Sources: developers.facebook.com, Instagram Platform reference: IG User, IG Media, IG Comment, Conversations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from archiver.parsing.shapes import address, find_id, find_text, member
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import Given, Renewal
from archiver.platforms.facebook_objects import conversation_of, message_of
from archiver.platforms.graph import all_in, find_moment, handle_of, node, own_profile, stands_for_own
from archiver.platforms.graph_events import WEBHOOK, find_event
from archiver.platforms.graph_reading import conversations, dialect, listed, reading, single
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Question
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.parsing.shapes import Object
    from archiver.platforms.dialect import Context
    from archiver.platforms.reading import Led, Site

SHOWN = "id,media_type,media_url,thumbnail_url"
PROFILE_FIELDS = (
    "id,user_id,username,name,account_type,biography,website,profile_picture_url,"
    "followers_count,follows_count,media_count"
)
MEDIA_FIELDS = (
    f"{SHOWN},caption,alt_text,media_product_type,permalink,shortcode,timestamp,username,owner,is_comment_enabled,"
    f"is_shared_to_feed,comments_count,like_count,children{{{SHOWN},alt_text}}"
)
STORY_FIELDS = f"{SHOWN},caption,media_product_type,permalink,timestamp,username,owner"
# Of what others own, less is told.
TAG_FIELDS = f"{SHOWN},caption,permalink,timestamp,username,comments_count,like_count,children{{{SHOWN}}}"
REPLY_FIELDS = "id,text,timestamp,username,from,hidden,like_count,parent_id,media{id}"
COMMENT_FIELDS = f"{REPLY_FIELDS},replies.limit(1){{id}}"
CONVERSATION_FIELDS = "id,updated_time,participants"
MESSAGE_FIELDS = "id,created_time,from,to,message,is_unsupported,shares,story,attachments"
FIELDS = {"post": MEDIA_FIELDS, "comment": COMMENT_FIELDS, "reply": REPLY_FIELDS}
FOREIGN = frozenset({"boost_ads_list", "status_code", "copyright_check_information", "period", "audio_id"})
NAMED = frozenset({"account_type", "biography", "followers_count", "media_count", "name", "profile_picture_url"})
VOLATILE = (
    *("comments_count", "like_count", "followers_count", "follows_count", "media_count", "replies"),
    *("media_url", "thumbnail_url", "children.data.media_url", "children.data.thumbnail_url", "profile_picture_url?"),
    *("from.username", "to.data.username", "participants.data.username", "story.mention.link", "story.reply_to.link"),
    *(f"attachments.data.{name}.url" for name in ("image_data", "video_data")),
    *(f"attachments.data.{name}.preview_url" for name in ("image_data", "video_data")),
    "attachments.data.file_url",
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API or of a webhook says, told by its members alone."""
    event = find_event(value)
    if event is not None:
        return event
    if find_id(value, "id") is None or value.keys() & FOREIGN:
        return None
    if "participants" in value or "updated_time" in value:
        return conversation_of(value)
    if "message" in value or "created_time" in value:
        return message_of(value)
    if "media_type" in value or "caption" in value:
        return _post(value)
    if "text" in value:
        return _comment(value)
    return _profile(value) if value.keys() & NAMED else None


def _post(value: Object) -> Normalised:
    is_story = value.get("media_product_type") == "STORY"
    return Normalised(
        kind="post",
        type="Note",
        item=find_id(value, "id") or "",
        url=address(value, "permalink"),
        text=find_text(value, "caption"),
        author=_author(value, find_id(member(value, "owner"), "id")),
        created=find_moment(value.get("timestamp")),
        created_text=find_text(value, "timestamp"),
        attachments=tuple(_attachments(value)),
        counts=counts_of([("comments", value.get("comments_count")), ("likes", value.get("like_count"))]),
        flags=("story",) if is_story else (),
    )


def _attachments(value: Object) -> Iterator[Attachment]:
    """Yield the pictures and videos of a post; an album's own address is that of its first one."""
    for shown in list(all_in(value, "children")) or [value]:
        url, still = address(shown, "media_url"), address(shown, "thumbnail_url")
        role: Literal["video", "image"] = "video" if shown.get("media_type") in ("VIDEO", "REELS") else "image"
        if url:
            yield Attachment(url=url, role=role, alt=find_text(shown, "alt_text"))
        elif still:
            # Where a video may not be handed out, for its music say, its still picture is all there is.
            yield Attachment(url=still, role="image", alt=find_text(shown, "alt_text"))


def _author(value: Object, number: str | None) -> Author | None:
    handle = find_text(value, "username") or find_text(member(value, "from"), "username")
    url = f"https://www.instagram.com/{handle}/" if handle else None
    return Author(id=number, handle=handle, url=url) if number or handle else None


def _comment(value: Object) -> Normalised:
    parent = find_id(value, "parent_id")
    return Normalised(
        kind="reply" if parent else "comment",
        type="Note",
        item=find_id(value, "id") or "",
        text=find_text(value, "text"),
        author=_author(value, find_id(member(value, "from"), "id") or find_id(member(value, "user"), "id")),
        created=find_moment(value.get("timestamp")),
        created_text=find_text(value, "timestamp"),
        thread=find_id(member(value, "media"), "id"),
        parent=parent,
        counts=counts_of([("likes", value.get("like_count"))]),
        flags=("hidden",) if value.get("hidden") is True else (),
    )


def _profile(value: Object) -> Normalised:
    """Return what a profile says, by the account's own id: ``id`` is another one for every app."""
    picture, number = address(value, "profile_picture_url"), find_id(value, "user_id", "id")
    author = _author(value, number)
    return Normalised(
        kind="profile",
        type="Profile",
        item=number or "",
        url=author.url if author else None,
        title=find_text(value, "name"),
        text=find_text(value, "biography"),
        author=author,
        attachments=(Attachment(url=picture, role="image"),) if picture else (),
        links=unique((address(value, "website"),)),
        counts=counts_of((name, value.get(f"{name}_count")) for name in ("followers", "follows", "media")),
    )


def _start(site: Site) -> Iterable[Question]:
    yield Question("profile", node(site, "me", fields=PROFILE_FIELDS), about=handle_of(site))


def _of_profile(led: Led) -> Iterable[Question]:
    def edge(name: str, fields: str, **more: str) -> Question:
        return Question(name, node(led.site, led.view.item, name, fields=fields, limit="50", **more))

    yield edge("stories", STORY_FIELDS)
    yield edge("media", MEDIA_FIELDS)
    yield edge("tags", TAG_FIELDS)
    yield edge("conversations", CONVERSATION_FIELDS, platform="instagram")


def _of_post(led: Led) -> Iterable[Question]:
    url = node(led.site, led.view.item, "comments", fields=COMMENT_FIELDS, limit="50")
    yield Question("comments", url, led.view.item)


def _of_comment(led: Led) -> Iterable[Question]:
    url = node(led.site, led.view.item, "replies", fields=REPLY_FIELDS, limit="50")
    has_some = next(all_in(led.value, "replies"), None) is not None
    yield Question("replies", url, led.view.item, empty=not has_some)


def _as_comment(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about, parent=view.parent or question.about)


def _as_reply(view: Normalised, question: Question) -> Normalised:
    """A reply names its post itself."""
    return msgspec.structs.replace(view, kind="reply", parent=question.about)


def _as_tag(view: Normalised, _: Question) -> Normalised:
    """An own post may tag the account, too; here less of it is told, which is no other version of it."""
    return msgspec.structs.replace(view, item=f"tag:{view.item}")


READING = reading(
    "instagram/1",
    api="https://graph.instagram.com",
    start=_start,
    endpoints={
        "profile": single("the profile", leads=_of_profile),
        "media": listed("the posts", "newest", leads=_of_post),
        "tags": listed("the posts that tag the account", "newest", seen_as=_as_tag),
        # A story ends by itself.
        "stories": listed("the stories", "passing"),
        **conversations(MESSAGE_FIELDS, limit=50),
        "comments": listed("the comments", "whole", leads=_of_comment, seen_as=_as_comment),
        "replies": listed("the replies", "whole", seen_as=_as_reply),
    },
    fields=FIELDS,
    stands_for=stands_for_own,
    identity=own_profile,
)
PLATFORM = Platform(
    name="instagram",
    title="Instagram",
    dialect=dialect(view_of, VOLATILE, ("mentioned_media",), ("mentioned_comment",)),
    reading=READING,
    webhook=WEBHOOK,
    authorisation=Given(
        steps=(
            "At developers.facebook.com, create an app of the type 'Business', and add 'Instagram' to it.",
            "Choose 'API setup with Instagram login', and add the account, which must be a professional one.",
            "Generate its token, and copy it: instagram_business_basic, instagram_business_manage_comments.",
            "For messages it needs instagram_business_manage_messages, too; no other permission is needed.",
            "The token ends after 60 days. Where it is kept in a file or a keyring, Holdfast exchanges it in time.",
        ),
        renewal=Renewal(path="/refresh_access_token", grant="ig_refresh_token", days=60),
    ),
)
