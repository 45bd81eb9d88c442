"""Reading a feed account once: the feed, the feeds of its items' comments, and the media of what is new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from archiver.collectors.feed.comments import THREADS, CommentFeed, as_comments, comment_feeds, remembered, spelled
from archiver.collectors.feed.found import NotAFeedError
from archiver.collectors.feed.reading import read_feed
from archiver.collectors.feed.validators import NOT_MODIFIED, asking, validators_of
from archiver.collectors.looking import BY_PAGE
from archiver.collectors.media import Media
from archiver.contract import NOBODY, Collected, Seen
from archiver.fetch.failures import (
    NOT_FETCHED,
    AccessRefusedError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    ServerFailedError,
    demand_ok,
)
from archiver.parsing.text import cleaned
from schemas.capture import Observation
from schemas.record import Attachment, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archiver.collectors.feed.found import Feed
    from archiver.contract import Access, LookingUp, Response, Transport
    from schemas.account import Account
    from schemas.capture import Sanity
    from schemas.record import Method, Normalised

NOT_ANSWERED = (AccessRefusedError, NotFoundError, RateLimitedError, RequestRefusedError, ServerFailedError)
ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


class FeedCollector:
    """RSS, RDF, Atom and JSON Feed, with podcasts' files, images, item pages and comments."""

    name = "feed/1"
    method: Method = "feed"

    def access(self, account: Account) -> Access:  # noqa: ARG002 - whoever it is
        """Return that nobody is asked who he is; an address may carry its own secrets."""
        return NOBODY

    def looking_up(self, account: Account) -> LookingUp:  # noqa: ARG002 - whoever it is
        """Return that an item is looked up at the address of its page."""
        return BY_PAGE

    def collect(
        self,
        account: Account,
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        known: Callable[[str, bytes], bool],
    ) -> Collected:
        """Read the account once (``archiver.contract.Collector``).

        Raises:
            NotAFeedError: the address never was a feed; if it was one before, the look is ``suspect`` instead.
            ArchiveError: the feed could not be fetched.
        """
        # Which comment feeds there were, the feed itself says, or this machine remembers: else it must come whole.
        conditions = asking(cursor) if str(len(remembered(cursor))) == cursor.get(THREADS, "0") else {}
        response = transport.get(account.url, headers={"Accept": ACCEPT, **conditions})
        demand_ok(response, conditional=bool(conditions))
        look = _Look(transport, known)
        if response.status == NOT_MODIFIED:
            threads = look.comments(remembered(cursor))
            return look.collected(response, cursor={**cursor, **spelled(threads)}, listed=None)
        try:
            feed = read_feed(response.payload, address=response.uri, headers=response.headers)
        except NotAFeedError as error:
            if not cursor.get("items"):
                raise
            look.failures.append(error.what)
            return look.collected(response, cursor=cursor, listed=None, sanity="suspect")
        look.add(response, feed)
        threads = look.comments(comment_feeds(feed, before=remembered(cursor)))
        whole = not feed.unread and not response.truncated
        emptied = not feed.items and cursor.get("items", "0") != "0"
        return look.collected(
            response,
            # An answer that was not read to its end must come again: its validators are forgotten.
            cursor={**(validators_of(response) if whole else {}), "items": str(len(feed.items)), **spelled(threads)},
            listed=feed.view.listed,
            window=not (feed.complete and whole and not threads),
            sanity="plausible" if whole and not emptied else "suspect",
        )


class _Look:
    """One look at an account as it grows: what was seen, and what could not be read."""

    def __init__(self, transport: Transport, known: Callable[[str, bytes], bool]) -> None:
        self._transport, self._known = transport, known
        self._media = Media(transport)
        self._seen: list[Seen] = []
        self._comments: list[str] = []
        self.failures: list[str] = []

    def add(self, response: Response, feed: Feed) -> None:
        """Keep a feed as a list, and each of its items; of those that are new, also the media."""
        flags = ("truncated",) if response.truncated else ()
        if response.truncated:
            self.failures.append(f"{response.uri} was cut off ({response.truncated})")
        if feed.unread:
            self.failures.append(f"{response.uri} was kept but not read: {feed.unread}")
        view = feed.view
        if flags or feed.unread:
            # Another item than the list that was read whole: what is not in this one has not left that one.
            view = msgspec.structs.replace(view, item=f"{view.item}#partial", flags=(*view.flags, *flags))
        # What stands before the first item: the items are records of their own, and go when they are due.
        head = min((item.offset for item in feed.items), default=len(response.payload))
        self._seen.append(_seen(response, 0, response.payload[:head], view))
        for item in feed.items:
            native = response.payload[item.offset : item.offset + item.length]
            found = msgspec.structs.replace(item.view, flags=(*item.view.flags, *flags))
            self._seen.append(_seen(response, item.offset, native, self._with_media(found, native)))

    def _with_media(self, view: Normalised, native: bytes) -> Normalised:
        if self._known(view.item, native):
            return view
        page = (Attachment(url=view.url, role="document"),) if view.url and view.kind == "post" else ()
        shown = [attachment for attachment in view.attachments if attachment.url != view.url]
        return cleaned(msgspec.structs.replace(view, attachments=self._media.recorded((*shown, *page))))

    def comments(self, feeds: Iterable[CommentFeed]) -> list[CommentFeed]:
        """Read the feeds of comments; return them with what to remember of each."""
        return [self._read_comments(feed) for feed in feeds]

    def _read_comments(self, thread: CommentFeed) -> CommentFeed:
        try:
            conditions = asking(thread.validators)
            response = self._transport.get(thread.address, headers={"Accept": ACCEPT, **conditions})
            demand_ok(response, conditional=bool(conditions))
            if response.status == NOT_MODIFIED:
                return thread
            feed = read_feed(response.payload, address=response.uri, headers=response.headers)
        except (*NOT_FETCHED, *NOT_ANSWERED, NotAFeedError) as error:
            self.failures.append(f"comments at {thread.address}: {error.code}: {error.what}")
            return thread
        items = as_comments(feed.items, post=thread.post)
        view = msgspec.structs.replace(feed.view, listed=tuple(item.view.item for item in items), thread=thread.post)
        self.add(response, replace(feed, view=view, items=items))
        self._comments.extend(view.listed)
        whole = not feed.unread and not response.truncated
        return thread.with_validators(validators_of(response) if whole else {})

    def collected(
        self,
        response: Response,
        *,
        cursor: Mapping[str, str],
        listed: tuple[str, ...] | None,
        window: bool = True,
        sanity: Sanity = "plausible",
    ) -> Collected:
        """Return the look when it is over."""
        return Collected(
            items=tuple(self._seen),
            listed=listed if listed is None else (*listed, *self._comments),
            window=window,
            status=response.status,
            sanity=sanity,
            cursor=cursor,
            failures=(*self.failures, *self._media.failures),
        )


def _seen(response: Response, offset: int, native: bytes, view: Normalised) -> Seen:
    source = Slice(exchange=response.exchange, uri=response.uri, offset=offset, length=len(native))
    return Seen(native, Observation(normalised=view, source=source, observed=response.at))
