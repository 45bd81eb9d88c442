"""What the simulators of Google's APIs have in common: how Google refuses, its tokens and keys, its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.platforms.simulator import Asked, RefusedError, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.platforms.simulator import Post, Why

REFUSALS: Mapping[Why, tuple[int, str, str]] = {
    "no-such-path": (404, "NOT_FOUND", "notFound"),
    "bad-request": (400, "INVALID_ARGUMENT", "badRequest"),
    "no-token": (403, "PERMISSION_DENIED", "forbidden"),
    "bad-token": (401, "UNAUTHENTICATED", "authError"),
    "expired": (401, "UNAUTHENTICATED", "authError"),
    "missing": (404, "NOT_FOUND", "notFound"),
    "withheld": (403, "PERMISSION_DENIED", "forbidden"),
    "limited": (403, "RESOURCE_EXHAUSTED", "quotaExceeded"),
    "failed": (503, "UNAVAILABLE", "backendError"),
}
PAGE = r"P[1-9]\d*X"


class GoogleSimulator(Simulator):
    """An API that takes the owner's token as a bearer, or a key as a parameter."""

    def refusal(self, why: Why, said: str) -> Answer:
        status, name, reason = REFUSALS[why]
        error = {"message": f"{why} {said}", "domain": "global", "reason": reason}
        if self.keyed and why == "expired":
            status, name, error["reason"] = 400, "INVALID_ARGUMENT", "keyExpired"
        told = {"error": {"code": status, "message": error["message"], "errors": [error], "status": name}}
        return Answer(status, {"Content-Type": "application/json; charset=UTF-8"}, self.encoded(told))

    def limits(self) -> dict[str, str]:
        return {}  # nothing but the body tells that the quota is used up

    def token_in(self, asked: Asked) -> str | None:
        bearer = super().token_in(asked)
        if self.keyed:
            if bearer is not None:
                self.wrongs.append(f"a key was sent as a token: {asked.url}")
            return asked.query.get("key")
        return bearer

    def parameters_everywhere(self) -> Mapping[str, str]:
        return {"key": r".+"} if self.keyed else {}

    def as_owner(self) -> None:
        """Refuse a key."""
        if self.keyed:
            raise RefusedError("withheld", "by a key")

    def listed_as(
        self,
        kind: str,
        asked: Asked,
        posts: Sequence[Post],
        render: Callable[[Post], Any],
        *,
        size: str = "maxResults",
        most: int,
        rising: bool = False,
    ) -> Answer:
        """Answer with a page of a list, the next one named by a token."""
        token = asked.query.get("pageToken")
        limit, beyond = asked.number(size, min(most, 20)), int(token[1:-1]) if token else None
        found, more = self.page(posts, limit=limit, beyond=beyond, rising=rising)
        following = {"nextPageToken": f"P{more}X"} if more else {}
        told = {"kind": kind, "etag": self.etag(), **following, "items": [render(post) for post in found]}
        return self.answered(told)

    def etag(self) -> str:
        """Return another one for each answer, as it tells nothing that could be relied on."""
        self._etags = getattr(self, "_etags", 0) + 1
        return f"etag-{self._etags}"
