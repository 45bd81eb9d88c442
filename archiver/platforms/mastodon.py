"""Mastodon: what its client API returns, and in which order it is asked (docs.joinmastodon.org, version 4). Pure.

Statuses keep their bare id; ids of other things are prefixed (``account:``), because they are numbered by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import Given
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.notifying import Named, Stream, event_in
from archiver.platforms.paging import by_link
from archiver.platforms.platform import Platform
from archiver.platforms.quotas import by_headers
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.platforms.reading import Led, Site
    from schemas.record import Kind

PATHS = (("ancestors",), ("descendants",), ("statuses",), ("accounts",), ("last_status",))
ROLES = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
ACTIVITIES = {
    "mention": "Create",
    "status": "Create",
    "reblog": "Announce",
    "favourite": "Like",
    "follow": "Follow",
    "follow_request": "Follow",
    "poll": "Question",
    "update": "Update",
}
STATUS_COUNTS = ("replies_count", "reblogs_count", "favourites_count", "quotes_count")
ACCOUNT_COUNTS = ("followers_count", "following_count", "statuses_count")


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    if "content" in value and "account" in value:
        return _status(value)  # an earlier version of one has no id
    if find_id(value, "id") is None:
        return None
    if "acct" in value or ("username" in value and "note" in value):
        return _account(value)
    if "type" in value and "account" in value and "created_at" in value:
        return _notification(value)
    if "type" in value and ("preview_url" in value or "remote_url" in value):
        return _media(value)
    if "options" in value and "expired" in value:
        return _poll(value)
    return None


def _status(value: Object) -> Normalised:
    shared = member(value, "reblog")
    shown = shared if isinstance(shared, dict) else value
    body = read_fragment(find_text(shown, "content") or "")
    created_text = find_text(value, "created_at")
    parent = find_id(value, "in_reply_to_id")
    direct = value.get("visibility") == "direct"
    edited = find_instant(value.get("edited_at"))
    options = [title for option in objects(shown, "poll", "options") if (title := find_text(option, "title"))]
    quoted = address(shown, "quote", "quoted_status", "url")
    return Normalised(
        kind="message" if direct else "reply" if parent else "post",
        type="Announce" if shown is shared else "Question" if options else "Note",
        item=find_id(value, "id") or "",
        url=address(value, "url") or address(value, "uri"),
        title=find_text(shown, "spoiler_text"),
        text="\n".join((body.text, *options)).strip() or None,
        lang=find_text(shown, "language"),
        author=author_of(member(value, "account")),
        created=find_instant(created_text),
        created_text=created_text,
        edited=edited,
        parent=parent,
        attachments=tuple(_attachments(shown)),
        tags=unique(find_text(tag, "name") for tag in objects(shown, "tags")),
        mentions=unique(find_text(mention, "acct") for mention in objects(shown, "mentions")),
        links=unique((address(shared, "url"), quoted, address(shown, "card", "url"), *body.links)),
        counts=counts_of((name.removesuffix("_count"), value.get(name)) for name in STATUS_COUNTS),
    )


def author_of(account: Any) -> Author | None:  # noqa: ANN401 - any JSON
    """Return an account as the author of something."""
    if not isinstance(account, dict):
        return None
    return Author(
        id=find_id(account, "id"),
        name=find_text(account, "display_name"),
        handle=find_text(account, "acct") or find_text(account, "username"),
        url=address(account, "url"),
    )


def _attachments(value: Object) -> Iterator[Attachment]:
    for media in objects(value, "media_attachments"):
        url = address(media, "url") or address(media, "remote_url") or address(media, "preview_url")
        if url:
            role = ROLES.get(str(media.get("type")), "resource")
            yield Attachment(url=url, role=role, alt=find_text(media, "description"))  # type: ignore[arg-type]


def _account(value: Object) -> Normalised:
    body = read_fragment(find_text(value, "note") or "")
    created_text = find_text(value, "created_at")
    fields = [read_fragment(find_text(field, "value") or "") for field in objects(value, "fields")]
    pictures = unique((address(value, "avatar"), address(value, "header")))
    return Normalised(
        kind="profile",
        type="Group" if value.get("group") is True else "Service" if value.get("bot") is True else "Person",
        item=f"account:{find_id(value, 'id')}",
        url=address(value, "url"),
        title=find_text(value, "display_name") or find_text(value, "username"),
        text="\n".join(part.text for part in (body, *fields)).strip() or None,
        author=author_of(value),
        created=find_instant(created_text),
        created_text=created_text,
        attachments=tuple(Attachment(url=url, role="image") for url in pictures),
        links=unique(link for part in (body, *fields) for link in part.links),
        counts=counts_of((name.removesuffix("_count"), value.get(name)) for name in ACCOUNT_COUNTS),
    )


def _notification(value: Object) -> Normalised:
    created_text = find_text(value, "created_at")
    status = member(value, "status")
    return Normalised(
        kind="event",
        type=ACTIVITIES.get(str(value.get("type")), "Activity"),
        item=f"notification:{find_id(value, 'id')}",
        title=find_text(value, "type"),
        text=read_fragment(find_text(status, "content") or "").text or None,
        author=author_of(member(value, "account")),
        created=find_instant(created_text),
        created_text=created_text,
        parent=find_id(status, "id"),
        links=unique((address(status, "url"),)),
    )


def _media(value: Object) -> Normalised:
    role = ROLES.get(str(value.get("type")), "document")
    return Normalised(
        kind="media",
        type=role.capitalize(),
        item=f"media:{find_id(value, 'id')}",
        url=address(value, "url") or address(value, "remote_url"),
        text=find_text(value, "description"),
    )


def _poll(value: Object) -> Normalised:
    options = [title for option in objects(value, "options") if (title := find_text(option, "title"))]
    return Normalised(
        kind="event",
        type="Question",
        item=f"poll:{find_id(value, 'id')}",
        text="\n".join(options) or None,
        counts=counts_of([("votes", value.get("votes_count")), ("voters", value.get("voters_count"))]),
    )


# Counts, what the reader did, and the author's profile of today, which is an item of its own.
PROFILE_COUNTS = ("followers_count", "following_count", "statuses_count", "last_status_at")
PROFILE = (
    *PROFILE_COUNTS,
    *("avatar", "avatar_static", "header", "header_static", "display_name", "note", "fields", "emojis", "roles"),
    *("locked", "bot", "discoverable", "indexable", "hide_collections"),
)
POLL = ("votes_count", "voters_count", "voted", "own_votes", "options.votes_count")
OF_STATUS = (
    *STATUS_COUNTS,
    *("favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"),
    *(f"account.{name}" for name in PROFILE),
    *(f"poll.{name}" for name in POLL),
)
VOLATILE = (
    *PROFILE_COUNTS,
    *OF_STATUS,
    *(f"{shown}.{name}" for shown in ("reblog", "quote.quoted_status") for name in OF_STATUS),
)


def _start(site: Site) -> Iterable[Question]:
    handle = urlsplit(site.account.url).path.strip("/").removeprefix("@")
    yield Question("profile", f"{site.api}/api/v1/accounts/lookup?acct={quote(handle)}")
    if site.authorised:
        yield Question("conversations", f"{site.api}/api/v1/conversations?limit=40")


def _of_profile(led: Led) -> Iterable[Question]:
    below = f"{led.site.api}/api/v1/accounts/{quote(find_id(led.value, 'id') or '')}"
    yield Question("statuses", f"{below}/statuses?limit=40")
    yield Question("followers", f"{below}/followers?limit=80", seldom=True)


def _of_status(led: Led) -> Iterable[Question]:
    item = led.view.item
    context = f"{led.site.api}/api/v1/statuses/{quote(item)}/context"
    uncounted = led.view.kind == "message"
    yield Question("replies", context, about=item, empty=not (led.view.counts.get("replies") or uncounted))
    if led.view.edited:
        yield Question("versions", f"{led.site.api}/api/v1/statuses/{quote(item)}/history", about=item, changed=True)


def _as_reply(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about)


def _as_version(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(
        view,
        item=f"{question.about}@{view.created_text}",
        thread=question.about,
        flags=(*view.flags, "earlier-version"),
    )


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    prefix, colon, identifier = item.rpartition(":")
    if not colon and "@" not in item:
        return f"{site.api}/api/v1/statuses/{quote(item)}"
    return f"{site.api}/api/v1/accounts/{quote(identifier)}" if prefix == "account" else None


def _told_of(body: bytes, site: Site) -> Iterator[Named]:
    """Yield the statuses that an event of the user's stream is about: the account's own, answers to it, what goes."""
    kind, data = event_in(body)
    if kind == "delete":
        if isinstance(data, int | str) and data:
            yield Named(str(data))
        return
    status = member(data, "status") if kind == "notification" else data
    handle = urlsplit(site.account.url).path.strip("/").removeprefix("@")
    own = kind == "notification" or find_text(status, "account", "acct") == handle
    found = find_id(status, "id") if own else None
    if found:
        yield Named(found, within=find_id(status, "in_reply_to_id") or "")


STREAM = Stream(
    kind="events",
    address=lambda site, _: f"{site.api}/api/v1/streaming/user" if site.authorised else None,
    named=_told_of,
)
READING = Reading(
    collector="mastodon/1",
    endpoints={
        "profile": Endpoint(title="the profile", leads=_of_profile),
        "statuses": Endpoint(title="the posts", order="newest", next=by_link, leads=_of_status),
        "replies": Endpoint(
            title="the replies", items=(("descendants",),), demands="descendants", order="whole", seen_as=_as_reply
        ),
        "versions": Endpoint(title="the earlier versions", seen_as=_as_version),
        "followers": Endpoint(title="the followers", order="whole", next=by_link),
        "conversations": Endpoint(
            title="the conversations", items=(("last_status",),), order="newest", next=by_link, leads=_of_status
        ),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)})),
    look_up=_look_up,
    quota=by_headers("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", reset_is="instant"),
)
PLATFORM = Platform(
    name="mastodon",
    title="Mastodon",
    dialect=Dialect(view=view_of, paths=PATHS, context=lambda _: {}, list_view=lambda _: None, volatile=VOLATILE),
    reading=READING,
    stream=STREAM,
    authorisation=Given(
        steps=(
            "Sign in to the server as the account that is to be read.",
            "Preferences → Development → New application: call it Holdfast, and give it the scope 'read' alone.",
            "Open the application, and copy 'Your access token'.",
        )
    ),
)
