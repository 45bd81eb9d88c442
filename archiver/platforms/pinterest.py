"""Pinterest: what its API returns, and what it is asked for: the account's pins and boards. Pure.

Source: developers.pinterest.com/docs/api/v5 and its description in OpenAPI (5.23.0). Pins keep their bare id; whatever
else there is, is prefixed (``board:``). Pins come newest first. That is not promised: were it otherwise, a look would
stop early, and the next deep one would not; and what is missing from a list is looked up in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.paging import by_cursor
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.platforms.reading import Led, Order, Site
    from schemas.record import Kind

SITE = "https://www.pinterest.com"
SIZES = ("originals", "1200x", "600x", "400x300", "150x150")
"""Pictures, the largest first."""
TYPES = {"video": "Video", "image": "Image"}
VOLATILE = (
    *("pin_metrics", "follower_count", "following_count", "monthly_views", "pin_count", "board_count"),
    *("collaborator_count", "board_pins_modified_at", "media.pin_thumbnail_urls", "media.image_cover_url"),
    "profile_image?",
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    identifier = find_id(value, "id")
    if identifier and ("board_owner" in value or "creative_type" in value or "is_standard" in value):
        return _pin(value, identifier)
    if identifier and "privacy" in value and "name" in value:
        return _board(value, identifier)
    if identifier and "account_type" in value:
        return _account(value, identifier)
    if identifier and value.keys() <= {"id", "name"}:
        return _section(value, identifier)
    return _follower(value) if value.keys() <= {"username", "type"} and find_text(value, "username") else None


def list_view(value: Object) -> Normalised | None:
    """Return what a page of a list says of itself."""
    return Normalised(kind="list", type="Collection", item="") if isinstance(value.get("items"), list) else None


def _pin(value: Object, identifier: str) -> Normalised:
    created = find_text(value, "created_at")
    board = find_id(value, "board_id")
    owner = find_text(value, "board_owner", "username")
    media = member(value, "media")
    parts = (value, *objects(media, "items"))
    described = (text for part in parts for name in ("title", "description") if (text := find_text(part, name)))
    title = find_text(value, "title")
    return Normalised(
        kind="post",
        type=TYPES.get(find_text(media, "media_type") or "", "Note"),
        item=identifier,
        url=f"{SITE}/pin/{identifier}/",
        title=title,
        text="\n".join(unique((*(text for text in described if text != title), find_text(value, "alt_text")))) or None,
        author=_author(owner),
        created=find_instant(created),
        created_text=created,
        parent=find_id(value, "parent_pin_id"),
        attachments=tuple(_attachments(media, find_text(value, "alt_text"))),
        tags=(f"board:{board}",) if board else (),
        links=unique(address(part, "link") for part in parts),
    )


def _attachments(media: Any, alt: str | None) -> Iterator[Attachment]:  # noqa: ANN401 - any JSON
    """Yield the pictures and films of a pin; a film whose address Pinterest keeps to itself has its cover."""
    for shown in (media, *objects(media, "items")):
        film = address(shown, "video_url")
        if film:
            yield Attachment(url=film, role="video", alt=alt)
        pictures = (address(shown, "images", size, "url") for size in SIZES)
        picture = next(filter(None, pictures), None) or address(shown, "cover_image_url")
        if picture:
            yield Attachment(url=picture, role="image", alt=alt)


def _board(value: Object, identifier: str) -> Normalised:
    created = find_text(value, "created_at")
    return Normalised(
        kind="event",
        type="Collection",
        item=f"board:{identifier}",
        title=find_text(value, "name"),
        text=find_text(value, "description"),
        author=_author(find_text(value, "owner", "username")),
        created=find_instant(created),
        created_text=created,
        counts=counts_of([("pins", value.get("pin_count")), ("followers", value.get("follower_count"))]),
        flags=() if value.get("privacy") == "PUBLIC" else ("not-public",),
    )


def _section(value: Object, identifier: str) -> Normalised:
    return Normalised(kind="event", type="Collection", item=f"section:{identifier}", title=find_text(value, "name"))


def _account(value: Object, identifier: str) -> Normalised:
    handle = find_text(value, "username")
    name = find_text(value, "business_name") or handle
    picture = address(value, "profile_image")
    return Normalised(
        kind="profile",
        type="Organization" if value.get("account_type") == "BUSINESS" else "Person",
        item=f"account:{identifier}",
        url=f"{SITE}/{handle}/" if handle else None,
        title=name,
        text=find_text(value, "about"),
        author=Author(id=identifier, name=name, handle=handle, url=f"{SITE}/{handle}/" if handle else None),
        attachments=(Attachment(url=picture, role="image"),) if picture else (),
        links=unique((address(value, "website_url"),)),
        counts=counts_of(
            (name.removesuffix("_count"), value.get(name))
            for name in ("follower_count", "following_count", "pin_count")
        ),
    )


def _follower(value: Object) -> Normalised:
    handle = find_text(value, "username")
    return Normalised(kind="event", type="Follow", item=f"follower:{handle}", author=_author(handle))


def _author(handle: str | None) -> Author | None:
    return Author(handle=handle, url=f"{SITE}/{handle}/") if handle else None


def _at(site: Site, path: str, **parameters: str) -> str:
    return f"{site.api}/{site.version}/{path}{'?' if parameters else ''}{urlencode(parameters)}"


def _start(site: Site) -> Iterable[Question]:
    yield Question("account", _at(site, "user_account"))


def _of_account(led: Led) -> Iterable[Question]:
    yield Question("pins", _at(led.site, "pins", page_size="250", include_protected_pins="true"))
    yield Question("boards", _at(led.site, "boards", page_size="250"))
    yield Question("followers", _at(led.site, "user_account/followers", page_size="250"), seldom=True)


def _of_board(led: Led) -> Iterable[Question]:
    board = quote(led.view.item.removeprefix("board:"))
    yield Question("board", _at(led.site, f"boards/{board}/pins", page_size="250"), about=led.view.item)
    sections = _at(led.site, f"boards/{board}/sections", page_size="250")
    yield Question("sections", sections, about=led.view.item, seldom=True)


def _as_section(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about, parent=question.about)


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    prefix, colon, number = item.partition(":")
    if not colon:
        return _at(site, f"pins/{quote(item)}")
    return _at(site, f"boards/{quote(number)}") if prefix == "board" else None


def _listed(title: str, *, order: Order = "whole", **more: Any) -> Endpoint:  # noqa: ANN401 - an endpoint's members
    following = by_cursor("bookmark", parameter="bookmark")
    return Endpoint(title=title, items=(("items",),), demands="items", order=order, next=following, **more)


READING = Reading(
    collector="pinterest/1",
    api="https://api.pinterest.com",
    versioned=True,
    endpoints={
        "account": Endpoint(title="the account", demands="username", leads=_of_account),
        "pins": _listed("the pins", order="newest"),
        "boards": _listed("the boards", leads=_of_board),
        "board": _listed("a board's pins", order="newest"),
        "sections": _listed("a board's sections", seen_as=_as_section),
        "followers": _listed("the followers"),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    look_up=_look_up,
)
PLATFORM = Platform(
    name="pinterest",
    title="Pinterest",
    dialect=Dialect(view=view_of, paths=(("items",),), context=lambda _: {}, list_view=list_view, volatile=VOLATILE),
    reading=READING,
    authorisation=OAuth2(
        steps=(
            "Sign in to Pinterest as the account; it must be a business account.",
            "At developers.pinterest.com/apps, connect an app. Pinterest reviews it and grants trial access first.",
            "Enter {redirect} as a redirect URI, and copy the app ID and the app secret key.",
            "In the browser that opens next, sign in as the same account.",
        ),
        authorise="https://www.pinterest.com/oauth/",
        token="https://api.pinterest.com/v5/oauth/token",  # noqa: S106 - an address
        scopes=("user_accounts:read", "boards:read", "pins:read"),
        proof="basic",
        separator=",",
    ),
)
