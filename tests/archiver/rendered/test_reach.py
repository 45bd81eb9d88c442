"""What a rendered page reaches: what the recording transport fetches for it, and nothing else."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archiver.browser.chromium import Chromium
from archiver.collectors.rendered.collector import RenderedCollector
from schemas.account import Account
from tests.archiver.recordings import recording
from tests.archiver.scripted_site import SCRIPT, html
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


from tests.archiver.rendered.looks import MARKS, Look, asked, never

pytestmark = MARKS
CLOUD = "http://169.254.169.254/latest/meta-data/"


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
