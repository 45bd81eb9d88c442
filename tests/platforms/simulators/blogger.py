"""Blogger's API v3 as its documentation has it (developers.google.com/blogger/docs/3.0, 2026), for one blog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.google import PAGE, GoogleSimulator
from tests.platforms.simulator import RefusedError, Route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Asked, Post
    from tests.servers import Answer

BLOG, SIZE, YES = "7", r"[1-9]\d{0,2}", "true|false"


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}Z"


class Blogger(GoogleSimulator):
    """A blog, read by its administrator, or with a key."""

    name = "blogger"
    version = "v3"
    path_of_account = "/"
    deepest = 2
    cannot: ClassVar[Mapping[str, str]] = {
        "like": "it counts no likes",
        "edit-reply": "a comment cannot be edited",
        "hide": "a draft is there for its administrator, and for nobody else",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.held: set[str] = set()
        """Comments that wait for review."""

    @property
    def api(self) -> str:
        return self.url("/blogger")

    def routes(self) -> Sequence[Route]:
        below = "/blogger/v3/blogs/{blog}"
        view = {"view": "ADMIN|AUTHOR|READER"}
        paged = {"maxResults": SIZE, "pageToken": PAGE, "fetchBodies": YES, "status": "live|draft|scheduled"}
        comments = {**paged, "status": "live|pending|spam|emptied"}
        posts = {**paged, **view, "fetchImages": YES, "orderBy": "published|updated"}
        return (
            Route("profile", "/blogger/v3/blogs/byurl", self._blog, {**view, "url": ".+", "fields": ".+"}, ("url",)),
            Route("posts", f"{below}/posts", self._posts, posts),
            Route("other", f"{below}/pages", self._nobody, {**paged, **view}),
            Route("other", f"{below}/comments", self._comments_of_blog, comments),
            Route("item", f"{below}/posts/{{post}}", self._post, {**view, "fetchImages": YES}),
            Route("item", f"{below}/posts/{{post}}/comments/{{id}}", self._one_comment, view),
            Route("replies", f"{below}/posts/{{post}}/comments", self._comments, {**comments, **view}),
        )

    def check(self, asked: Asked) -> None:
        if asked.part.get("blog", BLOG) != BLOG:
            raise RefusedError("missing", "blog")
        if asked.query.get("view") == "ADMIN":
            self.as_owner()

    # How things are spelled.

    def item_of(self, post: Post) -> str:
        return f"comment:{BLOG}/{self._root(post).id}/{post.id}" if post.parent else f"{BLOG}/{post.id}"

    def _root(self, post: Post) -> Post:
        return self._root(self.posts[post.parent]) if post.parent else post

    def rendered(self, post: Post) -> dict[str, Any]:
        picture = f'<img src="{post.image}" alt="a picture">' if post.image else ""
        usual = {
            "id": post.id,
            "blog": {"id": BLOG},
            "published": spelled(post.made),
            "updated": spelled(post.edited or post.made),
            "content": f"<p>{post.text}</p>{picture}",
            "author": {"id": "g5", "displayName": "Citizen" if post.parent else "Maple Grove"},
        }
        if post.parent is None:
            replies = {"totalItems": str(len([one for one in self._all_below(post.id) if one.id not in self.held]))}
            more = {"title": "Écoles", "labels": ["board"], "status": "LIVE"}
            return {"kind": "blogger#post", "etag": self.etag(), **usual, **more, "replies": replies}
        root, status = self._root(post), "PENDING" if post.id in self.held else "LIVE"
        above = {"inReplyTo": {"id": post.parent}} if post.parent != root.id else {}
        return {"kind": "blogger#comment", **usual, "status": status, "post": {"id": root.id}, **above}

    def etag(self) -> str:
        return f"etag-{len(self.posts)}"

    def _all_below(self, number: str) -> list[Post]:
        return self.below(number, deep=True)

    # What is answered.

    def _nobody(self, asked: Asked) -> Answer:
        if asked.query.get("status") != "live":
            self.as_owner()
        return self.answered({"kind": "blogger#pageList", "etag": self.etag()})

    def _blog(self, asked: Asked) -> Answer:
        if asked.query["url"] != self.url("/"):
            raise RefusedError("missing", asked.query["url"])
        whole = {
            "kind": "blogger#blog",
            "id": BLOG,
            "name": "Maple Grove",
            "description": "Schools",
            "published": "2015-01-05T15:00:00Z",
            "updated": spelled(self.clock.at),
            "url": self.url("/"),
            "posts": {"totalItems": len(self.posts)},
            "locale": {"language": "en"},
        }
        named = asked.query.get("fields", ",".join(whole)).split(",")
        return self.answered({name: value for name, value in whole.items() if name in named})

    def _posts(self, asked: Asked) -> Answer:
        if asked.query.get("status") != "live":
            self.as_owner()
            return self.answered({"kind": "blogger#postList", "etag": self.etag()})
        return self.listed_as("blogger#postList", asked, self.own(), self.rendered, most=500)

    def _of_status(self, asked: Asked, posts: Sequence[Post]) -> Answer:
        status = asked.query.get("status", "live")
        if status != "live":
            self.as_owner()
        shown = [post for post in posts if status != "spam" and (post.id in self.held) is (status == "pending")]
        newest = sorted(shown, key=lambda post: -post.number)
        return self.listed_as("blogger#commentList", asked, newest, self.rendered, most=500)

    def _comments_of_blog(self, asked: Asked) -> Answer:
        self.as_owner()
        return self._of_status(asked, [post for post in self.listed() if post.parent])

    def _comments(self, asked: Asked) -> Answer:
        return self._of_status(asked, self._all_below(self.found(asked.part["post"]).id))

    def _post(self, asked: Asked) -> Answer:
        return self.answered(self.rendered(self.found(asked.part["post"])))

    def _one_comment(self, asked: Asked) -> Answer:
        return self.answered(self.rendered(self.found(asked.part["id"])))


SIMULATOR = Blogger
