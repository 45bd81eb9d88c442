"""Chromium found, started without a network, used page by page, and ended, whatever becomes of the look."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from playwright.async_api import Error as BrowserSaid
from playwright.async_api import async_playwright

from archiver.browser.answering import Answering
from archiver.browser.failures import BrowserMissingError, BrowserUnconfinedError, failed
from archiver.browser.page import Bounds
from archiver.browser.visiting import HEIGHT, WIDTH, visit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

    from archiver.browser.page import Rendered
    from archiver.contract import Response, Transport

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
STARTING = 60.0
ENDING = 10.0
PLACES = os.defpath
"""Where programs are that Chromium itself starts."""

NO_NETWORK = (
    # No name resolves, and whatever needs none goes to a proxy at a port where nothing listens, loopback included.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--disable-domain-reliability",
    "--no-pings",
)
UNWANTED = ("--disable-popup-blocking",)


@dataclass(frozen=True, slots=True)
class Chromium:
    """Which browser renders, and how.

    ``executable`` is a program, sought on the path where it is absent; ``sandbox`` demands that Chromium confines what
    pages do; ``introduces`` is what requests say of us beside the browser's own words.
    """

    executable: str | None = None
    sandbox: bool = True
    introduces: str = ""
    bounds: Bounds = field(default_factory=Bounds)


def executable_of(chromium: Chromium, *, path: str | None = None) -> str:
    """Return the program to start, looked for in the folders of ``path`` (absent: the machine's).

    Raises:
        BrowserMissingError: it is not there.
    """
    names = (chromium.executable,) if chromium.executable else NAMES
    found = next((where for name in names if (where := shutil.which(name, path=path))), None)
    if found is None:
        named = f"There is no browser at {chromium.executable}" if chromium.executable else "There is no Chromium here"
        raise BrowserMissingError(
            f"{named}: pages of this account are made by scripts, and cannot be read without.",
            do="Install it (Debian, Ubuntu: apt-get install chromium chromium-sandbox), or name it in holdfast.toml: "
            "[capture], browser.",
        )
    return found


def check_confined(chromium: Chromium, *, user: int) -> None:
    """Check that Chromium may run as it would; root's has no sandbox.

    Raises:
        BrowserUnconfinedError: it may not.
    """
    if chromium.sandbox and user == 0:
        raise BrowserUnconfinedError(
            "Chromium has no sandbox when it runs as root: a page that breaks into it would own this machine.",
            do="Run Holdfast as a user of its own. Where the machine holds nothing else, such as a container for this "
            "alone, browser_sandbox = false in holdfast.toml, [capture], allows it.",
        )


class Browser:
    """One Chromium for one look, with a fresh profile in the look's folder.

    Raises:
        BrowserMissingError, BrowserUnconfinedError: it cannot or may not be started.
        BrowserFailedError: it did not start.
    """

    def __init__(self, chromium: Chromium, transport: Transport) -> None:
        self._chromium, self._transport = chromium, transport
        self._profile = transport.folder / "browser"
        self._runner = asyncio.Runner()
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._answering: Answering | None = None
        self.version = ""

    def visit(self, url: str) -> Rendered | Response:
        """Return the page at ``url`` (``archiver.browser.visiting.visit``)."""
        assert self._context is not None and self._answering is not None  # noqa: S101, PT018 - it is entered
        return self._runner.run(visit(self._context, self._answering, url, self._chromium.bounds))

    def __enter__(self) -> Self:
        check_confined(self._chromium, user=os.geteuid())
        program = executable_of(self._chromium)
        try:
            self._runner.run(self._start(program))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    async def _start(self, program: str) -> None:
        try:
            async with asyncio.timeout(STARTING):
                self._playwright = await async_playwright().start()
                self._context = await self._playwright.chromium.launch_persistent_context(
                    self._profile,
                    executable_path=program,
                    chromium_sandbox=self._chromium.sandbox,
                    args=NO_NETWORK,
                    ignore_default_args=UNWANTED,
                    # Nothing of our own environment: there are secrets in it.
                    env={"HOME": str(self._profile), "PATH": PLACES, "LANG": "C.UTF-8"},
                    viewport={"width": WIDTH, "height": HEIGHT},
                    locale="en-US",
                    timezone_id="UTC",
                    reduced_motion="reduce",
                    color_scheme="light",
                    service_workers="block",
                    accept_downloads=False,
                    timeout=STARTING * 1000,
                )
                browser = self._context.browser
                assert browser is not None  # noqa: S101 - of Chromium it is told
                session = await browser.new_browser_cdp_session()
                about = await session.send("Browser.getVersion")
                self.version = about["product"].replace("Headless", "")
                agent = f"{about['userAgent'].replace('Headless', '')} {self._chromium.introduces}".strip()
                self._answering = Answering(session, self._transport, agent)
                await self._answering.open()
        except BrowserSaid as said:
            raise failed(f"did not start: {_first_reason(said)}") from said
        except TimeoutError:
            raise failed("did not start in time") from None

    def _end(self) -> None:
        try:
            with suppress(BrowserSaid, TimeoutError):  # it is gone already, or goes when its driver does
                self._runner.run(self._stopped())
        finally:
            if self._answering is not None:
                self._answering.close()
            self._runner.close()
            shutil.rmtree(self._profile, ignore_errors=True)

    async def _stopped(self) -> None:
        try:
            if self._context is not None:
                await asyncio.wait_for(self._context.close(), ENDING)
        finally:
            if self._playwright is not None:
                await asyncio.wait_for(self._playwright.stop(), ENDING)


def _first_reason(said: BrowserSaid) -> str:
    """Return what Chromium said, in a line; the rest of its words is about its insides."""
    lines = [line.strip() for line in said.message.splitlines()]
    return next((line for line in lines if line and not line.startswith(("BrowserType", "Call log", "<"))), "")[:300]
