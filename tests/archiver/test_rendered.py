"""Pages that scripts make, rendered by the system's Chromium from a real server: what is kept, bounded and refused."""

from __future__ import annotations

import io
import ipaddress
import os
import shutil
import signal
import socket
import struct
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from archiver.browser.chromium import NAMES, Chromium
from archiver.browser.failures import BrowserFailedError, PageUnrenderedError
from archiver.browser.page import Bounds
from archiver.collectors.rendered.collector import RenderedCollector
from archiver.collectors.website.collector import NotAPageError
from archiver.fetch.failures import HostUnreachableError, NotFoundError, ServerFailedError
from archiver.substance import substance
from schemas.account import Account
from schemas.digest import Digest
from storage.warc import payload_of, read_warc
from tests.archiver.recordings import recording
from tests.archiver.scripted_site import HTML, SCRIPT, html, picture, site
from tests.archiver.transports import recorded_native, transport_to
from tests.judges import judged
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.contract import Collected, Seen
    from schemas.record import Normalised
    from tests.servers import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]
CLOUD = "http://169.254.169.254/latest/meta-data/"


def never(_item: str, _native: bytes) -> bool:
    return False


class Look:
    """One look at a site, and the WARC file that it left."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        known: Callable[[str, bytes], bool] = never,
        cursor: Mapping[str, str] | None = None,
        seconds: float = 20,
        max_pages: int = 1,
        **bounds: Any,
    ) -> None:
        number = sum(1 for _ in folder.glob("*.warc.gz"))
        self.folder, self.path = folder, folder / f"{number}.warc.gz"
        chromium = Chromium(sandbox=os.geteuid() != 0, introduces="Holdfast", bounds=Bounds(seconds=seconds, **bounds))
        account = Account(name="site", platform="rendered", url=url, title="Site", private_network=True)
        collector = RenderedCollector(chromium, max_pages=max_pages)
        try:
            with transport_to(self.path) as transport:
                self.found: Collected = collector.collect(account, transport, cursor=cursor or {}, known=known)
        finally:
            assert not (folder / "browser").exists()
            judged(self.path)
        for seen in self.found.items:
            assert recorded_native(self.path, seen) == seen.native

    @property
    def pages(self) -> dict[str, Seen]:
        views = ((seen.observation.normalised, seen) for seen in self.found.items)
        return {view.item: seen for view, seen in views if view.kind != "list"}

    def view(self, item: str) -> Normalised:
        return self.pages[item].observation.normalised

    def payload(self, exchange: str) -> bytes:
        with self.path.open("rb") as stream:
            return payload_of(stream, exchange, limit=1 << 30)

    def kept(self, kind: str) -> list[str]:
        with self.path.open("rb") as stream:
            return [record.uri or "" for record in read_warc(stream) if record.type == kind]

    def notes(self) -> str:
        with self.path.open("rb") as stream:
            return "".join(
                record.payload(limit=1 << 20).decode() for record in read_warc(stream) if record.type == "metadata"
            )


def asked(server: Server) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in server.requests]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


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


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine on TCP and UDP, and what came to it."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))

        def take(sock: socket.socket, name: str) -> None:
            try:
                while sock.accept() if name == "tcp" else sock.recv(99):
                    came.append(name)
            except OSError:
                return

        threads = [threading.Thread(target=take, args=pair) for pair in ((tcp, "tcp"), (udp, "udp"))]
        for thread in threads:
            thread.start()
        try:
            yield port, came
        finally:
            tcp.shutdown(socket.SHUT_RDWR)
            udp.sendto(b"", ("127.0.0.1", port))
            for thread in threads:
                thread.join()


def test_a_page_reaches_nothing_past_the_transport(tmp_path: Path) -> None:
    attempts = """
    <p>Council</p><pre id=log></pre>
    <link rel=preconnect href="http://127.0.0.1:PORT"><link rel=dns-prefetch href="//127.0.0.1:PORT">
    <script>
    const told = (name) => (value) => log.append(name + ' ' + String(value).slice(0, 60) + '; ');
    fetch('CLOUD').then(told('cloud answered'), told('cloud'));
    fetch('http://[::ffff:169.254.169.254]/').then(told('mapped answered'), told('mapped'));
    fetch('file:///etc/passwd').then(told('file answered'), told('file'));
    try { new WebSocket('ws://127.0.0.1:PORT/').onopen = told('socket answered'); } catch (e) { told('socket')(e); }
    new WebTransport('https://127.0.0.1:PORT/').ready.then(told('transport answered'), told('transport'));
    const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}]});
    peer.createDataChannel('x'); peer.createOffer().then((offer) => peer.setLocalDescription(offer));
    new Worker('/worker.js').onmessage = (event) => told('worker')(event.data);
    navigator.serviceWorker.register('/sw.js').then(told('service worker'), told('no service worker'));
    new EventSource('/events').onmessage = told('event answered');
    fetch('/remove', {method: 'DELETE'}).then(told('delete answered'), told('delete'));
    window.open('/popup');
    alert('stop'); confirm('stop?');
    addEventListener('beforeunload', (event) => event.preventDefault());
    const frame = document.createElement('iframe'); frame.src = 'file:///etc/passwd'; document.body.append(frame);
    const inner = document.createElement('iframe'); inner.src = 'CLOUD'; document.body.append(inner);
    const link = document.createElement('a'); link.href = '/save.html'; link.download = 'x'; document.body.append(link);
    link.click();
    </script>"""
    worker = b"fetch('CLOUD').then(() => postMessage('answered'), () => postMessage('cloud refused'))"
    with listening() as (port, came):
        body = attempts.replace("PORT", str(port)).replace("CLOUD", CLOUD)
        script = Answer(headers=SCRIPT, body=worker.replace(b"CLOUD", CLOUD.encode()))
        with serving({"/": html(body), "/worker.js": script, "/sw.js": script, "/save.html": html("saved")}) as server:
            look = Look(server.url("/"), tmp_path, seconds=15)
            view = look.view(server.url("/"))

            assert "Council" in (view.text or "")
            assert "worker cloud refused" in (view.text or "")
            assert "answered" not in (view.text or "")
            assert "root:" not in (view.text or "")
            paths = {path for _, path in asked(server)}
            assert not {"/popup", "/events", "/remove", "/sw.js"} & paths
        assert came == []
    notes = look.notes()
    assert "HOST_UNREACHABLE" in notes or "ADDRESS_FORBIDDEN" in notes
    assert "WebSocket" in notes
    assert "a stream of events does not end" in notes
    assert "DELETE may change something" in notes
    assert not [uri for uri in look.kept("response") if "169.254" in uri]
    assert "refused-requests" in view.flags


def test_a_name_that_comes_to_mean_another_machine_is_not_followed_there(tmp_path: Path) -> None:
    """DNS rebinding: the page's own host is public when it is opened, and inside when its script asks again."""
    public, inside = ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("127.0.0.2")
    turns = iter((public,))
    script = "<p>Grove</p><script>fetch('/inside').catch(() => document.body.append('nothing came'))</script>"
    with serving({"/": html(script, Connection="close"), "/inside": html("<p>secret")}) as server:
        url = server.url("/", host="grove.test")
        account = Account(name="site", platform="rendered", url=url, title="Site")
        with recording(
            tmp_path, resolve=lambda _host, _port: (next(turns, inside),), addresses=lambda address: address == public
        ) as made:
            found = RenderedCollector(Chromium(sandbox=os.geteuid() != 0), max_pages=1).collect(
                account, made.transport, cursor={}, known=never
            )

        (page,) = (seen.observation.normalised for seen in found.items if seen.observation.normalised.kind == "page")
        assert page.text == "Grove\nnothing came"
        assert any("ADDRESS_FORBIDDEN" in failure for failure in found.failures)
        assert [path for _, path in asked(server)] == ["/"]


def test_what_does_not_answer_is_a_failure_and_the_page_is_kept(tmp_path: Path) -> None:
    with serving({"/": html("<p>Here</p><img src='http://127.0.0.1:1/x.png'>")}) as server:
        look = Look(server.url("/"), tmp_path)

        assert look.view(server.url("/")).text == "Here"
        assert any("HOST_UNREACHABLE" in failure for failure in look.found.failures)


def test_a_post_elsewhere_is_sent_only_where_it_is_invited(tmp_path: Path) -> None:
    cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}
    with serving({"/open": Answer(headers=cors, body=b"read"), "/closed": Answer(body=b"secret")}) as other:
        script = f"""<p>x</p><script>
        const json = {{method: 'POST', body: '{{}}', headers: {{'Content-Type': 'application/json'}}}};
        fetch('{other.url("/open")}', json).then((a) => a.text()).then((t) => document.body.append(' open ' + t));
        fetch('{other.url("/closed")}', json).catch(() => document.body.append(' closed'));
        fetch('{other.url("/open")}?simple', {{method: 'POST', body: 'x', mode: 'no-cors'}})
          .catch(() => document.body.append(' simple'));
        </script>"""
        with serving({"/": html(script)}) as server:
            look = Look(server.url("/"), tmp_path)
            text = look.view(server.url("/")).text or ""

        assert "open read" in text
        assert "closed" in text
        assert "simple" in text
        posts = [path for method, path in asked(other) if method == "POST"]
        assert posts == ["/open"]


def test_a_page_that_never_stops_loading_is_taken_when_its_time_is_up(tmp_path: Path) -> None:
    script = """<p>Agenda</p><img src=/hangs.png><script>
    setInterval(() => fetch('/poll'), 100);
    setInterval(() => document.body.insertAdjacentHTML('beforeend', '<p style=height:500px>'), 20);
    </script>"""
    answers = {"/": html(script), "/poll": Answer(body=b"."), "/hangs.png": Answer(hang="before")}
    with serving(answers) as server:
        look = Look(server.url("/"), tmp_path, seconds=4)
        view = look.view(server.url("/"))

        assert (view.text or "").startswith("Agenda")
        assert "unsettled" in view.flags


def test_a_page_whose_script_never_ends_is_a_failure_and_the_next_is_read(tmp_path: Path) -> None:
    stuck = "<p>Stuck</p><script>onload = () => setTimeout(() => { for (;;) {} }, 50)</script>"
    with (
        serving(
            {
                "/": html("<p>Start</p><a href=/stuck>s</a><a href=/after>a</a>"),
                "/stuck": html(stuck),
                "/after": html("<p>After</p>"),
            }
        ) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("archiver.browser.visiting.TAKING", 2.0)
        look = Look(server.url("/"), tmp_path, seconds=2, max_pages=5)

        assert look.view(server.url("/after")).text == "After"
        assert any("PAGE_UNRENDERED" in failure for failure in look.found.failures)


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


def test_a_page_without_end_is_cut_and_says_so(tmp_path: Path) -> None:
    endless = """<div id=d></div><script>
    const more = () => { d.insertAdjacentHTML('beforeend', '<p style=height:400px>line</p>'); };
    for (let n = 0; n < 5; n++) more();
    addEventListener('scroll', () => { for (let n = 0; n < 5; n++) more(); });
    </script>"""
    with serving({"/": html(endless)}) as server:
        look = Look(server.url("/"), tmp_path, seconds=30, height=8_000)
        view = look.view(server.url("/"))

        assert size_of(look.payload(view.attachments[0].exchange or "")) == (1280, 8_000)
        assert "picture-cut" in view.flags


def test_what_scrolls_within_the_window_is_shown_whole(tmp_path: Path) -> None:
    inner = (
        "<style>body{margin:0;overflow:hidden}</style>"
        "<div style='height:100vh;overflow-y:auto'><div style='height:4000px'>a</div><p>end</p></div>"
    )
    with serving({"/": html(inner)}) as server:
        look = Look(server.url("/"), tmp_path)
        _, height = size_of(look.payload(look.view(server.url("/")).attachments[0].exchange or ""))

        assert 4_000 < height < 4_200


def test_a_page_gets_no_more_than_its_bounds(tmp_path: Path) -> None:
    many = "<p>Many</p>" + "".join(f"<img src=/p.png?{number}>" for number in range(60))
    with serving({"/": html(many), "/p.png": picture(9, 9, 9)}) as server:
        look = Look(server.url("/"), tmp_path, requests=20)

        assert len(server.requests) == 20
        assert any("more than 20 things" in failure for failure in look.found.failures)


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    many = "<p>Many</p>" + "".join(f"<script src=/s.js?{number}></script>" for number in range(30))
    script = Answer(headers=SCRIPT, body=b"//" + bytes(1 << 20).replace(b"\0", b" "))
    with serving({"/": html(many), "/s.js": script}) as server:
        look = Look(server.url("/"), tmp_path, octets=2 << 20)

        assert any("larger than" in failure for failure in look.found.failures)
        assert len(server.requests) < 15


@pytest.mark.parametrize(
    ("wall", "words"),
    [
        (html("<h1>Sign in</h1><form><input type=email><input type=password></form>"), "login"),
        (html("<p>Please verify you are human.</p>"), "notice"),
        (html("<div id=app></div><script>throw new Error('no')</script>"), "shows nothing"),
    ],
)
def test_what_stands_in_front_of_a_site_is_suspect_and_no_version(tmp_path: Path, wall: Answer, words: str) -> None:
    with serving({"/": wall}) as server:
        look = Look(server.url("/"), tmp_path)

        assert (look.found.items, look.found.listed, look.found.sanity) == ((), None, "suspect")
        assert any(words in failure for failure in look.found.failures)
        assert f"urn:fullPage:{server.url('/')}" in look.kept("resource")


def test_a_page_that_had_text_and_shows_none_is_suspect(tmp_path: Path) -> None:
    start = html("<p>Start</p><a href=/news>news</a>")
    empty = html("<img src=/p.png>")
    with serving({"/": start, "/news": [html("<p>News</p>"), empty], "/p.png": picture(1, 1, 1)}) as server:
        first = Look(server.url("/"), tmp_path, max_pages=5)
        second = Look(server.url("/"), tmp_path, max_pages=5, cursor=first.found.cursor)

        assert server.url("/news") in first.pages
        assert server.url("/news") not in second.pages
        assert server.url("/news") in (second.found.listed or ())
        assert second.found.sanity == "suspect"
        assert second.found.cursor == first.found.cursor


def test_an_error_instead_of_the_start_page_is_its_error(tmp_path: Path) -> None:
    with serving({"/gone": Answer(404, HTML, b"<p>Gone"), "/broken": Answer(500, HTML, b"<p>Broken")}) as server:
        with pytest.raises(NotFoundError):
            Look(server.url("/gone"), tmp_path)
        with pytest.raises(ServerFailedError):
            Look(server.url("/broken"), tmp_path)
    with pytest.raises(HostUnreachableError):
        Look("http://nowhere.example/", tmp_path)


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


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def browsers_below(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        for child in children_of(waiting.pop()):
            waiting.append(child)
            try:
                command = (Path("/proc") / str(child) / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--remote-debugging-pipe" in command and b"--type=" not in command:
                found.append(child)
    return found


def test_a_browser_that_is_killed_in_the_middle_ends_the_look_by_name(tmp_path: Path) -> None:
    killed: list[int] = []
    with serving({"/": html("<p>Start</p><img src=/p.png>"), "/p.png": picture(1, 1, 1)}) as server:
        answer = server.answer

        def answering(request):
            if request.path == "/p.png":
                for browser in browsers_below(os.getpid()):
                    killed.append(browser)
                    os.kill(browser, signal.SIGKILL)
            return answer(request)

        server.answer = answering  # type: ignore[method-assign]
        with pytest.raises(BrowserFailedError):
            Look(server.url("/"), tmp_path)
    assert killed
    assert not browsers_below(os.getpid())


def last_pixel(png: bytes) -> tuple[int, ...]:
    """The bottom right pixel of a PNG, read by a library of its own."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pixel = image.getpixel((image.width - 1, image.height - 1))
    assert isinstance(pixel, tuple)
    return pixel
