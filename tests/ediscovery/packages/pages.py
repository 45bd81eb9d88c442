"""VERIFY.html in a real Chromium that has no network: what it says of a folder, as whoever opens it reads it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from archiver.browser.chromium import NAMES, NO_NETWORK
from tests.ediscovery.packages.sealed import HANDED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]
TOLD = """() => ({
  sound: document.getElementById("verdict").dataset.sound === "true",
  word: document.getElementById("verdict-word").textContent,
  steps: [...document.querySelectorAll("#steps tr")].map((row) => [row.dataset.step, row.dataset.verdict]),
  findings: [...document.querySelectorAll("#findings li")].map((line) => [line.dataset.step, line.textContent]),
  records: [...document.querySelectorAll("#records tr")].map((row) => [row.dataset.proved, row.textContent]),
  notices: document.getElementById("notices").textContent,
  keys: document.getElementById("keys").textContent,
})"""


@dataclass
class Opened:
    """The page, opened; whatever it should not have done is in ``complaints``."""

    page: Page
    complaints: list[str]

    def check(self, folder: Path) -> dict[str, Any]:
        """Choose a folder and return what is told of it."""
        self.page.set_input_files("#folder", str(folder))
        return self.told()

    def compare(self, key: str) -> dict[str, Any]:
        """Paste a key and return what is told then."""
        self.page.fill("#key", key)
        self.page.click("#compare button")
        return self.told()

    def told(self) -> dict[str, Any]:
        """What the page tells, when it is done."""
        self.page.locator("#result:not([hidden])").wait_for()
        told: dict[str, Any] = self.page.evaluate(TOLD)
        assert self.complaints == []
        steps = {step for step, verdict in told["steps"] if verdict == "faulty"}
        assert steps == {step for step, _ in told["findings"]}
        assert told["sound"] == (not steps)
        told["faulty"] = steps
        told["proved"] = sum(proved == "true" for proved, _ in told["records"])
        return told


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a network."""
    program = next(found for name in NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=os.geteuid() != 0, args=list(NO_NETWORK)
        )
        yield started
        started.close()


@contextmanager
def opened(started: Browser, page: Path = HANDED / "VERIFY.html", *, before: str = "") -> Iterator[Opened]:
    """The page as it lies on a disk, after a script that runs before its own."""
    context = started.new_context(viewport={"width": 1000, "height": 800}, locale="en-US")
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("request", lambda request: None if request.url == page.as_uri() else complaints.append(request.url))
    if before:
        shown.add_init_script(before)
    shown.goto(page.as_uri())
    yield Opened(shown, complaints)
    context.close()
