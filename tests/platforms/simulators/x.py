"""X's API v2 as its documentation has it (docs.x.com, 22 August 2026), for one account and whoever answers it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Post, Why

ID, NUMBER = r"\d{1,19}", r"[1-9]\d{0,3}"
TYPES: Mapping[Why, str] = {
    "missing": "https://api.x.com/2/problems/resource-not-found",
    "withheld": "https://api.x.com/2/problems/not-authorized-for-resource",
    "bad-request": "https://api.x.com/2/problems/invalid-request",
}
TITLES: Mapping[Why, str] = {
    "no-token": "Unauthorized",
    "bad-token": "Unauthorized",
    "expired": "Unauthorized",
    "missing": "Not Found Error",
    "withheld": "Authorization Error",
    "limited": "Too Many Requests",
    "failed": "Service Unavailable",
}


def some_of(names: str) -> str:
    """A pattern for a list with commas of these names, which stand with spaces here."""
    one = f"(?:{'|'.join(re.escape(name) for name in names.split())})"
    return f"{one}(?:,{one})*"


POST = some_of(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang "
    "media_metadata note_tweet paid_partnership possibly_sensitive public_metrics referenced_tweets "
    "reply_settings scopes source text withheld"
)
USER = some_of(
    "created_at description entities id location name parody pinned_tweet_id profile_banner_url "
    "profile_image_url protected public_metrics url username verified verified_type withheld"
)
MEDIA = some_of("alt_text duration_ms height media_key preview_image_url public_metrics type url variants width")
FIELDS = {
    "tweet.fields": POST,
    "user.fields": USER,
    "media.fields": MEDIA,
    "poll.fields": some_of("duration_minutes end_datetime id options voting_status"),
    "place.fields": some_of("contained_within country country_code full_name geo id name place_type"),
    "expansions": some_of(
        "attachments.media_keys attachments.poll_ids author_id edit_history_tweet_ids geo.place_id "
        "referenced_tweets.id.author_id referenced_tweets.id in_reply_to_user_id entities.mentions.username"
    ),
}
DM_FIELDS = {
    "dm_event.fields": some_of(
        "attachments created_at dm_conversation_id entities event_type id participant_ids "
        "referenced_tweets sender_id text"
    ),
    "user.fields": USER,
    "media.fields": MEDIA,
    "expansions": some_of("attachments.media_keys referenced_tweets.id sender_id participant_ids"),
}
OWNER, CITIZEN = "7001", "7002"
SEVEN_DAYS = 7 * 86_400


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:23]}Z"


class X(Simulator):
    """An app with a token of the account itself; ``messages`` are direct messages, the newest first."""

    name = "x"
    version = "2"
    replies_go_too = False
    cannot: ClassVar[Mapping[str, str]] = {"edit-reply": "a reply to somebody else cannot be edited"}
    path_of_account = "/maple"

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.edits: dict[str, list[str]] = {}
        self.messages: list[dict[str, Any]] = []
        self.suspended = False
        self.left = 900

    def routes(self) -> Sequence[Route]:
        v, paged = f"/{self.version}", {"max_results": NUMBER, "pagination_token": r"7140w\d+", **FIELDS}
        found = {**paged, "next_token": r"7140w\d+", "query": rf"conversation_id:{ID}", "sort_order": "recency"}
        user = f"{v}/users/{{id}}"
        ids = rf"{ID}(?:,{ID}){{0,99}}"
        return (
            Route("profile", f"{v}/users/by/username/{{name}}", self._profile, {"user.fields": USER}),
            Route("posts", f"{user}/tweets", self._listing(lambda _: self.own(), 5, 100), paged),
            Route("mentions", f"{user}/mentions", self._listing(lambda _: self._mentions(), 5, 100), paged),
            Route("other", f"{user}/followers", self._nobody, {"max_results": NUMBER, "user.fields": USER}),
            Route("replies", f"{v}/tweets/search/recent", self._listing(self._recent, 10, 100), found, ("query",)),
            Route("replies", f"{v}/tweets/search/all", self._listing(self._conversation, 10, 500), found, ("query",)),
            Route("item", f"{v}/tweets", self._by_ids, {"ids": ids, **FIELDS}, ("ids",)),
            Route("item", f"{v}/users", self._users, {"ids": ids, "user.fields": USER}, ("ids",)),
            Route("messages", f"{v}/dm_events", self._messages, {**DM_FIELDS, "max_results": NUMBER}),
            Route("item", f"{v}/dm_events/{{id}}", self._message, DM_FIELDS),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        if why == "limited":
            problem: dict[str, Any] = {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
        else:
            title = TITLES.get(why, "Invalid Request")
            problem = {"type": TYPES.get(why, "about:blank"), "title": title, "detail": said or title}
            problem["status"] = STATUS[why]
        return Answer(STATUS[why], {"Content-Type": "application/json; charset=utf-8"}, self.encoded(problem))

    def limits(self) -> dict[str, str]:
        return self._limits(0)

    def _limits(self, left: int) -> dict[str, str]:
        reset = self.clock.at.micros // 1_000_000 + 900
        return {
            "x-rate-limit-limit": "900",
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(reset),
        }

    def _said(self, value: dict[str, Any]) -> Answer:
        return self.answered(value, **self._limits(self.left))

    # Deeds: an edit has an id of its own.

    def edit(self, number: str, text: str) -> None:
        super().edit(number, text)
        self._numbers += 1
        self.edits.setdefault(number, [number]).append(str(self._numbers))

    # How things are spelled.

    def rendered(self, post: Post) -> dict[str, Any]:
        return self._version(post, len(post.before))

    def _version(self, post: Post, number: int) -> dict[str, Any]:
        edits = self.edits.get(post.id, [post.id])
        text, made = [*post.before, (post.text, post.edited or post.made)][number]
        root = post
        while root.parent is not None and root.parent in self.posts:
            root = self.posts[root.parent]
        spelled_post = {
            "id": edits[number],
            "edit_history_tweet_ids": edits,
            "text": text,
            "author_id": CITIZEN if post.parent else OWNER,
            "conversation_id": root.parent or root.id,
            "created_at": spelled(made),
            "lang": "en",
            "public_metrics": {
                "retweet_count": 0,
                "reply_count": len(self.below(post.id)),
                "like_count": post.likes,
                "quote_count": 0,
            },
            "edit_controls": {"edits_remaining": 5 - number, "is_edit_eligible": not post.parent},
        }
        if post.parent:
            spelled_post["in_reply_to_user_id"] = OWNER
            spelled_post["referenced_tweets"] = [{"type": "replied_to", "id": post.parent}]
        if post.image:
            spelled_post["attachments"] = {"media_keys": [f"3_{post.id}"]}
        return spelled_post

    def _user(self, number: str) -> dict[str, Any]:
        name = {OWNER: "maple", CITIZEN: "citizen"}[number]
        return {
            "id": number,
            "username": name,
            "name": name.title(),
            "description": "The district’s “official” account",
            "public_metrics": {"followers_count": 12, "tweet_count": len(self.posts)},
        }

    def _includes(self, posts: Iterable[Post]) -> dict[str, Any]:
        shown = list(posts)
        media = [
            {"media_key": f"3_{post.id}", "type": "photo", "url": post.image, "width": 1}
            for post in shown
            if post.image
        ]
        before = [self._version(post, number) for post in shown for number in range(len(post.before))]
        users = {CITIZEN if post.parent else OWNER: None for post in shown}
        found = {"users": [self._user(number) for number in users], "media": media, "tweets": before}
        return {name: items for name, items in found.items() if items}

    # Answers.

    def _profile(self, asked: Asked) -> Answer:
        if asked.part["name"] != "maple" or self.suspended:
            detail = f"User has been suspended: [{asked.part['name']}]."
            error = {"title": "Forbidden", "detail": detail, "resource_type": "user", "type": TYPES["missing"]}
            return self._said({"errors": [error]})
        return self._said({"data": self._user(OWNER)})

    def _listing(self, posts: Callable[[Asked], list[Post]], least: int, most: int) -> Callable[[Asked], Answer]:
        def listing(asked: Asked) -> Answer:
            if asked.part.get("id", OWNER) != OWNER:
                raise RefusedError("missing", asked.part["id"])
            limit = asked.number("max_results", 10)
            if not least <= limit <= most:
                raise RefusedError("bad-request", f"max_results={limit}")
            token = asked.query.get("pagination_token") or asked.query.get("next_token")
            found, more = self.page(posts(asked), limit=limit, beyond=int(token[5:]) if token else None)
            meta: dict[str, Any] = {"result_count": len(found)}
            if more:
                meta["next_token"] = f"7140w{more}"
            data = {"data": [self.rendered(post) for post in found]} if found else {}
            includes = {"includes": self._includes(found)} if found else {}
            return self._said({**data, **includes, "meta": meta})

        return listing

    def _mentions(self) -> list[Post]:
        return sorted((post for post in self.listed() if post.parent), key=lambda post: -post.number)

    def _conversation(self, asked: Asked) -> list[Post]:
        below = self.below(asked.query["query"].removeprefix("conversation_id:"), deep=True)
        return sorted(below, key=lambda post: -post.number)

    def _recent(self, asked: Asked) -> list[Post]:
        oldest = self.clock.at.plus(seconds=-SEVEN_DAYS)
        return [post for post in self._conversation(asked) if post.made >= oldest]

    def _by_ids(self, asked: Asked) -> Answer:
        """Each version of a post answers at its own id ("Edit Posts"); what is expanded stands beside."""
        found, posts, errors = [], [], []
        for number in asked.query["ids"].split(","):
            first = next((first for first, edits in self.edits.items() if number in edits), number)
            try:
                posts.append(self.found(first))
                found.append(self._version(posts[-1], self.edits.get(first, [first]).index(number)))
            except RefusedError as refused:
                error = {"resource_type": "tweet", "parameter": "ids", "resource_id": number, "value": number}
                errors.append({**error, "title": TITLES[refused.why], "type": TYPES[refused.why]})
        includes = {"includes": self._includes(posts)} if posts and "expansions" in asked.query else {}
        return self._said({**({"data": found} if found else {}), **includes, **({"errors": errors} if errors else {})})

    def _users(self, asked: Asked) -> Answer:
        return self._said({"data": [self._user(number) for number in asked.query["ids"].split(",")]})

    def _nobody(self, _: Asked) -> Answer:
        return self._said({"meta": {"result_count": 0}})

    def _messages(self, _: Asked) -> Answer:
        data = {"data": self.messages} if self.messages else {}
        return self._said({**data, "meta": {"result_count": len(self.messages)}})

    def _message(self, asked: Asked) -> Answer:
        for message in self.messages:
            if message["id"] == asked.part["id"]:
                return self._said({"data": message})
        raise RefusedError("missing", asked.part["id"])


SIMULATOR = X
