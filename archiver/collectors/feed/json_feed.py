"""JSON Feed 1.0 and 1.1 (jsonfeed.org): items cut out of the document byte for byte. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.collectors.feed.found import Feed, FeedItem, NotAFeedError, listing, named
from archiver.parsing.dates import find_instant
from archiver.parsing.json_slices import BOM, JsonMalformedError, decode, elements, members
from archiver.parsing.markup import Fragment, read_fragment, shown_in
from archiver.parsing.text import REPLACED, find_address, unique
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.parsing.json_slices import Place

VERSION = "https://jsonfeed.org/version/1"
MARK = b"jsonfeed.org/version/1"


def is_json(document: bytes) -> bool:
    """Return whether ``document`` looks like JSON rather than XML."""
    return document.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")


def read_json_feed(document: bytes, *, address: str) -> Feed:
    """Return what a JSON Feed says. One that is cut off or broken is kept unread, flagged ``ill-formed``.

    Raises:
        NotAFeedError: it is other JSON.
    """
    skipped = len(document) - len(document.removeprefix(BOM))
    try:
        decoded = decode(document[skipped:])
    except JsonMalformedError as error:
        if MARK in document.replace(b"\\/", b"/"):
            unread = listing(address, (), flags=("ill-formed", "unread"))
            return Feed(unread, (), unread=str(error.facts["reason"]))
        raise _not_a_feed(address) from error
    value = decoded.value
    if not isinstance(value, dict) or not str(value.get("version", "")).startswith(VERSION):
        raise _not_a_feed(address)
    items = value.get("items")
    items = items if isinstance(items, list) else []
    places, flags = _places(decoded.readable, len(items))
    flags = (*((REPLACED,) if decoded.replaced else ()), *flags)
    feed_lang = _text(value, "language")
    unnamed = [_view(item if isinstance(item, dict) else {}, address, lang=feed_lang, flags=flags) for item in items]
    places = [(offset + skipped, length) for offset, length in places]
    views = named(unnamed, places, document)
    return Feed(
        listing(
            address,
            [view.item for view in views],
            title=_text(value, "title"),
            text=_text(value, "description"),
            lang=feed_lang,
            link=_text(value, "home_page_url"),
            flags=flags,
        ),
        tuple(FeedItem(offset, length, view) for (offset, length), view in zip(places, views, strict=True)),
    )


def _not_a_feed(address: str) -> NotAFeedError:
    return NotAFeedError(
        f"What {address} answered is JSON, but no JSON Feed.", do="Register the address of the feed itself."
    )


def _places(readable: bytes, count: int) -> tuple[list[Place], tuple[str, ...]]:
    whole = (0, len(readable))
    fields = members(readable, (whole[1] - len(readable.lstrip()), len(readable.strip())))
    places = elements(readable, fields["items"]) if fields and count else []
    return (places, ()) if len(places) == count else ([whole] * count, ("not-sliced",))


def _view(item: dict[str, Any], address: str, *, lang: str | None, flags: tuple[str, ...]) -> Normalised:
    html = _text(item, "content_html")
    body = read_fragment(html, base=address) if html else Fragment(_text(item, "content_text") or "")
    attachments = {attachment.url: attachment for attachment in reversed([*_attachments(item, body, address)])}
    created_text = _text(item, "date_published") or _text(item, "date_modified")
    created, edited = find_instant(created_text), find_instant(item.get("date_modified"))
    identifier = item.get("id")
    title = _text(item, "title")
    tags = item.get("tags")
    return Normalised(
        kind="post",
        type=_type(attachments.values()) or ("Article" if title else "Note"),
        item=str(identifier) if isinstance(identifier, str | int) and not isinstance(identifier, bool) else "",
        url=find_address(item.get("url"), base=address),
        title=title,
        text=body.text or _text(item, "summary"),
        lang=_text(item, "language") or lang,
        author=_author(item, address),
        created=created,
        created_text=created_text,
        edited=edited if edited != created else None,
        attachments=tuple(reversed(attachments.values())),
        tags=unique(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        links=unique((find_address(item.get("external_url"), base=address), *body.links)),
        flags=flags,
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value else None


def _author(item: dict[str, Any], address: str) -> Author | None:
    authors = item.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else item.get("author")
    if not isinstance(author, dict):
        return None
    return Author(name=_text(author, "name"), url=find_address(author.get("url"), base=address))


def _attachments(item: dict[str, Any], body: Fragment, address: str) -> Iterator[Attachment]:
    given = item.get("attachments")
    for attachment in given if isinstance(given, list) else ():
        url = find_address(attachment.get("url"), base=address) if isinstance(attachment, dict) else None
        if url:
            yield Attachment(
                url=url,
                role="enclosure",
                media_type=_text(attachment, "mime_type"),
                alt=_text(attachment, "title"),
            )
    for name in ("image", "banner_image"):
        url = find_address(item.get(name), base=address)
        if url:
            yield Attachment(url=url, role="image")
    yield from shown_in(body)


def _type(attachments: Iterable[Attachment]) -> str | None:
    for attachment in attachments:
        family = (attachment.media_type or "").partition("/")[0]
        if attachment.role == "enclosure" and family in ("audio", "video"):
            return family.capitalize()
    return None
