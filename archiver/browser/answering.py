"""Every request that Chromium would make, answered from what the recording transport fetched, or refused."""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from playwright.async_api import Error as BrowserSaid

from archiver.browser.load import Load
from archiver.browser.page import Bounds, Fetched
from archiver.browser.rules import Paused, allows, given, refusal, sent
from archiver.contract import Answered, Asked
from archiver.fetch.failures import NOT_FETCHED
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

    from archiver.contract import Response, Transport

TOGETHER = 6
"""How many requests are made at once."""
ANSWERING = 5.0
"""Seconds in which a browser that is alive says so."""
SHARED = frozenset({"Script", "Stylesheet", "Image", "Font"})
REMEMBERED = 64 << 20
"""How many bytes of what pages of one look share are held, so that each is asked for once."""
STANDS = "the page is taken as it came to rest, and leads nowhere meanwhile"
PAGES = frozenset({"text/html", "application/xhtml+xml"})
OK, REDIRECTS = range(200, 300), frozenset((301, 302, 303, 307, 308))


class Answering:
    """Stands between one Chromium and the network; ``begin`` says which page is loading."""

    def __init__(self, session: CDPSession, transport: Transport, user_agent: str) -> None:
        self._session, self._transport, self.user_agent = session, transport, user_agent
        self._pool = ThreadPoolExecutor(TOGETHER, thread_name_prefix="page")
        self._tasks: set[asyncio.Task[None]] = set()
        self._shared: dict[str, Answered] = {}
        self._held = 0
        self._turns = asyncio.Semaphore(TOGETHER)
        self._load: Load | None = None

    async def open(self) -> None:
        """Take over every request of the browser, of pages that are yet to be opened, and of their workers."""
        self._session.on("Fetch.requestPaused", self._paused)
        await self._session.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})

    def begin(self, url: str, *, frame: str, bounds: Bounds) -> Load:
        """Return the load of a page that starts now at ``url``, in the window ``frame``."""
        self._load = Load(url, frame, bounds, asyncio.get_running_loop().time)
        return self._load

    async def lives(self) -> bool:
        """Return whether the browser answers."""
        try:
            await asyncio.wait_for(self._session.send("Browser.getVersion"), ANSWERING)
        except (BrowserSaid, TimeoutError):
            return False
        return True

    async def end(self) -> None:
        """Refuse everything from now on, and wait for what is still on its way: it is recorded, too."""
        self._load = None
        while self._tasks:
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()

    def _paused(self, event: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(_request(event)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: Paused) -> None:
        load = self._load
        if request.is_local:
            await self._send("Fetch.continueRequest", request, {})
            return
        if load is None:
            await self._fail(request)
            return
        load.begins()
        try:
            # What is over a bound is known when its turn comes, not when it is asked for: pages ask all at once.
            async with self._turns:
                if self._load is load:
                    await self._answered(load, request)
                else:  # the page is gone; what it asked for and what had no turn yet goes with it
                    await self._fail(request)
        finally:
            load.ends()

    async def _answered(self, load: Load, request: Paused) -> None:
        if load.stands and load.is_of_page(request):
            load.refuses(request, STANDS, lacking=False)
            await self._fail(request, "Aborted")
            return
        why = refusal(request, invited=load.invited)
        enough = None if why else load.over(request)
        if why or enough:
            load.refuses(request, why or enough or "", lacking=enough is not None)
            await self._fail(request)
            return
        try:
            answered = await self._fetched(load, request)
        except NOT_FETCHED as error:
            load.refuses(request, f"{error.code}: {error.what}", lacking=True)
            if load.is_of_page(request) and load.document is None:
                load.failure = error
            await self._fail(request)
            return
        except ArchiveError as error:
            load.defect = error
            await self._fail(request)
            return
        response = answered.response
        if load.is_of_page(request) and not _is_page(answered):
            if load.document is None:
                load.instead = response
            await self._fail(request, "Aborted")
            return
        if load.is_of_page(request) and response.status in OK:
            load.document = replace(response, payload=b"")
        if request.method == "OPTIONS" and allows(response.status, answered.headers):
            load.invited.add(request.url)
        load.gives(Fetched(request.kind, replace(response, payload=b"")), response.size)
        await self._fulfil(load, request, answered)

    async def _fetched(self, load: Load, request: Paused) -> Answered:
        known = self._shared.get(request.url) if request.method == "GET" else None
        if known is not None and request.kind in SHARED:
            return known
        first = load.is_of_page(request) and load.document is None
        # A browser spells an address in its own way; one with placeholders must be recognised by the transport.
        url = load.url if first and unquote(request.url) == unquote(load.url) else request.url
        headers = sent(request.headers) | {"User-Agent": self.user_agent}
        asked = Asked(request.method, url, headers, request.body or b"")
        loop = asyncio.get_running_loop()
        answered = await loop.run_in_executor(self._pool, lambda: self._transport.ask(asked, patient=first))
        payload = answered.response.payload
        if request.method == "GET" and request.kind in SHARED and answered.response.status == OK.start:
            self._held += len(payload)
            if self._held <= REMEMBERED:
                self._shared[request.url] = answered
        return answered

    async def _fulfil(self, load: Load, request: Paused, answered: Answered) -> None:
        response = answered.response
        answer = {
            "responseCode": response.status,
            "responseHeaders": [{"name": name, "value": value} for name, value in given(answered.headers)],
            "body": base64.b64encode(response.payload).decode(),
        }
        if not await self._send("Fetch.fulfillRequest", request, answer):
            load.refuses(request, "the browser does not take the answer", lacking=True)
            await self._fail(request)

    async def _fail(self, request: Paused, reason: str = "BlockedByClient") -> None:
        await self._send("Fetch.failRequest", request, {"errorReason": reason})

    async def _send(self, command: str, request: Paused, more: dict[str, Any]) -> bool:
        try:
            await self._session.send(command, {"requestId": request.id, **more})
        except BrowserSaid:
            # The page that asked is gone, or the browser is, which whoever renders is told by his own commands.
            return False
        return True


def _is_page(answered: Answered) -> bool:
    """Return whether an answer leads a window to a page: it is one, or a redirect."""
    response = answered.response
    if response.status in REDIRECTS:
        return any(name.lower() == "location" for name, _ in answered.headers)
    headers = {name.lower(): value for name, value in answered.headers}
    attached = headers.get("content-disposition", "").strip().lower().startswith("attachment")
    return response.status in OK and _media_type(response) in PAGES and not attached


def _media_type(response: Response) -> str:
    types = (value for name, value in response.headers.items() if name.lower() == "content-type")
    return next(types, "").partition(";")[0].strip().lower()


def _request(event: dict[str, Any]) -> Paused:
    """Return a request as Chromium tells of it (CDP, Fetch.requestPaused)."""
    told = event["request"]
    entries = told.get("postDataEntries", ())
    whole = all("bytes" in entry for entry in entries) and (bool(entries) or not told.get("hasPostData"))
    return Paused(
        id=event["requestId"],
        frame=event.get("frameId", ""),
        kind=event["resourceType"],
        method=told["method"].upper(),
        url=told["url"],
        headers=told["headers"],
        body=b"".join(base64.b64decode(entry["bytes"]) for entry in entries) if whole else None,
    )
