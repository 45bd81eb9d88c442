"""Feeds read from a real server through the recording transport: items, threads, media, conditions and failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from archiver.collectors.feed.collector import FeedCollector
from archiver.collectors.feed.found import NotAFeedError
from archiver.collectors.feed.reading import read_feed
from archiver.fetch.failures import (
    AccessRefusedError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    ServerFailedError,
)
from archiver.remembering import PRIVATE
from schemas.account import Account
from schemas.digest import Digest
from schemas.record import Normalised
from tests.archiver.transports import AT, recorded_native, transport_to
from tests.corpora import corpus
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.contract import Collected
    from schemas.errors import ArchiveError
    from tests.servers import Server

XML = {"Content-Type": "application/rss+xml; charset=utf-8"}
NAMESPACES = (
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:fh="http://purl.org/syndication/history/1.0" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0"'
)


def never(item: str, native: Digest) -> bool:
    return False


def feed(*items: str, channel: str = "") -> bytes:
    text = f'<rss version="2.0" {NAMESPACES}><channel><title>District</title>{channel}{"".join(items)}</channel></rss>'
    return text.encode()


def post(number: int, more: str = "") -> str:
    return f"<item><guid isPermaLink='false'>post-{number}</guid><title>Post {number}</title>{more}</item>"


def collected(
    server: Server,
    folder: Path,
    *,
    cursor: Mapping[str, str] | None = None,
    known: Callable[[str, bytes], bool] = never,
) -> Collected:
    """Read the server's /feed once; every native is what the WARC file says it is."""
    account = Account(name="district", platform="feed", url=server.url("/feed"), title="District", private_network=True)
    path = folder / f"{len(server.requests)}.warc.gz"
    with transport_to(path) as transport:
        found = FeedCollector().collect(account, transport, cursor=cursor or {}, known=known)
    for seen in found.items:
        view = seen.observation.normalised
        assert recorded_native(path, seen) == seen.native
        assert seen.observation.observed == AT
        assert Normalised.from_bytes(view.to_bytes()) == view
    return found


def views_of(found: Collected) -> dict[str, Normalised]:
    return {seen.observation.normalised.item: seen.observation.normalised for seen in found.items}


def test_a_feed_is_a_list_with_its_items(tmp_path: Path) -> None:
    body = feed(post(2), post(1))
    with serving({"/feed": Answer(headers=XML, body=body)}) as server:
        found = collected(server, tmp_path)
        views = views_of(found)

        assert found.listed == ("post-2", "post-1")
        assert (found.window, found.status, found.sanity, found.failures) == (True, 200, "plausible", ())
        assert views[server.url("/feed")].kind == "list"
        assert views[server.url("/feed")].listed == found.listed
        head = body[: body.index(post(2).encode())]
        assert [seen.native for seen in found.items] == [head, post(2).encode(), post(1).encode()]


def test_an_unchanged_feed_is_asked_for_by_its_validators_and_says_nothing(tmp_path: Path) -> None:
    first = Answer(headers={**XML, "ETag": '"7"', "Last-Modified": "Mon, 02 Mar 2026 08:00:00 GMT"}, body=feed(post(1)))
    with serving({"/feed": [first, Answer(304)]}) as server:
        before = collected(server, tmp_path)
        after = collected(server, tmp_path, cursor=before.cursor)

        assert server.requests[1].headers["If-None-Match"] == '"7"'
        assert server.requests[1].headers["If-Modified-Since"] == "Mon, 02 Mar 2026 08:00:00 GMT"
        assert (after.items, after.listed, after.status, after.cursor) == ((), None, 304, before.cursor)


def test_who_is_told_that_nothing_changed_and_never_read_anything_knows_nothing(tmp_path: Path) -> None:
    comments = "<wfw:commentRss xmlns:wfw='http://wellformedweb.org/CommentAPI/'>/comments</wfw:commentRss>"
    with serving({"/feed": Answer(304), "/comments": Answer(304)}) as server:
        with pytest.raises(RequestRefusedError):
            collected(server, tmp_path)
        server.write({"/feed": Answer(headers=XML, body=feed(post(1, comments))), "/comments": Answer(304)})
        found = collected(server, tmp_path)
    assert "REQUEST_REFUSED" in found.failures[0]


def test_media_and_the_page_of_an_item_are_recorded_once_each(tmp_path: Path) -> None:
    item = (
        "<link>/p</link><enclosure url='/a.mp3' type='audio/mpeg'/>"
        "<description>&lt;img src='/i.png' alt='Map'&gt;</description>"
    )
    site = {
        "/feed": Answer(headers=XML, body=feed(post(1, item), post(2, item))),
        "/p": Answer(headers={"Content-Type": "text/html"}, body=b"<p>page</p>"),
        "/a.mp3": Answer(headers={"Content-Type": "audio/mpeg"}, body=b"sound" * 1000),
        "/i.png": Answer(headers={"Content-Type": "image/png"}, body=b"picture"),
    }
    with serving(site) as server:
        found = collected(server, tmp_path)
        parts = {part.role: part for part in views_of(found)["post-1"].attachments}

        assert sorted(request.path for request in server.requests) == ["/a.mp3", "/feed", "/i.png", "/p"]
        assert (parts["enclosure"].sha256, parts["enclosure"].size) == (Digest.of(b"sound" * 1000), 5000)
        assert (parts["image"].alt, parts["image"].sha256) == ("Map", Digest.of(b"picture"))
        assert (parts["document"].url, parts["document"].media_type) == (server.url("/p"), "text/html")
        assert all(part.exchange and not part.failure for part in parts.values())
        assert views_of(found)["post-2"].attachments == views_of(found)["post-1"].attachments


def test_media_of_a_known_version_are_not_fetched_again(tmp_path: Path) -> None:
    with serving({"/feed": Answer(headers=XML, body=feed(post(1, "<enclosure url='/a.mp3'/>")))}) as server:
        asked: list[tuple[str, Digest]] = []
        collected(server, tmp_path, known=lambda item, native: not asked.append((item, Digest.of(native))))

        assert [request.path for request in server.requests] == ["/feed"]
        assert asked == [("post-1", Digest.of(post(1, "<enclosure url='/a.mp3'/>").encode()))]


def test_media_that_cannot_be_had_are_failures_of_their_own(tmp_path: Path) -> None:
    item = post(
        1,
        "<enclosure url='/gone.mp3'/><description>&lt;img src='https://elsewhere.example/x.png'&gt;"
        "&lt;img src='/cut.png'&gt;&lt;img src='http://169.254.169.254/meta'&gt;</description>",
    )
    site = {"/feed": Answer(headers=XML, body=feed(item)), "/cut.png": Answer(body=b"1234", short=10)}
    with serving(site) as server:
        found = collected(server, tmp_path)
        failures = [part.failure or "" for part in views_of(found)["post-1"].attachments]

        assert failures[0] == "HTTP 404"
        assert failures[1].startswith("HOST_UNREACHABLE")
        assert failures[2] == "cut off (disconnect)"
        assert failures[3].startswith(("ADDRESS_FORBIDDEN", "HOST_UNREACHABLE"))
        assert len(found.failures) == 4
        assert found.listed == ("post-1",)


def comments(*texts: str) -> bytes:
    return feed(*texts)


def test_comments_are_threads_of_their_posts(tmp_path: Path) -> None:
    site = {
        "/feed": Answer(headers=XML, body=feed(post(1, "<wfw:commentRss>/1/comments</wfw:commentRss>"))),
        "/1/comments": Answer(
            headers=XML,
            body=comments(
                "<item><guid>c1</guid><title>By: A</title></item>",
                "<item><guid>c2</guid><thr:in-reply-to ref='c1'/></item>",
                "<item><guid>c3</guid><thr:in-reply-to ref='post-1'/></item>",
                post(1),
            ),
        ),
    }
    with serving(site) as server:
        found = collected(server, tmp_path)
        views = views_of(found)

        assert [(views[item].kind, views[item].thread, views[item].parent) for item in ("c1", "c2", "c3")] == [
            ("comment", "post-1", "post-1"),
            ("reply", "post-1", "c1"),
            ("comment", "post-1", "post-1"),
        ]
        assert found.listed == ("post-1", "c1", "c2", "c3")
        assert views[server.url("/1/comments")].listed == ("c1", "c2", "c3")
        assert [seen.observation.normalised.kind for seen in found.items].count("post") == 1


def test_new_comments_are_found_though_the_feed_is_unchanged(tmp_path: Path) -> None:
    site = {
        "/feed": [
            Answer(headers={**XML, "ETag": '"f"'}, body=feed(post(1, "<wfw:commentRss>/c</wfw:commentRss>"))),
            Answer(304),
        ],
        "/c": [
            Answer(headers={**XML, "ETag": '"c"'}, body=comments("<item><guid>c1</guid></item>")),
            Answer(304),
            Answer(headers={**XML, "ETag": '"d"'}, body=comments("<item><guid>c2</guid></item>")),
        ],
    }
    with serving(site) as server:
        first = collected(server, tmp_path)
        second = collected(server, tmp_path, cursor=first.cursor)
        third = collected(server, tmp_path, cursor=second.cursor)

        assert "c1" in views_of(first)
        assert server.requests[3].headers["If-None-Match"] == '"c"'
        assert (second.items, second.listed, second.failures) == ((), None, ())
        assert (views_of(third)["c2"].thread, third.listed) == ("post-1", None)


def test_where_the_comment_feeds_are_not_remembered_the_feed_is_asked_for_whole(tmp_path: Path) -> None:
    main = Answer(headers={**XML, "ETag": '"f"'}, body=feed(post(1, "<wfw:commentRss>/c</wfw:commentRss>")))
    with serving({"/feed": main, "/c": Answer(headers=XML, body=comments("<item><guid>c1</guid></item>"))}) as server:
        first = collected(server, tmp_path)
        elsewhere = {name: value for name, value in first.cursor.items() if name not in PRIVATE}
        again = collected(server, tmp_path, cursor=elsewhere)

        assert "/c" in first.cursor["comments"]
        assert "/c" not in "".join(elsewhere.values())
        assert "If-None-Match" not in server.requests[2].headers
        assert views_of(again).keys() == views_of(first).keys()
        assert again.cursor == first.cursor


@pytest.mark.parametrize("answer", [Answer(404), Answer(500), Answer(body=b"<html>no</html>"), Answer(429)])
def test_comments_that_cannot_be_read_make_a_poll_partial(answer: Answer, tmp_path: Path) -> None:
    main = Answer(headers={**XML, "ETag": '"f"'}, body=feed(post(1, "<wfw:commentRss>/c</wfw:commentRss>")))
    with serving({"/feed": main, "/c": answer}) as server:
        found = collected(server, tmp_path)

        assert found.listed == ("post-1",)
        assert len(found.failures) == 1
        assert "/c" in found.failures[0]


def test_a_feed_that_says_it_is_complete_is_no_window(tmp_path: Path) -> None:
    with serving({"/feed": Answer(headers=XML, body=feed(post(1), channel="<fh:complete/>"))}) as server:
        assert not collected(server, tmp_path).window


def test_what_never_was_a_feed_is_refused(tmp_path: Path) -> None:
    page = Answer(headers={"Content-Type": "text/html"}, body=b"<!doctype html><p>Hello</p>")
    with serving({"/feed": page}) as server, pytest.raises(NotAFeedError):
        collected(server, tmp_path)


def test_a_page_in_the_place_of_a_feed_decides_nothing(tmp_path: Path) -> None:
    page = Answer(headers={"Content-Type": "text/html"}, body=b"<!doctype html><p>Maintenance</p>")
    with serving({"/feed": [Answer(headers=XML, body=feed(post(1))), page]}) as server:
        before = collected(server, tmp_path)
        after = collected(server, tmp_path, cursor=before.cursor)

        assert (after.listed, after.sanity, after.cursor) == (None, "suspect", before.cursor)
        assert after.failures


def test_a_feed_that_is_suddenly_empty_is_suspect(tmp_path: Path) -> None:
    with serving({"/feed": [Answer(headers=XML, body=feed(post(1))), Answer(headers=XML, body=feed())]}) as server:
        before = collected(server, tmp_path)

        assert collected(server, tmp_path, cursor=before.cursor).sanity == "suspect"
        assert collected(server, tmp_path).sanity == "plausible"


def test_a_feed_that_is_cut_off_keeps_what_came_and_is_asked_for_again_in_full(tmp_path: Path) -> None:
    body = feed(post(1), post(2))[:-40]
    cut = Answer(headers={**XML, "ETag": '"x"'}, body=body, short=40)
    with serving({"/feed": cut}) as server:
        found = collected(server, tmp_path)
        views = views_of(found)

        assert "etag" not in found.cursor
        assert (found.sanity, found.window) == ("suspect", True)
        assert "truncated" in views["post-1"].flags
        assert server.url("/feed") not in views, "the list that was read whole must not seem to have lost items"
        assert views[server.url("/feed") + "#partial"].flags[-1] == "truncated"


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AccessRefusedError), (404, NotFoundError), (429, RateLimitedError), (503, ServerFailedError)],
)
def test_a_feed_that_is_refused_fails_by_name(status: int, error: type[ArchiveError], tmp_path: Path) -> None:
    with serving({"/feed": Answer(status, body=b"no")}) as server, pytest.raises(error):
        collected(server, tmp_path)


def test_a_bomb_fetches_nothing(tmp_path: Path) -> None:
    with serving({}) as server:
        target = server.url("/evil")
    doctype = f'<!DOCTYPE rss SYSTEM "{target}" [<!ENTITY x SYSTEM "{target}"><!ENTITY % p SYSTEM "{target}">%p;]>'
    item = "<item><guid isPermaLink='false'>1</guid><title>&x;</title></item>"
    body = f"{doctype}<rss><channel>{item}</channel></rss>".encode()
    with serving({"/feed": Answer(headers=XML, body=body)}) as server:
        found = collected(server, tmp_path)

        assert [request.path for request in server.requests] == ["/feed"]
        assert "ill-formed" in views_of(found)[server.url("/feed")].flags


def test_redirects_lead_to_the_feed_and_relative_addresses_follow(tmp_path: Path) -> None:
    site = {
        "/feed": redirect("/new/feed"),
        "/new/feed": Answer(headers=XML, body=feed(post(1, "<link>story</link>"))),
        "/new/story": Answer(headers={"Content-Type": "text/html"}, body=b"x"),
    }
    with serving(site) as server:
        assert views_of(collected(server, tmp_path))["post-1"].url == server.url("/new/story")


def test_a_json_feed_is_read_like_any_other(tmp_path: Path) -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 7, "content_text": "hi"}]})
    with serving({"/feed": Answer(headers={"Content-Type": "application/feed+json"}, body=body.encode())}) as server:
        found = collected(server, tmp_path)

        assert found.listed == ("7",)
        assert found.items[1].native == b'{"id": 7, "content_text": "hi"}'


def test_every_feed_of_the_corpus_is_collected_over_the_network(tmp_path: Path) -> None:
    expected: dict[str, Any] = json.loads(corpus("EXPECTED.json").read_bytes())["feeds"]
    read = {name: facts for name, facts in expected.items() if facts["version"]}
    bodies = {f"/{number}": corpus(*name.split("/")).read_bytes() for number, name in enumerate(read)}
    site = {
        path: Answer(headers={"Content-Type": "text/xml"}, body=body, gzipped=True) for path, body in bodies.items()
    }
    with serving(site) as server:
        for number, (name, facts) in enumerate(read.items()):
            account = Account(name="a", platform="feed", url=server.url(f"/{number}"), title=name)
            path = tmp_path / f"{number}.warc.gz"
            with transport_to(path) as transport:
                found = FeedCollector().collect(account, transport, cursor={}, known=lambda *_: True)
            posts = [seen for seen in found.items if seen.observation.normalised.kind != "list"]
            again = read_feed(bodies[f"/{number}"], address=server.url(f"/{number}"), headers={})

            assert len(posts) == facts["entries"], name
            assert bodies[f"/{number}"].startswith(found.items[0].native), name
            assert not any(seen.native in found.items[0].native for seen in posts), name
            assert found.listed == again.view.listed, name
            for seen in found.items[:3]:
                assert recorded_native(path, seen) == seen.native, name
