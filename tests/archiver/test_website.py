"""A website read from a real server: its pages, their resources, its limits, and what broken pages do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.collectors.website.collector import NotAPageError, WebsiteCollector
from archiver.collectors.website.pages import page_address, read_page
from archiver.collectors.website.styles import style_references
from archiver.fetch.failures import NotFoundError
from schemas.account import Account
from schemas.digest import Digest
from schemas.record import Normalised
from tests.archiver.transports import recorded_native, transport_to
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archiver.contract import Collected
    from tests.servers import Server

HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(text: str, status: int = 200) -> Answer:
    return Answer(status, headers=HTML, body=f"<!doctype html><html lang=de><title>T</title><body>{text}".encode())


def collected(
    server: Server,
    folder: Path,
    *,
    max_pages: int = 100,
    known: Callable[[str, bytes], bool] = lambda _item, _native: False,
) -> Collected:
    account = Account(name="site", platform="website", url=server.url("/"), title="Site", private_network=True)
    path = folder / f"{len(server.requests)}.warc.gz"
    with transport_to(path) as transport:
        found = WebsiteCollector(max_pages=max_pages).collect(account, transport, cursor={}, known=known)
    for seen in found.items:
        view = seen.observation.normalised
        assert recorded_native(path, seen) == seen.native
        assert Normalised.from_bytes(view.to_bytes()) == view
    return found


def views_of(found: Collected) -> dict[str, Normalised]:
    return {seen.observation.normalised.item: seen.observation.normalised for seen in found.items}


def paths(found: Collected, server: Server) -> list[str]:
    return [item.removeprefix(server.url("")) for item in found.listed or ()]


def test_a_site_is_read_breadth_first_within_its_origin(tmp_path: Path) -> None:
    site = {
        "/": page(
            "<a href=/a>A</a><a href='b?x=1#part'>B</a><a href=https://elsewhere.example/>E</a><a href=mailto:x>M</a>"
        ),
        "/a": page("<a href=/deep>D</a><a href=/#top>home</a>"),
        "/b": page("B"),
        "/deep": page("deep"),
    }
    with serving(site) as server:
        found = collected(server, tmp_path)

        assert paths(found, server) == ["/", "/a", "/b?x=1", "/deep"]
        assert len(server.requests) == 4
        assert (found.window, found.failures, found.sanity) == (False, (), "plausible")
        listing = views_of(found)["list:" + server.url("/")]
        assert (listing.kind, listing.listed) == ("list", found.listed)
        start = views_of(found)[server.url("/")]
        assert (start.kind, start.type, start.title, start.lang, start.text) == ("page", "Page", "T", "de", "ABEM")
        assert start.links == (server.url("/a"), server.url("/b?x=1#part"), "https://elsewhere.example/")


def test_a_crawl_that_is_cut_short_is_a_window(tmp_path: Path) -> None:
    site = {f"/{number}": page(f"<a href=/{number + 1}>next</a>") for number in range(9)}
    with serving({"/": page("<a href=/0>0</a>"), **site}) as server:
        found = collected(server, tmp_path, max_pages=3)

        assert paths(found, server) == ["/", "/0", "/1"]
        assert found.window


def test_resources_are_recorded_once_and_style_sheets_are_followed(tmp_path: Path) -> None:
    both = (
        "<link rel=stylesheet href=/s.css><link rel=icon href=/i.ico><script src=/j.js></script>"
        "<img src=/p.png srcset='/p1.png 1x, /p2.png 2x' alt=Photo><video poster=/v.png><source src=/v.mp4></video>"
        "<style>p{background:url(/inline.png)}</style><p style='background:url(\"/attribute.png\")'>"
    )
    files = ("/i.ico", "/j.js", "/p.png", "/p1.png", "/p2.png", "/v.png", "/v.mp4", "/inline.png", "/attribute.png")
    site = {
        "/": page(both + "<a href=/two>2</a>"),
        "/two": page(both),
        "/s.css": Answer(headers={"Content-Type": "text/css"}, body=b"@import 'css/t.css'; b{background:url(f.woff)}"),
        "/css/t.css": Answer(headers={"Content-Type": "text/css"}, body=b"@import '../s.css'; i{src:url('x.png')}"),
        "/css/x.png": Answer(body=b"x"),
        "/f.woff": Answer(body=b"font"),
        **{path: Answer(body=path.encode()) for path in files},
    }
    with serving(site) as server:
        found = collected(server, tmp_path)
        parts = {
            part.url.removeprefix(server.url("")): part for part in views_of(found)[server.url("/two")].attachments
        }

        assert set(parts) == {"/s.css", "/css/t.css", "/css/x.png", "/f.woff", *files}
        assert sorted(request.path for request in server.requests) == sorted(site)
        assert all(part.exchange and part.sha256 and not part.failure for part in parts.values())
        assert (parts["/p.png"].role, parts["/p.png"].alt) == ("image", "Photo")
        assert (parts["/v.mp4"].role, parts["/v.mp4"].sha256) == ("video", Digest.of(b"/v.mp4"))
        assert found.failures == ()


def test_linked_files_are_documents_of_the_page(tmp_path: Path) -> None:
    site = {"/": page("<a href=/report.PDF>report</a>"), "/report.PDF": Answer(body=b"%PDF" * 1000)}
    with serving(site) as server:
        found = collected(server, tmp_path)
        part = views_of(found)[server.url("/")].attachments[0]

        assert (part.role, part.size) == ("document", 4000)
        assert paths(found, server) == ["/"]


def test_a_link_that_turns_out_to_be_a_file_is_kept_as_one(tmp_path: Path) -> None:
    site = {
        "/": page("<a href=/download>d</a>"),
        "/download": Answer(headers={"Content-Type": "text/csv"}, body=b"a;b"),
    }
    with serving(site) as server:
        view = views_of(collected(server, tmp_path))[server.url("/download")]

        assert (view.kind, view.type) == ("media", "Document")


def test_dead_links_are_no_failures_but_refused_pages_are(tmp_path: Path) -> None:
    with serving({"/": page("<a href=/gone>1</a><a href=/down>2</a>"), "/down": page("no", 503)}) as server:
        found = collected(server, tmp_path)

        assert len(found.failures) == 1
        assert "/down" in found.failures[0]
        assert found.window, "a page that was not read may have links to others"


def test_redirects_are_followed_within_the_site_and_counted_once(tmp_path: Path) -> None:
    site = {
        "/": page("<a href=/old>1</a><a href=/new>2</a><a href=/away>3</a>"),
        "/old": redirect("/new"),
        "/new": page("new"),
        "/away": redirect("http://elsewhere.example/"),
    }
    with serving(site) as server:
        found = collected(server, tmp_path)

        assert paths(found, server) == ["/", "/new"]


def test_known_pages_keep_their_resources_unfetched(tmp_path: Path) -> None:
    with serving({"/": page("<img src=/p.png>"), "/p.png": Answer(body=b"p")}) as server:
        collected(server, tmp_path, known=lambda _item, _native: True)

        assert [request.path for request in server.requests] == ["/"]


@pytest.mark.parametrize("media_type", ["application/zip", "application/rss+xml", "text/plain", ""])
def test_a_start_that_is_no_page_is_refused(media_type: str, tmp_path: Path) -> None:
    answer = Answer(headers={"Content-Type": media_type} if media_type else {}, body=b"PK")
    with serving({"/": answer}) as server, pytest.raises(NotAPageError) as caught:
        collected(server, tmp_path)

    assert (caught.value.code, caught.value.family) == ("NOT_A_PAGE", "input")


def test_a_start_that_is_missing_fails_by_name(tmp_path: Path) -> None:
    with serving({}) as server, pytest.raises(NotFoundError):
        collected(server, tmp_path)


def test_endless_style_sheets_and_links_end(tmp_path: Path) -> None:
    site: dict[str, Answer] = {"/": page("<link rel=stylesheet href=/0.css>")}
    site |= {
        f"/{number}.css": Answer(headers={"Content-Type": "text/css"}, body=f"@import '/{number + 1}.css';".encode())
        for number in range(600)
    }
    with serving(site) as server:
        collected(server, tmp_path)

        assert len(server.requests) == 502


@pytest.mark.parametrize(
    ("payload", "content_type", "text"),
    [
        ("é".encode(), "text/html", "é"),
        ("é".encode("cp1252"), "text/html", "é"),
        ("“é”".encode("cp1252"), "text/html; charset=iso-8859-1", "“é”"),
        ('<meta charset="shift_jis">漢字'.encode("shift_jis"), "text/html", "漢字"),
        ("漢字".encode("utf-16"), "text/html; charset=utf-8", "漢字"),
        (b"<p>a\xff</p>", "text/html; charset=utf-8", "a\ufffd"),
        (b"x", "text/html; charset=no-such-thing", "x"),
        (b"x", "text/html; charset=base64", "x"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(payload: bytes, content_type: str, text: str) -> None:
    assert read_page(payload, address="http://e.org/", content_type=content_type).text == text


def test_a_base_moves_relative_addresses() -> None:
    markup = b"<base href='/b/'><a href=x>1</a><img src=i.png>"
    read = read_page(markup, address="http://e.org/a/", content_type="text/html")

    assert read.links == ("http://e.org/b/x",)
    assert [part.address for part in read.resources] == ["http://e.org/b/i.png"]


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        ("HTTP://E.org:80", "http://e.org/"),
        ("https://e.org:443/a?b#c", "https://e.org/a?b"),
        ("http://e.org:8080/a", "http://e.org:8080/a"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://e.org:x/", "http://e.org/"),
    ],
)
def test_a_page_has_one_spelling(address: str, spelled: str) -> None:
    assert page_address(address) == spelled


@given(st.binary(max_size=300))
def test_no_bytes_make_a_page_fail(payload: bytes) -> None:
    read = read_page(payload, address="http://e.org/", content_type="text/html")

    Normalised(kind="page", type="Page", item="x", title=read.title, text=read.text, links=read.links).to_bytes()


@given(st.text(max_size=200))
def test_no_text_makes_a_style_sheet_fail(css: str) -> None:
    assert all(part.address.startswith("http") for part in style_references(css, base="http://e.org/"))


@pytest.mark.parametrize("markup", ["<div>" * 200_000, "<b id=1>" * 5_000 + "<p>x" * 50_000, "<a " + "a=1 " * 90_000])
def test_pages_made_to_be_costly_are_read_crudely(markup: str) -> None:
    assert read_page(markup.encode(), address="http://e.org/", content_type="text/html").flags == ("unread",)
