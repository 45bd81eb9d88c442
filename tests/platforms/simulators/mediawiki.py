"""MediaWiki's action API as its documentation has it (mediawiki.org/wiki/API:Main_page), for one private wiki."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.simulator import STATUS, Asked, Post, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Why

LIMIT, NUMBER, WORDS = r"[1-9]\d?|[1-4]\d\d|500", r"[1-9]\d*", r"[a-z0-9]+(\|[a-z0-9]+)*"
CODES: Mapping[Why, str] = {
    "bad-request": "badvalue",
    "no-token": "readapidenied",
    "bad-token": "mwoauth-invalid-authorization",
    "expired": "mwoauth-invalid-authorization",
    "limited": "ratelimited",
    "failed": "internal_api_error_DBQueryError",
}
"""The code of an error, which comes with status 200; what is not here is refused by the web server before the API."""
NAMESPACES = {"-1": "Special", "0": "", "1": "Talk"}


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}Z"


class MediaWiki(Simulator):
    """A wiki whose posts are its pages, listed by title; each has its revisions, and entries of the log beside it."""

    name = "mediawiki"
    newest_first = False
    told_besides = 3  # its revision, that it was made, and that among the recent changes
    path_of_account = "/w"
    cannot: ClassVar[Mapping[str, str]] = {
        "image": "a file is an item of its own (a real server shows it in test_real_servers.py)",
        "reply": "what is answered stands on a talk page, which is a page",
        "hide": "a page is there or it is not; what is hidden is one of its revisions",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.log: list[dict[str, Any]] = []

    def routes(self) -> Sequence[Route]:
        always = {"action": "query", "format": "json", "formatversion": "2"}

        def query(role: Any, answer: Any, when: Mapping[str, str], **parameters: str) -> Route:
            return Route(role, "/w/api.php", answer, {**always, **parameters}, tuple(always), when)

        info = {"prop": "info", "gaplimit": LIMIT, "gapcontinue": r"Page_\d+", "inprop": "url", "continue": r"[a-z|]+"}
        history = {"rvprop": WORDS, "rvslots": "main", "rvlimit": LIMIT, "rvcontinue": r"\d+\|\d+", "continue": r"\|\|"}
        return (
            query("profile", self._site, {"meta": "siteinfo"}, siprop=WORDS),
            query("posts", self._pages, {"generator": "allpages", "gapnamespace": "0"}, **info),
            query("other", self._none, {"generator": "allpages", "gapnamespace": "[1-9]"}, **info),
            query("other", self._history, {"prop": "revisions", "pageids": NUMBER}, **history),
            query("item", self._page, {"prop": "info", "pageids": NUMBER}),
            query("other", self._log, {"list": "logevents"}, leprop=WORDS, lelimit=LIMIT),
            query("other", self._changes, {"list": "recentchanges"}, rcprop=WORDS, rctype=WORDS, rclimit=LIMIT),
            query(
                "other",
                lambda _: self._told(query={"allimages": []}),
                {"list": "allimages"},
                aiprop=WORDS,
                aisort="timestamp|name",
                aidir="descending|ascending",
                ailimit=LIMIT,
            ),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        if why not in CODES:
            return Answer(STATUS[why], {"Content-Type": "text/html"}, b"<!doctype html><title>Not Found</title>")
        told = {"error": {"code": CODES[why], "info": f"{why} {said}", "docref": "See api.php for API usage."}}
        return self.answered(told)

    # Deeds.

    def delete(self, number: str) -> None:
        self.log.append(self._event(len(self.log), "delete", self.posts[number], self.tick()))
        super().delete(number)

    def _publish(self, text: str, image: bytes | None, parent: str | None) -> str:
        number = super()._publish(text, image, parent)
        self.log.append(self._event(len(self.log), "create", self.posts[number], self.posts[number].made))
        return number

    # How things are spelled.

    def items_of(self, post: Post) -> set[str]:
        return {post.id, *(f"{post.id}@{revision['revid']}" for revision in self._revisions(post))}

    def shown(self) -> dict[str, bytes]:
        revisions = {
            f"{post.id}@{revision['revid']}": self.encoded(revision)
            for post in self.posts.values()
            for revision in self._revisions(post)
        }
        return {**super().shown(), **revisions}

    def rendered(self, post: Post) -> dict[str, Any]:
        address = self.url(f"/wiki/{self._title(post)}")
        return {
            **self._bare(post),
            "fullurl": address,
            "editurl": f"{address}?action=edit",
            "canonicalurl": address,
        }

    def _bare(self, post: Post) -> dict[str, Any]:
        """Spell a page as it is where no addresses are asked for."""
        last = self._revisions(post)[0]
        return {
            "pageid": post.number,
            "ns": 0,
            "title": self._title(post).replace("_", " "),
            "contentmodel": "wikitext",
            "pagelanguage": "en",
            "touched": f"{spelled(post.edited or post.made)[:17]}{post.likes:02}Z",  # also by a template that it shows
            "lastrevid": last["revid"],
            "length": last["size"],
        }

    def _title(self, post: Post) -> str:
        return f"Page_{post.number}"

    def _revisions(self, post: Post) -> list[dict[str, Any]]:
        """Return the revisions of a page, the newest first."""
        versions = [*post.before, (post.text, post.edited or post.made)]
        return [
            {
                "revid": 100 * post.number + place,
                "parentid": 100 * post.number + place - 1 if place else 0,
                "minor": False,
                "user": "Clerk",
                "userid": 7,
                "timestamp": spelled(at),
                "size": len(text.encode()),
                "sha1": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
                "slots": {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": text}},
                "comment": "Séance du conseil",
                "tags": [],
            }
            for place, (text, at) in enumerate(versions)
        ][::-1]

    def _event(self, place: int, kind: str, post: Post, at: Instant) -> dict[str, Any]:
        return {
            "logid": 1 + place,
            "ns": 0,
            "title": self._title(post).replace("_", " "),
            "pageid": 0 if kind == "delete" else post.number,
            "logpage": post.number,
            "params": {},
            "type": kind,
            "action": kind,
            "user": "Clerk",
            "userid": 7,
            "timestamp": spelled(at),
            "comment": "",
            "tags": [],
        }

    # What is answered.

    def _told(self, **value: Any) -> Answer:
        return self.answered({"batchcomplete": True, **value})

    def _site(self, _: Asked) -> Answer:
        general = {"sitename": "Maple Grove", "base": self.url("/wiki/Main_Page"), "lang": "en"}
        general["time"] = spelled(self.clock.at)
        spaces = {number: {"id": int(number), "name": name} for number, name in NAMESPACES.items()}
        return self._told(query={"general": general, "namespaces": spaces})

    def _pages(self, asked: Asked) -> Answer:
        by_title = self.own()[::-1]
        first = asked.query.get("gapcontinue", "Page_0").rpartition("_")[2]
        limit = asked.number("gaplimit", 10)
        found, more = self.page(by_title, limit=limit, beyond=int(first) - 1, rising=True)
        last = max((post.number for post in found), default=0)
        following = next((self._title(post) for post in by_title if post.number > last), None) if more else None
        proceed = {"continue": {"gapcontinue": following, "continue": "gapcontinue||"}} if following else {}
        # A generator that yields nothing is answered without a query.
        pages = {"query": {"pages": [self.rendered(post) for post in found]}} if found else {}
        return self._told(**proceed, **pages)

    def _none(self, _: Asked) -> Answer:
        return self._told()

    def _page(self, asked: Asked) -> Answer:
        post = self.posts.get(asked.query["pageids"])
        pages = [self._bare(post)] if post else [{"pageid": int(asked.query["pageids"]), "missing": True}]
        return self._told(query={"pages": pages})

    def _history(self, asked: Asked) -> Answer:
        post = self.posts.get(asked.query["pageids"])
        if post is None:
            return self._page(asked)
        revisions = self._revisions(post)
        since = int(asked.query.get("rvcontinue", "|0").partition("|")[2]) or revisions[0]["revid"]
        rest = [one for one in revisions if one["revid"] <= since]
        limit = min(asked.number("rvlimit", 10), self.page_size)
        proceed = {}
        if len(rest) > limit:
            mark = f"{rest[limit]['timestamp'].translate(str.maketrans('', '', '-:TZ'))}|{rest[limit]['revid']}"
            proceed = {"continue": {"rvcontinue": mark, "continue": "||"}}
        page = {"pageid": post.number, "ns": 0, "title": self._title(post).replace("_", " ")}
        return self._told(**proceed, query={"pages": [{**page, "revisions": rest[:limit]}]})

    def _log(self, _: Asked) -> Answer:
        return self._told(query={"logevents": self.log[::-1]})

    def _changes(self, _: Asked) -> Answer:
        changes = [
            {
                "type": "edit" if revision["parentid"] else "new",
                "ns": 0,
                "title": self._title(post).replace("_", " "),
                "pageid": post.number,
                "revid": revision["revid"],
                "old_revid": revision["parentid"],
                "rcid": revision["revid"] + 10_000_000,
                "user": "Clerk",
                "userid": 7,
                "timestamp": revision["timestamp"],
                "comment": revision["comment"],
            }
            for post in self.listed()
            for revision in self._revisions(post)
        ]
        return self._told(query={"recentchanges": sorted(changes, key=lambda one: str(one["timestamp"]))[::-1]})


SIMULATOR = MediaWiki
