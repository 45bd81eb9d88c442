"""Reading a website once as a browser shows it: its pages by following links, what they show, and what they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from archiver.browser.chromium import Browser, Chromium
from archiver.browser.failures import PageUnrenderedError
from archiver.browser.page import Rendered
from archiver.collectors.looking import BY_PAGE
from archiver.collectors.media import Media, described
from archiver.collectors.rendered.native import UTF_8, native_of, read_native
from archiver.collectors.rendered.walls import find_wall
from archiver.collectors.website.collector import GONE, NotAPageError, attachment_of, file_view, seen_in
from archiver.collectors.website.pages import page_address
from archiver.collectors.website.walk import Walk
from archiver.contract import NOBODY, Collected, Seen
from archiver.fetch.failures import NOT_FETCHED, demand_ok
from archiver.parsing.text import cleaned
from schemas.capture import Observation
from schemas.record import Attachment, Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.browser.page import Fetched, Refused
    from archiver.collectors.rendered.native import Shown
    from archiver.contract import Access, Kept, LookingUp, Response, Transport
    from schemas.account import Account
    from schemas.record import Method

SPOKE = "spoke"
"""Where the cursor keeps which pages had text."""
LONGEST_TOLD = 1_000
"""In characters: how much of an address is told that was refused."""
PIXEL = 128
"""In bytes: what is smaller is no picture, but counts visitors."""
SHOWN_ELEMENTS = frozenset({"video", "audio", "track", "embed"})
SAYING = frozenset({"Document", "XHR", "Fetch"})
"""What pages say is in."""
READS = frozenset({"XHR", "Fetch", "Document", "Script", "Stylesheet", "Image"})
ROLES = {"Image": "image", "Media": "video"}


class RenderedCollector:
    """Pages as ``chromium`` shows them; ``max_pages`` bounds one look."""

    name = "rendered/1"
    method: Method = "web"

    def __init__(self, chromium: Chromium, *, max_pages: int = 100) -> None:
        self._chromium, self._max_pages = chromium, max_pages

    def access(self, account: Account) -> Access:  # noqa: ARG002 - whoever it is
        """Return that nobody is asked who he is; an address may carry its own secrets."""
        return NOBODY

    def looking_up(self, account: Account) -> LookingUp:  # noqa: ARG002 - everybody's pages alike
        """Return that a page is looked up at its own address, without being rendered."""
        return BY_PAGE

    def collect(
        self,
        account: Account,
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        known: Callable[[str, bytes], bool],
    ) -> Collected:
        """Read the account once (``archiver.contract.Collector``); the cursor knows which pages had text.

        A start page that something stands in front of makes the look ``suspect``, and no version.

        Raises:
            NotAPageError: the start page is no HTML.
            BrowserMissingError, BrowserUnconfinedError, BrowserFailedError: there is no browser for it.
            ArchiveError: the start page could not be fetched, or not rendered.
        """
        with Browser(self._chromium, transport) as browser:
            start = browser.visit(account.url)
            if not isinstance(start, Rendered):
                raise _refused(start)
            look = _Look(browser, transport, known, start, spoke=_spoke(cursor))
            look.add(account.url, start)
            if look.walls:
                return look.collected(cursor, items=(), listed=None, whole=False)
            whole = look.follow(self._max_pages)
        listing = seen_in(start.response, look.walk.listing(), b"")
        return look.collected(cursor, items=(listing, *look.seen), listed=tuple(look.walk.listed), whole=whole)


def _refused(start: Response) -> Exception:
    demand_ok(start)
    return NotAPageError(
        f"{start.uri} is no web page.",
        do="Register the address of a page; feeds are registered with --platform feed.",
    )


def _spoke(cursor: Mapping[str, str]) -> frozenset[str]:
    try:
        told = json.loads(cursor.get(SPOKE, "[]"))
    except ValueError:
        told = []
    return frozenset(one for one in told if isinstance(one, str)) if isinstance(told, list) else frozenset()


class _Look:
    """One walk through a site as it grows; ``walls`` are pages that something stands in front of."""

    def __init__(
        self,
        browser: Browser,
        transport: Transport,
        known: Callable[[str, bytes], bool],
        start: Rendered,
        *,
        spoke: frozenset[str],
    ) -> None:
        self._browser, self._transport, self._known = browser, transport, known
        self._spoke, self._speak = spoke, set[str]()
        self._media = Media(transport)
        self._failures: list[str] = []
        self.walk = Walk(start.url)
        self.walls: list[str] = []
        self.seen: list[Seen] = []

    def collected(
        self, cursor: Mapping[str, str], *, items: tuple[Seen, ...], listed: tuple[str, ...] | None, whole: bool
    ) -> Collected:
        """Return what the look gave."""
        return Collected(
            items=items,
            listed=listed,
            window=not whole,
            status=200,
            sanity="suspect" if self.walls else "plausible",
            cursor={**cursor, SPOKE: json.dumps(sorted(self._spoke | self._speak))},
            failures=(*self.walls, *self._failures, *self._media.failures),
        )

    def follow(self, max_pages: int) -> bool:
        """Read pages until there is no link left or ``max_pages`` are read; return whether the site was read whole."""
        while (address := self.walk.find_next(max_pages)) is not None:
            try:
                visited = self._browser.visit(address)
            except (*NOT_FETCHED, PageUnrenderedError) as error:
                self._failures.append(f"{address}: {error.code}: {error.what}")
                continue
            if isinstance(visited, Rendered):
                self.add(address, visited)
            elif 200 <= visited.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
                self._add_file(visited)
            elif visited.status not in GONE:
                self._failures.append(f"{address}: HTTP {visited.status}")
        return self.walk.is_whole and not self._failures and not self.walls

    def _add_file(self, response: Response) -> None:
        view = file_view(response)
        if self.walk.owns(response.uri) and self.walk.takes(view.item):
            self.seen.append(seen_in(response, cleaned(view), response.payload))

    def add(self, asked: str, rendered: Rendered) -> None:
        """Keep a page as it was rendered, once; not the one that stands in front of it."""
        url = self._transport.masked(rendered.url)
        pictures = [one.response.sha256 for one in rendered.fetched if _is_picture(one)]
        native = native_of(url, rendered.markup, rendered.frames, pictures)
        shown = read_native(native)
        item = page_address(url)
        wall = find_wall(asked, native, shown, spoke=item in self._spoke)
        if wall is None and not self.walk.owns(url):
            return
        if not self.walk.takes(page_address(asked) if wall else item):
            return
        if wall is not None:
            self.walls.append(f"{asked} {wall}")
        elif shown.text:
            self._speak.add(item)
        self._complain(rendered)
        if wall is None and self._known(item, native):
            self._tell(rendered, item, {"outcome": "unchanged"})
            self.walk.follow(shown.links)
            return
        document, picture, whole = self._kept(url, native, rendered)
        self._tell(rendered, item, {"outcome": wall or "new"}, about=document.exchange)
        for kept in (picture, whole, *((document,) if wall else ())):
            self._transport.sighted(kept, [(0, kept.size, item)])
        if wall is None:
            parts = (_part(picture, "image"), _part(whole, "document"))
            view = self._view(item, rendered, shown, parts)
            source = Slice(exchange=document.exchange, uri=document.uri, offset=0, length=document.size)
            observed = rendered.response.at
            self.seen.append(Seen(document.payload, Observation(normalised=view, source=source, observed=observed)))

    def _complain(self, rendered: Rendered) -> None:
        if rendered.response.truncated:
            self._failures.append(f"{rendered.response.uri} was cut off ({rendered.response.truncated})")
        for one in rendered.refused:
            if one.lacking:
                self._failures.append(f"{rendered.url} was refused {one.method} {self._told(one)}: {one.why}")

    def _told(self, refused: Refused) -> str:
        """Return the address of what was refused, or its beginning, without secrets: none is cut in the middle."""
        return self._transport.masked(refused.url)[:LONGEST_TOLD]

    def _kept(self, url: str, native: bytes, rendered: Rendered) -> tuple[Kept, Kept, Kept]:
        keep = self._transport.keep
        return (
            keep(f"urn:dom:{url}", native, UTF_8),
            keep(f"urn:fullPage:{url}", rendered.picture, "image/png"),
            keep(f"urn:mhtml:{url}", rendered.mhtml, "multipart/related"),
        )

    def _tell(self, rendered: Rendered, item: str, fields: Mapping[str, str], *, about: str | None = None) -> None:
        """Note how the page was rendered, what it was made of, and what it was refused.

        What scripts made a page of says what the page says, in other words than its record: it goes with it. So does
        the note, which says what the page asked for.
        """
        made_of = dict.fromkeys(one.response.exchange for one in rendered.fetched)
        told = {
            "page": item,
            "browser": self._browser.version,
            "window": "1280x900, UTC, en-US",
            **fields,
            **{f"exchange-{number}": exchange for number, exchange in enumerate(made_of, 1)},
            **{
                f"refused-{number}": f"{one.kind} {one.method} {self._told(one)}: {one.why}"
                for number, one in enumerate(rendered.refused, 1)
            },
        }
        note = self._transport.tell(rendered.url, told, about=about)
        self._transport.sighted(note, [(0, note.size, item)])
        for response in {
            one.response.exchange: one.response for one in rendered.fetched if one.kind in SAYING
        }.values():
            if response.size:
                self._transport.sighted(response, [(0, response.size, item)])

    def _view(self, item: str, rendered: Rendered, shown: Shown, parts: tuple[Attachment, ...]) -> Normalised:
        files = self.walk.follow(shown.links)
        fetched = {one.url: one for one in map(_attachment, rendered.fetched)}
        referred = (
            attachment_of(reference) for reference in shown.page.resources if reference.element in SHOWN_ELEMENTS
        )
        beside = self._media.recorded(one for one in (*referred, *files) if one.url not in fetched)
        view = Normalised(
            kind="page",
            type="Page",
            item=item,
            url=item,
            title=shown.page.title,
            text=shown.text or None,
            lang=shown.page.lang,
            links=shown.links,
            attachments=(*parts, *fetched.values(), *beside),
            flags=tuple(_flags(rendered, shown)),
        )
        return cleaned(view)


def _is_picture(one: Fetched) -> bool:
    return one.kind == "Image" and one.response.status == 200 and one.response.size >= PIXEL  # noqa: PLR2004 - OK


def _part(kept: Kept, role: Literal["image", "document"]) -> Attachment:
    return Attachment(
        url=kept.uri,
        role=role,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        exchange=kept.exchange,
    )


def _attachment(one: Fetched) -> Attachment:
    role = ROLES.get(one.kind, "resource")
    return described(Attachment(url=one.response.uri, role=role), one.response)  # type: ignore[arg-type]


def _flags(rendered: Rendered, shown: Shown) -> Iterator[str]:
    yield from shown.page.flags
    if rendered.response.truncated:
        yield "truncated"
    if not rendered.settled:
        yield "unsettled"
    if rendered.cut:
        yield "picture-cut"
    if any(one.kind in READS for one in rendered.refused):
        yield "refused-requests"
