"""What the simulators of Facebook, Instagram and Threads share: the Graph API's fields, pages and errors.

Made from developers.facebook.com: "Field Expansion", "Paginated Results", "Handling Errors", "Rate Limits", "Refresh
Access Token". Every page's ``next`` holds the token, as the platform's does.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from schemas.settings import AccessSettings
from tests.platforms.simulator import Asked, Post, RefusedError, Route, Simulator
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from schemas.instant import Instant
    from tests.platforms.simulator import Why
    from tests.servers import Received

ERRORS: Mapping[Why, tuple[int, int, int | None, str]] = {
    "no-such-path": (400, 2500, None, "Unknown path components"),
    "bad-request": (400, 100, None, "Invalid parameter"),
    "no-token": (400, 104, None, "An access token is required to request this resource."),
    "bad-token": (400, 190, None, "Invalid OAuth access token - Cannot parse access token"),
    "expired": (400, 190, 463, "Error validating access token: Session has expired"),
    "version": (400, 2635, None, "You are calling a deprecated version of the API"),
    "missing": (400, 100, 33, "Unsupported get request. The object does not exist or cannot be loaded"),
    "withheld": (403, 10, None, "Application does not have permission for this action"),
    "limited": (400, 32, None, "Page request limit reached"),
    "failed": (500, 2, None, "An unexpected error has occurred. Please retry your request later."),
}
RENEWAL, LIFE = "/refresh_access_token", 60 * 86_400
FIELDS = r"[\w{}(),.]+"
CURSOR = r"[\w=-]{1,100}"
LIMIT = r"[1-9]|[1-9]\d|100"


def words(text: str) -> frozenset[str]:
    """The names in a text."""
    return frozenset(text.split())


def fields_of(text: str) -> dict[str, str]:
    """The fields that a request asks for, each with what it asks of their own; modifiers are left out."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    found = [re.fullmatch(r"(\w+)(?:\.\w+\(\w+\))*(?:\{(.+)\})?", part) for part in parts]
    if depth or None in found:
        raise RefusedError("bad-request", f"syntax error in fields: {text}")
    return {one[1]: one[2] or "" for one in found if one}


def names_in(text: str) -> set[str]:
    """Every field that is asked for, at any depth."""
    asked = fields_of(text)
    return {*asked, *(name for inner in asked.values() if inner for name in names_in(inner))}


class Graph(Simulator):
    """An account that is read with the token of its owner."""

    tells_version = True
    kind: ClassVar[str]
    """What the platform calls the use case whose quota it counts."""
    nested: ClassVar[frozenset[str]]
    """The fields that may be asked for of what stands within a node."""
    grant: ClassVar[str | None] = None
    """As what another token is asked for, where one lives ``LIFE`` seconds and is exchanged by itself."""
    kept: Path | None = None
    """The file that holds the token, where it is not in the environment."""
    renews = True
    """Whether another token is given at all."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.edges: dict[str, list[dict[str, Any]]] = {}
        """What edges hold besides posts and comments, as path below the version: whole nodes."""
        self.nodes: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        """Edges that the token may not read."""
        self.moderated: set[str] = set()
        """Comments and replies that the account hides from everybody but their authors."""
        self.used = 3
        """How much of the quota is used up, in percent."""
        self.asked_for: dict[str, tuple[str, ...]] = {}

    @property
    def access(self) -> AccessSettings:
        return super().access if self.kept is None else AccessSettings(token_file=str(self.kept))

    def renew(self) -> None:
        super().renew()
        self.given = self.clock.at

    def token_in(self, asked: Asked) -> str | None:
        return asked.query.get("access_token")

    def parameters_everywhere(self) -> Mapping[str, str]:
        return {"access_token": r".+"}

    def check(self, asked: Asked) -> None:
        if self.grant is not None and self._age >= LIFE:
            raise RefusedError("expired")

    @property
    def _age(self) -> float:
        return (self.clock.at.micros - self.given.micros) / 1_000_000

    def renewal(self) -> Route:
        """Another token for one that is a day old; the one before is worth nothing from then on."""

        def answer(_: Asked) -> Answer:
            if self._age < LIFE / 60 or not self.renews:
                raise RefusedError("withheld", "no other token")
            self.renew()
            told = {"permissions": "instagram_business_basic"} if self.name == "instagram" else {}
            return self.answered({"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": LIFE, **told})

        return Route("other", RENEWAL, answer, {"grant_type": self.grant or ""}, needs=("grant_type",))

    def fields(self, asked: Asked, kind: str, known: frozenset[str]) -> tuple[str, ...]:
        """What a request asks for of nodes of a kind, or refuse: a field that is not there is an error."""
        names = fields_of(asked.query["fields"])
        inner = {name for text in names.values() if text for name in names_in(text)}
        if not names.keys() <= known or not inner <= self.nested:
            raise RefusedError("bad-request", f"fields {sorted((names.keys() - known) | (inner - self.nested))}")
        self.asked_for[kind] = tuple(names)
        return tuple(names)

    def chosen(self, node: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """A node with what was asked of its kind, in that order; what it has not is left out."""
        return {name: node[name] for name in self.asked_for.get(kind, tuple(node)) if node.get(name) is not None}

    def edge(self, path: str, role: Any, known: frozenset[str], **parameters: str) -> Route:
        """A list of whole nodes, in ``edges``; of a path with ``{id}`` in it, by that."""

        def answer(asked: Asked) -> Answer:
            if path in self.refused:
                raise RefusedError("withheld", path)
            self.fields(asked, path, known)
            held = self.edges.get(path.format(**asked.part), [])
            return self.listed_as([self.chosen(one, path) for one in ([] if "emptied" in self.quirks else held)], asked)

        return Route(role, f"/{self.version}/{path}", answer, {**self.paged, **parameters}, needs=("fields",))

    @property
    def paged(self) -> dict[str, str]:
        return {"fields": FIELDS, "limit": LIMIT, "after": CURSOR, "before": CURSOR}

    def pages(self, posts: Sequence[Post], asked: Asked, render: Callable[[Post], dict[str, Any]]) -> Answer:
        """A page of posts, the newest first, that goes on where the cursor says."""
        after = asked.query.get("after")
        beyond = int(base64.urlsafe_b64decode(after).removeprefix(b"after:")) if after else None
        found, more = self.page(posts, limit=asked.number("limit", 25), beyond=beyond)
        return self.listed_as([render(post) for post in found], asked, last=found[-1].number if found else 0, more=more)

    def listed_as(
        self, nodes: Iterable[dict[str, Any]], asked: Asked, *, last: int = 0, more: int | None = None
    ) -> Answer:
        """An answer as lists are: the last page has cursors, too, and no ``next``."""
        after = base64.urlsafe_b64encode(f"after:{more or last}".encode()).decode()
        paging: dict[str, Any] = {"cursors": {"before": after, "after": after}}
        if more:
            token = self.tokens[-1]
            paging["next"] = f"{self.url(asked.url.partition('?')[0])}?access_token={token}&limit=25&after={after}"
        return self.answered({"data": list(nodes), **({"paging": paging} if last or more else {})})

    def answered(self, value: Any, **headers: str) -> Answer:
        used = {"type": self.kind, "call_count": self.used, "total_cputime": 1, "total_time": 2}
        usage = {"100": [{**used, "estimated_time_to_regain_access": 9 if self.used > 90 else 0}]}
        told = {"X-Business-Use-Case-Usage": json.dumps(usage), "facebook-api-version": self.serves or ""}
        return super().answered(value, **told, **headers)

    def encoded(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()

    def refusal(self, why: Why, said: str) -> Answer:
        status, code, subcode, message = ERRORS[why]
        error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1b"}
        body = {"error": error | ({"error_subcode": subcode} if subcode else {})}
        return Answer(status, {"Content-Type": "application/json; charset=UTF-8"}, self.encoded(body))

    def limits(self) -> dict[str, str]:
        return {"X-App-Usage": json.dumps({"call_count": 100, "total_cputime": 20, "total_time": 30})}

    def looked_up(self, known: Mapping[str, frozenset[str]]) -> Callable[[Asked], Answer]:
        """Answer with one node by its id, of one of the kinds that are ``known`` by their fields."""

        def answer(asked: Asked) -> Answer:
            number = asked.part["id"]
            if number in self.nodes:
                return self.answered(self.nodes[number])
            post = self.found(number)
            self.fields(asked, self.kind_of(post), known[self.kind_of(post)])
            return self.answered(self.rendered(post))

        return answer

    def kind_of(self, post: Post) -> str:
        """What a node is called for its fields."""
        raise NotImplementedError

    def _media(self, request: Received) -> Answer:
        answer = super()._media(request)
        signed = re.search(r"[?&]oh=(\w+)", request.path)
        return answer if signed else Answer(403, {"Content-Type": "text/plain"}, b"URL signature mismatch")


def spelled(instant: Instant) -> str:
    """A date as the Graph API spells it."""
    return f"{str(instant)[:19]}+0000"
