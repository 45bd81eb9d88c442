"""What Bluesky's records hold: posts with facets and embeds, profiles, what an account shares and follows. Pure.

Records are told by their ``$type``, a lexicon's name (atproto.com/specs/lexicon).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from archiver.parsing.dates import find_instant
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects, role_of, texts
from archiver.parsing.text import unique
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Kind

TYPES: dict[str, tuple[Kind, str]] = {
    "app.bsky.feed.post": ("post", "Note"),
    "app.bsky.feed.repost": ("post", "Announce"),
    "app.bsky.feed.like": ("event", "Like"),
    "app.bsky.graph.follow": ("event", "Follow"),
    "app.bsky.graph.block": ("event", "Block"),
    "app.bsky.actor.profile": ("profile", "Person"),
}
"""What a record of a lexicon is; of any other, an event and an object."""
COUNTS = ("reply", "repost", "like", "quote", "bookmark")
AT = re.compile(r"at://([^/]+)/([^/]+)/([^/]+)")
ANY_SERVER = "https://bsky.social"
"""In the place of the account's own server, where a record comes without it: in a file."""


def parts_of(uri: str) -> tuple[str, str, str] | None:
    """Return whose, in which collection and under which key a record lies (atproto.com/specs/at-uri-scheme)."""
    found = AT.fullmatch(uri)
    return (found[1], found[2], found[3]) if found else None


def page_of(uri: str | None) -> str | None:
    """Return where people see a post; ``None`` for other records."""
    parts = parts_of(uri or "")
    return f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}" if parts and parts[1].endswith(".post") else None


def author_of(value: Any) -> Author:  # noqa: ANN401 - any JSON
    """Return a person as the view of the network shows them."""
    did = find_text(value, "did")
    return Author(
        id=did,
        name=find_text(value, "displayName"),
        handle=find_text(value, "handle"),
        url=f"https://bsky.app/profile/{did}" if did else None,
    )


def view_of_record(value: Object, uri: str) -> Normalised:
    """Return what a record says that lies at ``uri``, empty where that is not known."""
    name, owner = find_text(value, "$type") or "", (parts_of(uri) or ("",))[0]
    kind, kind_word = TYPES.get(name, ("event", "Object"))
    parent = find_text(value, "reply", "parent", "uri")
    made = find_text(value, "createdAt")
    features = [feature for facet in objects(value, "facets") for feature in objects(facet, "features")]
    subject = value.get("subject")
    return Normalised(
        kind="reply" if parent else kind,
        type=kind_word,
        item=uri,
        url=page_of(uri) or (f"https://bsky.app/profile/{owner}" if kind == "profile" and owner else None),
        title=find_text(value, "displayName") or find_text(value, "name") or (None if name in TYPES else name or None),
        text=find_text(value, "text") or find_text(value, "description"),
        lang=next(texts(value, "langs"), None),
        author=Author(id=owner, url=f"https://bsky.app/profile/{owner}") if owner else None,
        created=find_instant(made),
        created_text=made,
        thread=find_text(value, "reply", "root", "uri"),
        parent=parent,
        attachments=tuple(_attachments(value, owner)),
        tags=unique((*texts(value, "tags"), *(find_text(one, "tag") for one in features))),
        mentions=unique((*(find_text(one, "did") for one in features), subject if isinstance(subject, str) else None)),
        links=unique(
            (
                *(address(one, "uri") for one in features),
                *(address(embed, "external", "uri") for embed in _embeds(value)),
                *(page_of(_quoted(embed)) for embed in _embeds(value)),
                page_of(find_text(subject, "uri")),
            )
        ),
    )


def _embeds(value: Object) -> Iterator[Object]:
    """Yield what a post shows: by itself, or beside a record that it quotes."""
    for embed in (member(value, "embed"), member(value, "embed", "media")):
        if isinstance(embed, dict):
            yield embed


def _quoted(embed: Object) -> str | None:
    return find_text(embed, "record", "uri") or find_text(embed, "record", "record", "uri")


def _attachments(value: Object, owner: str) -> Iterator[Attachment]:
    """Yield the files of a record, where its server keeps them as they were uploaded."""
    for embed in _embeds(value):
        for picture in objects(embed, "images"):
            yield from _file(picture.get("image"), owner, alt=find_text(picture, "alt"))
        yield from _file(embed.get("video"), owner, alt=find_text(embed, "alt"))
        for captions in objects(embed, "captions"):
            yield from _file(captions.get("file"), owner, alt=find_text(captions, "lang"))
        yield from _file(member(embed, "external", "thumb"), owner, alt=find_text(embed, "external", "title"))
    for name in ("avatar", "banner"):
        yield from _file(value.get(name), owner, alt=None)


def _file(blob: Any, owner: str, *, alt: str | None) -> Iterator[Attachment]:  # noqa: ANN401 - any JSON
    cid = find_text(blob, "ref", "$link") or find_text(blob, "cid")
    if cid is not None and owner:
        media_type = find_text(blob, "mimeType")
        url = f"{ANY_SERVER}/xrpc/com.atproto.sync.getBlob?{urlencode({'did': owner, 'cid': cid})}"
        size = find_id(blob, "size")
        yield Attachment(
            url=url,
            role=role_of(media_type),
            media_type=media_type,
            alt=alt,
            size=int(size) if size is not None and size.isascii() and size.isdigit() and len(size) < 16 else None,  # noqa: PLR2004
        )
