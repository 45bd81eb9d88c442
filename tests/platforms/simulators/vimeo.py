"""Vimeo's API 3.4 as its documentation has it (developer.vimeo.com, OpenAPI document of 2023), for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

SIZE, FIELDS = r"[1-9]\d?|100", r"[a-z_]+(\.[a-z_]+)*(,[a-z_]+(\.[a-z_]+)*)*"
CODES: Mapping[Why, int] = {"no-token": 8000, "bad-token": 8003, "expired": 8003, "missing": 5000, "limited": 9000}


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}+00:00"


class Vimeo(Simulator):
    """An account that is read by its owner."""

    name = "vimeo"
    version = "3.4"
    deepest = 2
    cannot: ClassVar[Mapping[str, str]] = {"hide": "what is private is there for its owner, and for nobody else"}

    def routes(self) -> Sequence[Route]:
        user, video = "/users/{user}", "/videos/{id}"
        fields = {"fields": FIELDS}
        paged = {**fields, "page": r"[1-9]\d*", "per_page": SIZE}
        sorted_ = {**paged, "sort": "date|alphabetical|plays", "direction": "asc|desc"}
        comments = {**paged, "direction": "asc|desc"}
        return (
            Route("profile", user, self._user, fields),
            Route("posts", f"{user}/videos", self._videos, sorted_),
            Route("other", f"{user}/albums", self._nobody, sorted_),
            Route("other", f"{user}/followers", self._nobody, sorted_),
            Route("item", video, self._one, fields),
            Route("replies", f"{video}/comments", self._comments, comments),
            Route("other", f"{video}/texttracks", self._nobody, paged),
            Route("item", f"{video}/comments/{{comment}}", self._one, fields),
            Route("other", f"{video}/comments/{{comment}}/replies", self._replies, paged),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        told = {"error": f"{why} {said}", "developer_message": why, "error_code": CODES.get(why, 2200)}
        return Answer(STATUS[why], {"Content-Type": "application/vnd.vimeo.error+json"}, self.encoded(told))

    def check(self, asked: Asked) -> None:
        if asked.headers.get("Accept") != "application/vnd.vimeo.*+json;version=3.4":
            raise RefusedError("version", asked.headers.get("Accept", ""))
        if asked.part.get("user", "maple") not in ("maple", "1"):
            raise RefusedError("missing", "user")

    def limits(self) -> dict[str, str]:
        reset = spelled(self.clock.at.plus(seconds=60))
        return {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}

    # How things are spelled.

    def item_of(self, post: Post) -> str:
        return f"comment:{self._video_of(post).id}/{post.id}" if post.parent else post.id

    def _video_of(self, post: Post) -> Post:
        return self._video_of(self.posts[post.parent]) if post.parent else post

    def rendered(self, post: Post) -> dict[str, Any]:
        below = len(self.below(post.id))
        if post.parent:
            return {
                "uri": f"/videos/{self._video_of(post).id}/comments/{post.id}",
                "type": "video",
                "text": post.text,
                "created_on": spelled(post.made),
                "resource_key": f"key-{post.id}",
                "user": {"uri": "/users/2", "name": "Citizen", "link": self.url("/citizen")},
                "metadata": {"connections": {"replies": {"total": below}}, "likes": post.likes},
            }
        sizes = [{"width": 100, "height": 75, "link": f"{post.image}?small"}] if post.image else []
        sizes += [{"width": 1280, "height": 720, "link": post.image}] if post.image else []
        return {
            "uri": f"/videos/{post.id}",
            "type": "video",
            "name": post.text,
            "description": "Séance du conseil",
            "link": self.url(f"/{post.id}"),
            "created_time": spelled(post.made),
            "modified_time": spelled(post.edited or post.made),
            "privacy": {"view": "anybody", "comments": "anybody"},
            "pictures": {"uri": f"/videos/{post.id}/pictures/1", "sizes": sizes},
            "tags": [{"name": "board"}],
            "stats": {"plays": post.likes},
            "user": {"uri": "/users/1", "name": "Maple Grove", "link": self.url("/maple")},
            "metadata": {"connections": {"comments": {"total": below}, "texttracks": {"total": 0}}},
        }

    # What is answered.

    def _user(self, _: Asked) -> Answer:
        return self.answered({"uri": "/users/1", "name": "Maple Grove", "link": self.url("/maple"), "bio": "Schools"})

    def _listed(self, asked: Asked, posts: Sequence[Post]) -> Answer:
        limit, page = min(asked.number("per_page", 25), self.page_size), asked.number("page", 1)
        found, more = self.page(posts, limit=limit, start=(page - 1) * limit)
        path = asked.url.partition("?")[0]
        kept = "".join(f"&{name}={value}" for name, value in asked.query.items() if name != "page")
        following = f"{path}?page={page + 1}{kept}" if more else None
        paging = {"next": following, "previous": None, "first": f"{path}?page=1", "last": None}
        data = [self.rendered(post) for post in found]
        return self.answered({"total": len(posts), "page": page, "per_page": limit, "paging": paging, "data": data})

    def _nobody(self, asked: Asked) -> Answer:
        return self._listed(asked, [])

    def _videos(self, asked: Asked) -> Answer:
        return self._listed(asked, self.own())

    def _comments(self, asked: Asked) -> Answer:
        below = self.below(self.found(asked.part["id"]).id)
        return self._listed(asked, sorted(below, key=lambda post: -post.number))

    def _replies(self, asked: Asked) -> Answer:
        return self._listed(asked, self.below(self.found(asked.part["comment"]).id))

    def _one(self, asked: Asked) -> Answer:
        return self.answered(self.rendered(self.found(asked.part.get("comment", asked.part["id"]))))


SIMULATOR = Vimeo
