"""Nextdoor's Publish API as its documentation has it (developer.nextdoor.com), for one agency's account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.platforms.simulator import Why

BELOW = "/external/api/partner/v1"
CODES: Mapping[Why, str] = {"no-token": "unauthorized", "bad-token": "unauthorized", "expired": "unauthorized"}


class Nextdoor(Simulator):
    """An agency that let an app read its profile and its newest posts, each with the comments on it."""

    name = "nextdoor"
    version = "v1"
    path_of_account = "/agency-detail/tx/maple/maple-grove-schools/"
    cannot: ClassVar[Mapping[str, str]] = {
        "hide": "no post is told to be withheld",
        "look-up": "no address answers for one post",
        "pages": "the list is one page of the newest posts",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.page_of_agency = self.path_of_account
        self.altered: Callable[[bytes], bytes] = bytes
        """What becomes of the list's answer before it is sent."""
        self.scopes = {"openid", "profile:read", "post:read"}
        self.newest = 50
        """How many posts the list shows, as somebody else says who reads it: the documentation names no number."""

    def routes(self) -> Sequence[Route]:
        return (
            Route("profile", f"{BELOW}/me/", self._me),
            Route("posts", f"{BELOW}/post/", self._list),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        told = {"error": CODES.get(why, why), "error_description": said}
        return Answer(STATUS[why], {"Content-Type": "application/json"}, self.encoded(told))

    def limits(self) -> dict[str, str]:
        return {}

    def item_of(self, post: Post) -> str:
        if post.parent is None:
            return post.id
        root = post
        while root.parent is not None:
            root = self.posts[root.parent]
        return f"comment:{root.id}:{post.number}"

    def numbered(self, number: int) -> str:
        return f"s{number}"

    def rendered(self, post: Post) -> dict[str, Any]:
        return self._comment(post) if post.parent else self._post(post)

    def _post(self, post: Post) -> dict[str, Any]:
        photo = {"is_photo": True, "is_video": False, "url": post.image, "width": 8, "height": 8}
        liked = [{"id": number, "post_id": post.number, "comment_id": None, "type": 1} for number in range(post.likes)]
        return {
            "id": post.id,
            "author_id": 77,
            "title": post.text,
            "body": post.text,
            "creation_date_epoch_seconds": post.made.micros // 1_000_000,
            "url": self.url(f"/p/{post.id}"),
            "embed_url": self.url(f"/embed/{post.id}"),
            "media": [photo] if post.image else [],
            "reactions": liked,
            "view_count": post.likes,
            "smartlink_click_count": 0,
            "comments": [self._comment(one) for one in self.below(post.id)],
        }

    def _comment(self, post: Post) -> dict[str, Any]:
        above = self.posts[post.parent or ""]
        return {
            "id": post.number,
            "body": post.text,
            "creation_date_epoch_seconds": post.made.micros // 1_000_000,
            "parent_comment_id": above.number if above.parent else None,
            "author_id": 88,
            "like_count": post.likes,
            "comments": [self._comment(one) for one in self.below(post.id)],
        }

    def _needs(self, scope: str) -> None:
        if scope not in self.scopes:
            raise RefusedError("withheld", f"the token has no {scope}")

    def _me(self, _: Asked) -> Answer:
        self._needs("profile:read")
        return self.answered(
            {
                "id": "maple-1",
                "first_name": "Ana",
                "last_name": "Clerk",
                "profile_picture": None,
                "status": "Activated",
                "account_creation_date": "2020-01-05T00:00:00Z",
                "verified": True,
                "is_agency_profile": True,
                "is_business_profile": False,
                "is_neighbor_profile": False,
                "agency_id": "4",
                "agency_name": "Maple Grove Schools",
                "agency_url_at_nextdoor": self.url(self.page_of_agency),
                "agency_external_url": "https://maplegrove.example/",
                "agency_photo": None,
                "agency_city": "Maple Grove",
                "agency_state": "TX",
            }
        )

    def _list(self, _: Asked) -> Answer:
        self._needs("post:read")
        found = [] if "emptied" in self.quirks else self.own()[: self.newest]
        if "reordered" in self.quirks:
            found.reverse()
        answer = self.answered({"posts": [self.rendered(post) for post in found], "posts_length": len(found)})
        return replace(answer, body=self.altered(answer.body))


SIMULATOR = Nextdoor
