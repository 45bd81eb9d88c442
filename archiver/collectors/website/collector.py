"""Reading a website once: its pages by following links of the same origin, breadth first, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.collectors.looking import BY_PAGE
from archiver.collectors.media import Media, content_type_of, media_type_of
from archiver.collectors.website.pages import page_address, read_page
from archiver.collectors.website.walk import Walk
from archiver.contract import NOBODY, Collected, Seen
from archiver.fetch.failures import NOT_FETCHED, demand_ok
from archiver.parsing.text import cleaned
from schemas.capture import Observation
from schemas.errors import InputError
from schemas.record import Attachment, Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archiver.contract import Access, LookingUp, Response, Transport
    from archiver.parsing.text import Reference
    from schemas.account import Account
    from schemas.record import Method

HTML = frozenset({"text/html", "application/xhtml+xml"})
GONE = frozenset({404, 410})
ROLES = {"img": "image", "input": "image", "video": "video", "audio": "audio"}


class NotAPageError(InputError):
    """The address of a website account does not answer with a web page."""

    code = "NOT_A_PAGE"


class WebsiteCollector:
    """Static pages as the server sends them; ``max_pages`` bounds one look."""

    name = "website/1"
    method: Method = "web"

    def __init__(self, *, max_pages: int = 100) -> None:
        self._max_pages = max_pages

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
        """Read the account once (``archiver.contract.Collector``); it needs no cursor.

        Raises:
            NotAPageError: the start page is no HTML.
            ArchiveError: the start page could not be fetched.
        """
        start = transport.get(account.url)
        demand_ok(start)
        if media_type_of(start) not in HTML:
            raise NotAPageError(
                f"{start.uri} is {media_type_of(start) or 'of no stated type'}, not a web page.",
                do="Register the address of a page; feeds are registered with --platform feed.",
            )
        crawl = _Crawl(transport, known, Walk(start.uri))
        crawl.add(start)
        complete = crawl.follow(self._max_pages)
        return Collected(
            # No bytes are the list's own: the pages that it was read from are records, and go when they are due.
            items=(seen_in(start, crawl.walk.listing(), b""), *crawl.seen),
            listed=tuple(crawl.walk.listed),
            window=not complete,
            status=start.status,
            sanity="suspect" if start.truncated else "plausible",
            cursor=dict(cursor),
            failures=tuple(crawl.failures),
        )


class _Crawl:
    """One walk through a site as it grows."""

    def __init__(self, transport: Transport, known: Callable[[str, bytes], bool], walk: Walk) -> None:
        self._transport, self._known, self.walk = transport, known, walk
        self._media = Media(transport)
        self._failures: list[str] = []
        self.seen: list[Seen] = []

    @property
    def failures(self) -> list[str]:
        """What could not be read, pages first."""
        return [*self._failures, *self._media.failures]

    def follow(self, max_pages: int) -> bool:
        """Read pages until there is no link left or ``max_pages`` are read; return whether the site was read whole."""
        while (address := self.walk.find_next(max_pages)) is not None:
            self._ask(address)
        return self.walk.is_whole and not self._failures

    def _ask(self, address: str) -> None:
        try:
            response = self._transport.get(address)
        except NOT_FETCHED as error:
            self._failures.append(f"{address}: {error.code}: {error.what}")
            return
        if 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
            if self.walk.owns(response.uri):
                self.add(response)
        elif response.status not in GONE:  # a dead link is no part of the site; any other answer may hide one
            self._failures.append(f"{address}: HTTP {response.status}")

    def add(self, response: Response) -> None:
        """Keep an answer as a page of the site, or a file that turned out to be none; once."""
        address = page_address(response.uri)
        if not self.walk.takes(address):
            return
        if response.truncated:
            self._failures.append(f"{response.uri} was cut off ({response.truncated})")
        view = self._page(response, address) if media_type_of(response) in HTML else file_view(response)
        self.seen.append(seen_in(response, cleaned(view), response.payload))

    def _page(self, response: Response, address: str) -> Normalised:
        page = read_page(response.payload, address=response.uri, content_type=content_type_of(response))
        files = self.walk.follow(page.links)
        attachments = (*map(attachment_of, page.resources), *files)
        if not self._known(address, response.payload):
            attachments = self._media.recorded(attachments)
        return Normalised(
            kind="page",
            type="Page",
            item=address,
            url=address,
            title=page.title,
            text=page.text or None,
            lang=page.lang,
            links=page.links,
            attachments=attachments,
            flags=(*page.flags, *_flags(response)),
        )


def attachment_of(reference: Reference) -> Attachment:
    """Return what a page refers to as an attachment that is not fetched yet."""
    role = ROLES.get(reference.element, "resource")
    alt = reference.alt or None
    return Attachment(url=reference.address, role=role, media_type=reference.media_type, alt=alt)  # type: ignore[arg-type]


def file_view(response: Response) -> Normalised:
    """Return what is said of an answer at a page's address that is no page."""
    address = page_address(response.uri)
    return Normalised(kind="media", type="Document", item=address, url=address, flags=_flags(response))


def _flags(response: Response) -> tuple[str, ...]:
    return ("truncated",) if response.truncated else ()


def seen_in(response: Response, view: Normalised, native: bytes) -> Seen:
    """Return an item of which ``native`` is the beginning of an answer."""
    source = Slice(exchange=response.exchange, uri=response.uri, offset=0, length=len(native))
    return Seen(native, Observation(normalised=view, source=source, observed=response.at))
