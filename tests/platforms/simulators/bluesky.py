"""AT Protocol as its documentation has it (docs.bsky.app): an account's server, the directory, a view of the network.

All three are one host here. What the account wrote is in a repository that it signed; what citizens answered is on
other servers, and only the view shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import libipld

from tests.archiver.repositories import Owner, cid_of, repository
from tests.platforms.simulator import STATUS, Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.manifests.archives import Clock
    from tests.platforms.simulator import Why

POST = "app.bsky.feed.post"
CITIZEN = "did:plc:citizen"
HANDLE = "maple.example"
ERRORS: Mapping[Why, str] = {
    "no-such-path": "MethodNotImplemented",
    "missing": "RecordNotFound",
    "limited": "RateLimitExceeded",
    "expired": "AuthMissing",
    "failed": "UpstreamFailure",
}
DID, URI = r"did:plc:\w+", r"at://did:plc:\w+/[\w.]+/\w+"


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:23]}Z"


class Bluesky(Simulator):
    """Everybody reads it; nobody shows a token."""

    name = "bluesky"
    replies_go_too = False
    cannot: ClassVar[Mapping[str, str]] = {
        "image": "files have a method, and no address of their own (a real server shows them in test_real_servers.py)",
        "like": "a repository counts nothing",
        "hide": "a record is there or it is not",
    }
    path_of_account = f"/profile/{HANDLE}"

    def __init__(self, clock: Clock) -> None:
        self.owner = Owner("did:plc:maple")
        super().__init__(clock)

    @property
    def directory(self) -> str:
        return self.url("/directory")

    def token_in(self, asked: Asked) -> str:
        if "Authorization" in asked.headers:
            self.wrongs.append(f"a token: {asked.url}")
        return self.tokens[-1]

    def routes(self) -> Sequence[Route]:
        own, listed = {"repo": self.owner.did}, {"collection": r"[\w.]+", "limit": r"[1-9]\d?|100", "cursor": r"\d+"}
        record = {"repo": DID, "collection": r"[\w.]+", "rkey": r"\w+"}
        return (
            Route("profile", self._method("com.atproto.identity.resolveHandle"), self._identity, {"handle": r"[\w.]+"}),
            Route("other", "/directory/{did}", self._document),
            Route("other", self._method("com.atproto.repo.describeRepo"), self._description, own, needs=("repo",)),
            Route("posts", self._method("com.atproto.repo.listRecords"), self._records, {**own, **listed},
                  needs=("repo", "collection")),
            Route("item", self._method("com.atproto.repo.getRecord"), self._record, record, needs=tuple(record)),
            Route("other", self._method("com.atproto.sync.getRepo"), self._repository,
                  {"did": self.owner.did, "since": r"\w{13}"}, needs=("did",)),
            Route("replies", self._method("app.bsky.feed.getPostThread"), self._thread,
                  {"uri": URI, "depth": r"\d{1,3}|1000", "parentHeight": r"\d{1,3}|1000"}, needs=("uri",)),
        )  # fmt: skip

    def _method(self, name: str) -> str:
        return f"/xrpc/{name}"

    def refusal(self, why: Why, said: str) -> Answer:
        status = 400 if why == "missing" else STATUS[why]
        body = self.encoded({"error": ERRORS.get(why, "InvalidRequest"), "message": said or why})
        return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, body)

    def limits(self) -> dict[str, str]:
        until = self.clock.at.plus(seconds=300).micros // 1_000_000
        return {"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-reset": str(until)}

    def item_of(self, post: Post) -> str:
        return f"at://{CITIZEN if post.parent else self.owner.did}/{POST}/{post.id}"

    def rendered(self, post: Post) -> dict[str, Any]:
        record = self._value(post)
        named = {"uri": self.item_of(post), "cid": self._cid(record)}
        if not post.parent:
            return {**named, "value": record}
        return {
            **named,
            "author": {"did": CITIZEN, "handle": "citizen.example", "displayName": "Citizen"},
            "record": record,
            "replyCount": len(self.below(post.id)),
            "likeCount": post.likes,
            "indexedAt": spelled(post.edited or post.made),
            "labels": [],
        }

    def _value(self, post: Post) -> dict[str, Any]:
        value: dict[str, Any] = {"$type": POST, "text": post.text, "langs": ["fr"], "createdAt": spelled(post.made)}
        if post.parent:
            value["reply"] = {"root": self._pointer(self._root(post)), "parent": self._pointer(post.parent)}
        return value

    def _root(self, post: Post) -> str:
        root = post.parent or post.id
        while (above := self._written.get(root)) is not None and above.parent:
            root = above.parent
        return root

    def _pointer(self, number: str) -> dict[str, str]:
        written = self._written[number]
        return {"uri": self.item_of(written), "cid": "bafyreidre5tvfhczb3ogh7mckqlmepb6q75tvkh2jvsbc7vmvysxfap3jm"}

    @property
    def _written(self) -> dict[str, Post]:
        """Everything that was ever written: a record goes on pointing at what is gone."""
        self.__dict__.setdefault("_ever", {}).update(self.posts)
        ever: dict[str, Post] = self.__dict__["_ever"]
        return ever

    def _cid(self, record: dict[str, Any]) -> str:
        return str(libipld.encode_cid(cid_of(libipld.encode_dag_cbor(record))))

    def _identity(self, asked: Asked) -> Answer:
        if asked.query.get("handle") != HANDLE:
            raise RefusedError("bad-request", "Unable to resolve handle")
        return self.answered({"did": self.owner.did})

    def _document(self, asked: Asked) -> Answer:
        if asked.part["did"] != self.owner.did:
            raise RefusedError("no-such-path", asked.part["did"])
        return self.answered(self.owner.document(self.url("")))

    def _description(self, _: Asked) -> Answer:
        document = self.owner.document(self.url(""))
        return self.answered(
            {
                "handle": HANDLE,
                "did": self.owner.did,
                "didDoc": document,
                "collections": [POST],
                "handleIsCorrect": True,
            }
        )

    def _records(self, asked: Asked) -> Answer:
        before = asked.number("cursor", 0) or None
        found, more = self.page(self.own(), limit=asked.number("limit", 50), beyond=before)
        cursor = {"cursor": str(more)} if more else {}
        return self.answered({"records": [self.rendered(post) for post in found], **cursor})

    def _record(self, asked: Asked) -> Answer:
        post = self.found(asked.query["rkey"])
        if self.item_of(post) != "at://{repo}/{collection}/{rkey}".format(**asked.query):
            raise RefusedError("missing", "Could not locate record")
        record = self._value(post)
        return self.answered({"uri": self.item_of(post), "cid": self._cid(record), "value": record})

    def _repository(self, _: Asked) -> Answer:
        """The whole repository, as a server may also answer who asks for what changed."""
        own = {f"{POST}/{post.id}": self._value(post) for post in self.posts.values() if not post.parent}
        return Answer(200, {"Content-Type": "application/vnd.ipld.car"}, repository(self.owner, own).car())

    def _thread(self, asked: Asked) -> Answer:
        if asked.number("depth", 6) != 1:
            raise RefusedError("bad-request", "one level is simulated, and no more")
        number = asked.query["uri"].rpartition("/")[2]
        if number not in self.posts:
            raise RefusedError("missing", asked.query["uri"])
        shown = {"$type": "app.bsky.feed.defs#threadViewPost"}
        replies = [{**shown, "post": self.rendered(post)} for post in self.below(number)]
        return self.answered({"thread": {**shown, "post": {"uri": asked.query["uri"]}, "replies": replies}})


SIMULATOR = Bluesky
