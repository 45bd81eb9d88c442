"""A platform that tests run against: a strict API over real HTTP on loopback, with faults that a test arms.

A simulator is one file in ``simulators/``, named as its platform, that ends in ``SIMULATOR = TheClass``. It says which
paths and parameters there are, how an item is spelled and in which shape the platform refuses. Everything else is here:
what is published, replies, edits and deletions; tokens; pages, with all that may go wrong between two of them; media.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from schemas.settings import AccessSettings
from tests.servers import Answer, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from schemas.instant import Instant
    from tests.manifests.archives import Clock
    from tests.servers import Received

Why: TypeAlias = Literal[
    "no-such-path",
    "bad-request",
    "no-token",
    "bad-token",
    "expired",
    "version",
    "missing",
    "withheld",
    "limited",
    "failed",
]
Fault: TypeAlias = Literal["limited", "failed", "cut", "login-page", "no-json", "expired"]
Quirk: TypeAlias = Literal["emptied", "doubled", "reordered"]
STATUS: Mapping[Why, int] = {
    "no-such-path": 404,
    "bad-request": 400,
    "no-token": 401,
    "bad-token": 401,
    "expired": 401,
    "version": 400,
    "missing": 404,
    "withheld": 403,
    "limited": 429,
    "failed": 503,
}
LONG = 100_000
"""Seconds to wait that nobody waits within a look."""
PIXELS = b"\x89PNG\r\n\x1a\n of a simulated picture"


class RefusedError(Exception):
    """The simulator refuses a request, as its platform would."""

    def __init__(self, why: Why, said: str = "") -> None:
        super().__init__(why, said)
        self.why, self.said = why, said


@dataclass(frozen=True)
class Asked:
    """A request that fits a route: the parts of its path by name, its parameters, its headers; the JSON it posts."""

    url: str
    part: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None

    def number(self, name: str, default: int) -> int:
        return int(self.query.get(name, default))


@dataclass(frozen=True)
class Route:
    """A path, with ``{name}`` for what varies, and the parameters that it knows, each with what it may be (a pattern).

    ``role`` is what tests call it: ``profile`` (what is asked first), ``posts`` (the list of posts), ``mentions``,
    ``replies``, ``messages``, ``item`` (one item, looked up), ``other``. ``needs`` are parameters that must be there;
    ``when`` are those, each with what it is (a pattern), by which a route is told from another one of the same path.
    ``posted`` tells that JSON is posted there.
    """

    role: Literal["profile", "posts", "mentions", "replies", "messages", "item", "other"]
    path: str
    answer: Callable[[Asked], Answer]
    parameters: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    posted: bool = False

    def matched(self, path: str, query: Mapping[str, str]) -> re.Match[str] | None:
        if not all(re.fullmatch(pattern, query.get(name, "")) for name, pattern in self.when.items()):
            return None
        return re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)), path)


@dataclass
class Post:
    """Something published: a post, or a reply to one. ``image`` is the address of its picture."""

    id: str
    number: int
    text: str
    made: Instant
    parent: str | None = None
    image: str | None = None
    likes: int = 0
    edited: Instant | None = None
    hidden: bool = False
    before: list[tuple[str, Instant]] = field(default_factory=list)


@dataclass
class _Armed:
    fault: Fault
    role: str
    skip: int
    times: int


class Simulator(Server):
    """One account on one platform, and who reads it; deeds change what is shown from then on."""

    name: ClassVar[str]
    """The platform's name, as accounts have it."""
    version: ClassVar[str | None] = None
    """The API's version, where ``holdfast.toml`` must name one."""
    page_size: ClassVar[int] = 3
    """How many items a page shows at most, whatever is asked for."""
    cannot: ClassVar[Mapping[str, str]] = {}
    """What the platform does not know, and why: ``image``, ``reply``, ``reply-to-reply``, ``edit``, ``edit-reply``,
    ``like``, ``hide``, ``look-up``, ``pages``. The stories that need it are skipped with the reason; where nothing is
    looked up, nothing that left its list is said to be deleted."""
    deepest: ClassVar[int] = 4
    """How deep replies to replies go, as far as tests go."""
    one_list: ClassVar[bool] = True
    """Whether posts are read from one list alone, so that one that breaks off has shown some and not all."""
    newest_first: ClassVar[bool] = True
    """Whether the list of posts goes back from the newest one; any other is a list only where one look reads all of it.
    """
    told_besides: ClassVar[int] = 0
    """How many records besides its own a new post makes: its first revision, entries of logs."""
    replies_go_too: ClassVar[bool] = True
    """Whether replies vanish with what they answer."""
    tells_version: ClassVar[bool] = False
    """Whether answers tell which version of the API gave them; then ``serves`` does."""
    path_of_account: ClassVar[str] = "/maple"

    def __init__(self, clock: Clock) -> None:
        super().__init__({})
        self.clock = clock
        self.posts: dict[str, Post] = {}
        self.media: dict[str, bytes] = {}
        self.tokens: list[str] = []
        self.expired = False
        self.keyed = False
        """Whether what reads is a program's key, which shows what is public and nothing else."""
        self.serves = self.version
        self.quirks: set[Quirk] = set()
        self.unlisted: set[str] = set()
        """Posts that are there and that no list shows."""
        self.asked: dict[str, list[str]] = defaultdict(list)
        """The addresses that were asked for, by the role of their routes."""
        self.wrongs: list[str] = []
        """What no client should do, as it was noticed: refused requests, tokens sent where they do not belong."""
        self._numbers = 1000
        self._armed: list[_Armed] = []
        self._then: list[tuple[str, Callable[[], object]]] = []
        self.renew()

    # What a platform says.

    def routes(self) -> Sequence[Route]:
        """Return every path there is."""
        raise NotImplementedError

    def rendered(self, post: Post) -> dict[str, Any]:
        """Return an item as the platform spells it."""
        raise NotImplementedError

    def refusal(self, why: Why, said: str) -> Answer:
        """Return how the platform refuses."""
        raise NotImplementedError

    def item_of(self, post: Post) -> str:
        """Return the id that Holdfast knows an item by."""
        return post.id

    def items_of(self, post: Post) -> set[str]:
        """Return the ids of everything that goes with an item."""
        return {self.item_of(post)}

    def encoded(self, value: Any) -> bytes:
        """Return JSON in the platform's own spelling; an item is spelled the same wherever it stands."""
        return json.dumps(value, ensure_ascii=False).encode()

    def token_in(self, asked: Asked) -> str | None:
        """Return the token of a request."""
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def check(self, asked: Asked) -> None:
        """Refuse what every request must have besides its token: a version, say (``RefusedError``)."""

    def parameters_everywhere(self) -> Mapping[str, str]:
        """Return the parameters that every path knows: a token's, say."""
        return {}

    def answered(self, value: Any, **headers: str) -> Answer:
        """Return an answer with JSON."""
        return Answer(200, {"Content-Type": "application/json; charset=utf-8", **headers}, self.encoded(value))

    # Where it is, and how it is read.

    @property
    def account_url(self) -> str:
        return self.url(self.path_of_account)

    @property
    def api(self) -> str:
        """What ``holdfast.toml`` says as ``platform.NAME.api``."""
        return self.url("")

    @property
    def directory(self) -> str | None:
        """What ``holdfast.toml`` says as ``platform.NAME.directory``."""
        return None

    @property
    def access(self) -> AccessSettings:
        return AccessSettings(token_variable="SIMULATED_TOKEN", key=self.keyed)

    @property
    def environment(self) -> dict[str, str]:
        return {"SIMULATED_TOKEN": self.tokens[-1]}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be stored."""
        return tuple(self.tokens)

    def renew(self) -> None:
        """Give out a new token; the ones before are of no use any more."""
        self.tokens.append(f"{self.name}/secret+token~{len(self.tokens)}-of-the-simulator==")
        self.expired = False

    # Deeds.

    def post(self, text: str, image: bytes | None = None) -> str:
        return self._publish(text, image, None)

    def reply(self, to: str, text: str) -> str:
        return self._publish(text, None, to)

    def edit(self, number: str, text: str) -> None:
        post = self.posts[number]
        post.before.append((post.text, post.edited or post.made))
        post.text, post.edited = text, self.tick()

    def like(self, number: str) -> None:
        """Change what is counted of an item, and nothing else."""
        self.posts[number].likes += 1

    def delete(self, number: str) -> None:
        if self.replies_go_too:
            for post in [post for post in self.posts.values() if post.parent == number]:
                self.delete(post.id)
        del self.posts[number]

    def hide(self, number: str) -> None:
        self.posts[number].hidden = True

    def tick(self) -> Instant:
        """Let a minute pass."""
        self.clock.at = self.clock.at.plus(seconds=60)
        return self.clock.at

    def _publish(self, text: str, image: bytes | None, parent: str | None) -> str:
        self._numbers += 1
        made = Post(self.numbered(self._numbers), self._numbers, text, self.tick(), parent)
        if image is not None:
            path = f"/media/{made.number}.png"
            self.media[path] = image
            made.image = self.url(path, host="localhost")
        self.posts[made.id] = made
        return made.id

    def numbered(self, number: int) -> str:
        """Return the id of the n-th thing that is published."""
        return str(number)

    # What is shown.

    def shown(self) -> dict[str, bytes]:
        """Return the native bytes of every post and reply that the platform shows now, by the ids of Holdfast."""
        return {
            self.item_of(post): self.encoded(self.rendered(post)) for post in self.posts.values() if not post.hidden
        }

    def found(self, number: str) -> Post:
        """Return one item as it is looked up, or refuse."""
        if number not in self.posts:
            raise RefusedError("missing", number)
        if self.posts[number].hidden:
            raise RefusedError("withheld", number)
        return self.posts[number]

    def own(self) -> list[Post]:
        """Return the posts of the account, the newest first."""
        return sorted((post for post in self.listed() if post.parent is None), key=lambda post: -post.number)

    def below(self, number: str, *, deep: bool = False) -> list[Post]:
        """Return the replies to an item, the oldest first; ``deep``: and those to them."""
        direct = [post for post in self.listed() if post.parent == number]
        return [found for post in direct for found in (post, *(self.below(post.id, deep=True) if deep else ()))]

    def listed(self) -> list[Post]:
        return [post for post in self.posts.values() if not post.hidden and post.id not in self.unlisted]

    def page(
        self, items: Sequence[Post], *, limit: int, start: int = 0, beyond: int | None = None, rising: bool = False
    ) -> tuple[list[Post], int | None]:
        """Return a page, and the number of its last item if there are more.

        It begins with the item at ``start``, or with the first one ``beyond`` the item of a number, which need not be
        there any more; ``rising`` tells that the oldest comes first.
        """
        if "emptied" in self.quirks:
            return [], None
        if beyond is not None:
            rest = [n for n, post in enumerate(items) if (post.number > beyond if rising else post.number < beyond)]
            start = min(rest, default=len(items))
        size = min(limit, self.page_size)
        found = list(items[start : start + size])
        more = found[-1].number if start + size < len(items) else None
        if "doubled" in self.quirks and start:
            found.insert(0, items[start - 1])
        if "reordered" in self.quirks:
            found.reverse()
        return found, more

    # Faults.

    def arm(self, fault: Fault, role: str = "", *, skip: int = 0, times: int = 1) -> None:
        """Answer the next requests to routes of a role (any, if not given) with a fault; let the first ones through."""
        self._armed.append(_Armed(fault, role, skip, times))

    def disarm(self) -> None:
        """Forget the faults that are armed."""
        self._armed.clear()

    def then(self, role: str, deed: Callable[[], object]) -> None:
        """Do something when the next answer of a route of that role is ready to be sent: between two pages, say."""
        self._then.append((role, deed))

    def limits(self) -> dict[str, str]:
        """Return the headers that tell that no request is left."""
        return {"Retry-After": str(LONG)}

    # How a request is answered.

    def answer(self, request: Received) -> Answer:
        self.requests.append(request)
        try:
            return self._answer(request)
        except RefusedError as refused:
            if refused.why in ("no-such-path", "bad-request", "no-token", "version"):
                self.wrongs.append(f"{refused.why}: {request.path} {refused.said}")
            return self.refusal(refused.why, refused.said)

    def _answer(self, request: Received) -> Answer:
        parts = urlsplit(request.path)
        if parts.path in self.media:
            return self._media(request)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        route, match = next(
            ((route, match) for route in self.routes() if (match := route.matched(parts.path, dict(pairs)))),
            (None, None),
        )
        if route is None or match is None:
            raise RefusedError("no-such-path", parts.path)
        if (request.method == "POST") != route.posted:
            raise RefusedError("no-such-path", f"{request.method} {parts.path}")
        if route.posted and request.headers.get("Content-Type") != "application/json":
            raise RefusedError("bad-request", "no JSON")
        body = json.loads(request.body) if route.posted else None
        asked = Asked(request.path, match.groupdict(), dict(pairs), request.headers, body)
        self.asked[route.role].append(request.path)
        token = self.token_in(asked)
        if token is None:
            raise RefusedError("no-token")
        fault = self._fault(route.role)
        if fault is not None:
            return fault
        if self.expired or token != self.tokens[-1]:
            raise RefusedError("expired" if token in self.tokens else "bad-token")
        self.check(asked)
        known = {**self.parameters_everywhere(), **route.when, **route.parameters}
        for name, value in pairs:
            if name not in known or not re.fullmatch(known[name], value):
                raise RefusedError("bad-request", f"{name}={value}")
        if len(pairs) != len(asked.query) or not set(route.needs) <= set(asked.query):
            raise RefusedError("bad-request", parts.query)
        answer = route.answer(asked)
        for planned in [one for one in self._then if one[0] == route.role]:
            self._then.remove(planned)
            planned[1]()
        return answer

    def _fault(self, role: str) -> Answer | None:
        for armed in [one for one in self._armed if one.role in ("", role)]:
            if armed.skip:
                armed.skip -= 1
                continue
            armed.times -= 1
            if not armed.times:
                self._armed.remove(armed)
            match armed.fault:
                case "limited" | "failed":
                    refused = self.refusal(armed.fault, "")
                    limits = self.limits() if armed.fault == "limited" else {}
                    return Answer(refused.status, {**refused.headers, **limits}, refused.body)
                case "expired":
                    self.expired = True
                    return None
                case "cut":
                    return Answer(raw=b"")
                case "login-page":
                    return Answer(200, {"Content-Type": "text/html"}, b"<!doctype html><title>Log in</title>")
                case "no-json":
                    return Answer(200, {"Content-Type": "application/json"}, b'{"data": [{"id": "1", ')
        return None

    def _media(self, request: Received) -> Answer:
        text = f"{request.path} {request.headers}"
        if "Authorization" in request.headers or any(secret in text for secret in self.secrets):
            self.wrongs.append(f"a token was sent to the media host: {request.path}")
        return Answer(200, {"Content-Type": "image/png"}, self.media[urlsplit(request.path).path])
