"""How a platform tells that something happened: by calls that it signs, or over a stream. Data and pure functions.

What is told is a reason to look, and is kept; it is no version of an item by itself. What an item says now, and whether
it is gone, its own address tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.shapes import find_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archiver.platforms.reading import Site
    from schemas.record import Kind

TOKEN = re.compile(r"[A-Za-z0-9_+/-]{1,500}={0,2}")
"""What we sign for whoever asks: nothing that could be a call's body, an object in JSON."""
CODE = re.compile(r"[A-Za-z0-9_-]{1,500}")
"""The same, where ``hmacsha256=`` stands before what is signed of a call."""

IDENTIFIER = re.compile(r"[A-Za-z0-9:._-]{1,200}")
"""By what platforms know accounts: whatever else stands there is none."""
LINE_END = re.compile(r"\r\n|\n|\r")
"""Of server-sent events: text may hold other characters at which Python ends lines."""

Query: TypeAlias = "Mapping[str, str]"
Headers: TypeAlias = "Mapping[str, str]"
"""With their names in lower case."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a platform is answered when it asks whether an address is ours."""

    content: bytes
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Named:
    """An item that a message says something of: its id, its kind if it should be new, and the item that it is below.

    ``whose`` is the account that was told of it, as the platform knows it; empty where the message does not say.
    """

    item: str
    kind: Kind = "post"
    within: str = ""
    whose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Calls that a ``hub`` makes when it is asked to, for a time (WebSub, W3C 2018): ``topic`` is what of.

    The topic is ``None`` where it is not known what the platform calls the account.
    """

    hub: str
    topic: Callable[[Site], str | None]


def by_identity(site: Site) -> tuple[str, ...]:
    """Return the account's id, if it is known."""
    return (site.identity,) if site.identity else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Calls of a platform to an address of ours. ``key`` below is the secret that it shares with us.

    ``greeted`` answers its question whether the address is ours, from the question's query; ``None`` where it is not
    the platform that asks. ``signed`` judges a call by its headers and body. ``named`` are the items that a body says
    something of. Without a ``subscription`` a person enters the address on the platform: one for a whole app, where
    ``about`` reads whom each part of a body is about, as the platform knows them; empty where a part does not say; and
    ``names`` are by what it so knows an account.
    """

    greeted: Callable[[Query, str], Reply | None]
    signed: Callable[[Headers, bytes, str], bool]
    named: Callable[[bytes], Iterable[Named]]
    about: Callable[[bytes], Iterable[str]] = lambda _: ()
    names: Callable[[Site], tuple[str, ...]] = by_identity
    subscription: Subscription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A connection over which a platform tells what happens: server-sent events (HTML 9.2), or a WebSocket.

    ``address`` is where, from the mark of what was told last (empty at first); ``None`` where the account has none.
    ``named`` are the account's items that one message says something of: one that names none is not kept.
    ``mark`` reads where to go on: empty where that which was asked for is worth nothing.
    """

    kind: Literal["events", "websocket"]
    address: Callable[[Site, str], str | None]
    named: Callable[[bytes, Site], Iterable[Named]]
    mark: Callable[[bytes], str | None] = lambda _: None


def json_in(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON value that a message is; ``None`` where it is none."""
    try:
        return decode(body).value
    except JsonMalformedError:
        return None


def whose_in(value: Any, *names: str) -> str:  # noqa: ANN401 - any JSON
    """Return by what a platform knows the account that the first of the members ``names`` tells; else nothing."""
    found = find_id(value, *names) or ""
    return found if IDENTIFIER.fullmatch(found) else ""


def event_in(body: bytes) -> tuple[str, Any]:
    """Return the type and the data, read as JSON, of a server-sent event as it came."""
    fields: dict[str, list[str]] = {}
    for line in LINE_END.split(body.decode("utf-8", "replace")):
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    return "".join(fields.get("event", ["message"])[-1:]), json_in("\n".join(fields.get("data", [])).encode())


def word_for(key: str) -> str:
    """Return the word by which a platform shows that it was told of an address by us: made of the shared secret."""
    return hmac.new(key.encode(), b"holdfast-webhook-verification", hashlib.sha256).hexdigest()[:40]


def by_challenge(query: Query, key: str) -> Reply | None:
    """Answer as Meta's platforms and WebSub hubs want: the challenge, if they know our word.

    WebSub (W3C, section 5.3) has no word of its own: ours is a part of the address. That calls are
    to end is never confirmed: we never want that.
    """
    word = query.get("hub.verify_token") or query.get("word", "")
    challenge = query.get("hub.challenge", "")
    known = hmac.compare_digest(word.encode(), word_for(key).encode()) and query.get("hub.mode") == "subscribe"
    return Reply(challenge.encode()) if known and challenge and challenge.isascii() and len(challenge) < 500 else None  # noqa: PLR2004


def by_crc(query: Query, key: str) -> Reply | None:
    """Answer as X wants (Challenge-Response Check): the token, signed."""
    token = query.get("crc_token", "")
    if not TOKEN.fullmatch(token):
        return None
    digest = base64.b64encode(hmac.new(key.encode(), token.encode(), hashlib.sha256).digest()).decode()
    return Reply(json.dumps({"response_token": f"sha256={digest}"}).encode(), "application/json")


def by_challenge_code(query: Query, key: str) -> Reply | None:
    """Answer as LinkedIn wants: the code, and the code signed."""
    code = query.get("challengeCode", "")
    if not CODE.fullmatch(code):
        return None
    signed = hmac.new(key.encode(), code.encode(), hashlib.sha256).hexdigest()
    return Reply(json.dumps({"challengeCode": code, "challengeResponse": signed}).encode(), "application/json")


def signed_with(
    header: str, *, algorithm: str = "sha256", spelled: Literal["hex", "base64"] = "hex", before: str = "{name}=",
    content: bytes = b"", begins: bytes = b"",
) -> Callable[[Headers, bytes, str], bool]:  # fmt: skip
    """Return a judge of a HMAC in a header: ``before`` stands before it, ``content`` is signed before the body.

    A body that does not begin as every call ``begins`` is none, whatever its signature: a greeting may have signed it.
    """
    start = before.format(name=algorithm)

    def signed(headers: Headers, body: bytes, key: str) -> bool:
        digest = hmac.new(key.encode(), content + body, algorithm)
        text = digest.hexdigest() if spelled == "hex" else base64.b64encode(digest.digest()).decode()
        known = hmac.compare_digest(headers.get(header, "").encode(), f"{start}{text}".encode())
        return known and body.startswith(begins)

    return signed
