"""From one entry as feedparser reads it to the normalised view of a post or comment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from archiver.parsing.dates import find_instant_as_parsed
from archiver.parsing.markup import Fragment, read_fragment, shown_in
from archiver.parsing.text import clean, counts_of, find_address, unique
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schemas.instant import Instant

Entry: TypeAlias = "dict[str, Any]"

MARKUP = frozenset({"text/html", "application/xhtml+xml"})
FEEDS = frozenset({"application/atom+xml", "application/rss+xml", "application/xml", "text/xml"})
ROLES = {"image": "image", "audio": "audio", "video": "video"}
DATES = ("published", "created", "updated")


@dataclass(frozen=True, slots=True)
class Read:
    """An entry's view, its id still as the feed gives it (or empty), and the address of its comments' feed."""

    view: Normalised
    comments: str | None


def entry_view(raw: Mapping[str, Any], *, address: str, flags: tuple[str, ...]) -> Read:
    """Return what one entry of feedparser says; relative addresses are completed by ``xml:base``, then ``address``."""
    # A plain dictionary: feedparser's own answers for keys that are not there, with a warning.
    entry: Entry = dict(raw)
    body, lang = _body(entry, address)
    title = _title(entry)
    created, created_text, edited = _dates(entry)
    links = [link for link in entry.get("links", ()) if isinstance(link, dict)]
    attachments = _attachments(entry, links, body, address)
    parent = _reference(entry)
    view = Normalised(
        kind="comment" if parent else "post",
        type=_type(title, attachments),
        item=clean(entry.get("id") or ""),
        url=find_address(entry.get("link"), base=address),
        title=title,
        text=body.text or None,
        lang=lang,
        author=_author(entry, address),
        created=created,
        created_text=created_text,
        edited=edited,
        parent=parent,
        attachments=attachments,
        tags=unique(clean(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", ())),
        links=_links(entry, links, body, address),
        counts=counts_of([("comments", entry.get("slash_comments")), *_thread_counts(links)]),
        flags=flags,
    )
    return Read(view, _comments(entry, links, address))


def _body(entry: Entry, address: str) -> tuple[Fragment, str | None]:
    """Return the fullest rendering of the entry's content, and its language."""
    parts = [part for part in entry.get("content", ()) if part.get("value")]
    detail = entry.get("summary_detail") or {}
    parts.append({**detail, "value": entry.get("summary") or "", "type": detail.get("type", "text/html")})
    fullest = max(parts, key=lambda part: len(part["value"]))
    value = fullest["value"]
    lang = fullest.get("language") or None
    if fullest.get("type") not in MARKUP and not ("</" in value or "/>" in value or "<p" in value):
        return Fragment(clean(value).strip()), lang
    return read_fragment(
        value.replace("</br>", ""), base=find_address(fullest.get("base"), base=address) or address
    ), lang


def _title(entry: Entry) -> str | None:
    title = entry.get("title") or ""
    if (entry.get("title_detail") or {}).get("type") in MARKUP:
        title = read_fragment(title).text
    return clean(" ".join(title.split())) or None


def _dates(entry: Entry) -> tuple[Instant | None, str | None, Instant | None]:
    known = [(name, entry[name]) for name in DATES if entry.get(name)]
    if not known:
        return None, None, None
    name, text = known[0]
    created = find_instant_as_parsed(text, entry.get(f"{name}_parsed"))
    edited = find_instant_as_parsed(entry.get("updated"), entry.get("updated_parsed"))
    return created, clean(text), edited if edited != created else None


def _author(entry: Entry, address: str) -> Author | None:
    detail = entry.get("author_detail") or {}
    name = detail.get("name") or (entry.get("author") if not detail.get("email") else None)
    author = Author(
        name=clean(name) if name else None,
        handle=clean(detail["email"]) if detail.get("email") else None,
        url=find_address(detail.get("href"), base=address),
    )
    return author if author != Author() else None


def _type(title: str | None, attachments: Iterable[Attachment]) -> str:
    for attachment in attachments:
        if attachment.role == "enclosure":
            family = (attachment.media_type or "").partition("/")[0].lower()
            if family in ("audio", "video"):
                return family.capitalize()
    return "Article" if title else "Note"


def _attachments(entry: Entry, links: list[dict[str, Any]], body: Fragment, address: str) -> tuple[Attachment, ...]:
    found: dict[str, Attachment] = {}
    for attachment in (*_enclosures(links, address), *_media(entry, address), *shown_in(body)):
        found.setdefault(attachment.url, attachment)
    return tuple(found.values())


def _enclosures(links: list[dict[str, Any]], address: str) -> Iterator[Attachment]:
    for link in links:
        url = find_address(link.get("href"), base=address)
        if link.get("rel") == "enclosure" and url:
            yield Attachment(url=url, role="enclosure", media_type=clean(link.get("type") or "") or None)


def _media(entry: Entry, address: str) -> Iterator[Attachment]:
    for media in entry.get("media_content", ()):
        url = find_address(media.get("url"), base=address)
        media_type = clean(media.get("type") or "") or None
        if url:
            role = ROLES.get(media.get("medium") or (media_type or "").partition("/")[0], "resource")
            yield Attachment(url=url, role=role, media_type=media_type)  # type: ignore[arg-type]
    image = entry.get("image")
    for picture in (*entry.get("media_thumbnail", ()), image if isinstance(image, dict) else {}):
        url = find_address(picture.get("url") or picture.get("href"), base=address)
        if url:
            yield Attachment(url=url, role="image")


def _links(entry: Entry, links: list[dict[str, Any]], body: Fragment, address: str) -> tuple[str, ...]:
    own = (link.get("href") for link in links if link.get("rel") not in ("enclosure", "self", "edit"))
    related = (find_address(reference, base=address) for reference in (*own, entry.get("comments")))
    return unique((*related, *body.links))


def _reference(entry: Entry) -> str | None:
    """Return what the entry answers (RFC 4685 section 3), whatever prefix the feed gave the namespace."""
    for key, value in entry.items():
        if key == "in-reply-to" or key.endswith("_in-reply-to"):
            reference = value.get("ref") or value.get("href") if isinstance(value, dict) else value
            return clean(reference).strip() or None if isinstance(reference, str) else None
    return None


def _comments(entry: Entry, links: list[dict[str, Any]], address: str) -> str | None:
    """Return the address of the feed of the entry's comments: RFC 4685 section 4, or the Comment API's element."""
    for link in links:
        if link.get("rel") == "replies" and link.get("type") in FEEDS:
            return find_address(link.get("href"), base=address)
    return find_address(entry.get("wfw_commentrss"), base=address)


def _thread_counts(links: list[dict[str, Any]]) -> Iterator[tuple[str, object]]:
    for link in links:
        if link.get("rel") == "replies":
            yield "comments", link.get("thr:count") or link.get("count")
