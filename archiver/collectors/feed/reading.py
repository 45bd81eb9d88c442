"""What a feed says: its items with their native slices, and the feed itself as a list. Pure.

feedparser reads RSS 0.9x to 2.0, RDF and Atom and decides how many entries there are; ``slicing`` finds their bytes;
``json_feed`` reads JSON Feed. feedparser is given bytes only, so that it never reaches for the network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import feedparser

from archiver.collectors.feed.comments import threaded
from archiver.collectors.feed.entries import entry_view
from archiver.collectors.feed.found import Feed, FeedItem, NotAFeedError, listing, named
from archiver.collectors.feed.hazards import find_dangerous_doctype, find_hazard, for_parser, without_surrogates
from archiver.collectors.feed.json_feed import is_json, read_json_feed
from archiver.collectors.feed.slicing import item_slices, shadow_of, tokens
from archiver.parsing.text import REPLACED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.collectors.feed.slicing import Shadow

XML = "application/xml"
ROOTS = frozenset({b"rss", b"rdf", b"feed", b"channel", b"item", b"entry"})
MOST_COPIES = 256 << 20
"""How many bytes the natives of items may take that cannot be cut out, so that each is the whole document."""

CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)

PARSER_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What feedparser lets slip when a document is worse than it expects: such a document is kept unread."""


def read_feed(document: bytes, *, address: str, headers: Mapping[str, str]) -> Feed:
    """Return what ``document`` says, fetched from ``address`` with response ``headers``.

    A hostile or broken feed is still one: flagged ``ill-formed``, and ``unread`` when its entries were not looked for.

    Raises:
        NotAFeedError: it is no feed at all.
    """
    if is_json(document):
        return read_json_feed(document, address=address)
    shadow = shadow_of(document)
    dangerous = find_dangerous_doctype(shadow)
    hazard = find_hazard(shadow.units)
    content_type = _header(headers, "content-type")
    readable = for_parser(document, shadow, without=dangerous)
    charset = "utf-8" if shadow.width > 1 else _charset(content_type)
    parsed = None if hazard else _parsed(readable, charset=charset)
    if parsed is None:
        if not _opens_a_feed(shadow):
            raise _not_a_feed(address)
        return _unread(address, hazard or "its parser failed")
    if not parsed["entries"] and not parsed.get("version"):
        raise _not_a_feed(address)
    flags = ("ill-formed",) if parsed["bozo"] or dangerous else ()
    return _feed(document, shadow, parsed, address=address, flags=flags)


def _not_a_feed(address: str) -> NotAFeedError:
    return NotAFeedError(
        f"What {address} answered is no feed.",
        do="Register the address of the feed itself; web pages are registered with --platform website.",
    )


def _unread(address: str, why: str) -> Feed:
    return Feed(listing(address, (), flags=("ill-formed", "unread")), (), unread=why)


def _opens_a_feed(shadow: Shadow) -> bool:
    root = next((token for token in tokens(shadow.units) if token.kind != "doctype"), None)
    return root is not None and root.name.rpartition(b":")[2] in ROOTS


def _feed(
    document: bytes,
    shadow: Shadow,
    parsed: Any,  # noqa: ANN401 - feedparser has no types
    *,
    address: str,
    flags: tuple[str, ...],
) -> Feed:
    entries = parsed["entries"]
    places = item_slices(shadow, len(document))
    if len(places) != len(entries):
        if len(entries) * len(document) > MOST_COPIES:
            return _unread(address, "its items cannot be told apart")
        places = [(0, len(document))] * len(entries)
        flags = (*flags, "not-sliced")
    if without_surrogates(document) != document:
        flags = (*flags, REPLACED)
    read = [entry_view(entry, address=address, flags=flags) for entry in entries]
    views = threaded(named([entry.view for entry in read], places, document))
    items = tuple(
        FeedItem(offset, length, view, entry.comments)
        for (offset, length), view, entry in zip(places, views, read, strict=True)
    )
    feed = dict(parsed["feed"])
    return Feed(
        listing(
            address,
            [item.view.item for item in items],
            title=feed.get("title"),
            text=feed.get("subtitle") or feed.get("description"),
            lang=feed.get("language"),
            link=feed.get("link"),
            flags=flags,
        ),
        items,
        complete=any(key == "complete" or key.endswith("_complete") for key in feed) and _is_rfc5005(parsed),
    )


def _is_rfc5005(parsed: Any) -> bool:  # noqa: ANN401 - as above
    return "http://purl.org/syndication/history/1.0" in parsed.get("namespaces", {}).values()


def _parsed(readable: bytes, *, charset: str | None) -> Any:  # noqa: ANN401 - as above
    # Not told the feed's address, by which it would complete relative ids: an id must not change when a feed moves.
    # RFC 7303 treats text/xml as application/xml, with no encoding of its own; what is no XML type is read as XML too.
    media_type = f"{XML}; charset={charset}" if charset else XML
    try:
        return feedparser.parse(
            readable,
            response_headers={"content-type": media_type},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except PARSER_FAULTS:
        return None


def _charset(content_type: str) -> str | None:
    named = CHARSET.search(content_type)
    return named[1] if named else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
