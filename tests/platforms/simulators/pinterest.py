"""Pinterest's API v5 as its OpenAPI description has it (developers.pinterest.com, 5.23.0), for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

BOARD, NUMBER, SIZE, BOOKMARK = "549755885175", r"\d{1,20}", r"[1-9]\d?|1\d\d|2[0-4]\d|250", r"b\d+="
CODES: Mapping[Why, int] = {"missing": 50, "withheld": 29, "limited": 8, "expired": 2, "bad-token": 2, "no-token": 2}


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}Z"


class Pinterest(Simulator):
    """A business account with one board, read by its owner."""

    name = "pinterest"
    version = "v5"
    path_of_account = "/maple/"
    cannot: ClassVar[Mapping[str, str]] = {
        "reply": "the API has no comments",
        "like": "a pin does not tell how often it was liked, unless one asks for its metrics",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.saved: list[dict[str, Any]] = []
        """What others put on the board."""

    def routes(self) -> Sequence[Route]:
        paged = {"page_size": SIZE, "bookmark": BOOKMARK}
        board = "/v5/boards/{id}"
        return (
            Route("profile", "/v5/user_account", self._account),
            Route("other", "/v5/user_account/followers", self._followers, paged),
            Route("posts", "/v5/pins", self._pins, {**paged, "include_protected_pins": "true|false"}),
            Route("item", "/v5/pins/{id}", lambda asked: self.answered(self.rendered(self.found(asked.part["id"])))),
            Route("other", "/v5/boards", lambda _: self.answered({"items": [self._board()], "bookmark": None}), paged),
            Route("other", board, self._one_board),
            Route("other", f"{board}/pins", self._saved, paged),
            Route("other", f"{board}/sections", self._sections, paged),
        )

    def check(self, asked: Asked) -> None:
        if asked.part.get("id", BOARD) != BOARD and "/boards/" in asked.url:
            raise RefusedError("missing", asked.part["id"])

    def refusal(self, why: Why, said: str) -> Answer:
        body = self.encoded({"code": CODES.get(why, 1), "message": f"{why} {said}".strip()})
        return Answer(STATUS[why], {"Content-Type": "application/json"}, body)

    def limits(self) -> dict[str, str]:
        return {}

    def rendered(self, post: Post) -> dict[str, Any]:
        sizes = {"1200x": {"width": 1200, "height": 900, "url": post.image}} if post.image else {}
        return {
            "id": post.id,
            "created_at": spelled(post.made),
            "link": "https://maple-grove.example/snow",
            "title": post.text,
            "description": f"{post.text}, in full",
            "alt_text": None,
            "board_id": BOARD,
            "board_section_id": None,
            "board_owner": {"username": "maple"},
            "creative_type": "REGULAR",
            "is_owner": True,
            "is_standard": True,
            "parent_pin_id": None,
            "media": {"media_type": "image", "images": sizes},
            "pin_metrics": None,
        }

    def _account(self, _: Asked) -> Answer:
        return self.answered(
            {
                "id": "712000000000000001",
                "account_type": "BUSINESS",
                "username": "maple",
                "business_name": "Maple Grove Schools",
                "about": "The district",
                "website_url": "https://maple-grove.example/",
                "pin_count": len(self.posts),
                "follower_count": 1,
            }
        )

    def _followers(self, _: Asked) -> Answer:
        return self.answered({"items": [{"username": "citizen", "type": "user"}], "bookmark": None})

    def _board(self) -> dict[str, Any]:
        return {
            "id": BOARD,
            "name": "School life",
            "description": "",
            "privacy": "PUBLIC",
            "owner": {"username": "maple"},
            "created_at": "2020-01-05T15:00:00Z",
            "pin_count": len(self.posts),
            "follower_count": 3,
            "media": {"image_cover_url": None, "pin_thumbnail_urls": [post.id for post in self.own()]},
        }

    def _one_board(self, _: Asked) -> Answer:
        return self.answered(self._board())

    def _sections(self, _: Asked) -> Answer:
        return self.answered({"items": [{"id": "5097", "name": "Sports"}], "bookmark": None})

    def _pins(self, asked: Asked) -> Answer:
        mark = asked.query.get("bookmark")
        beyond = int(mark[1:-1]) if mark else None
        found, more = self.page(self.own(), limit=asked.number("page_size", 25), beyond=beyond)
        return self.answered(
            {"items": [self.rendered(post) for post in found], "bookmark": f"b{more}=" if more else None}
        )

    def _saved(self, _: Asked) -> Answer:
        return self.answered({"items": self.saved, "bookmark": None})


SIMULATOR = Pinterest
