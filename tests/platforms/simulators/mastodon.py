"""Mastodon's client API as its documentation has it (docs.joinmastodon.org, version 4), for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

NUMBER, LIMIT = r"\d{1,20}", r"[1-9]|[1-7]\d|80"
WORDS: Mapping[Why, str] = {
    "no-token": "This method requires an authenticated user",
    "bad-token": "The access token is invalid",
    "expired": "The access token expired",
    "missing": "Record not found",
    "limited": "Too many requests",
}


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:23]}Z"


class Mastodon(Simulator):
    """A server that lets nobody read without a token."""

    name = "mastodon"
    replies_go_too = False
    cannot: ClassVar[Mapping[str, str]] = {"hide": "a status is shown to its reader or not found"}
    path_of_account = "/@maple"

    def routes(self) -> Sequence[Route]:
        below = "/api/v1/accounts/{id}"
        paged = {"limit": LIMIT, "max_id": NUMBER, "min_id": NUMBER, "since_id": NUMBER}
        status = "/api/v1/statuses/{id}"
        return (
            Route("profile", "/api/v1/accounts/lookup", self._lookup, {"acct": r"@?\w+"}, needs=("acct",)),
            Route("other", below, lambda asked: self.answered(self._account(asked.part["id"]))),
            Route("posts", f"{below}/statuses", self._statuses, {**paged, "exclude_replies": "true|false"}),
            Route("other", f"{below}/followers", self._nobody, paged),
            Route("other", "/api/v1/conversations", self._nobody, paged),
            Route("item", status, lambda asked: self.answered(self.rendered(self.found(asked.part["id"])))),
            Route("replies", f"{status}/context", self._context),
            Route("other", f"{status}/history", self._history),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        body = self.encoded({"error": WORDS.get(why, why)})
        return Answer(STATUS[why], {"Content-Type": "application/json; charset=utf-8"}, body)

    def limits(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": spelled(self.clock.at.plus(seconds=300)),
            "Retry-After": "300",
        }

    def rendered(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.id,
            "created_at": spelled(post.made),
            "edited_at": spelled(post.edited) if post.edited else None,
            "in_reply_to_id": post.parent if post.parent in self.posts else None,
            "visibility": "public",
            "language": "en",
            "url": self.url(f"/@maple/{post.id}"),
            "replies_count": len(self.below(post.id)),
            "reblogs_count": 0,
            "favourites_count": post.likes,
            "content": f"<p>{post.text}</p>",
            "account": self._account("2" if post.parent else "1"),
            "media_attachments": [{"id": f"9{post.id}", "type": "image", "url": post.image}] if post.image else [],
        }

    def _account(self, number: str) -> dict[str, Any]:
        if number not in ("1", "2"):
            raise RefusedError("missing", number)
        name = {"1": "maple", "2": "citizen"}[number]
        return {
            "id": number,
            "username": name,
            "acct": name,
            "display_name": name.title(),
            "note": "<p>Écoles de l'érablière</p>",
            "url": self.url(f"/@{name}"),
            "statuses_count": len(self.posts),
            "followers_count": 0,
        }

    def _lookup(self, asked: Asked) -> Answer:
        if asked.query["acct"].removeprefix("@") != "maple":
            raise RefusedError("missing")
        return self.answered(self._account("1"))

    def _statuses(self, asked: Asked) -> Answer:
        before = asked.number("max_id", 0) or None
        found, more = self.page(self.own(), limit=asked.number("limit", 20), beyond=before)
        next_page = self.url(f"/api/v1/accounts/1/statuses?limit={asked.number('limit', 20)}&max_id={more}")
        return self.answered(
            [self.rendered(post) for post in found], **({"Link": f'<{next_page}>; rel="next"'} if more else {})
        )

    def _nobody(self, _: Asked) -> Answer:
        return self.answered([])

    def _context(self, asked: Asked) -> Answer:
        post = self.found(asked.part["id"])
        descendants = [self.rendered(below) for below in self.below(post.id, deep=True)]
        return self.answered({"ancestors": [], "descendants": descendants})

    def _history(self, asked: Asked) -> Answer:
        post = self.found(asked.part["id"])
        versions = [*post.before, (post.text, post.edited or post.made)]
        return self.answered(
            [
                {
                    "content": f"<p>{text}</p>",
                    "created_at": spelled(at),
                    "account": self._account("1"),
                    "media_attachments": [],
                }
                for text, at in versions
            ]
        )


SIMULATOR = Mastodon
