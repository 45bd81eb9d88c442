"""TikTok's Display API v2 as its documentation has it (developers.tiktok.com), for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.platforms.simulator import Why

USER = (
    *("open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name", "username"),
    *("bio_description", "profile_deep_link", "is_verified"),
    *("follower_count", "following_count", "likes_count", "video_count"),
)
VIDEO = (
    *("id", "create_time", "cover_image_url", "share_url", "video_description", "duration", "height", "width", "title"),
    *("embed_html", "embed_link", "like_count", "comment_count", "share_count", "view_count"),
)
CODES: Mapping[Why, str] = {
    "no-token": "access_token_invalid",
    "bad-token": "access_token_invalid",
    "expired": "access_token_invalid",
    "limited": "rate_limit_exceeded",
    "failed": "internal_error",
}


def some_of(names: tuple[str, ...]) -> str:
    one = f"({'|'.join(names)})"
    return f"{one}(,{one})*"


class TikTok(Simulator):
    """An account that let an app read its profile and its public videos."""

    name = "tiktok"
    version = "v2"
    path_of_account = "/@maple"
    cannot: ClassVar[Mapping[str, str]] = {
        "reply": "the API gives no comments",
        "hide": "a private video is answered as one that is gone",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.username = "maple"

    def routes(self) -> Sequence[Route]:
        videos = {"fields": some_of(VIDEO)}
        return (
            Route("profile", "/v2/user/info/", self._user, {"fields": some_of(USER)}, ("fields",)),
            Route("posts", "/v2/video/list/", self._list, videos, ("fields",), posted=True),
            Route("item", "/v2/video/query/", self._query, videos, ("fields",), posted=True),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        error = {"code": CODES.get(why, "invalid_params"), "message": f"{why} {said}", "log_id": "2026"}
        return Answer(STATUS[why], {"Content-Type": "application/json"}, self.encoded({"data": {}, "error": error}))

    def limits(self) -> dict[str, str]:
        return {}

    def rendered(self, post: Post) -> dict[str, Any]:
        cover = {"cover_image_url": f"{post.image}?x-expires={len(self.requests)}"} if post.image else {}
        return {
            "id": post.id,
            "create_time": post.made.micros // 1_000_000,
            "share_url": self.url(f"/@maple/video/{post.id}"),
            "video_description": post.text,
            "title": post.text,
            "duration": 30,
            "like_count": post.likes,
            "comment_count": 0,
            **cover,
        }

    def said(self, **told: Any) -> Answer:
        return self.answered({"data": told, "error": {"code": "ok", "message": "", "log_id": str(len(self.requests))}})

    def _user(self, asked: Asked) -> Answer:
        told = {
            "open_id": "act-maple",
            "display_name": "Maple Grove",
            "username": self.username,
            "bio_description": "The district",
            "video_count": len(self.posts),
            "follower_count": 7,
        }
        return self.said(user={name: value for name, value in told.items() if name in asked.query["fields"].split(",")})

    def _list(self, asked: Asked) -> Answer:
        if not asked.body.keys() <= {"cursor", "max_count"} or not 1 <= asked.body.get("max_count", 10) <= 20:
            raise RefusedError("bad-request", str(asked.body))
        cursor = asked.body.get("cursor")
        older = [post for post in self.own() if cursor is None or post.made.micros // 1000 < cursor]
        found, more = self.page(older, limit=asked.body.get("max_count", 10))
        last = min((post.made.micros // 1000 for post in found), default=0)
        return self.said(videos=[self.rendered(post) for post in found], cursor=last, has_more=more is not None)

    def _query(self, asked: Asked) -> Answer:
        named = asked.body.get("filters", {}).get("video_ids", [])
        if asked.body.keys() != {"filters"} or not 1 <= len(named) <= 20:
            raise RefusedError("bad-request", str(asked.body))
        return self.said(videos=[self.rendered(self.posts[one]) for one in named if one in self.posts])


SIMULATOR = TikTok
