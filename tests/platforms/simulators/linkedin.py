"""LinkedIn's versioned API as its documentation has it (learn.microsoft.com/linkedin/marketing), for one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote

from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

PAGE, ORGANISATION, MEMBER = "123456", "urn:li:organization:123456", "urn:li:person:citizen"
START, COUNT = r"\d{1,6}", r"[1-9]\d?|100"
CODES: Mapping[Why, str] = {
    "no-such-path": "RESOURCE_NOT_FOUND",
    "bad-request": "QUERY_PARAM_NOT_ALLOWED",
    "no-token": "EMPTY_ACCESS_TOKEN",
    "bad-token": "INVALID_ACCESS_TOKEN",
    "expired": "EXPIRED_ACCESS_TOKEN",
    "version": "NONEXISTENT_VERSION",
    "missing": "NOT_FOUND",
    "withheld": "ACCESS_DENIED",
    "limited": "TOO_MANY_REQUESTS",
    "failed": "SERVICE_UNAVAILABLE",
}


def millis(instant: Instant) -> int:
    return instant.micros // 1000


class LinkedIn(Simulator):
    """A page, read by its administrator."""

    name = "linkedin"
    version = "202608"
    path_of_account = "/company/maple-grove"
    deepest = 2
    cannot: ClassVar[Mapping[str, str]] = {
        "image": "a post names its pictures; they are asked for one by one, as test_linkedin.py does",
        "like": "neither posts nor comments that a page shows are spelled otherwise; they are counted elsewhere",
        "hide": "a page's administrator sees what is there",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.followers = 7

    def routes(self) -> Sequence[Route]:
        paged = {"start": START, "count": COUNT}
        by_name = {"q": "vanityName"}
        finder = {"q": "author"}
        return (
            Route("profile", "/rest/organizations", self._named, {"vanityName": r"[\w-]+"}, ("vanityName",), by_name),
            Route("other", "/rest/organizations/{id}", self._organisation),
            Route(
                "posts",
                "/rest/posts",
                self._posts,
                {**paged, "author": r"urn:li:organization:\d+", "sortBy": "CREATED|LAST_MODIFIED"},
                ("author",),
                finder,
            ),
            Route("item", "/rest/posts/{urn}", lambda asked: self.answered(self.rendered(self._asked_for(asked)))),
            Route("replies", "/rest/socialActions/{urn}/comments", self._comments, paged),
            Route("item", "/rest/socialActions/{urn}/comments/{number}", self._comment),
            Route("other", "/rest/socialMetadata/{urn}", self._metadata),
            Route("other", "/rest/networkSizes/{urn}", self._sizes, {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"}),
            Route("other", "/rest/images/{urn}", self._image),
        )

    def check(self, asked: Asked) -> None:
        if asked.headers.get("LinkedIn-Version") != self.version:
            raise RefusedError("version", str(asked.headers.get("LinkedIn-Version")))
        if asked.headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise RefusedError("bad-request", "the protocol's version")
        if any(mark in asked.url.partition("?")[0] for mark in ":(,)"):
            raise RefusedError("bad-request", "a URN that is not encoded")

    def refusal(self, why: Why, said: str) -> Answer:
        status = 426 if why == "version" else STATUS[why]
        body = {"status": status, "code": CODES[why], "message": f"{why} {said}"}
        return Answer(status, {"Content-Type": "application/json"}, self.encoded(body))

    def limits(self) -> dict[str, str]:
        return {}  # LinkedIn tells of limits in its developer portal alone

    # How things are spelled.

    def item_of(self, post: Post) -> str:
        if post.parent is None:
            return f"urn:li:share:{post.id}"
        return f"urn:li:comment:(urn:li:activity:{self._root(post).id},{post.id})"

    def _root(self, post: Post) -> Post:
        return self._root(self.posts[post.parent]) if post.parent else post

    def rendered(self, post: Post) -> dict[str, Any]:
        return self._rendered_comment(post) if post.parent else self._rendered_post(post)

    def _rendered_post(self, post: Post) -> dict[str, Any]:
        shown = {"content": {"media": {"id": f"urn:li:image:{post.id}", "altText": "Schoolhouse"}}}
        return {
            "id": self.item_of(post),
            "author": ORGANISATION,
            "commentary": post.text,
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
            "createdAt": millis(post.made),
            "publishedAt": millis(post.made),
            "lastModifiedAt": millis(post.edited or post.made),
            "lifecycleState": "PUBLISHED",
            "lifecycleStateInfo": {"isEditedByAuthor": post.edited is not None},
            "isReshareDisabledByAuthor": False,
            **(shown if post.image else {}),
        }

    def _rendered_comment(self, post: Post) -> dict[str, Any]:
        above = self.posts[post.parent or ""]
        answered = {"parentComment": self.item_of(above)} if above.parent else {}
        return {
            "actor": MEMBER,
            "commentUrn": self.item_of(post),
            "created": {"actor": MEMBER, "time": millis(post.made)},
            "id": post.id,
            "lastModified": {"actor": MEMBER, "time": millis(post.edited or post.made)},
            "message": {"attributes": [], "text": post.text},
            "object": f"urn:li:activity:{self._root(post).id}",
            "commentsSummary": {"aggregatedTotalComments": len(self.below(post.id)), "selectedComments": []},
            **answered,
        }

    # Answers.

    def _asked_for(self, asked: Asked) -> Post:
        number = unquote(asked.part["urn"]).rstrip(")").replace(",", ":").rpartition(":")[2]
        return self.found(number)

    def _listed(self, asked: Asked, posts: Sequence[Post]) -> Answer:
        start, count = asked.number("start", 0), asked.number("count", 10)
        found, more = self.page(posts, limit=count, start=start)
        here = start + min(count, self.page_size)
        link = f"{asked.url.partition('?')[0]}?start={here}&count={count}"
        links = [{"type": "application/json", "rel": "next", "href": link}] if more else []
        paging = {"start": start, "count": count, "links": links}
        return self.answered({"paging": paging, "elements": [self.rendered(post) for post in found]})

    def _page(self) -> dict[str, Any]:
        return {
            "id": int(PAGE),
            "$URN": ORGANISATION,
            "vanityName": "maple-grove",
            "localizedName": "Maple Grove Schools",
            "localizedWebsite": "https://maple-grove.example/",
            "primaryOrganizationType": "SCHOOL",
        }

    def _named(self, asked: Asked) -> Answer:
        known = asked.query["vanityName"] == "maple-grove"
        return self.answered({"paging": {"start": 0, "count": 10, "links": []}, "elements": [self._page()] * known})

    def _organisation(self, asked: Asked) -> Answer:
        if asked.part["id"] != PAGE:
            raise RefusedError("withheld", asked.part["id"])
        return self.answered(self._page())

    def _posts(self, asked: Asked) -> Answer:
        if asked.query["author"] != ORGANISATION:
            raise RefusedError("withheld", asked.query["author"])
        return self._listed(asked, self.own())

    def _comments(self, asked: Asked) -> Answer:
        return self._listed(asked, self.below(self._asked_for(asked).id))

    def _comment(self, asked: Asked) -> Answer:
        return self.answered(self.rendered(self.found(asked.part["number"])))

    def _metadata(self, asked: Asked) -> Answer:
        post = self._asked_for(asked)
        return self.answered(
            {
                "entity": self.item_of(post),
                "reactionSummaries": {"LIKE": {"reactionType": "LIKE", "count": post.likes}},
                "commentSummary": {"count": len(self.below(post.id, deep=True)), "topLevelCount": 0},
                "commentsState": "OPEN",
            }
        )

    def _sizes(self, asked: Asked) -> Answer:
        if asked.part["urn"] != quote(ORGANISATION, safe="") or not asked.query:
            raise RefusedError("bad-request", asked.url)
        return self.answered({"firstDegreeSize": self.followers})

    def _image(self, asked: Asked) -> Answer:
        post = self._asked_for(asked)
        address = f"{post.image}?e={len(self.requests)}"
        file = {"owner": ORGANISATION, "id": f"urn:li:image:{post.id}", "status": "AVAILABLE"}
        return self.answered(
            {**file, "downloadUrlExpiresAt": millis(self.clock.at.plus(seconds=3600)), "downloadUrl": address}
        )


SIMULATOR = LinkedIn
