"""ActivityPub: collections, activities, objects and actors in ActivityStreams 2.0 as servers really write it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment
from archiver.parsing.shapes import Object, address, find_text, many, member
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Kind

PATHS = (("orderedItems",), ("items",), ("first", "orderedItems"), ("first", "items"))
COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
ACTORS = frozenset({"Application", "Group", "Organization", "Person", "Service"})
OBJECTS = frozenset(
    {"Article", "Audio", "Document", "Event", "Image", "Note", "Page", "Place", "Question", "Relationship", "Video"}
)
CARRYING = frozenset({"Create", "Update"})
ROLES = ("image", "audio", "video")
CONTEXTS = ("https://www.w3.org/ns/activitystreams", "http://www.w3.org/ns/activitystreams")


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an activity, object or actor says; ``None`` for a collection and for what is not ActivityStreams."""
    kinds = types_of(value)
    carried = member(value, "object")
    if CARRYING & kinds and isinstance(carried, dict) and not types_of(carried) & ACTORS:
        return _object(carried, actor=value.get("actor"), activity=value)
    if ACTORS & kinds:
        return _actor(value)
    if COLLECTIONS & kinds:
        return None
    if OBJECTS & kinds or ("content" in value and _is_activity_streams(value)):
        return _object(value, actor=None, activity=value)
    if kinds and (_is_activity_streams(value) or "actor" in value):
        return _activity(value, min(kinds))
    return None


def types_of(value: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Return the types that an object states, without the namespace of ActivityStreams."""
    stated = many(member(value, "type")) or many(member(value, "@type"))
    return {kind.rpartition("#")[2].removeprefix("as:") for kind in stated if isinstance(kind, str) and kind}


def _is_activity_streams(value: Object) -> bool:
    return any(
        isinstance(part, str) and part.partition("#")[0].rstrip("/") in CONTEXTS for part in many(value.get("@context"))
    )


def _id(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return next((found for part in value if (found := _id(part))), None)
    if isinstance(value, str):
        return value or None
    return find_text(value, "id") or find_text(value, "@id") or find_text(value, "href")


def _natural(value: Object, name: str) -> str | None:
    """Return a text property, in the first language it is given in (AS2 section 4.7)."""
    given = find_text(value, name)
    languages = member(value, f"{name}Map")
    if given is None and isinstance(languages, dict):
        given = next((text for text in languages.values() if isinstance(text, str) and text), None)
    return given


def _url(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Return the first address of a ``url`` property: text, a Link, or several; pages before files."""
    links = many(value)
    pages = [link for link in links if isinstance(link, dict) and link.get("mediaType") == "text/html"]
    for link in (*pages, *links):
        found = address({"href": link}, "href") if isinstance(link, str) else address(link, "href")
        if found:
            return found
    return None


def _object(value: Object, *, actor: Any, activity: Object) -> Normalised:  # noqa: ANN401 - any JSON
    kinds = types_of(value)
    body = read_fragment(_natural(value, "content") or "")
    summary = read_fragment(_natural(value, "summary") or "")
    parent = _id(value.get("inReplyTo"))
    created_text = find_text(value, "published") or find_text(activity, "published")
    languages = member(value, "contentMap")
    options = [read_fragment(name).text for option in _options(value) if (name := _natural(option, "name"))]
    quoted = address(value, "quoteUrl") or address(value, "quoteUri") or address(value, "_misskey_quote")
    kind: Kind = "reply" if parent else "post"
    return Normalised(
        kind=kind,
        type=min(kinds & OBJECTS, default=min(kinds, default="Object")),
        item=_id(value) or _id(activity) or "",
        url=_url(value.get("url")) or _url(_id(value)),
        title=read_fragment(_natural(value, "name") or "").text or None,
        text="\n".join(part for part in (summary.text, body.text, *options) if part) or None,
        lang=next(iter(languages), None) if isinstance(languages, dict) else None,
        author=_author(value.get("attributedTo") or actor or activity.get("actor")),
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(value.get("updated")),
        thread=_id(value.get("conversation")) or _id(value.get("context")),
        parent=parent,
        attachments=tuple(_attachments(value)),
        tags=unique((find_text(tag, "name") or "").lstrip("#") for tag in _tagged(value, "Hashtag")),
        mentions=unique(find_text(tag, "name") or find_text(tag, "href") for tag in _tagged(value, "Mention")),
        links=unique((quoted, *summary.links, *body.links)),
        counts=counts_of((name, member(value, name, "totalItems")) for name in ("likes", "shares", "replies")),
    )


def _options(value: Object) -> list[Any]:
    return [*many(value.get("oneOf")), *many(value.get("anyOf"))]


def _tagged(value: Object, kind: str) -> Iterator[Object]:
    for tag in many(value.get("tag")):
        if kind in types_of(tag):
            yield tag


def _author(value: Any) -> Author | None:  # noqa: ANN401 - any JSON
    first = next((part for part in many(value) if isinstance(part, str | dict)), None)
    if first is None:
        return None
    author = Author(
        id=_id(first),
        name=_natural(first, "name") if isinstance(first, dict) else None,
        handle=find_text(first, "preferredUsername"),
        url=_url(member(first, "url")) or _url(_id(first)),
    )
    return author if author != Author() else None


def _attachments(value: Object) -> Iterator[Attachment]:
    seen: set[str] = set()
    for name in ("attachment", "image", "icon"):
        for part in many(value.get(name)):
            url = _url(part if isinstance(part, str) else member(part, "url") or member(part, "href"))
            if url and url not in seen:
                seen.add(url)
                yield Attachment(
                    url=url,
                    role=_role(part, "resource" if name == "attachment" else "image"),  # type: ignore[arg-type]
                    media_type=find_text(part, "mediaType"),
                    alt=find_text(part, "name") or find_text(part, "summary"),
                )


def _role(part: Any, default: str) -> str:  # noqa: ANN401 - any JSON
    family = (find_text(part, "mediaType") or "").partition("/")[0]
    if family in ROLES:
        return family
    return next((role for role in ROLES if role.capitalize() in types_of(part)), default)


def _actor(value: Object) -> Normalised:
    body = read_fragment(_natural(value, "summary") or "")
    created_text = find_text(value, "published")
    return Normalised(
        kind="profile",
        type=min(types_of(value) & ACTORS),
        item=_id(value) or "",
        url=_url(value.get("url")) or _url(_id(value)),
        title=_natural(value, "name") or find_text(value, "preferredUsername"),
        text=body.text or None,
        author=_author(value),
        created=find_instant(created_text),
        created_text=created_text,
        attachments=tuple(_attachments(value)),
        links=body.links,
    )


def _activity(value: Object, kind: str) -> Normalised:
    created_text = find_text(value, "published")
    target = _id(value.get("object"))
    shared = kind == "Announce"
    return Normalised(
        kind="post" if shared else "event",
        type=kind,
        item=_id(value) or "",
        url=_url(value.get("url")) or _url(_id(value)),
        title=_natural(value, "name"),
        text=read_fragment(_natural(value, "summary") or _natural(value, "content") or "").text or None,
        author=_author(value.get("actor")),
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(value.get("updated")),
        parent=None if shared else target,
        links=unique((_url(target),)),
    )


def list_view(value: Object) -> Normalised | None:
    """Return what a collection says of itself."""
    kinds = types_of(value) & COLLECTIONS
    if not kinds:
        return None
    return Normalised(
        kind="list",
        type=min(kinds),
        item=_id(value) or "",
        url=_url(_id(value)),
        title=_natural(value, "name"),
        text=read_fragment(_natural(value, "summary") or "").text or None,
        counts=counts_of([("total", value.get("totalItems"))]),
    )


PLATFORM = Platform(
    name="activitypub",
    title="ActivityPub",
    dialect=Dialect(view=view_of, paths=PATHS, context=lambda _: {}, list_view=list_view),
)
