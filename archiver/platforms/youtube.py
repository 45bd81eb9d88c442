"""YouTube: in which order its Data API is asked, and what that costs (developers.google.com/youtube/v3). Pure.

The uploads are a playlist, which names the videos; they are then asked for by fifty. A video that is asked for by its
id and not in the answer is not there for whoever asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from archiver.parsing.shapes import find_text, member, objects
from archiver.platforms.google import access_to, address, authorised_for, by_page_token, status_of
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading, by_status
from archiver.platforms.youtube_events import WEBHOOK, identity
from archiver.platforms.youtube_objects import DIALECT
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.record import Kind, Normalised

FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
TOGETHER = 50
"""How many ids one request may name."""
OF_VIDEO = "snippet,contentDetails,status,statistics,localizations,recordingDetails,liveStreamingDetails"
OF_CHANNEL = "snippet,contentDetails,statistics,status,brandingSettings,localizations"
OF_PLAYLIST = "snippet,status,contentDetails"
OF_PLAYLIST_ITEM = "snippet,contentDetails,status"
LISTS = {
    "playlist": ("playlists", OF_PLAYLIST),
    "playlist-item": ("playlistItems", OF_PLAYLIST_ITEM),
    "subscription": ("subscriptions", "snippet"),
}


class ChannelNameAmbiguousError(InputError):
    """An old custom name (``/c/NAME``, ``/NAME``) is no handle: ``@NAME`` may be somebody else's."""

    code = "CHANNEL_NAME_AMBIGUOUS"


def _start(site: Site) -> Iterable[Question]:
    named = [part for part in urlsplit(site.account.url).path.split("/") if part]
    match named:
        case ["channel", identifier, *_]:
            by = {"id": identifier}
        case ["user", name, *_]:
            by = {"forUsername": name}
        case [name, *_] if name.startswith("@"):
            by = {"forHandle": name}
        case [_, *_]:
            raise ChannelNameAmbiguousError(
                f"{site.account.url} names the channel in a way that YouTube's API does not know.",
                do="Register the address with the channel's @handle, or https://www.youtube.com/channel/ and its ID.",
            )
        case _:
            by = {"mine": "true"}
    yield Question("channel", address(site, "channels", part=OF_CHANNEL, **by))


def _of_channel(led: Led) -> Iterable[Question]:
    site, channel = led.site, led.view.item.removeprefix("channel:")
    uploads = find_text(led.value, "contentDetails", "relatedPlaylists", "uploads")
    if uploads:
        yield Question("uploads", _page(site, "playlistItems", part="contentDetails", playlistId=uploads))
    yield Question("conversation", _threads(site, allThreadsRelatedToChannelId=channel))
    if site.authorised:
        for status in ("heldForReview", "likelySpam"):
            url = _threads(site, allThreadsRelatedToChannelId=channel, moderationStatus=status)
            yield Question(status, url)
        yield Question("subscriptions", _page(site, "subscriptions", part="snippet", mine="true"), seldom=True)
    yield Question("playlists", _page(site, "playlists", part=OF_PLAYLIST, channelId=channel))
    if "subscribers" in site.options and site.authorised:
        url = _page(site, "subscriptions", part="subscriberSnippet", mySubscribers="true")
        yield Question("subscribers", url, seldom=True)
    if "members" in site.options and site.authorised:
        yield Question("members", address(site, "members", part="snippet", maxResults="1000"), seldom=True)


def _videos(site: Site, answer: Answer) -> Iterable[Question]:
    named = [find_text(one, "contentDetails", "videoId") for one in objects(answer.value, "items")]
    found = list(dict.fromkeys(filter(None, named)))
    for start in range(0, len(found), TOGETHER):
        yield Question("videos", address(site, "videos", part=OF_VIDEO, id=",".join(found[start : start + TOGETHER])))


def _of_video(led: Led) -> Iterable[Question]:
    item = led.view.item
    count = member(led.value, "statistics", "commentCount")
    if count is not None:  # where comments are switched off, nothing is counted, and asking is refused
        yield Question("comments", _threads(led.site, videoId=item), about=item, empty=str(count) == "0")
    if led.site.authorised and member(led.value, "contentDetails", "caption") == "true":
        yield Question("captions", address(led.site, "captions", part="snippet", videoId=item), about=item, seldom=True)


def _of_thread(led: Led) -> Iterable[Question]:
    identifier = led.view.item.removeprefix("comment:")
    url = _page(led.site, "comments", size="100", part="snippet", parentId=identifier, textFormat="plainText")
    within = led.view.thread or ""
    yield Question("replies", url, led.view.item, within=within, empty=not led.view.counts.get("replies"))


def _of_waiting_thread(led: Led) -> Iterable[Question]:
    """Ask for the replies in any case: a thread is listed also where only a reply waits, which may not be counted."""
    return (replace(one, empty=False) for one in _of_thread(led))


def _of_playlist(led: Led) -> Iterable[Question]:
    playlist = led.view.item.removeprefix("playlist:")
    url = _page(led.site, "playlistItems", part=OF_PLAYLIST_ITEM, playlistId=playlist)
    yield Question("playlist", url, about=led.view.item, seldom=True)


def _page(site: Site, path: str, *, size: str = "50", **parameters: str) -> str:
    return address(site, path, **parameters, maxResults=size)


def _threads(site: Site, **parameters: str) -> str:
    return _page(site, "commentThreads", size="100", part="snippet", order="time", textFormat="plainText", **parameters)


def _as_video(view: Normalised, _: Question) -> Normalised:
    return msgspec.structs.replace(view, item=view.parent or view.item)


def _as_reply(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.within or view.thread, parent=question.about)


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    prefix, colon, identifier = item.partition(":")
    if not colon:
        return address(site, "videos", part=OF_VIDEO, id=item)
    if prefix == "comment":
        # A reply's id is that of its thread, a dot, and its own.
        listed = "comments" if "." in identifier else "commentThreads"
        return address(site, listed, part="snippet", id=identifier, textFormat="plainText")
    listed, parts = LISTS.get(prefix, ("", ""))
    return address(site, listed, part=parts, id=identifier) if listed else None


def _standing(answer: Answer) -> Standing:
    """Return what the answer for one id says: a list of one, or of nothing. A quota that is used up says nothing."""
    status = status_of(answer)
    if status != answer.status:
        return "unknown"
    if answer.status in range(200, 300):
        if not str(member(answer.value, "kind")).startswith("youtube#"):
            return "unknown"
        return "present" if any(objects(answer.value, "items")) else "gone"
    return "unknown" if answer.status == 403 else by_status(answer)  # noqa: PLR2004 - of who asks, not of the item


def _units(units: int, title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - what an endpoint has
    """Return a list of the API, one page of which costs so many units of the quota (determine_quota_cost there)."""
    return Endpoint(title=title, items=(("items",),), demands="items", next=by_page_token, cost=lambda _: units, **more)


READING = Reading(
    collector="youtube/1",
    api="https://www.googleapis.com/youtube",
    versioned=True,
    options={
        "subscribers": "read who subscribes to the channel, as far as they let others know",
        "members": "read who pays for a membership of the channel",
    },
    endpoints={
        "channel": _units(1, "the channel", leads=_of_channel),
        "uploads": _units(
            1, "the uploads", order="newest", seen_as=_as_video, elsewhere=lambda _: True, together=_videos
        ),
        "videos": _units(1, "the videos", leads=_of_video, ages=True),
        "conversation": _units(1, "the newest comments", order="passing", leads=_of_thread),
        "comments": _units(1, "the comments", order="newest", leads=_of_thread),
        "heldForReview": _units(1, "the comments that wait for review", order="whole", leads=_of_waiting_thread),
        "likelySpam": _units(1, "the comments that were taken for spam", order="whole", leads=_of_waiting_thread),
        "replies": _units(1, "the replies", order="whole", seen_as=_as_reply),
        "playlists": _units(1, "the playlists", order="whole", leads=_of_playlist),
        "playlist": _units(1, "a playlist's videos", order="whole"),
        "captions": _units(50, "the captions", order="whole"),
        "subscriptions": _units(1, "the channels that the channel subscribes to", order="whole"),
        "subscribers": _units(1, "the subscribers"),
        "members": _units(2, "the members", order="whole"),
    },
    start=_start,
    access=access_to,
    look_up=_look_up,
    looked_up=("items",),
    standing=_standing,
    stands_for=status_of,
    identity=identity,
)
PLATFORM = Platform(
    name="youtube",
    title="YouTube",
    dialect=DIALECT,
    reading=READING,
    webhook=WEBHOOK,
    authorisation=authorised_for(
        FORCE_SSL, api="YouTube Data API v3", sign_in="the owner of the channel, and choose the channel"
    ),
)
