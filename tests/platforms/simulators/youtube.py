"""YouTube's Data API v3 as its documentation has it (developers.google.com/youtube/v3, 2026), for one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.google import PAGE, GoogleSimulator
from tests.platforms.simulator import RefusedError, Route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Asked, Post
    from tests.servers import Answer

VIDEO, COMMENT = r"[\w-]{11}", r"Ug[\w-]{13}AaABAg"
REPLY = rf"{COMMENT}\.[\w-]{{11}}"
CHANNEL, UPLOADS, PLAYLIST = "UCmaplegroveusd0000000000"[:24], "UUmaplegroveusd0000000000"[:24], "PL0123456789maple"
FIFTY, HUNDRED = r"[1-9]|[1-4]\d|50", r"[1-9]\d?|100"
PARTS = (
    r"(snippet|contentDetails|status|statistics|localizations|recordingDetails|liveStreamingDetails|brandingSettings)"
)
IDS = rf"{VIDEO}(,{VIDEO}){{0,49}}"


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}Z"


class YouTube(GoogleSimulator):
    """A channel, read by its owner, or with a key."""

    name = "youtube"
    version = "v3"
    path_of_account = "/@maple"
    deepest = 2
    one_list = False
    cannot: ClassVar[Mapping[str, str]] = {"hide": "what is private is there for its owner, and for nobody else"}

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.held: set[str] = set()
        """Comments that wait for review."""
        self._by_id = False
        self.switched_off: set[str] = set()
        """Videos below which nobody may comment."""

    @property
    def api(self) -> str:
        return self.url("/youtube")

    def routes(self) -> Sequence[Route]:
        def below(role: Any, name: str, answer: Any, needs: tuple[str, ...] = (), **parameters: str) -> Route:
            # One item by its id, or a list by something else.
            when = {"id": parameters.pop("id")} if role == "item" else {}
            paged = {"part": rf"{PARTS}(,{PARTS})*", **({} if when else {"pageToken": PAGE})}
            return Route(role, f"/youtube/v3/{name}", answer, {**paged, **parameters}, ("part", *needs), when)

        texts = {"textFormat": "plainText|html", "maxResults": HUNDRED}
        fifty = {"maxResults": FIFTY}
        return (
            below("profile", "channels", self._channels, forHandle=r"@\w+", forUsername=r"\w+", id=r"UC[\w-]{22}"),
            below("item", "videos", self._videos, ("id",), id=VIDEO),
            below("other", "videos", self._videos, ("id",), id=IDS),
            below("posts", "playlistItems", self._uploads, ("playlistId",), playlistId=UPLOADS, **fifty),
            below("other", "playlistItems", self._playlist, ("playlistId",), playlistId=PLAYLIST, **fifty),
            below("other", "playlists", self._nobody, ("channelId",), channelId=CHANNEL, **fifty),
            below("item", "commentThreads", self._identified, ("id",), id=COMMENT, textFormat="plainText|html"),
            below(
                "replies",
                "commentThreads",
                self._below_videos,
                videoId=VIDEO,
                allThreadsRelatedToChannelId=CHANNEL,
                moderationStatus="heldForReview|likelySpam|published",
                order="time|relevance",
                **texts,
            ),
            below("item", "comments", self._identified, ("id",), id=REPLY, textFormat="plainText|html"),
            below("other", "comments", self._replies, ("parentId",), parentId=COMMENT, **texts),
            below("other", "captions", self._owned, ("videoId",), videoId=VIDEO),
            below("other", "subscriptions", self._owned, mine="true", mySubscribers="true", **fifty),
        )

    # How things are spelled.

    def numbered(self, number: int) -> str:
        return f"vid-{number:07d}"

    def item_of(self, post: Post) -> str:
        return f"comment:{self._comment_id(post)}" if post.parent else post.id

    def _comment_id(self, post: Post) -> str:
        above = self.posts.get(post.parent or "")
        if above is not None and above.parent is not None:
            return f"{self._comment_id(above)}.{post.id}"
        return f"Ugx-{post.id}AaABAg"

    def rendered(self, post: Post) -> dict[str, Any]:
        if post.parent is None:
            return self._video(post)
        above = self.posts[post.parent]
        if above.parent is not None:
            return self._comment(post, parentId=self._comment_id(above))
        snippet = {
            "channelId": CHANNEL,
            "videoId": above.id,
            "topLevelComment": self._comment(post, videoId=above.id),
            "canReply": True,
            "totalReplyCount": len([one for one in self.below(post.id) if one.id not in self.held]),
            "isPublic": post.id not in self.held,
        }
        return {"kind": "youtube#commentThread", "etag": self.etag(), "id": self._comment_id(post), "snippet": snippet}

    def etag(self) -> str:
        return "etag-" + "-".join(str(post.likes) for post in self.posts.values())

    def _video(self, post: Post) -> dict[str, Any]:
        counted = {} if post.id in self.switched_off else {"commentCount": str(len(self.below(post.id)))}
        return {
            "kind": "youtube#video",
            "etag": self.etag(),
            "id": post.id,
            "snippet": {
                "publishedAt": spelled(post.made),
                "channelId": CHANNEL,
                "title": post.text,
                "description": "Séance du conseil",
                "channelTitle": "Maple Grove",
                "thumbnails": {"default": {"url": post.image}, "high": {"url": post.image}} if post.image else {},
            },
            "contentDetails": {"duration": "PT1M", "caption": "true"},
            "status": {"uploadStatus": "processed", "privacyStatus": "public"},
            "statistics": {"viewCount": "7", "likeCount": str(post.likes), **counted},
        }

    def _comment(self, post: Post, **more: str) -> dict[str, Any]:
        status = "heldForReview" if post.id in self.held else "published"
        # Told to the owner alone, and not where a comment is asked for by its id.
        held = {} if self.keyed or self._by_id else {"moderationStatus": status}
        snippet = {
            "channelId": CHANNEL,
            **more,
            "textDisplay": post.text,
            "textOriginal": post.text,
            "authorDisplayName": "@citizen",
            "authorChannelUrl": self.url("/@citizen"),
            "authorChannelId": {"value": "UCcitizen"},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": post.likes,
            "publishedAt": spelled(post.made),
            "updatedAt": spelled(post.edited or post.made),
            **held,
        }
        return {"kind": "youtube#comment", "etag": self.etag(), "id": self._comment_id(post), "snippet": snippet}

    # What is answered.

    def _list(self, kind: str, items: Sequence[Any]) -> Answer:
        return self.answered({"kind": f"youtube#{kind}ListResponse", "etag": self.etag(), "items": list(items)})

    def _nobody(self, _: Asked) -> Answer:
        return self._list("playlist", [])

    def _owned(self, _: Asked) -> Answer:
        self.as_owner()
        return self._list("caption", [])

    def _channels(self, asked: Asked) -> Answer:
        named = {name: asked.query[name] for name in ("forHandle", "forUsername", "id") if name in asked.query}
        if len(named) != 1:
            raise RefusedError("bad-request", "one filter")
        if named.popitem() not in (("forHandle", "@maple"), ("forUsername", "maple"), ("id", CHANNEL)):
            return self.answered({"kind": "youtube#channelListResponse", "pageInfo": {"totalResults": 0}})
        channel = {
            "kind": "youtube#channel",
            "etag": self.etag(),
            "id": CHANNEL,
            "snippet": {"title": "Maple Grove", "customUrl": "@maple", "publishedAt": "2015-01-05T15:00:00Z"},
            "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
            "statistics": {"videoCount": str(len(self.posts))},
        }
        return self._list("channel", [channel])

    def _uploads(self, asked: Asked) -> Answer:
        def upload(post: Post) -> dict[str, Any]:
            details = {"videoId": post.id, "videoPublishedAt": spelled(post.made)}
            item = f"VVU{post.id}"
            return {"kind": "youtube#playlistItem", "etag": self.etag(), "id": item, "contentDetails": details}

        return self.listed_as("youtube#playlistItemListResponse", asked, self.own(), upload, most=50)

    def _playlist(self, _: Asked) -> Answer:
        return self._list("playlistItem", [])

    def _videos(self, asked: Asked) -> Answer:
        named = asked.query["id"].split(",")
        there = [self.posts[one] for one in named if one in self.posts and not self.posts[one].hidden]
        return self._list("video", [self.rendered(post) for post in there])

    def _identified(self, asked: Asked) -> Answer:
        named = asked.query["id"]
        there = [post for post in self.posts.values() if self.item_of(post).removeprefix("comment:") == named]
        self._by_id = True
        try:
            return self._list("comment", [self.rendered(post) for post in there])
        finally:
            self._by_id = False

    def _below_videos(self, asked: Asked) -> Answer:
        status = asked.query.get("moderationStatus", "published")
        if status != "published":
            self.as_owner()
        video = asked.query.get("videoId")
        if (video is None) == ("allThreadsRelatedToChannelId" not in asked.query):
            raise RefusedError("bad-request", "one filter")
        if video in self.switched_off:
            raise RefusedError("withheld", "commentsDisabled")
        if video is not None and video not in self.posts:
            raise RefusedError("missing", video)
        roots = [post.id for post in self.own()] if video is None else [video]
        threads = [post for root in roots for post in self.below(root)]
        if status == "heldForReview":
            # Also those of which only a reply waits.
            shown = [post for post in threads if {post.id, *(one.id for one in self.below(post.id))} & self.held]
        else:
            shown = [post for post in threads if status == "published" and post.id not in self.held]
        newest = sorted(shown, key=lambda post: -post.number)
        kind = "youtube#commentThreadListResponse"
        return self.listed_as(kind, asked, newest, self.rendered, most=100)

    def _replies(self, asked: Asked) -> Answer:
        named = asked.query["parentId"]
        above = [post for post in self.posts.values() if post.parent and self._comment_id(post) == named]
        if not above:
            raise RefusedError("missing", named)
        kind = "youtube#commentListResponse"
        replies = [post for post in self.below(above[0].id) if not self.keyed or post.id not in self.held]
        return self.listed_as(kind, asked, replies, self.rendered, most=100, rising=True)


SIMULATOR = YouTube
