"""A town's account on a Mastodon server of ours, whose counts are others in each answer."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Server

BELOW = "/api/v1/"


class Town:
    """What the account shows. Whatever a test changes is served from the next ``turn`` on."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.listed: dict[str, dict[str, Any]] = {}
        self.replies: dict[str, list[dict[str, Any]]] = {}
        self.before: dict[str, list[dict[str, Any]]] = {}
        self.unlisted: dict[str, dict[str, Any]] = {}
        self.beside: dict[str, Answer] = {}
        self.turns = 0

    @property
    def url(self) -> str:
        """The address of the account."""
        return self.server.url("/@town")

    def post(self, number: int, text: str, *, created: str, **more: Any) -> dict[str, Any]:
        """A status as the API spells it."""
        return {
            "id": str(number),
            "created_at": f"{created}T08:00:00.000Z",
            "content": f"<p>{text}</p>",
            "url": self.server.url(f"/@town/{number}"),
            "account": {"id": "1", "acct": "town", "followers_count": 10},
            "replies_count": 0,
            "favourites_count": 0,
            **more,
        }

    def publish(self, number: int, text: str, **given: Any) -> None:
        """Show a post, or another version of one."""
        self.listed[str(number)] = self.post(number, text, **given)

    def turn(self) -> None:
        """Serve everything, each object with counts that it never had."""
        self.turns += 1
        posts = [self._now(one) for one in reversed(self.listed.values())]
        site = {
            "accounts/lookup": _answer({"id": "1", "acct": "town", "note": "<p>The town</p>", "statuses_count": 1}),
            "accounts/1/statuses": _answer(posts, gzipped=True),
            "accounts/1/followers": _answer([]),
        }
        for number, replies in self.replies.items():
            shown = [self._now(one) for one in replies]
            above = [self._now(one) for one in self.before.get(number, ())]
            site[f"statuses/{number}/context"] = _answer({"ancestors": above, "descendants": shown})
        for number, post in self.unlisted.items():
            site[f"statuses/{number}"] = _answer(self._now(post))
        self.server.write({f"{BELOW}{path}": answer for path, answer in site.items()} | self.beside)

    def _now(self, post: dict[str, Any]) -> dict[str, Any]:
        account = {**post["account"], "followers_count": 10 + self.turns}
        return {**post, "account": account, "favourites_count": self.turns}


def _answer(value: Any, **more: Any) -> Answer:
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(value).encode(), **more)


@contextmanager
def town() -> Iterator[Town]:
    """A town whose server runs."""
    with serving({}) as server:
        yield Town(server)
