"""SmugMug: what its API returns, and in which order it is asked (api.smugmug.com/api/v2/doc). Pure.

An image is known by its album and its own key (``ALBUM/IMAGE``), for it may stand in several albums; whatever else
there is, is prefixed. Albums whose images were changed within two days are read at each look, all of them by deep ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.shapes import Object, address, find_id, find_text, member, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import OAuth1
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.paging import by_address
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from archiver.platforms.reading import Led, Site
    from schemas.record import Kind, Role

PAGES = ("Response", "Pages", "NextPage")
RECENT = 2 * 86_400
"""How many seconds back an album counts as changed."""


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object says; its ``Uri`` tells which it is."""
    uri = (find_text(value, "Uri") or "").partition("?")[0]
    match uri.strip("/").split("/")[2:]:
        case ["album", album, "image", image]:
            return _image(value, album, image)
        case ["album", album]:
            return _collection(value, f"album:{album}")
        case ["node", node]:
            return _collection(value, f"node:{node}")
        case ["user", nick]:
            return _user(value, nick)
        case [*_, "comment", comment]:
            return _comment(value, comment)
        case _:
            return None


def list_view(value: Object) -> Normalised | None:
    """Return what an envelope says of itself."""
    found = member(value, "Response")
    if not isinstance(found, dict) or "Code" not in value:
        return None
    return Normalised(kind="list", type="Collection", item="", title=find_text(found, "Locator"))


def _image(value: Object, album: str, image: str) -> Normalised:
    role: Role = "video" if value.get("IsVideo") is True else "image"
    made, edited = find_text(value, "Date"), find_text(value, "LastUpdated")
    best = address(value, "ArchivedUri") or address(value, "ThumbnailUrl")
    return Normalised(
        kind="post",
        type=role.capitalize(),
        item=f"{album}/{image}",
        url=address(value, "WebUri"),
        title=find_text(value, "Title") or find_text(value, "FileName"),
        text=find_text(value, "Caption"),
        created=find_instant(made),
        created_text=made,
        edited=find_instant(edited) if edited != made else None,
        attachments=(Attachment(url=best, role=role),) if best else (),
        tags=unique(texts(value, "KeywordArray")),
        flags=("status-hidden",) if value.get("Hidden") is True else (),
    )


def _collection(value: Object, item: str) -> Normalised:
    made = find_text(value, "Date") or find_text(value, "DateAdded")
    privacy = find_text(value, "Privacy")
    return Normalised(
        kind="event",
        type="Collection",
        item=item,
        url=address(value, "WebUri"),
        title=find_text(value, "Name") or find_text(value, "Title"),
        text=find_text(value, "Description"),
        created=find_instant(made),
        created_text=made,
        counts=counts_of([("images", value.get("ImageCount"))]),
        flags=() if privacy in (None, "Public") else (f"status-{privacy.lower()}",),
    )


def _user(value: Object, nick: str) -> Normalised:
    name, url = find_text(value, "Name"), address(value, "WebUri")
    return Normalised(
        kind="profile",
        type="Person",
        item=f"user:{nick}",
        url=url,
        title=name or nick,
        author=Author(id=nick, name=name, handle=find_text(value, "NickName"), url=url),
    )


def _comment(value: Object, comment: str) -> Normalised:
    made = find_text(value, "Date")
    name = find_text(value, "Name") or find_text(value, "UserName")
    return Normalised(
        kind="comment",
        type="Note",
        item=f"comment:{comment}",
        text=find_text(value, "Text") or find_text(value, "Comment"),
        author=Author(id=find_id(value, "UserID"), name=name, url=address(value, "Link")) if name else None,
        created=find_instant(made),
        created_text=made,
        counts=counts_of([("rating", value.get("Rating"))]),
    )


# When anything in it was changed last, how many there are, and addresses of the API that follow from its own.
VOLATILE = ("LastUpdated", "ImagesLastUpdated", "ImageCount", "DateModified", "ResponseLevel", "Uris")


def _start(site: Site) -> Iterable[Question]:
    parts = urlsplit(site.account.url)
    named = parts.path.strip("/").split("/")[0] or (parts.hostname or "").split(".")[0]
    yield Question("user", _below(site, f"user/{quote(named)}"))


def _of_user(led: Led) -> Iterable[Question]:
    nick = led.view.item.removeprefix("user:")
    yield Question("albums", _list(led.site, f"user/{quote(nick)}!albums"))
    root = find_text(led.value, "Uris", "Node") or find_text(led.value, "Uris", "Node", "Uri") or ""
    if root:
        yield _children(led.site, root.rpartition("/")[2])


def _of_node(led: Led) -> Iterable[Question]:
    if find_text(led.value, "Type") == "Folder":
        yield _children(led.site, led.view.item.removeprefix("node:"))


def _children(site: Site, node: str) -> Question:
    return Question("nodes", _list(site, f"node/{quote(node)}!children"), about=f"node:{node}", seldom=True)


def _of_album(led: Led) -> Iterable[Question]:
    changed = find_instant(find_text(led.value, "ImagesLastUpdated") or find_text(led.value, "LastUpdated"))
    rests = changed is not None and led.at.micros - changed.micros > RECENT * 1_000_000
    album = led.view.item.removeprefix("album:")
    yield Question("images", _list(led.site, f"album/{quote(album)}!images"), about=led.view.item, seldom=rests)
    url = _list(led.site, f"album/{quote(album)}!comments")
    yield Question("comments", url, about=led.view.item, seldom=rests)


def _of_image(led: Led) -> Iterable[Question]:
    image = led.view.item.rpartition("/")[2]
    yield Question("comments", _list(led.site, f"image/{quote(image)}!comments"), about=led.view.item)


def _as_comment(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about, parent=question.about)


def _below(site: Site, path: str) -> str:
    return f"{site.api}/api/{site.version}/{path}?_verbosity=1"


def _list(site: Site, path: str) -> str:
    return f"{_below(site, path)}&count=100"


def _look_up(site: Site, item: str, _kind: Kind) -> str | None:
    prefix, colon, identifier = item.partition(":")
    if colon:
        return _below(site, f"{prefix}/{quote(identifier)}") if prefix in ("album", "node", "comment") else None
    album, _, image = item.partition("/")
    return _below(site, f"album/{quote(album)}/image/{quote(image)}")


def _access(site: Site) -> Access:
    origins = frozenset({origin_of(site.api)})
    if site.keyed:
        return Access(way="parameter", origins=origins, parameter="APIKey", needed=True)
    return Access(way="oauth1", origins=origins, needed=True)


def _listed(title: str, name: str, **more: Any) -> Endpoint:  # noqa: ANN401 - what an endpoint has
    return Endpoint(
        title=title,
        items=(("Response", name),),
        demands="Response",
        order="whole",
        next=by_address(*PAGES),
        **more,
    )


READING = Reading(
    collector="smugmug/1",
    api="https://api.smugmug.com",
    versioned=True,
    endpoints={
        "user": Endpoint(title="the account", items=(("Response", "User"),), demands="Response", leads=_of_user),
        "albums": _listed("the albums", "Album", leads=_of_album),
        "nodes": _listed("the folders and pages", "Node", leads=_of_node),
        "images": _listed("an album's images", "AlbumImage", leads=_of_image, ages=True),
        "comments": _listed("the comments", "Comment", seen_as=_as_comment),
    },
    start=_start,
    access=_access,
    look_up=_look_up,
    looked_up=("Response", "AlbumImage"),
)
PLATFORM = Platform(
    name="smugmug",
    title="SmugMug",
    dialect=Dialect(
        view=view_of,
        paths=tuple(("Response", name) for name in ("User", "Node", "Album", "AlbumImage", "Comment")),
        context=lambda _: {},
        list_view=list_view,
        volatile=VOLATILE,
    ),
    reading=READING,
    authorisation=OAuth1(
        steps=(
            "Sign in to smugmug.com as the account that is to be read, and open api.smugmug.com/api/developer/apply.",
            "Apply for a key: call the program Holdfast, and say that it archives the account's own photos.",
            "Copy the key and the secret from Account settings → Privacy → API Keys.",
            "The browser opens next: allow Holdfast to read, with access to all photos. The address is {redirect}.",
        ),
        request="https://api.smugmug.com/services/oauth/1.0a/getRequestToken",
        authorise="https://api.smugmug.com/services/oauth/1.0a/authorize?Access=Full&Permissions=Read",
        access="https://api.smugmug.com/services/oauth/1.0a/getAccessToken",
    ),
)
