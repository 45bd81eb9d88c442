"""WordPress's REST API as its documentation has it (developer.wordpress.org/rest-api), read by the administrator."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

CODES: Mapping[Why, tuple[str, str]] = {
    "no-such-path": ("rest_no_route", "No route was found matching the URL and request method."),
    "bad-request": ("rest_invalid_param", "Invalid parameter(s)"),
    "no-token": ("rest_not_logged_in", "You are not currently logged in."),
    "bad-token": ("incorrect_password", "The provided password is an invalid application password."),
    "expired": ("incorrect_password", "The provided password is an invalid application password."),
    "missing": ("rest_post_invalid_id", "Invalid post ID."),
    "withheld": ("rest_forbidden", "Sorry, you are not allowed to do that."),
}
LISTED = {
    "per_page": r"[1-9]\d?|100",
    "offset": r"\d+",
    "order": "asc|desc",
    "orderby": "id|date|modified|slug|title|name|post|parent|type",
}


def spelled(instant: Instant) -> str:
    return str(instant)[:19]


class WordPress(Simulator):
    """A site that shows nothing to the public; comments are its replies."""

    name = "wordpress"
    cannot: ClassVar[Mapping[str, str]] = {"like": "nothing is counted of a post"}
    path_of_account = ""

    def renew(self) -> None:
        number = len(self.tokens)
        self.tokens.append(f"clerk:pass {number}wrd of7 site")
        self.expired = False

    @property
    def secrets(self) -> tuple[str, ...]:
        passwords = [token.partition(":")[2] for token in self.tokens]
        return (*self.tokens, *passwords, *(password.replace(" ", "") for password in passwords))

    def token_in(self, asked: Asked) -> str | None:
        scheme, _, coded = asked.headers.get("Authorization", "").partition(" ")
        try:
            return base64.b64decode(coded, validate=True).decode() if scheme == "Basic" else None
        except (binascii.Error, UnicodeDecodeError):
            return None

    def item_of(self, post: Post) -> str:
        return f"comment:{post.id}" if post.parent else post.id

    def routes(self) -> Sequence[Route]:
        below = "/wp-json/wp/v2"
        trash, waiting = {"status": "trash"}, {"status": "hold|spam"}
        empty = (
            *(Route("other", f"{below}/{name}", self._nothing, LISTED, when=trash) for name in ("posts", "pages")),
            Route("other", f"{below}/comments", self._nothing, LISTED, when=trash),
            Route("other", f"{below}/comments", self._nothing, LISTED, when=waiting),
            *(
                Route("other", f"{below}/{name}", self._nothing, LISTED)
                for name in ("pages", "media", "categories", "tags", "users")
            ),
        )
        return (
            Route("profile", "/wp-json/", self._site, {"_fields": r"[a-z_,]+"}, needs=("_fields",)),
            *empty,
            Route("posts", f"{below}/posts", lambda asked: self._list(asked, self.own()), LISTED),
            Route("replies", f"{below}/comments", lambda asked: self._list(asked, self._comments()), LISTED),
            Route("item", f"{below}/posts/{{id}}", lambda asked: self._one(asked, is_reply=False)),
            Route("item", f"{below}/comments/{{id}}", lambda asked: self._one(asked, is_reply=True)),
            Route("other", f"{below}/posts/{{id}}/revisions", self._revisions, LISTED),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        code, message = CODES.get(why, (why, why))
        body = self.encoded({"code": code, "message": message, "data": {"status": STATUS[why], "said": said}})
        return Answer(STATUS[why], {"Content-Type": "application/json; charset=UTF-8"}, body)

    def encoded(self, value: Any) -> bytes:
        return super().encoded(value).replace(b"/", b"\\/")  # as PHP spells it

    def rendered(self, post: Post) -> dict[str, Any]:
        return self._comment(post) if post.parent else self._post(post)

    def _post(self, post: Post) -> dict[str, Any]:
        shown = f'<img src="{post.image}" alt="">' if post.image else ""
        return {
            "id": post.number,
            "date": spelled(post.made),
            "date_gmt": spelled(post.made),
            "modified_gmt": spelled(post.edited or post.made),
            "slug": f"post-{post.number}",
            "status": "publish",
            "type": "post",
            "link": self.url(f"/post-{post.number}/"),
            "title": {"rendered": "Écoles"},
            "content": {"rendered": f"<p>{post.text}</p>{shown}\n", "protected": False},
            "author": 1,
            "comment_status": "open",
        }

    def _comment(self, post: Post) -> dict[str, Any]:
        above, root = self.posts.get(post.parent or ""), post
        while root.parent and root.parent in self.posts:
            root = self.posts[root.parent]
        return {
            "id": post.number,
            "post": root.number,
            "parent": above.number if above is not None and above.parent else 0,
            "author": 0,
            "author_name": "Citizen",
            "author_url": "",
            "date_gmt": spelled(post.made),
            "content": {"rendered": f"<p>{post.text}</p>\n"},
            "link": self.url(f"/post-{root.number}/#comment-{post.number}"),
            "status": "approved",
            "type": "comment",
        }

    def _site(self, _: Asked) -> Answer:
        return self.answered({"name": "Maple Grove", "description": "", "url": self.url(""), "home": self.url("")})

    def _comments(self) -> list[Post]:
        return sorted((post for post in self.listed() if post.parent), key=lambda post: -post.number)

    def _list(self, asked: Asked, items: Sequence[Post]) -> Answer:
        if (asked.query.get("orderby"), asked.query.get("order")) != ("id", "desc"):
            raise RefusedError("bad-request", "these lists are simulated by number, the newest first")
        found, _ = self.page(items, limit=asked.number("per_page", 10), start=asked.number("offset", 0))
        return self.answered([self.rendered(post) for post in found], **{"X-WP-Total": str(len(items))})

    def _nothing(self, _: Asked) -> Answer:
        return self.answered([], **{"X-WP-Total": "0"})

    def _one(self, asked: Asked, *, is_reply: bool) -> Answer:
        post = self.found(asked.part["id"])
        if bool(post.parent) is not is_reply:
            raise RefusedError("missing", post.id)
        return self.answered(self.rendered(post))

    def _revisions(self, asked: Asked) -> Answer:
        post = self.found(asked.part["id"])
        versions = [*post.before, (post.text, post.edited or post.made)] if post.edited else []
        revisions = [
            {
                "id": 90_000 + 100 * post.number + place,
                "parent": post.number,
                "author": 1,
                "date_gmt": spelled(at),
                "slug": f"{post.number}-revision-v1",
                "title": {"rendered": "Écoles"},
                "content": {"rendered": f"<p>{text}</p>\n"},
            }
            for place, (text, at) in enumerate(versions)
        ]
        return self.answered(revisions[::-1], **{"X-WP-Total": str(len(revisions))})


SIMULATOR = WordPress
