"""The demonstration's site: a feed that a feed reader reads, conditional requests, edits and deletions."""

from __future__ import annotations

import urllib.error
import urllib.request

import feedparser
import pytest

from demo.content import POSTS
from demo.site import BlogSite


def fetch(url: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, body and ETag of an address."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read(), answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["ETag"]


def test_the_feed_is_well_formed_and_lists_every_post_with_its_comments():
    with BlogSite() as site:
        feed = feedparser.parse(fetch(site.feed)[1])
        assert not feed.bozo
        assert len(feed.entries) == len(POSTS)
        comments = 0
        for entry in feed.entries:
            assert fetch(entry.link)[0] == 200
            thread = feedparser.parse(fetch(entry.wfw_commentrss)[1])
            assert not thread.bozo
            assert len(thread.entries) == int(entry.slash_comments)
            comments += len(thread.entries)
        assert comments == sum(len(post.comments) for post in POSTS) == 14


def test_pictures_are_pictures_and_the_style_sheet_is_there():
    with BlogSite() as site:
        assert fetch(f"{site.url}/images/welcome.png")[1].startswith(b"\x89PNG")
        assert fetch(f"{site.url}/style.css")[0] == 200


def test_an_unchanged_feed_answers_304():
    with BlogSite() as site:
        _, _, tag = fetch(site.feed)
        assert fetch(site.feed, **{"If-None-Match": tag})[:2] == (304, b"")
        site.edit("bus-routes", title="Other routes")
        assert fetch(site.feed, **{"If-None-Match": tag})[0] == 200


@pytest.mark.parametrize("path", ["", "/comments.xml"])
def test_a_deleted_post_is_gone_everywhere(path: str):
    with BlogSite() as site:
        site.delete("bus-routes")
        assert b"bus-routes" not in fetch(site.feed)[1]
        assert fetch(f"{site.url}/posts/bus-routes{path}")[0] == 410
