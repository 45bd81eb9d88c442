"""Mastodon's archive of an account: its actor, its outbox, what it liked and kept, and its media. Pure.

In an account on Mastodon posts go by the number that they have on their server, as its API says it; in one that is
captured over ActivityPub by their address. The outbox says how many items
it has; that number and what it holds are known to differ by what was deleted meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from archiver.imports.format import LOCAL, Claim, Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import find_text, many, member
from archiver.parsing.text import counts_of, find_address
from archiver.platforms import activitypub
from archiver.platforms.objects import item_at
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.imports.format import Asked, Found, Reader
    from archiver.parsing.json_slices import Buffer

ROLES = {"image": "image", "video": "video", "audio": "audio"}
MASTODON = "mastodon"
COUNTED = b'"totalItems"'


def _outbox(content: Buffer, asked: Asked) -> Iterator[Found]:
    yield from _claims(content)
    yield from _items(content, asked, ("orderedItems",), _activity)


def _claims(content: Buffer) -> Iterator[Found]:
    """Yield how many items a collection says it has; the number stands before them, or after them."""
    place = content.find(COUNTED)
    if place < 0 or place > 1 << 16:
        place = content.rfind(COUNTED)
    if place >= 0:
        said = content[place + len(COUNTED) : place + len(COUNTED) + 24].decode("ascii", "replace")
        digits = said.strip().removeprefix(":").strip().split(",")[0].split("}")[0].strip()
        count = counts_of([("total", digits)]).get("total")
        if count is not None:
            yield Claim(count)


def _items(
    content: Buffer, asked: Asked, path: tuple[str, ...], view: Callable[[Any, Asked], Normalised | None]
) -> Iterator[Found]:
    refused = refusals(content)
    for piece in pieces(content, *path):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
        else:
            yield item_at(content, piece.offset, piece.length, view(piece.value, asked), readable=piece.readable)


def _activity(value: Any, asked: Asked) -> Normalised | None:  # noqa: ANN401 - any JSON
    said = activitypub.view_of(value, {}) if isinstance(value, dict) else None
    if said is None:
        return None
    carried = member(value, "object")
    attachments = _attachments(carried) if isinstance(carried, dict) else ()
    named = asked.account.platform == MASTODON and asked.about.get("id")
    here = f"{named}/statuses/" if named else None
    direct = isinstance(carried, dict) and not _is_public(value) and said.type != "Announce"
    return msgspec.structs.replace(
        said,
        kind="message" if direct else said.kind,
        item=_number(said.item, here) or said.item,
        parent=_number(said.parent, here),
        author=asked.owner or said.author,
        attachments=attachments or said.attachments,
    )


def _is_public(activity: Mapping[str, Any]) -> bool:
    """Return whether an activity is for more than those it names: everybody, or the followers."""
    audience = [one for name in ("to", "cc") for one in many(activity.get(name)) if isinstance(one, str)]
    return not audience or any(one.endswith(("#Public", "as:Public", "/followers")) for one in audience)


def _number(item: str | None, here: str | None) -> str | None:
    if item is None or here is None or not item.startswith(here):
        return item
    return item.removeprefix(here).partition("/")[0]


def _attachments(value: Mapping[str, Any]) -> tuple[Attachment, ...]:
    found = []
    for one in many(value.get("attachment")):
        url = find_text(one, "url")
        if url:
            family = (find_text(one, "mediaType") or "").partition("/")[0]
            found.append(
                Attachment(
                    url=find_address(url, base="") or f"{LOCAL}{url.lstrip('/')}",
                    role=ROLES.get(family, "resource"),  # type: ignore[arg-type] # told above
                    media_type=find_text(one, "mediaType"),
                    alt=find_text(one, "name"),
                )
            )
    return tuple(found)


def _actor(value: Any, asked: Asked) -> Normalised | None:  # noqa: ANN401 - any JSON
    said = activitypub.view_of(value, {}) if isinstance(value, dict) else None
    if said is None:
        return None
    pictures = [find_text(value, name, "url") for name in ("icon", "image")]
    files = tuple(
        Attachment(url=find_address(url, base="") or f"{LOCAL}{url}", role="image") for url in pictures if url
    )
    return msgspec.structs.replace(said, attachments=files, author=asked.owner or said.author)


def _read_actor(content: Buffer, asked: Asked) -> Iterator[Found]:
    yield from _items(content, asked, (), _actor)


def _addresses(prefix: str, named: str) -> Reader:
    def view(value: Any, asked: Asked) -> Normalised | None:  # noqa: ANN401 - any JSON
        url = find_address(value, base="")
        if url is None:
            return None
        return Normalised(kind="event", type=named, item=f"{prefix}:{url}", url=url, author=asked.owner, links=(url,))

    def read(content: Buffer, asked: Asked) -> Iterator[Found]:
        yield from _claims(content)
        yield from _items(content, asked, ("orderedItems",), view)

    return read


def _gathered(content: Buffer) -> Mapping[str, str]:
    for piece in pieces(content):
        if not isinstance(piece, Broken):
            found = {
                "id": find_text(piece.value, "id"),
                "name": find_text(piece.value, "name"),
                "handle": find_text(piece.value, "preferredUsername"),
                "url": find_text(piece.value, "url"),
            }
            return {key: text for key, text in found.items() if text}
    return {}


def _owner(about: Mapping[str, str]) -> Author | None:
    if "id" not in about:
        return None
    url = find_address(about.get("url"), base="")
    return Author(id=about["id"], name=about.get("name"), handle=about.get("handle"), url=url)


FORMAT = Format(
    collector="mastodon-archive/1",
    title="a Mastodon archive",
    platforms=("mastodon", "activitypub"),
    mark=ending(r"outbox\.json"),
    files=(
        file(r"outbox\.json", "posts", _outbox),
        file(r"actor\.json", "the profile", _read_actor),
        file(r"likes\.json", "likes", _addresses("like", "Like")),
        file(r"bookmarks\.json", "bookmarks", _addresses("bookmark", "Add")),
    ),
    gather=((ending(r"actor\.json"), _gathered),),
    owner=_owner,
)
