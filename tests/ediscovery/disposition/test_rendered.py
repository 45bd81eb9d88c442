"""A rendered page that is destroyed goes with everything that it was made of, and with every later look at it."""

from __future__ import annotations

import gzip
import io
import re
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from archiver.browser.chromium import NAMES
from manifests.audit import audit
from manifests.console import system_clock
from storage.warc import read_warc
from tests.archiver.scripted_site import site
from tests.ediscovery.disposition.offices import Office, files_in, stored_in, traces
from tests.manifests.archives import Clock
from tests.schedules import rules_text, schedule_text
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="there is no Chromium here"),
]
SCHEDULE = schedule_text("""
[[series]]
item = "PAGES"
title = "Pages of the site"
disposal = "destroy"
trigger = "captured"
period = {days = 30}
""")
RULES = rules_text("""
[[rule]]
series = ["ours/PAGES"]
match = { kinds = ["page"] }
""")
NAMING = re.compile(rb"^(?:page|exchange-1|refused-1): ", re.MULTILINE)
SAID = {name: name.encode() for name in ("All schools are closed", "budgets found", "meets monthly", "Bus routes")}


def test_a_page_that_is_destroyed_is_in_no_exchange_picture_or_file_any_more(tmp_path: Path) -> None:
    home = tmp_path / "home"
    winter = Clock(step=0.1)
    founded = Office.founded(home, now=winter, schedule=SCHEDULE, rules=RULES)
    with (home / "holdfast.toml").open("a") as settings:
        settings.write("\n[capture]\nbrowser_sandbox = false\npage_seconds = 20\n")
    office = founded.again()
    start = site(nonce="one")["/"]
    links = Answer(200, start.headers, start.body.replace(b"/minutes.pdf", b"/minutes?id=1"))
    minutes = Answer(headers={"Content-Type": "application/pdf"}, body=b"%PDF-1.7 minutes that are kept for ever")
    with serving({**site(), "/": links, "/minutes": minutes}) as server:
        office.register("site", server.url("/"), platform="rendered")
        assert office.capture("site").new > 0
        server.write(
            {**site(), "/": Answer(200, links.headers, links.body.replace(b"one", b"two")), "/minutes": minutes}
        )
        assert office.capture("site").new == 0
    before = traces(stored_in(office.archive.store), SAID)
    assert {name for _, name in before} == set(SAID)

    office = office.again(now=system_clock)
    planned = office.destroy(as_of=date(2026, 11, 1))
    assert planned.act.records > 0

    assert not traces(stored_in(office.archive.store), SAID)
    assert not traces(files_in(home), SAID)
    exchanges = [content for key, content in stored_in(office.archive.store) if key.startswith("exchanges/")]
    assert any(b"minutes that are kept for ever" in gzip.decompress(content) for content in exchanges)
    pictures = 0
    for content in exchanges:
        for record in read_warc(io.BytesIO(content)):
            if (record.uri or "").startswith(("urn:fullPage:", "urn:mhtml:")):
                pictures += 1
                assert len(set(record.payload(limit=1 << 30))) <= 1
            if record.type == "metadata":
                assert not NAMING.search(record.payload(limit=1 << 30))
    assert pictures >= 2
    assert audit(office.archive.store, now=office.archive.now()).sound
