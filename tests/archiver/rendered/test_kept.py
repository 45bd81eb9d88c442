"""Pages that scripts make, rendered by the system's Chromium from a real server: what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.browser.failures import PageUnrenderedError
from archiver.collectors.website.collector import NotAPageError
from archiver.substance import substance
from schemas.digest import Digest
from storage.warc import read_warc
from tests.archiver.scripted_site import SCRIPT, html, picture, site
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from pathlib import Path

from tests.archiver.rendered.looks import MARKS, Look, asked, last_pixel, size_of

pytestmark = MARKS


def test_what_scripts_make_is_kept_with_a_picture_and_every_exchange(tmp_path: Path) -> None:
    with serving(site()) as server:
        look = Look(server.url("/"), tmp_path)
        view = look.view(server.url("/"))

        assert (view.kind, view.title, view.lang, view.flags) == ("page", "Maple Grove", "en", ())
        assert view.text is not None
        for words in ("All schools are closed", "Open on Tuesdays", "2 budgets found", "Bus routes of the frame"):
            assert words in view.text
        assert "Loading" not in view.text
        assert "JavaScript" not in view.text
        assert view.links == (server.url("/moved"), server.url("/minutes.pdf"), "https://elsewhere.example/")
        parts = {part.url.removeprefix(server.url("")): part for part in view.attachments}
        for path in ("/", "/frame", "/api/news?page=1", "/api/search", "/lazy.png", "/minutes.pdf"):
            exchange, digest = parts[path].exchange, parts[path].sha256
            assert exchange is not None
            assert digest == Digest.of(look.payload(exchange))
        for kind in ("fullPage", "mhtml"):
            part = parts[f"urn:{kind}:{server.url('/')}"]
            assert part.exchange is not None
            assert part.sha256 == Digest.of(look.payload(part.exchange))
        width, height = size_of(look.payload(parts[f"urn:fullPage:{server.url('/')}"].exchange or ""))
        assert width == 1280
        assert 3000 < height < 5000
        assert (look.found.sanity, look.found.failures, look.found.window) == ("plausible", (), True)
        assert ("POST", "/api/search") in asked(server)
        assert ("POST", "/beacon") not in asked(server)
        assert "refused-1: Ping POST" in look.notes()


def test_every_request_is_one_of_the_transport_and_cookies_are_masked(tmp_path: Path) -> None:
    with serving(site(nonce="k00kie-value")) as server:
        look = Look(server.url("/"), tmp_path)

        assert len(server.requests) == len(look.kept("response")) == len(look.kept("request"))
        assert any(request.headers.get("Cookie") == "visit=k00kie-value" for request in server.requests)
        assert all(
            "Holdfast" in request.headers["User-Agent"] for request in server.requests if request.path != "/minutes.pdf"
        )
        plain = b"".join(
            look.payload(part.exchange) for part in look.view(server.url("/")).attachments if part.exchange
        )
        assert b"k00kie-value" in plain  # the page itself says it
        with look.path.open("rb") as stream:
            heads = [str(record.http_headers) for record in read_warc(stream) if record.type in ("request", "response")]
        assert heads
        assert not any("visit=k00kie" in head for head in heads)


def test_a_site_is_walked_breadth_first_within_its_origin(tmp_path: Path) -> None:
    with serving(site()) as server:
        look = Look(server.url("/"), tmp_path, max_pages=9)

        assert look.found.listed == (server.url("/"), server.url("/meetings"))
        assert look.view(server.url("/meetings")).text == "The board meets monthly"
        assert (look.found.window, look.found.failures) == (False, ())
        assert len([one for one in asked(server) if one == ("GET", "/favicon.ico")]) <= 2


def test_what_pages_share_is_asked_for_once(tmp_path: Path) -> None:
    shared = "<script src=/app.js></script><link rel=stylesheet href=/s.css><img src=/p.png>"
    pages = {f"/{n}": html(f"{shared}<p id=x>{n}</p><a href=/{n + 1}>next</a>") for n in range(3)}
    more = {
        "/app.js": Answer(headers=SCRIPT, body=b"x.append(' by script')"),
        "/s.css": Answer(headers={"Content-Type": "text/css"}, body=b"p{color:green}"),
        "/p.png": picture(1, 2, 3),
        "/3": Answer(404),
    }
    with serving(pages | more) as server:
        look = Look(server.url("/0"), tmp_path, max_pages=9)

        assert len(look.pages) == 3
        paths = [path for _, path in asked(server)]
        assert all(paths.count(path) == 1 for path in ("/app.js", "/s.css", "/p.png"))
        exchanges = {
            part.exchange
            for seen in look.pages.values()
            for part in seen.observation.normalised.attachments
            if part.url.endswith("/p.png")
        }
        assert len(exchanges) == 1


def test_noise_is_no_version_and_leaves_no_second_picture(tmp_path: Path) -> None:
    with serving(site(nonce="first")) as server:
        first = Look(server.url("/"), tmp_path)
    held = {item: substance("rendered", seen.native) for item, seen in first.pages.items()}
    port = server.server_address[1]
    assert isinstance(port, int)

    def known(item: str, native: bytes) -> bool:
        return held.get(item.replace(again.url(""), server.url(""))) == substance(
            "rendered", native.replace(again.url("").encode(), server.url("").encode())
        )

    with serving(site(nonce="second")) as again:
        second = Look(again.url("/"), tmp_path, known=known)
        assert not second.pages
        assert second.found.listed == (again.url("/"),)
        assert second.kept("resource") == []
        assert "outcome: unchanged" in second.notes()
        # What destroys the page finds what it was made of, also where it made no record.
        assert f'sighted: 0 19 "{again.url("/")}"' in second.notes()
    with serving(site(lazy=picture(0, 0, 255))) as again:
        third = Look(again.url("/"), tmp_path, known=known)
        assert len(third.pages) == 1


def test_a_page_of_ten_thousand_pixels_is_in_its_picture_to_the_last(tmp_path: Path) -> None:
    tall = (
        "<body style='margin:0'><div style='height:9900px;background:white'>top</div>"
        "<div style='height:100px;background:rgb(0,0,255)'></div>"
    )
    with serving({"/": html(tall)}) as server:
        look = Look(server.url("/"), tmp_path)
        view = look.view(server.url("/"))
        png = look.payload(view.attachments[0].exchange or "")

        assert size_of(png) == (1280, 10_000)
        assert last_pixel(png) == (0, 0, 255)
        assert view.flags == ()


def test_what_scrolls_within_the_window_is_shown_whole(tmp_path: Path) -> None:
    inner = (
        "<style>body{margin:0;overflow:hidden}</style>"
        "<div style='height:100vh;overflow-y:auto'><div style='height:4000px'>a</div><p>end</p></div>"
    )
    with serving({"/": html(inner)}) as server:
        look = Look(server.url("/"), tmp_path)
        _, height = size_of(look.payload(look.view(server.url("/")).attachments[0].exchange or ""))

        assert 4_000 < height < 4_200


def test_a_file_at_the_address_is_no_page_and_one_that_is_linked_is_kept(tmp_path: Path) -> None:
    pdf = Answer(headers={"Content-Type": "application/pdf"}, body=b"%PDF-1.7 x")
    attached = html("<p>saved", **{"Content-Disposition": "attachment; filename=x.html"})
    start = html("<p>Start</p><a href=/document?id=1>d</a><a href=/attached>a</a>")
    with serving({"/": start, "/document": pdf, "/attached": attached}) as server:
        with pytest.raises(NotAPageError):
            Look(server.url("/document"), tmp_path)
        look = Look(server.url("/"), tmp_path, max_pages=5)

        assert look.view(server.url("/document?id=1")).kind == "media"
        assert look.pages[server.url("/document?id=1")].native == b"%PDF-1.7 x"
        assert look.view(server.url("/attached")).kind == "media"


def test_film_is_recorded_beside_the_page_whole(tmp_path: Path) -> None:
    film = Answer(headers={"Content-Type": "video/mp4"}, body=bytes(range(256)) * 400)
    with serving({"/": html("<p>Film</p><video src=/f.mp4 autoplay muted></video>"), "/f.mp4": film}) as server:
        look = Look(server.url("/"), tmp_path)
        part = next(one for one in look.view(server.url("/")).attachments if one.url.endswith(".mp4"))

        assert (part.role, part.sha256, part.failure) == ("video", Digest.of(film.body), None)
        assert [request.headers.get("Range") for request in server.requests if request.path == "/f.mp4"] == [None]


def test_redirects_by_header_by_script_and_by_mark_up_lead_to_the_page(tmp_path: Path) -> None:
    answers = {
        "/a": redirect("/b", 301),
        "/b": html("<meta http-equiv=refresh content='0;url=/c'>"),
        "/c": html("<script>location.replace('/d')</script>"),
        "/d": html("<p>There</p>"),
        "/round": redirect("/round"),
    }
    with serving(answers) as server:
        look = Look(server.url("/a"), tmp_path)
        assert look.view(server.url("/d")).text == "There"
        with pytest.raises(PageUnrenderedError):
            Look(server.url("/round"), tmp_path)
        assert [path for _, path in asked(server)].count("/round") <= 21
