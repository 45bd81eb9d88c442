"""Reddit's API as its documentation and its recorded answers have it (reddit.com/dev/api), for one user's posts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

ID = r"[a-z0-9]{1,12}"
LIMIT, FULLNAME = r"[1-9]\d?|100", rf"t[135]_{ID}"


def seconds(instant: Instant) -> float:
    return instant.micros // 1_000_000 + 0.0


class Reddit(Simulator):
    """A user, read by himself; trees show three levels and two comments each, and name the others."""

    name = "reddit"
    path_of_account = "/user/maple"
    replies_go_too = False
    level, width = 3, 2

    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.gone: dict[str, Post] = {}
        """What was deleted, as it is still there by its name."""
        self.left = 590.0

    def routes(self) -> Sequence[Route]:
        def route(role: Any, path: str, answer: Any, needs: tuple[str, ...] = (), **parameters: str) -> Route:
            return Route(role, path, answer, {"raw_json": "1", **parameters}, needs)

        paged = {"limit": LIMIT, "after": FULLNAME, "sort": "new"}
        tree = {"limit": r"[1-9]\d{0,2}", "depth": r"[1-9]|10", "sort": "old", "comment": ID, "context": r"\d"}
        single = Route("item", "/api/info", self._info, {"raw_json": "1"}, (), {"id": FULLNAME})
        return (
            route("profile", "/user/{name}/about", self._about),
            route("posts", "/user/maple/submitted", self._submitted, **paged),
            route("other", "/user/maple/comments", self._nobody, **paged),
            route("profile", "/r/{name}/about", self._community),
            route("posts", "/r/maple_grove/new", self._submitted, **paged),
            route("other", "/r/maple_grove/comments", self._nobody, **paged),
            route("replies", "/comments/{id}", self._tree, **tree),
            route(
                "other",
                "/api/morechildren",
                self._more_children,
                ("link_id", "children"),
                api_type="json",
                link_id=rf"t3_{ID}",
                children=rf"{ID}(,{ID}){{0,99}}",
                sort="old",
            ),
            single,
            route("other", "/api/info", self._info, ("id",), id=rf"{FULLNAME}(,{FULLNAME}){{0,99}}"),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        body = self.encoded({"message": f"{why} {said}".strip(), "error": STATUS[why]})
        return Answer(STATUS[why], {"Content-Type": "application/json; charset=UTF-8"}, body)

    def answered(self, value: Any, **headers: str) -> Answer:
        told = {"X-Ratelimit-Used": str(600 - int(self.left)), "X-Ratelimit-Remaining": str(self.left)}
        return super().answered(value, **told, **{"X-Ratelimit-Reset": "300"}, **headers)

    def limits(self) -> dict[str, str]:
        return {"X-Ratelimit-Used": "600", "X-Ratelimit-Remaining": "0.0", "X-Ratelimit-Reset": "300"}

    def numbered(self, number: int) -> str:
        return f"x{number}"

    def item_of(self, post: Post) -> str:
        return f"{'t1' if post.parent else 't3'}_{post.id}"

    def delete(self, number: str) -> None:
        self.gone[number] = replace(self.posts[number], text="[deleted]")
        super().delete(number)

    # How things are spelled.

    def rendered(self, post: Post) -> dict[str, Any]:
        told = self._comment(post) if post.parent else self._post(post)
        if post.id in self.gone:
            told["author"] = "[deleted]"
        if post.hidden:
            told |= {"author": "[deleted]", "body" if post.parent else "selftext": "[removed]"}
            told |= {} if post.parent else {"removed_by_category": "moderator"}
        return {"kind": "t1" if post.parent else "t3", "data": told}

    def _post(self, post: Post) -> dict[str, Any]:
        picture = {"post_hint": "image", "url": post.image, "url_overridden_by_dest": post.image}
        return {
            "id": post.id,
            "name": f"t3_{post.id}",
            "author": "maple",
            "author_fullname": "t2_maple",
            "title": post.text,
            "selftext": post.text,
            "subreddit": "maple_grove",
            "permalink": f"/r/maple_grove/comments/{post.id}/_/",
            "is_self": post.image is None,
            "created_utc": seconds(post.made),
            "edited": seconds(post.edited) if post.edited else False,
            "score": post.likes,
            "num_comments": len(self.below(post.id, deep=True)),
            "removed_by_category": None,
            **(picture if post.image else {}),
        }

    def _comment(self, post: Post) -> dict[str, Any]:
        above, root = self._all()[post.parent or ""], self._root(post)
        return {
            "id": post.id,
            "name": f"t1_{post.id}",
            "author": "citizen",
            "body": post.text,
            "link_id": f"t3_{root.id}",
            "parent_id": self.item_of(above),
            "permalink": f"/r/maple_grove/comments/{root.id}/_/{post.id}/",
            "subreddit": "maple_grove",
            "created_utc": seconds(post.made),
            "edited": seconds(post.edited) if post.edited else False,
            "score": post.likes,
            "banned_by": None,
            "replies": "",
        }

    def _all(self) -> dict[str, Post]:
        return {**self.gone, **self.posts}

    def _root(self, post: Post) -> Post:
        return self._root(self._all()[post.parent]) if post.parent else post

    # Answers.

    def _things(self, things: Sequence[Any], after: str | None = None) -> dict[str, Any]:
        told = {"after": after, "dist": len(things), "modhash": None, "before": None, "children": list(things)}
        return {"kind": "Listing", "data": told}

    def _about(self, asked: Asked) -> Answer:
        if asked.part["name"] != "maple":
            raise RefusedError("missing", asked.part["name"])
        page = {"title": "Maple Grove Schools", "public_description": "The district", "subscribers": 7}
        told = {"id": "maple", "name": "maple", "created_utc": 1.5e9, "link_karma": len(self.posts), "subreddit": page}
        return self.answered({"kind": "t2", "data": told})

    def _community(self, asked: Asked) -> Answer:
        if asked.part["name"] != "maple_grove":
            raise RefusedError("missing", asked.part["name"])
        told = {"id": "mg", "name": "t5_mg", "display_name": "maple_grove", "title": "Maple Grove", "subscribers": 9}
        return self.answered({"kind": "t5", "data": told})

    def _submitted(self, asked: Asked) -> Answer:
        after = asked.query.get("after")
        beyond = int(after.removeprefix("t3_x")) if after else None
        found, more = self.page(self.own(), limit=asked.number("limit", 25), beyond=beyond)
        following = self.item_of(self._by_number(more)) if more else None
        return self.answered(self._things([self.rendered(post) for post in found], following))

    def _by_number(self, number: int) -> Post:
        return next(post for post in self._all().values() if post.number == number)

    def _nobody(self, _: Asked) -> Answer:
        return self.answered(self._things([]))

    def _tree(self, asked: Asked) -> Answer:
        if asked.part["id"] not in self._all():
            raise RefusedError("missing", asked.part["id"])
        post = self._all()[asked.part["id"]]
        above = asked.query.get("comment")
        shown = [self._within(self.posts[above], 0)] if above in self.posts else self._level(post, 0)
        return self.answered([self._things([self.rendered(post)]), self._things(shown)])

    def _within(self, post: Post, level: int) -> dict[str, Any]:
        told = self.rendered(post)
        below = self._level(post, level + 1)
        return {**told, "data": {**told["data"], "replies": self._things(below) if below else ""}}

    def _level(self, post: Post, level: int) -> list[dict[str, Any]]:
        below = self.below(post.id)
        if not below:
            return []
        if level >= self.level:
            told = {"id": "_", "name": "t1__", "parent_id": self.item_of(post), "count": 0, "children": []}
            return [{"kind": "more", "data": told}]
        shown = [self._within(one, level) for one in below[: self.width]]
        rest = below[self.width :]
        if not rest:
            return shown
        told = {"id": rest[0].id, "name": self.item_of(rest[0]), "parent_id": self.item_of(post), "count": len(rest)}
        return [*shown, {"kind": "more", "data": {**told, "children": [one.id for one in rest]}}]

    def _more_children(self, asked: Asked) -> Answer:
        there = [self.posts[one] for one in asked.query["children"].split(",") if one in self.posts]
        found = [one for post in there for one in (post, *self.below(post.id, deep=True))]
        return self.answered({"json": {"errors": [], "data": {"things": [self.rendered(one) for one in found]}}})

    def _info(self, asked: Asked) -> Answer:
        named = [one.partition("_")[2] for one in asked.query["id"].split(",")]
        known = self._all()
        return self.answered(self._things([self.rendered(known[one]) for one in named if one in known]))


SIMULATOR = Reddit
