"""Bluesky: the records of an account from its own server, and what others answered from a view of the network. Pure.

docs.bsky.app and atproto.com, lexicons ``com.atproto`` and ``app.bsky``. A handle leads to a DID, the directory of DIDs
to the account's server, and that lists the account's records, each under its at-address, which is the item. What others
wrote is on their servers: the view of the network (AppView) has it. Like what it is called by, an account's document in
the directory and the description of its repository are items of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

import msgspec

from archiver.contract import Access
from archiver.parsing.identities import find_server
from archiver.parsing.shapes import Object, find_text, member, objects, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms.bluesky_events import STREAM
from archiver.platforms.bluesky_parts import COUNTS, TYPES, author_of, parts_of, view_of_record
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.paging import by_cursor
from archiver.platforms.platform import Platform
from archiver.platforms.quotas import by_headers
from archiver.platforms.reading import Answer, Endpoint, Question, Reading
from schemas.record import Attachment, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.contract import Standing
    from archiver.platforms.reading import Led, Site
    from schemas.account import Account
    from schemas.record import Kind

DIRECTORY = "https://plc.directory"
NETWORK = "https://public.api.bsky.app"
OFTEN = frozenset({"app.bsky.feed.post", "app.bsky.feed.repost", "app.bsky.actor.profile"})
"""The collections that every look reads; what an account likes and follows, and all else, waits for a deep one."""
PATHS = (
    *((name,) for name in ("records", "posts", "follows", "followers", "postRecords", "profiles")),
    *(("feed", "post"), ("thread", "post"), ("thread", "replies", "post"), ("thread", "replies", "replies", "post")),
)
WITHHELD = frozenset({"RepoTakendown", "RepoDeactivated", "RepoSuspended", "AccountTakedown", "AccountDeactivated"})


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    uri, record = find_text(value, "uri"), value.get("record")
    if uri and isinstance(value.get("value"), dict):
        return view_of_record(value["value"], uri)
    if uri and isinstance(record, dict) and isinstance(value.get("author"), dict):
        return _shown_post(value, uri, record)
    if find_text(value, "$type") in TYPES:
        return view_of_record(value, "")
    if isinstance(value.get("verificationMethod"), list) and find_text(value, "id"):
        return _document(value)
    if "didDoc" in value and find_text(value, "did"):
        return _repository(value)
    if find_text(value, "did") and find_text(value, "handle"):
        return _profile(value)
    if value.keys() == {"did"} and find_text(value, "did"):
        return Normalised(kind="profile", type="Person", item=f"identity:{value['did']}", text=value["did"])
    return None


def _shown_post(value: Object, uri: str, record: Object) -> Normalised:
    """Return a post as the view of the network shows it: its record, and pictures where anybody can fetch them."""
    view = view_of_record(record, uri)
    shown = member(value, "embed", "media") or member(value, "embed")
    pictures = [
        Attachment(url=url, role="image", alt=find_text(picture, "alt"))
        for picture in objects(shown, "images")
        if (url := find_text(picture, "fullsize"))
    ]
    return msgspec.structs.replace(
        view,
        author=author_of(value["author"]),
        attachments=tuple(pictures),
        counts=counts_of((name, value.get(f"{name}Count")) for name in COUNTS),
        flags=unique((*view.flags, *(f"label-{find_text(label, 'val')}" for label in objects(value, "labels")))),
    )


def _document(value: Object) -> Normalised:
    names = list(texts(value, "alsoKnownAs"))
    return Normalised(
        kind="profile",
        type="Person",
        item=f"document:{find_text(value, 'id')}",
        title=next((name.removeprefix("at://") for name in names), None),
        links=unique((find_server(value),)),
    )


def _repository(value: Object) -> Normalised:
    did = find_text(value, "did")
    return Normalised(
        kind="profile",
        type="Person",
        item=f"repository:{did}",
        title=find_text(value, "handle"),
        text="\n".join(texts(value, "collections")) or None,
    )


def _profile(value: Object) -> Normalised:
    return Normalised(
        kind="profile",
        type="Person",
        item=find_text(value, "did") or "",
        url=f"https://bsky.app/profile/{find_text(value, 'did')}",
        title=find_text(value, "displayName") or find_text(value, "handle"),
        text=find_text(value, "description"),
        author=author_of(value),
    )


PERSON = ("displayName", "avatar", "viewer", "labels", "associated", "createdAt", "verification", "status", "pronouns")
VOLATILE = (
    *(f"{name}Count" for name in COUNTS),
    *("followersCount", "followsCount", "postsCount", "viewer", "indexedAt", "threadgate", "debug"),
    # The author's profile of today, and what is quoted as it is today: the record itself says what it quotes.
    *(f"author.{name}" for name in PERSON),
    "embed",
)


def _name_of(account: Account) -> str:
    """Return the handle or the DID under which an account was registered."""
    return unquote(urlsplit(account.url).path.rstrip("/").rpartition("/")[2]).removeprefix("@")


def _identity(account: Account, held: Iterable[str]) -> str:
    """Return the account's DID; a name that has meant several accounts tells none."""
    name = _name_of(account)
    if name.startswith("did:"):
        return name
    found = [item.removeprefix("document:") for item in held if item.startswith("document:")]
    return found[0] if len(found) == 1 else ""


def _start(site: Site) -> Iterable[Question]:
    name = _name_of(site.account)
    if name.startswith("did:"):
        yield _document_of(site, name)
    else:
        yield Question("identity", _method(site.api, "com.atproto.identity.resolveHandle", handle=name), about=name)


def _method(below: str, name: str, **parameters: str) -> str:
    return f"{below}/xrpc/{name}?{urlencode(parameters)}"


def _document_of(site: Site, did: str) -> Question:
    """Return the question for what a DID stands for (atproto.com/specs/did: the methods ``plc`` and ``web``)."""
    host = unquote(did.removeprefix("did:web:"))
    url = (
        f"https://{host}/.well-known/did.json"
        if host != did
        else f"{site.directory or DIRECTORY}/{quote(did, safe=':')}"
    )
    return Question("document", url, about=did)


def _of_identity(led: Led) -> Iterable[Question]:
    yield _document_of(led.site, find_text(led.value, "did") or "")


def _of_document(led: Led) -> Iterable[Question]:
    did, server = led.question.about, find_server(led.value)
    if server is not None and find_text(led.value, "id") == did:
        yield Question("repository", _method(server, "com.atproto.repo.describeRepo", repo=did), about=did)


def _of_repository(led: Led) -> Iterable[Question]:
    server = "{0.scheme}://{0.netloc}".format(urlsplit(led.question.url))
    for name in texts(led.value, "collections"):
        listed = {"repo": led.question.about, "collection": name, "limit": "100"}
        url = _method(server, "com.atproto.repo.listRecords", **listed)
        yield Question("records", url, about=name, seldom=name not in OFTEN)


def _of_post(led: Led) -> Iterable[Question]:
    """Ask who answered: of a record nobody counts that, of a post that the network shows it is counted."""
    uri, counted = find_text(led.value, "uri") or "", led.question.endpoint == "replies"
    if led.view.kind in ("post", "reply") and led.view.type == "Note":
        url = _method(led.site.api, "app.bsky.feed.getPostThread", uri=uri, depth="1", parentHeight="0")
        yield Question("replies", url, about=uri, empty=counted and not led.view.counts.get("reply"))


def _is_own(led: Led) -> bool:
    """Return whether a post in a thread is the account's own, whose record is read where it lies."""
    name = _name_of(led.site.account)
    author = led.view.author
    return author is not None and name in (author.id, author.handle)


def _named(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, item=f"identity:{question.about}")


def _from_its_server(view: Normalised, question: Question) -> Normalised:
    files = tuple(
        msgspec.structs.replace(
            one, url=urljoin(question.url, urlsplit(one.url)._replace(scheme="", netloc="").geturl())
        )
        for one in view.attachments
    )
    return msgspec.structs.replace(view, attachments=files)


def _refusal(answer: Answer) -> str | None:
    if answer.question.endpoint != "document":
        return None
    if find_text(answer.value, "id") != answer.question.about:
        return "the directory answered with the document of another account"
    return None if find_server(answer.value) else "the directory names no server that has the account"


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    parts = parts_of(item)
    if parts is None:
        return None
    repo, collection, key = parts
    return _method(site.api, "com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=key)


def _standing(answer: Answer) -> Standing:
    """Return what a record's own address says; who lacks it answers 400, by name or (the view) in words."""
    error, message = find_text(answer.value, "error"), find_text(answer.value, "message") or ""
    if answer.status in range(200, 300):
        return "present"
    if error == "RecordNotFound" or (error == "InvalidRequest" and message.startswith("Could not locate record")):
        return "gone"
    return "withheld" if error in WITHHELD else "unknown"


READING = Reading(
    collector="bluesky/1",
    endpoints={
        "identity": Endpoint(title="who has the name", demands="did", leads=_of_identity, seen_as=_named),
        "document": Endpoint(title="the directory's document", demands="id", leads=_of_document),
        "repository": Endpoint(title="the repository", demands="collections", leads=_of_repository),
        "records": Endpoint(
            title="the records",
            items=(("records",),),
            demands="records",
            order="newest",
            next=by_cursor("cursor", parameter="cursor"),
            leads=_of_post,
            seen_as=_from_its_server,
        ),
        "replies": Endpoint(
            title="the replies",
            items=(("thread", "replies", "post"),),
            demands="thread",
            order="whole",
            leads=_of_post,
            elsewhere=_is_own,
        ),
    },
    start=_start,
    access=lambda _: Access(),
    api=NETWORK,
    look_up=_look_up,
    standing=_standing,
    quota=by_headers("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", reset_is="epoch"),
    refusal=_refusal,
    identity=_identity,
)
PLATFORM = Platform(
    name="bluesky",
    title="Bluesky",
    dialect=Dialect(view=view_of, paths=PATHS, context=lambda _: {}, list_view=lambda _: None, volatile=VOLATILE),
    reading=READING,
    stream=STREAM,
)
