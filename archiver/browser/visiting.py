"""One page visited: opened, waited for, gone through, stopped, and taken as it stands then."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as BrowserSaid

from archiver.browser.failures import failed, unrendered
from archiver.browser.load import LONGEST_ADDRESS
from archiver.browser.page import Frame, Refused, Rendered
from archiver.browser.scrolling import go_through

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

    from archiver.browser.answering import Answering
    from archiver.browser.load import Load
    from archiver.browser.page import Bounds
    from archiver.contract import Response

WIDTH, HEIGHT = 1280, 900
QUIET = 0.5
OPENING = 300.0
"""Seconds until the answer to a page must have begun, all tries and waits included."""
TAKING = 60.0
"""Seconds that taking a page may last."""
CLOSING = 5.0
NO_SOCKETS, NO_FILES = "web sockets are not spoken", "a page saves no files"
EVALUATING = 5_000
"""Milliseconds that one of our own scripts may last."""


async def visit(context: BrowserContext, answering: Answering, url: str, bounds: Bounds) -> Rendered | Response:
    """Return the page at ``url`` as it was rendered, or the answer, if it is no page or not a good one.

    Raises:
        BrowserFailedError: the browser is gone.
        PageUnrenderedError: the page did not let itself be taken.
        ArchiveError: the address was not answered, or what came could not be recorded.
    """
    try:
        page = await context.new_page()
        try:
            return await _Visit(page, await context.new_cdp_session(page), answering, url, bounds).result()
        finally:
            await _closed(page)
    except BrowserSaid as said:
        if await answering.lives():
            raise unrendered(url, "went away while it was taken") from said
        raise failed("ended in the middle of a page") from said
    finally:
        await answering.end()


async def _closed(page: Page) -> None:
    try:
        await asyncio.wait_for(page.close(), CLOSING)
    except TimeoutError:
        raise failed("does not get rid of a page") from None


async def _shut(popup: Page) -> None:
    with suppress(BrowserSaid):  # it is gone already
        await popup.close()


class _Visit:
    def __init__(self, page: Page, session: CDPSession, answering: Answering, url: str, bounds: Bounds) -> None:
        self._page, self._session, self._answering = page, session, answering
        self._url, self._bounds = url, bounds
        self._clock = asyncio.get_running_loop().time
        self._crash = asyncio.Event()

    async def result(self) -> Rendered | Response:
        """Return what came of it, unless the page crashes before."""
        self._page.on("crash", lambda _: self._crash.set())
        work, crashed = asyncio.ensure_future(self._visited()), asyncio.ensure_future(self._crash.wait())
        try:
            await asyncio.wait((work, crashed), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise unrendered(self._url, "brought its part of the browser down")
            return await work
        finally:
            for one in (work, crashed):
                one.cancel()
            await asyncio.gather(work, crashed, return_exceptions=True)

    async def _visited(self) -> Rendered | Response:
        load = await self._begun()
        try:
            async with asyncio.timeout(OPENING):
                opened = await self._session.send("Page.navigate", {"url": self._url})
        except TimeoutError:
            raise unrendered(self._url, "is not answered in time") from None
        if load.defect or load.failure:
            raise load.defect or load.failure  # type: ignore[misc] # one of them is there
        if load.instead is not None:
            return load.instead
        if load.document is None or opened.get("errorText"):
            raise unrendered(self._url, "does not open")
        try:
            # What a page does to be left alone does not keep us: a script that never ends, a question that waits.
            async with asyncio.timeout(self._bounds.seconds + TAKING):
                return await self._taken(load)
        except TimeoutError:
            raise unrendered(self._url, "does not stand still long enough to be taken") from None

    async def _begun(self) -> Load:
        tree = await self._session.send("Page.getFrameTree")
        load = self._answering.begin(self._url, frame=tree["frameTree"]["frame"]["id"], bounds=self._bounds)
        self._page.on("popup", lambda popup: asyncio.ensure_future(_shut(popup)))
        self._page.on("websocket", lambda one: load.refuse(Refused("WebSocket", "GET", one.url, NO_SOCKETS)))
        self._page.on("download", lambda one: load.refuse(Refused("Download", "GET", one.url, NO_FILES)))
        agent = {"userAgent": self._answering.user_agent}
        await self._session.send("Emulation.setUserAgentOverride", agent)
        return load

    async def _taken(self, load: Load) -> Rendered:
        until = self._clock() + self._bounds.seconds
        settled = await load.quiet(QUIET, until=until)
        load.stands = True
        world = await self._session.send("Page.createIsolatedWorld", {"frameId": load.frame, "worldName": "holdfast"})

        async def evaluate(script: str) -> Any:  # noqa: ANN401 - JSON
            asked = {"expression": script, "contextId": world["executionContextId"], "timeout": EVALUATING}
            found = (await self._session.send("Runtime.evaluate", {**asked, "returnByValue": True}))["result"]
            if "value" not in found:
                raise unrendered(self._url, "does not let itself be gone through")
            return found["value"]

        extent = await go_through(load, evaluate, until=until)
        if extent.around is not None:
            # What scrolls within a page of the window's height is shown whole in a window that is high enough.
            await self._resize(min(extent.height + extent.around, self._bounds.height))
        settled = await load.quiet(QUIET, until=until) and settled
        frames = await self._frames()
        await self._session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        height = await self._height()
        document = load.document
        assert document is not None  # noqa: S101 - it is what was opened
        if len(self._page.url) > LONGEST_ADDRESS:
            raise unrendered(self._url, f"calls itself by an address of more than {LONGEST_ADDRESS} characters")
        return Rendered(
            url=self._page.url,
            response=document,
            markup=await self._markup(),
            frames=frames,
            picture=await self._picture(min(height, self._bounds.height)),
            mhtml=(await self._session.send("Page.captureSnapshot", {"format": "mhtml"}))["data"].encode(),
            fetched=tuple(load.fetched),
            refused=tuple(load.refused),
            settled=settled,
            cut=max(height, extent.height) > self._bounds.height,
        )

    async def _resize(self, height: int) -> None:
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self._session.send("Emulation.setDeviceMetricsOverride", size)

    async def _height(self) -> int:
        metrics = await self._session.send("Page.getLayoutMetrics")
        return max(int(metrics["cssContentSize"]["height"]), 1)

    async def _markup(self) -> str:
        root = (await self._session.send("DOM.getDocument", {"depth": 0}))["root"]
        asked = {"nodeId": root["nodeId"], "includeShadowDOM": True}
        markup: str = (await self._session.send("DOM.getOuterHTML", asked))["outerHTML"]
        if len(markup) > self._bounds.markup:
            raise unrendered(self._url, f"has a document of more than {self._bounds.markup} characters")
        return markup

    async def _frames(self) -> tuple[Frame, ...]:
        frames, left = [], self._bounds.markup // 4
        for frame in self._page.frames[1 : self._bounds.frames + 1]:
            try:
                markup = await asyncio.wait_for(frame.content(), CLOSING)
            except (BrowserSaid, TimeoutError):
                continue  # it went, or does not answer; the picture shows what there was
            left -= len(markup)
            if left < 0:
                break
            frames.append(Frame(frame.url, markup))
        return tuple(frames)

    async def _picture(self, height: int) -> bytes:
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        asked = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        return base64.b64decode((await self._session.send("Page.captureScreenshot", asked))["data"])
