"""Facebook: how one object of the Graph API reads, told by its members alone. Pure.

Posts, comments and messages keep their bare ids. What is shown has its kind before it, for each has fields of its own
(``photo:``, ``video:``, ``live:``, ``album:``); ratings have no id, and go by their story's (``rating:``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from archiver.parsing.shapes import find_id, find_text, member, objects
from archiver.parsing.text import counts_of, find_address, unique
from archiver.platforms.graph import all_in, find_moment
from archiver.platforms.graph_events import find_event
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.shapes import Object
    from archiver.platforms.dialect import Context
    from schemas.record import Kind

    Role: TypeAlias = Literal["image", "video", "document"]

TITLES, TEXTS = ("title", "name"), ("message", "story", "description")
TAGGED = ("message_tags", "story_tags", "name_tags")
SITE = "https://www.facebook.com/"
# Advertising, apps and statistics are no records of what a page published; Instagram and Threads have their own.
FOREIGN_NAMES = """
account_id ad_id adset_id campaign_id form_id audience_size funding_source boost_ads_list app_name period insights
video_insights granted_scopes copyright_check_information copyright_check_status
timestamp media_type media_product_type location_id threads_biography mentioned_media
"""
FOREIGN = frozenset(FOREIGN_NAMES.split())
CONVERSATION = frozenset({"participants", "senders", "message_count", "unread", "unseen"})
IN_MESSAGES = frozenset({"image_data", "video_data", "file_url", "generic_template", "mime_type"})
COMMENT = frozenset({"can_remove", "can_hide", "can_comment", "comment_count", "is_private", "user_likes"})
PHOTO = frozenset({"images", "album", "name_tags", "page_story_id", "alt_text"})
VIDEO_NAMES = """
broadcast_start_time captions content_category embed_html embeddable format length live_status live_views stream_url
thumbnails universal_video_id
"""
VIDEO = frozenset(VIDEO_NAMES.split())
LIVE = frozenset({"live_views", "stream_url", "broadcast_start_time"})
ALBUM = frozenset({"can_upload", "count", "cover_photo"})
EVENT = frozenset({"attending_count", "is_date_only", "is_page_owned", "location", "place", "timezone"})
PAGE_NAMES = "category category_list fan_count followers_count hours overall_star_rating rating_count"
PAGE = frozenset(PAGE_NAMES.split())
PERSON = frozenset({"first_name", "last_name", "short_name"})
PROFILE_NAMES = """
about connected_instagram_account cover instagram_business_account location overall_rating screennames username
"""
PROFILE = frozenset(PROFILE_NAMES.split())
POST_NAMES = """
attachments backdated_time call_to_action child_attachments comments coordinates created_time end_time feed_targeting
is_hidden likes message message_tags multi_share_optimized parent_id permalink_url reactions shares status_type story
story_tags tagged_time targeting
"""
POST = frozenset(POST_NAMES.split())


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API or of a webhook says."""
    event = find_event(value)
    if event is not None:
        return event
    if "reviewer" in value or "has_rating" in value:
        return _rating(value)
    if "post_id" in value and "media_type" in value:
        return _story(value)
    if find_id(value, "id") is None or value.keys() & FOREIGN:
        return None
    return _said(value) or _shown(value) or _named(value)


def _said(value: Object) -> Normalised | None:
    if value.keys() & CONVERSATION:
        return conversation_of(value)
    if _is_message(value):
        return message_of(value)
    if value.keys() & COMMENT or any(isinstance(value.get(name), dict) for name in ("parent", "object")):
        return _comment(value)
    return None


def _shown(value: Object) -> Normalised | None:
    names = value.keys()
    if names & PHOTO:
        return _photo(value)
    if names & VIDEO or names >= {"creation_time", "title"}:
        return _video(value)
    return _album(value) if names & ALBUM else None


def _named(value: Object) -> Normalised | None:
    names = value.keys()
    if "start_time" in value and names & EVENT:
        return _thing(value, kind="event", named="Event")
    if names & (PAGE | PERSON | PROFILE) or "venue" in value or ("name" in value and not names & POST):
        return _profile(value)
    return _post(value) if names & POST else None


def author_of(value: Any) -> Author | None:  # noqa: ANN401 - any JSON
    """Return a node as the author of something."""
    number, name, handle = find_id(value, "id"), find_text(value, "name"), find_text(value, "username")
    return Author(id=number, name=name, handle=handle) if number or name or handle else None


def _post(value: Object) -> Normalised:
    parts = list(_parts(value))
    title = next((text for one in (value, *parts) for name in TITLES if (text := find_text(one, name))), None)
    return Normalised(
        kind="post",
        type="Note",
        item=find_id(value, "id") or "",
        url=_address(value, "permalink_url"),
        title=title,
        text=next((text for name in TEXTS if (text := find_text(value, name))), None),
        author=author_of(member(value, "from")),
        created=find_moment(value.get("created_time")),
        created_text=find_text(value, "created_time"),
        parent=find_id(value, "parent_id"),
        attachments=tuple(_attachments(parts)) or _pictures(value, "full_picture", "picture"),
        tags=_tags(value, hashes=True),
        mentions=_tags(value, hashes=False),
        links=unique((_address(value, "link"), *(_address(part, "unshimmed_url") for part in parts))),
        counts=_counts(value),
        flags=_flags(value),
    )


def _comment(value: Object) -> Normalised:
    parent = find_id(member(value, "parent"), "id")
    shown = member(value, "attachment")
    parts = list(_within(shown)) if isinstance(shown, dict) else []
    return Normalised(
        kind="reply" if parent else "comment",
        type="Note",
        item=find_id(value, "id") or "",
        url=_address(value, "permalink_url"),
        text=find_text(value, "message"),
        author=author_of(member(value, "from")),
        created=find_moment(value.get("created_time")),
        created_text=find_text(value, "created_time"),
        thread=find_id(member(value, "object"), "id"),
        parent=parent,
        attachments=tuple(_attachments(parts)),
        tags=_tags(value, hashes=True),
        mentions=_tags(value, hashes=False),
        links=unique(_address(part, "unshimmed_url") for part in parts),
        counts=_counts(value),
        flags=_flags(value),
    )


def _is_message(value: Object) -> bool:
    return (
        str(value["id"]).startswith(("m_", "mid.", "aWdf"))
        or "is_unsupported" in value
        or "sticker" in value
        or isinstance(value.get("story"), dict)
        or isinstance(member(value, "shares", "data"), list)
        or any(one.keys() & IN_MESSAGES for one in all_in(value, "attachments"))
    )


def message_of(value: Object) -> Normalised:
    """Return a message of Messenger or of Instagram."""
    shares = list(all_in(value, "shares"))
    stories = (member(value, "story", "mention"), member(value, "story", "reply_to"))
    return Normalised(
        kind="message",
        type="Note",
        item=find_id(value, "id") or "",
        text=find_text(value, "message"),
        author=author_of(member(value, "from")),
        created=find_moment(value.get("created_time")),
        created_text=find_text(value, "created_time"),
        attachments=(*_sent(value), *_pictures(value, "sticker")),
        mentions=unique(find_text(one, "username") or find_text(one, "name") for one in all_in(value, "to")),
        links=unique((*(_address(one, "link") for one in shares), *(_address(one, "link") for one in stories))),
    )


def _sent(value: Object) -> Iterator[Attachment]:
    roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
        ("video", ("video_data", "url")),
        ("image", ("image_data", "url")),
        ("document", ("file_url",)),
    )
    for one in all_in(value, "attachments"):
        told, name = find_text(one, "mime_type"), find_text(one, "name")
        found = ((role, url) for role, path in roles if (url := _address(one, *path)))
        yield from (Attachment(url=url, role=role, media_type=told, alt=name) for role, url in list(found)[:1])


def conversation_of(value: Object) -> Normalised:
    """Return a conversation, whose messages are items of their own."""
    people = [*all_in(value, "participants"), *all_in(value, "to")]
    return Normalised(
        kind="event",
        type="Collection",
        item=find_id(value, "id") or "",
        url=_address(value, "link"),
        title=find_text(value, "name") or find_text(value, "subject"),
        mentions=unique(find_text(one, "username") or find_text(one, "name") for one in people),
        counts=counts_of([("messages", value.get("message_count"))]),
    )


def _photo(value: Object) -> Normalised:
    sizes = sorted(objects(value, "images"), key=lambda one: -counts_of([("", one.get("width"))]).get("", 0))
    best = next((url for one in sizes if (url := _address(one, "source"))), None)
    told = find_text(value, "alt_text") or find_text(value, "alt_text_custom")
    shown = (Attachment(url=best, role="image", alt=told),) if best else _pictures(value, "source", "picture")
    return _media(value, "photo", shown, thread=find_id(value, "page_story_id"))


def _video(value: Object) -> Normalised:
    url = _address(value, "source")
    shown = (Attachment(url=url, role="video", alt=find_text(value, "title")),) if url else ()
    return _media(value, "live" if LIVE & value.keys() else "video", shown, thread=find_id(value, "post_id"))


def _media(value: Object, prefix: str, shown: tuple[Attachment, ...], *, thread: str | None) -> Normalised:
    made = value.get("created_time") or value.get("creation_time")
    return Normalised(
        kind="media",
        type="Image" if prefix == "photo" else "Video",
        item=f"{prefix}:{find_id(value, 'id')}",
        url=_address(value, "permalink_url") or _address(value, "link"),
        title=find_text(value, "title"),
        text=find_text(value, "description") or find_text(value, "name"),
        author=author_of(member(value, "from")),
        created=find_moment(made),
        created_text=made if isinstance(made, str) else None,
        thread=thread,
        attachments=shown,
        tags=_tags(value, hashes=True),
        mentions=_tags(value, hashes=False),
        counts=_counts(value),
        flags=_flags(value),
    )


def _album(value: Object) -> Normalised:
    return msgspec.structs.replace(
        _thing(value, kind="media", named="Collection"), item=f"album:{find_id(value, 'id')}"
    )


def _thing(value: Object, *, kind: Kind, named: str) -> Normalised:
    return Normalised(
        kind=kind,
        type=named,
        item=find_id(value, "id") or "",
        url=_address(value, "link"),
        title=find_text(value, "name"),
        text=find_text(value, "description"),
        author=author_of(member(value, "from") or member(value, "owner")),
        created=find_moment(value.get("created_time")),
        created_text=find_text(value, "created_time"),
        counts=counts_of([("photos", value.get("count")), ("attending", value.get("attending_count"))]),
        flags=_flags(value),
    )


def _profile(value: Object) -> Normalised:
    names = value.keys()
    told = [find_text(value, name) for name in ("about", "description", "bio", "mission", "company_overview")]
    named = (
        "Group" if "venue" in value else "Organization" if names & PAGE else "Person" if names & PERSON else "Profile"
    )
    pictures = (_address(value, "picture", "data", "url"), _address(value, "cover", "source"))
    return Normalised(
        kind="profile",
        type=named,
        item=find_id(value, "id") or "",
        url=_address(value, "link"),
        title=find_text(value, "name"),
        text="\n".join(unique(told)) or None,
        author=author_of(value),
        attachments=tuple(Attachment(url=url, role="image") for url in unique(pictures)),
        links=unique((_address(value, "website"),)),
        counts=counts_of((name, value.get(f"{name}_count")) for name in ("fan", "followers", "rating")),
    )


def _rating(value: Object) -> Normalised:
    story = member(value, "open_graph_story")
    number = find_id(story, "id")
    return Normalised(
        kind="comment",
        type="Note",
        item=f"rating:{number}" if number else "",
        title=find_text(value, "recommendation_type"),
        text=find_text(value, "review_text") or find_text(story, "message"),
        author=author_of(member(value, "reviewer")),
        created=find_moment(value.get("created_time")),
        created_text=find_text(value, "created_time"),
        counts=counts_of([("rating", value.get("rating"))]),
    )


def _story(value: Object) -> Normalised:
    made = value.get("creation_time")
    return Normalised(
        kind="post",
        type="Note",
        item=find_id(value, "post_id") or "",
        url=_address(value, "url"),
        created=find_moment(made),
        created_text=str(made) if isinstance(made, str | int) else None,
        flags=("story",),
    )


def _parts(value: Object) -> Iterator[Object]:
    for shown in all_in(value, "attachments"):
        yield from _within(shown)
    yield from objects(value, "child_attachments")


def _within(shown: Object) -> Iterator[Object]:
    """Yield what an attachment is made of: the pictures of an album, or itself."""
    parts = list(all_in(shown, "subattachments"))
    yield from parts or [shown]


def _attachments(parts: list[Object]) -> Iterator[Attachment]:
    for part in parts:
        video, image = _address(part, "media", "source"), _address(part, "media", "image", "src")
        url = video or image or _address(part, "picture")
        if url:
            yield Attachment(url=url, role="video" if video else "image", alt=find_text(part, "description"))


def _pictures(value: Object, *names: str) -> tuple[Attachment, ...]:
    found = next((url for name in names if (url := _address(value, name))), None)
    return (Attachment(url=found, role="image"),) if found else ()


def _address(value: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    found = member(value, *names)
    return find_address(found, base=SITE if isinstance(found, str) and found.startswith("/") else "")


def _tags(value: Object, *, hashes: bool) -> tuple[str, ...]:
    """Return what is tagged: hashtags, or people and pages."""
    named = [find_text(tag, "name") or "" for name in TAGGED for tag in objects(value, name)]
    found = [name for name in named if name.startswith("#") == hashes]
    return unique(name.removeprefix("#") for name in found)


def _counts(value: Object) -> dict[str, int]:
    def total(name: str) -> object:
        return member(value, name, "summary", "total_count") or member(value, name, "count")

    said = ("comments", total("comments") or value.get("comment_count"))
    return counts_of(
        [said, ("likes", total("likes") or value.get("like_count")), ("reactions", total("reactions")),
         ("shares", member(value, "shares", "count"))]
    )  # fmt: skip


def _flags(value: Object) -> tuple[str, ...]:
    said = {"hidden": value.get("is_hidden") is True, "private": value.get("is_private") is True,
            "unpublished": value.get("is_published") is False, "expired": value.get("is_expired") is True}  # fmt: skip
    return tuple(name for name, true in said.items() if true)
