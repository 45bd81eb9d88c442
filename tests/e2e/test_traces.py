"""The ledger is for ever and items are not: it names accounts, and neither items nor their addresses."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = ("welcome", "bus-routes", "budget-hearing", "graduation")


@pytest.fixture
def office(tmp_path: Path) -> Holdfast:
    """A new archive."""
    return Holdfast(tmp_path / "home").init()


def ledger(office: Holdfast) -> str:
    """All entries."""
    return "".join(path.read_text() for path in sorted((office.home / "archive" / "ledger").iterdir()))


def test_no_entry_names_an_item_whatever_became_of_it(office: Holdfast):
    with BlogSite() as site:
        office.register(site.feed, "blog")
        office.capture("blog")
        site.edit("welcome", title="Welcome again")
        site.delete("budget-hearing")
        office.capture("blog")
        again = office.capture("blog")
        # On another machine, which remembers nothing, all is asked for again and nothing new is found.
        (office.home / "state" / "cursors" / "blog.json").unlink()
        elsewhere = office.capture("blog")
    assert again["poll"]["outcome"] == "unchanged"
    assert "new" not in elsewhere
    assert elsewhere["poll"]["requests"] >= again["poll"]["requests"]
    told = ledger(office)
    assert "/feed" in told
    for slug in SLUGS:
        assert slug not in told
    assert office.run("verify").status == 0


def test_what_could_not_be_read_is_told_and_kept_and_named_in_no_entry(office: Holdfast):
    feed = (
        b"<rss version='2.0' xmlns:wfw='http://wellformedweb.org/CommentAPI/'><channel><title>District</title><item>"
        b"<guid>p1</guid><title>Snow</title><wfw:commentRss>/snow-day</wfw:commentRss></item></channel></rss>"
    )
    site = {"/feed": Answer(headers={"Content-Type": "application/rss+xml"}, body=feed), "/snow-day": Answer(404)}
    with serving(site) as server:
        office.register(server.url("/feed"), "blog")
        answer = office.run("capture", "blog")
    assert "not read: comments at http://127.0.0.1" in answer.out
    (exchange,) = (office.home / "archive" / "exchanges" / "blog").iterdir()
    assert b"failure-1: comments at http://127.0.0.1" in gzip.decompress(exchange.read_bytes())
    told = ledger(office)
    assert "could not be read; the WARC file of the capture says which, and why" in told
    assert "snow-day" not in told
    assert office.run("verify").status == 0
