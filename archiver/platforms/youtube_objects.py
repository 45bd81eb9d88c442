"""YouTube: how the resources of its Data API read (developers.google.com/youtube/v3/docs). Pure.

A video keeps its bare id; whatever else there is, is prefixed (``comment:``, ``channel:``). A comment thread is its
top-level comment: they have one id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment
from archiver.parsing.shapes import Object, address, find_id, find_text, member, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from schemas.record import Kind

SITE = "https://www.youtube.com"
SIZES = ("maxres", "standard", "high", "medium", "default")
"""Thumbnails, the largest first."""
COUNTS = ("viewCount", "likeCount", "commentCount", "subscriberCount", "videoCount")
NOT_HIDDEN = (None, "public", "published")


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what a resource says; its ``kind`` tells which it is."""
    read = VIEWS.get(str(value.get("kind", "")).removeprefix("youtube#"))
    return read(value) if read else None


def list_view(value: Object) -> Normalised | None:
    """Return what an envelope says of itself."""
    kind = str(value.get("kind", ""))
    if not (kind.startswith("youtube#") and kind.endswith("ListResponse")):
        return None
    return Normalised(kind="list", type="Collection", item="", title=kind.removeprefix("youtube#"))


def _video(value: Object) -> Normalised:
    snippet, identifier = member(value, "snippet"), find_id(value, "id") or ""
    return _told(
        value,
        kind="post",
        type="Video",
        item=identifier,
        url=f"{SITE}/watch?v={identifier}",
        lang=find_text(snippet, "defaultLanguage") or find_text(snippet, "defaultAudioLanguage"),
        tags=unique(texts(snippet, "tags")),
    )


def _channel(value: Object) -> Normalised:
    identifier = find_id(value, "id") or ""
    title = find_text(value, "snippet", "title") or find_text(value, "brandingSettings", "channel", "title")
    banner = address(value, "brandingSettings", "image", "bannerExternalUrl")
    custom = find_text(value, "snippet", "customUrl")
    return _told(
        value,
        kind="profile",
        type="Organization",
        item=f"channel:{identifier}",
        url=f"{SITE}/channel/{identifier}",
        title=title,
        text=find_text(value, "snippet", "description")
        or find_text(value, "brandingSettings", "channel", "description"),
        author=Author(id=identifier, name=title, handle=custom, url=f"{SITE}/channel/{identifier}"),
        attachments=_pictures(member(value, "snippet", "thumbnails"), banner),
    )


def _playlist(value: Object) -> Normalised:
    identifier = find_id(value, "id") or ""
    return _told(
        value,
        kind="event",
        type="Collection",
        item=f"playlist:{identifier}",
        url=f"{SITE}/playlist?list={identifier}",
        counts=counts_of([("items", member(value, "contentDetails", "itemCount"))]),
    )


def _playlist_item(value: Object) -> Normalised:
    video = find_text(value, "contentDetails", "videoId") or find_text(value, "snippet", "resourceId", "videoId")
    playlist = find_text(value, "snippet", "playlistId")
    published = find_text(value, "contentDetails", "videoPublishedAt")
    return _told(
        value,
        kind="event",
        type="Add",
        item=f"playlist-item:{find_id(value, 'id')}",
        url=f"{SITE}/watch?v={video}" if video else None,
        created=find_instant(find_text(value, "snippet", "publishedAt") or published),
        created_text=find_text(value, "snippet", "publishedAt") or published,
        thread=f"playlist:{playlist}" if playlist else None,
        parent=video,
    )


def _thread(value: Object) -> Normalised:
    comment = member(value, "snippet", "topLevelComment")
    video = find_text(value, "snippet", "videoId") or find_text(comment, "snippet", "videoId")
    channel = find_text(value, "snippet", "channelId") or find_text(comment, "snippet", "channelId")
    below = video or (f"channel:{channel}" if channel else None)
    return _comment_view(
        member(comment, "snippet"),
        kind="comment",
        item=f"comment:{find_id(value, 'id')}",
        url=f"{SITE}/watch?v={video}&lc={find_id(value, 'id')}" if video else None,
        thread=below,
        parent=below,
        replies=member(value, "snippet", "totalReplyCount"),
    )


def _comment(value: Object) -> Normalised:
    snippet = member(value, "snippet")
    video, parent = find_text(snippet, "videoId"), find_text(snippet, "parentId")
    return _comment_view(
        snippet,
        kind="reply" if parent else "comment",
        item=f"comment:{find_id(value, 'id')}",
        url=f"{SITE}/watch?v={video}&lc={find_id(value, 'id')}" if video else None,
        thread=video,
        parent=f"comment:{parent}" if parent else video,
    )


def _comment_view(snippet: Any, *, replies: object = None, **more: Any) -> Normalised:  # noqa: ANN401 - any JSON
    original = find_text(snippet, "textOriginal")
    created, edited = find_text(snippet, "publishedAt"), find_text(snippet, "updatedAt")
    return Normalised(
        type="Note",
        text=original or read_fragment(find_text(snippet, "textDisplay") or "").text or None,
        author=Author(
            id=find_text(snippet, "authorChannelId", "value"),
            name=find_text(snippet, "authorDisplayName"),
            url=address(snippet, "authorChannelUrl"),
        ),
        created=find_instant(created),
        created_text=created,
        edited=find_instant(edited) if edited != created else None,
        counts=counts_of([("likes", member(snippet, "likeCount")), ("replies", replies)]),
        flags=_flags(find_text(snippet, "moderationStatus")),
        **more,
    )


def _caption(value: Object) -> Normalised:
    snippet = member(value, "snippet")
    edited = find_text(snippet, "lastUpdated")
    video = find_text(snippet, "videoId")
    return Normalised(
        kind="media",
        type="Document",
        item=f"caption:{find_id(value, 'id')}",
        title=find_text(snippet, "name") or find_text(snippet, "trackKind"),
        lang=find_text(snippet, "language"),
        edited=find_instant(edited),
        thread=video,
        parent=video,
    )


def _activity(value: Object) -> Normalised:
    details = member(value, "contentDetails")
    videos = [find_text(one, "videoId") or find_text(one, "resourceId", "videoId") for one in _members(details)]
    video = next(filter(None, videos), None)
    return _told(
        value,
        kind="event",
        type="Activity",
        item=f"activity:{find_id(value, 'id')}",
        links=(f"{SITE}/watch?v={video}",) if video else (),
        parent=video,
    )


def _subscription(value: Object) -> Normalised:
    subscriber = member(value, "subscriberSnippet")
    followed = find_text(value, "snippet", "resourceId", "channelId")
    who = find_text(subscriber, "channelId") or find_text(value, "snippet", "channelId")
    return _told(
        value,
        kind="event",
        type="Follow",
        item=f"subscription:{find_id(value, 'id')}",
        title=find_text(value, "snippet", "title") or find_text(subscriber, "title"),
        author=Author(id=who, name=find_text(subscriber, "title"), url=f"{SITE}/channel/{who}") if who else None,
        links=(f"{SITE}/channel/{followed}",) if followed else (),
        attachments=(),
    )


def _member(value: Object) -> Normalised:
    who = member(value, "snippet", "memberDetails")
    identifier = find_text(who, "channelId")
    level = find_text(value, "snippet", "membershipsDetails", "highestAccessibleLevelDisplayName")
    return Normalised(
        kind="event",
        type="Join",
        item=f"member:{identifier}" if identifier else "",
        title=level,
        author=Author(id=identifier, name=find_text(who, "displayName"), url=address(who, "channelUrl")),
    )


def _level(value: Object) -> Normalised:
    return Normalised(
        kind="event",
        type="Offer",
        item=f"level:{find_id(value, 'id')}",
        title=find_text(value, "snippet", "levelDetails", "displayName"),
    )


def _section(value: Object) -> Normalised:
    title = find_text(value, "snippet", "title") or find_text(value, "snippet", "type")
    return Normalised(kind="event", type="Collection", item=f"section:{find_id(value, 'id')}", title=title)


def _found(value: Object) -> Normalised:
    """Return what a search shows: a shorter form of what is read elsewhere, so an item of its own."""
    found = member(value, "id")
    what = next((f"{name.removesuffix('Id')}:{find_id(found, name)}" for name in RESULTS if find_id(found, name)), "")
    return _told(value, kind="event", type="Object", item=f"result:{what}" if what else "")


RESULTS = ("videoId", "channelId", "playlistId")
VIEWS: Mapping[str, Callable[[Object], Normalised]] = {
    "activity": _activity,
    "caption": _caption,
    "channel": _channel,
    "channelSection": _section,
    "comment": _comment,
    "commentThread": _thread,
    "member": _member,
    "membershipsLevel": _level,
    "playlist": _playlist,
    "playlistItem": _playlist_item,
    "searchResult": _found,
    "subscription": _subscription,
    "video": _video,
}


def _told(value: Object, *, kind: Kind, type: str, item: str, **more: Any) -> Normalised:  # noqa: A002, ANN401 - as the view has it
    """Return a view of what most resources have in their ``snippet``, ``statistics`` and ``status``."""
    snippet = member(value, "snippet")
    channel = find_text(snippet, "channelId")
    published = find_text(snippet, "publishedAt")
    statistics = member(value, "statistics")
    usual: dict[str, Any] = {
        "title": find_text(snippet, "title"),
        "text": find_text(snippet, "description"),
        "author": Author(id=channel, name=find_text(snippet, "channelTitle"), url=f"{SITE}/channel/{channel}")
        if channel
        else None,
        "created": find_instant(published),
        "created_text": published,
        "attachments": _pictures(member(snippet, "thumbnails")),
        "counts": counts_of((name.removesuffix("Count") + "s", member(statistics, name)) for name in COUNTS),
        "flags": _flags(find_text(value, "status", "privacyStatus")),
    }
    return Normalised(kind=kind, type=type, item=item, **(usual | more))


def _pictures(thumbnails: object, *more: str | None) -> tuple[Attachment, ...]:
    """Return the largest thumbnail; the others are the same picture."""
    largest = next((found for size in SIZES if (found := address(thumbnails, size, "url"))), None)
    return tuple(Attachment(url=url, role="image") for url in unique((largest, *more)))


def _flags(status: str | None) -> tuple[str, ...]:
    """Return what a reader must know: that something is not, or not yet, shown to everybody."""
    return () if status in NOT_HIDDEN else (f"status-{status}",)


def _members(value: object) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


# Counts, what the reader did or may do, whom a comment's author calls himself today, and the digest of all that.
OF_COMMENT = (
    *("etag", "snippet.likeCount", "snippet.viewerRating", "snippet.canRate"),
    *("snippet.authorDisplayName", "snippet.authorProfileImageUrl", "snippet.authorChannelUrl"),
)
VOLATILE = (
    *OF_COMMENT,
    *(f"snippet.topLevelComment.{name}" for name in OF_COMMENT),
    *("snippet.totalReplyCount", "snippet.canReply", "snippet.channelTitle", "snippet.videoOwnerChannelTitle"),
    # Where a video stands in a playlist is what the list of its items says.
    *("statistics", "snippet.position", "liveStreamingDetails.concurrentViewers"),
    *("contentDetails.itemCount", "contentDetails.totalItemCount", "contentDetails.newItemCount"),
    "snippet.membershipsDetails.membershipsDuration.memberTotalDurationMonths",
    "snippet.membershipsDetails.membershipsDurationAtLevel.memberTotalDurationMonths",
)
DIALECT = Dialect(view=view_of, paths=(("items",),), context=lambda _: {}, list_view=list_view, volatile=VOLATILE)
