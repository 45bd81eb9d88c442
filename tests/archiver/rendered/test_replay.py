"""What another program makes of a capture: pywb replays it in Chromium, with the site itself gone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from archiver.browser.chromium import NAMES
from tests.archiver.rendered.looks import Look
from tests.archiver.scripted_site import site
from tests.lanes.pywb import replaying
from tests.servers import serving

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]


def test_a_capture_replays_with_what_scripts_make_when_the_site_is_gone(tmp_path: Path) -> None:
    with serving(site()) as server:
        look = Look(server.url("/"), tmp_path)
    (tmp_path / "pywb").mkdir()

    with replaying(look.path, tmp_path / "pywb") as proxy, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>"],
        )
        page = browser.new_page()
        page.goto(server.url("/"))
        page.wait_for_selector("article")
        page.wait_for_selector("body[data-found]")
        page.locator("#lazy").scroll_into_view_if_needed()
        page.wait_for_function("lazy.complete && lazy.naturalWidth")
        text = page.inner_text("body")
        width = page.evaluate("lazy.naturalWidth")
        frame = page.frame_locator("iframe[src='/frame']").locator("p").inner_text()
        browser.close()

    assert "All schools are closed on Wednesday." in text
    assert "2 budgets found" in text
    assert width == 120
    assert frame == "Bus routes of the frame"
