"""What feeds say, against feedparser's own counts: RSS, RDF, Atom, JSON Feed, ill-formed ones and bombs."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.collectors.feed.found import Feed, NotAFeedError
from archiver.collectors.feed.reading import read_feed
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Author, Normalised
from tests.corpora import corpus

ADDRESS = "https://site.example/blog/feed"


def feed_of(document: bytes | str, content_type: str = "application/xml") -> Feed:
    content = document.encode() if isinstance(document, str) else document
    feed = read_feed(content, address=ADDRESS, headers={"Content-Type": content_type})
    for view in (feed.view, *(item.view for item in feed.items)):
        assert Normalised.from_bytes(view.to_bytes()) == view
    assert feed.view.listed == tuple(item.view.item for item in feed.items)
    assert len(set(feed.view.listed)) == len(feed.items)
    return feed


def natives_of(document: bytes | str, feed: Feed) -> list[bytes]:
    content = document.encode() if isinstance(document, str) else document
    return [content[item.offset : item.offset + item.length] for item in feed.items]


def only(document: bytes | str) -> Normalised:
    feed = feed_of(document)
    assert len(feed.items) == 1
    return feed.items[0].view


def rss(item: str, *, channel: str = "", namespaces: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" {namespaces}><channel><title>District</title>'
        f"<description>News &amp;amp; notices</description>{channel}{item}</channel></rss>"
    )


def expected_feeds() -> dict[str, Any]:
    feeds: dict[str, Any] = json.loads(corpus("EXPECTED.json").read_bytes())["feeds"]
    return feeds


def test_every_feed_of_the_corpus_has_as_many_entries_as_expected() -> None:
    expected = expected_feeds()
    for name, facts in expected.items():
        document = corpus(*name.split("/")).read_bytes()
        if not facts["version"]:
            with pytest.raises(NotAFeedError):
                feed_of(document)
            continue
        feed = feed_of(document)
        enclosed = [item for item in feed.items if any(part.role == "enclosure" for part in item.view.attachments)]
        assert (len(feed.items), len(enclosed)) == (facts["entries"], facts["with_enclosure"]), name
        assert ("ill-formed" in feed.view.flags) == facts["bozo"], name
        assert "not-sliced" not in feed.view.flags, name

    assert len(expected) == 42


def test_every_case_of_feedparser_is_read_as_feedparser_counts_it() -> None:
    files = sorted(file for file in corpus("feeds", "kurtmckee+feedparser").rglob("*") if file.is_file())
    for file in files:
        document = file.read_bytes()
        entries = len(feedparser.parse(document).entries)
        try:
            feed = feed_of(document)
        except NotAFeedError:
            assert not entries, file
        else:
            assert len(feed.items) == entries, file
            for item, native in zip(feed.items, natives_of(document, feed), strict=True):
                assert native == document or "not-sliced" not in item.view.flags, file
                assert native[:1] in (b"<", b"\x00", b"\x4c", b"\xff", b"\xfe"), file

    assert len(files) == 1_065


def test_json_feeds_are_cut_out_byte_for_byte() -> None:
    for name in ("json_feed.json", "json_feed_with_escaped_uris.json"):
        document = corpus("feeds", "feedjira+feedjira", name).read_bytes()
        items = json.loads(document)["items"]
        feed = feed_of(document)

        assert [json.loads(native) for native in natives_of(document, feed)] == items
        assert [item.view.item for item in feed.items] == [str(item["id"]) for item in items]


def test_an_item_says_what_its_elements_say() -> None:
    view = only(
        rss(
            "<item><guid isPermaLink='false'>tag:1</guid><link>/2026/snow</link><title>Snow &amp;amp; ice</title>"
            "<dc:creator>Ann Lee</dc:creator><category>weather</category><category>roads</category>"
            "<pubDate>Mon, 02 Mar 2026 08:00:00 -0600</pubDate><slash:comments>3</slash:comments>"
            "<comments>https://site.example/2026/snow#respond</comments>"
            "<description>short</description><content:encoded><![CDATA[<p>Roads <b>closed</b>:</p><ul><li>A1<li>B2"
            "</ul><script>x()</script><p>See <a href='../map?a=1&amp;b=2'>map</a>"
            "<img src='/img/a b.png' alt='The map'></p>]]></content:encoded></item>",
            namespaces='xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/"',
        )
    )

    assert (view.kind, view.type, view.item) == ("post", "Article", "tag:1")
    assert view.url == "https://site.example/2026/snow"
    assert view.title == "Snow & ice"
    assert view.text == "Roads closed:\nA1\nB2\nSee map"
    assert view.author == Author(name="Ann Lee")
    assert view.created == Instant.from_text("2026-03-02T14:00:00.000000Z")
    assert view.created_text == "Mon, 02 Mar 2026 08:00:00 -0600"
    assert view.tags == ("weather", "roads")
    assert view.counts == {"comments": 3}
    assert "https://site.example/map?a=1&b=2" in view.links
    assert [(part.url, part.role, part.alt) for part in view.attachments] == [
        ("https://site.example/img/a b.png", "image", "The map")
    ]


def test_a_podcast_episode_is_audio_with_its_enclosure() -> None:
    view = only(rss("<item><title>Board meeting</title><enclosure url='/a.mp3' type='audio/mpeg' length='7'/></item>"))

    assert (view.type, view.attachments[0].url) == ("Audio", "https://site.example/a.mp3")
    assert (view.attachments[0].role, view.attachments[0].media_type) == ("enclosure", "audio/mpeg")


def test_an_untitled_item_is_a_note() -> None:
    assert only(rss("<item><description>Just words</description></item>")).type == "Note"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Mon, 02 Mar 2026 08:00:00 GMT", "2026-03-02T08:00:00.000000Z"),
        ("2026-03-02T08:00:00.25+01:00", "2026-03-02T07:00:00.250000Z"),
        ("Mon, 02 Mar 2026 08:00 EST", "2026-03-02T13:00:00.000000Z"),
        ("20260302T080000Z", "2026-03-02T08:00:00.000000Z"),
        ("2026-03-02T08:00:00", None),
        ("2026-03-02", None),
        ("Mon, 02 Mar 2026 08:00:00", None),
        ("Mon, 02 Mar 2026 08:00:00 CET", None),
        ("next Tuesday", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_a_date_is_an_instant_only_with_its_zone(text: str, instant: str | None) -> None:
    view = only(rss(f"<item><title>x</title><pubDate>{text}</pubDate></item>"))

    assert view.created_text == text
    assert view.created == (Instant.from_text(instant) if instant else None)


def test_ids_fall_back_from_guid_to_address_to_digest_and_never_repeat() -> None:
    document = rss("<item><guid>g</guid></item><item><link>/l</link></item><item><title>t</title></item>" * 2)
    feed = feed_of(document)
    digest = f"sha256:{Digest.of(b'<item><title>t</title></item>')}"
    first = (feed.view.listed[0], "https://site.example/l", digest)

    assert feed.view.listed == (*first, *(f"{item}#2" for item in first))


def test_answers_in_one_feed_form_threads() -> None:
    entries = "".join(
        f"<entry><id>tag:{number}</id><title>{number}</title>"
        + (f"<t:in-reply-to ref='tag:{above}'/>" if above else "")
        + "</entry>"
        for number, above in ((1, None), (2, 1), (3, 2), (4, 99))
    )
    feed = feed_of(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:t='http://purl.org/syndication/thread/1.0'>"
        f"<title>x</title>{entries}</feed>"
    )

    assert [(item.view.kind, item.view.parent, item.view.thread) for item in feed.items] == [
        ("post", None, None),
        ("comment", "tag:1", "tag:1"),
        ("reply", "tag:2", "tag:1"),
        ("comment", "tag:99", "tag:99"),
    ]


def test_feeds_of_comments_are_found_by_both_conventions() -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>tag:1</id><link rel='replies' href='/1.atom'"
        " type='application/atom+xml'/><link rel='replies' href='/1.html' type='text/html'/></entry></feed>"
    )
    wfw = rss(
        "<item><guid>1</guid><w:commentRss>/1/feed</w:commentRss></item>",
        namespaces='xmlns:w="http://wellformedweb.org/CommentAPI/"',
    )

    assert feed_of(atom).items[0].comments == "https://site.example/1.atom"
    assert feed_of(wfw).items[0].comments == "https://site.example/1/feed"


def test_only_a_feed_that_says_so_is_complete() -> None:
    namespace = 'xmlns:fh="http://purl.org/syndication/history/1.0"'

    assert feed_of(rss("", channel="<fh:complete/>", namespaces=namespace)).complete
    assert not feed_of(rss("", namespaces=namespace)).complete


def test_entries_that_cannot_be_told_apart_are_kept_with_the_whole_document() -> None:
    document = "<rss><channel><item><x><item>one in the other</item></x></item></channel></rss>"
    feed = feed_of(document)

    assert len(feed.items) == 2
    assert natives_of(document, feed) == [document.encode()] * 2
    assert all("not-sliced" in item.view.flags for item in feed.items)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "windows-1252", "iso-8859-1", "utf-8-sig"])
def test_umlauts_survive_every_encoding(encoding: str) -> None:
    declared = encoding.removesuffix("-sig").removesuffix("-be")
    item = "<item><title>Größe é</title></item>"
    document = rss(item).replace("utf-8", declared).encode(encoding)
    feed = feed_of(document)
    native = item.encode({"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(encoding, encoding))

    assert [item.view.title for item in feed.items] == ["Größe é"]
    assert natives_of(document, feed) == [native]


def test_lone_surrogates_are_replaced_and_said_to_be() -> None:
    view = only("<rss><item><title>a&#xD800;b</title><guid>1</guid></item>")

    assert view.title == "a\ufffdb"
    assert "replaced-characters" in view.flags


@pytest.mark.parametrize(
    ("document", "content_type"),
    [
        (b"", "application/rss+xml"),
        (b"<!doctype html><html><body><p>Welcome</p></body></html>", "text/html"),
        (b'{"status": "ok"}', "application/json"),
        (b"[1, 2]", "application/json"),
        (b'{"broken": ', "application/json"),
        (b"PK\x03\x04", "application/zip"),
        (b"just words", "text/plain"),
        (b"<html " + b"a=b " * 9_000 + b"><p>x</p></html>", "text/html"),
    ],
)
def test_what_is_no_feed_is_refused(document: bytes, content_type: str) -> None:
    with pytest.raises(NotAFeedError) as caught:
        feed_of(document, content_type)

    assert caught.value.code == "NOT_A_FEED"


def test_a_feed_under_a_wrong_media_type_is_a_feed() -> None:
    assert len(feed_of(rss("<item><title>1</title></item>"), "text/html; charset=utf-8").items) == 1


XML = '<?xml version="1.0"?>'
LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'{XML}<!DOCTYPE x [<!ENTITY l0 "lol">{LOL}]><rss><item><title>&l9;</title></item></rss>',
    "quadratic": f'{XML}<!DOCTYPE x [<!ENTITY a "{"a" * 90_000}">]><rss><item>{"&a;" * 9_000}</item></rss>',
    "file": "<!DOCTYPE rss [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><rss><item><title>&f;</title></item></rss>",
    "parameter": "<!DOCTYPE rss [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'>%p;]><rss><item><title>x</title></item></rss>",
    "newlines": "\n" * 300_000 + "<rss><item/></rss>",
    "attributes": "<rss " + " ".join(f"a{n}='1'" for n in range(50_000)) + "><item/></rss>",
    "categories": "<rss><item>" + "".join(f"<category>{n}</category>" for n in range(50_000)) + "</item></rss>",
    "author": f"<rss><item><author>{'a' * 300_000}</author></item></rss>",
    "inseparable": "<rss>" + '<item><a b="' * 6_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_kept_in_bounded_time_and_memory(name: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    feed = feed_of(BOMBS[name])
    seconds = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "ill-formed" in feed.view.flags
    assert seconds < 10
    assert peak < 100_000_000
    assert "root:" not in str(feed)
    assert not feed.unread or "unread" in feed.view.flags


def test_what_html_shows_is_the_same_kind_of_thing_in_every_form_of_feed() -> None:
    html = '<p>Snow <img src="/a.png" alt="Roof"><video src="/b.mp4"></video><audio src="/c.mp3"></audio></p>'
    item = {"id": "1", "content_html": html}
    document = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    feed = feed_of(document, "application/feed+json")
    of_json = feed.items[0].view.attachments
    escaped = html.replace("<", "&lt;").replace(">", "&gt;")

    assert [one.role for one in of_json] == ["image", "video", "audio"]
    assert only(rss(f"<item><guid>1</guid><description>{escaped}</description></item>")).attachments == of_json


def test_a_broken_json_feed_is_kept_unread() -> None:
    feed = feed_of('{"version": "https:\\/\\/jsonfeed.org/version/1.1", "items": [{"id": "1"}', "application/feed+json")

    assert feed.view.flags == ("ill-formed", "unread")
    assert feed.unread


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30))
def test_any_json_feed_is_read(title: str, html: str, identifier: str) -> None:
    item = {"id": identifier, "title": title, "content_html": html, "tags": [title, 1], "authors": [None], "url": html}
    document = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item, {}, 3]}).encode()
    feed = feed_of(document, "application/feed+json")

    assert [json.loads(native) for native in natives_of(document, feed)] == [item, {}, 3]


@given(st.lists(st.sampled_from(["<rss>", "<item>", "</item>", "<title>", "&#xD800;", "&lt;", "<![CDATA[", "é", "<"])))
def test_no_heap_of_markup_is_ever_worse_than_ill_formed(pieces: list[str]) -> None:
    try:
        feed_of("<rss version='2.0'>" + "".join(pieces))
    except NotAFeedError:
        assert not pieces or "<rss" not in pieces
