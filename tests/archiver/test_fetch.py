"""The recording transport against a real server on this machine: what is returned, what is recorded, what never is."""

from __future__ import annotations

import gzip
import ipaddress
import json
import os
import socket
import ssl
import subprocess
import tracemalloc
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from archiver.fetch.addresses import is_public, is_public_or_private
from archiver.fetch.failures import (
    AccessRefusedError,
    AddressForbiddenError,
    AddressMalformedError,
    CertificateRefusedError,
    ConnectionCutError,
    HostUnreachableError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    ServerFailedError,
    TimedOutError,
    TooManyRedirectsError,
    demand_ok,
)
from archiver.fetch.recording import FolderUnwritableError, Limits
from archiver.fetch.transport import Patience, RecordingTransport
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.instant import Instant
from storage.warc import WarcWriter, field, payload_of, read_warc
from tests.judges import judged
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.contract import Response

AT = Instant.from_text("2026-11-21T09:30:00.000000Z")
LIMITS = Limits(connect=5, read=5, total=20, max_body=1 << 20, max_payload=1 << 20)
TOKEN = "EAAB-opensesame/42"


class Recording:
    """A transport and the file that it writes to; ``waits`` are the pauses it took."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.path = folder / "capture.warc.gz"
        self.waits: list[float] = []
        self.warc = WarcWriter(self.path, software="holdfast/0", operator="district", now=lambda: AT)
        known: dict[str, Any] = {"addresses": is_public_or_private, "limits": LIMITS, "patience": Patience(attempts=1)}
        self.transport = RecordingTransport(
            self.warc, user_agent="holdfast", folder=folder, now=lambda: AT, sleep=self.waits.append, **known | settings
        )
        self.get = self.transport.get

    def records(self, kind: str) -> list[tuple[str | None, int | None, str | None]]:
        with self.path.open("rb") as stream:
            return [
                (record.uri, record.status, record.truncated) for record in read_warc(stream) if record.type == kind
            ]

    def notes(self) -> list[dict[str, str]]:
        with self.path.open("rb") as stream:
            payloads = [
                record.payload(limit=9999).decode() for record in read_warc(stream) if record.type == "metadata"
            ]
        return [dict(line.split(": ", 1) for line in payload.splitlines()) for payload in payloads]

    def payload(self, response: Response) -> bytes:
        with self.path.open("rb") as stream:
            return payload_of(stream, response.exchange, limit=1 << 30)

    def plain(self) -> bytes:
        return gzip.decompress(self.path.read_bytes())


@contextmanager
def recording(folder: Path, **settings: Any) -> Iterator[Recording]:
    made = Recording(folder, **settings)
    with made.warc, made.transport:
        yield made
    judged(made.path)


def test_an_answer_is_returned_and_recorded_as_it_was_sent_and_received(tmp_path: Path) -> None:
    body = b"<p>Hello</p>" * 100
    page = Answer(headers={"Content-Type": "text/html", "X-Two": "a"}, body=body)
    with serving({"/page": page}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url("/page?q=1#top"), headers={"If-None-Match": '"7"'})

        assert (response.status, response.payload, response.size, response.truncated) == (200, body, 1200, None)
        assert response.uri == server.url("/page?q=1")
        assert response.sha256 == Digest.of(body)
        assert response.at == AT
        assert response.headers["content-TYPE"] == "text/html"
        assert rec.payload(response) == body
        with rec.path.open("rb") as stream:
            sent = next(record for record in read_warc(stream) if record.type == "request")
        assert dict(sent.http_headers) == server.requests[0].headers
        assert field(sent.headers, "WARC-IP-Address") == "127.0.0.1"
        assert server.requests[0].headers == {
            "Host": server.url("").removeprefix("http://"),
            "User-Agent": "holdfast",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "If-None-Match": '"7"',
        }


@pytest.mark.parametrize(
    "answer", [Answer(gzipped=True), Answer(chunked=True), Answer(gzipped=True, chunked=True), Answer()]
)
@pytest.mark.parametrize("body", [b"", b"x", os.urandom(200_000)])
def test_transfer_and_content_codings_are_transparent(answer: Answer, body: bytes, tmp_path: Path) -> None:
    with serving({"/": replace(answer, body=body)}) as server, recording(tmp_path) as rec:
        for keep in (True, False):
            response = rec.get(server.url(), keep_payload=keep)
            assert response.payload == (body if keep else b"")
            assert (response.size, response.sha256) == (len(body), Digest.of(body))
            assert rec.payload(response) == body
        assert len({request.connection for request in server.requests}) == 1


@pytest.mark.parametrize("status", [204, 304, 404, 410, 500])
def test_any_status_is_an_answer(status: int, tmp_path: Path) -> None:
    with serving({"/": Answer(status)}) as server, recording(tmp_path) as rec:
        assert rec.get(server.url()).status == status
        assert rec.records("response") == [(server.url(), status, None)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessRefusedError),
        (403, AccessRefusedError),
        (404, NotFoundError),
        (410, NotFoundError),
        (418, RequestRefusedError),
        (429, RateLimitedError),
        (503, ServerFailedError),
        (302, RequestRefusedError),
    ],
)
def test_answers_that_are_no_use_are_refused_by_name(status: int, error: type[ArchiveError], tmp_path: Path) -> None:
    with serving({"/": Answer(status, {"Retry-After": "3600"})}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url())
    with pytest.raises(error) as refused:
        demand_ok(response)
    assert refused.value.facts["status"] == status
    assert refused.value.facts.get("retry_after") == ("3600" if status == 429 else None)
    demand_ok(replace(response, status=304))
    demand_ok(replace(response, status=206))


def test_every_hop_of_a_redirect_is_recorded(tmp_path: Path) -> None:
    site = {"/a": redirect("/b", 301), "/b": redirect("../c?x=\u00c3\u00a9&y=\u00e9", 307), "/c": Answer(body=b"here")}
    with serving(site) as server, recording(tmp_path) as rec:
        response = rec.get(server.url("/a"))
        assert (response.payload, response.uri) == (b"here", server.url("/c?x=%C3%A9&y=%E9"))
        assert [status for _, status, _ in rec.records("response")] == [301, 307, 200]


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with serving({"/": redirect("/")}) as server, recording(tmp_path) as rec:
        with pytest.raises(TooManyRedirectsError):
            rec.get(server.url())
        assert len(rec.records("response")) == 11


def test_credentials_do_not_follow_a_redirect_to_another_origin(tmp_path: Path) -> None:
    with serving({"/": Answer(body=b"there")}) as other, recording(tmp_path) as rec:
        with serving({"/": redirect("/same"), "/same": redirect(other.url())}) as server:
            rec.get(server.url(), headers={"Authorization": "Bearer abc", "Accept": "text/html"})
        assert [request.headers.get("Authorization") for request in server.requests] == ["Bearer abc", "Bearer abc"]
        assert "Authorization" not in other.requests[0].headers
        assert other.requests[0].headers["Accept"] == "text/html"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/",
        "file:///etc/passwd",
        "https://",
        "x.example",
        "",
        "http://[::1",
        "http://a b/",
        "http://x:99999/",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str, tmp_path: Path) -> None:
    with recording(tmp_path) as rec, pytest.raises(AddressMalformedError):
        rec.get(url)


def test_a_redirect_to_another_scheme_is_refused(tmp_path: Path) -> None:
    site = {"/": redirect("file:///etc/passwd")}
    with serving(site) as server, recording(tmp_path) as rec, pytest.raises(AddressMalformedError):
        rec.get(server.url())


FORBIDDEN = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1"),
    *("255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "192.88.99.1", "168.63.129.16"),
    *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
    *("2002:7f00:1::", "2001:db8::1", "2001::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_nobody_publishes_at_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert is_public_or_private(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fc00::1", "::ffff:10.0.0.1"])
def test_an_account_in_the_private_network_reaches_it(address: str) -> None:
    assert is_public_or_private(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::", "224.0.0.1", "::ffff:169.254.169.254"])
def test_not_even_an_account_in_the_private_network_reaches_where_clouds_keep_credentials(address: str) -> None:
    assert not is_public_or_private(ipaddress.ip_address(address))


def test_a_private_address_is_refused_however_it_is_spelled(tmp_path: Path) -> None:
    with serving({}) as server, recording(tmp_path, addresses=is_public) as rec:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressForbiddenError) as refused:
                rec.get(server.url(host=host))
            assert "--allow-private-network" in refused.value.do
        assert server.requests == []
        assert [note["code"] for note in rec.notes()] == ["ADDRESS_FORBIDDEN"] * 5


def test_a_redirect_to_where_clouds_keep_credentials_is_refused(tmp_path: Path) -> None:
    site = {"/": redirect("http://169.254.169.254/latest/meta-data/")}
    with serving(site) as server, recording(tmp_path) as rec:
        with pytest.raises(AddressForbiddenError, match=r"169\.254\.169\.254"):
            rec.get(server.url())
        assert rec.records("metadata") == [("http://169.254.169.254/latest/meta-data/", None, None)]


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_address_after_vetting(tmp_path: Path) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[ipaddress.IPv4Address]:
        asked.append(host)
        return [ipaddress.IPv4Address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    with serving({"/": Answer(body=b"ok")}) as server, recording(tmp_path, resolve=rebinding) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"ok"
        assert server.requests[0].headers["Host"].startswith("news.example:")
    assert asked == ["news.example"]


def test_of_several_addresses_the_first_allowed_one_that_answers_is_used(tmp_path: Path) -> None:
    found = [ipaddress.ip_address(text) for text in ("169.254.0.1", "::1", "127.0.0.1")]
    with serving({"/": Answer(body=b"ok")}) as server, recording(tmp_path, resolve=lambda *_: found) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"ok"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_host_that_is_not_there_is_unreachable_and_the_attempt_recorded(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/?access_token=abc"
    with recording(tmp_path, patience=Patience(attempts=3, wait=1)) as rec:
        with pytest.raises(HostUnreachableError):
            rec.get(url)
        assert rec.records("metadata") == [(url.replace("abc", "***"), None, None)] * 3
        assert rec.notes()[0]["code"] == "HOST_UNREACHABLE"
        assert rec.waits == [1, 2]


def test_a_name_without_an_address_is_unreachable(tmp_path: Path) -> None:
    with recording(tmp_path) as rec, pytest.raises(HostUnreachableError):
        rec.get("http://no-such-name.invalid/")


def test_a_server_that_does_not_answer_times_out(tmp_path: Path) -> None:
    impatient = replace(LIMITS, read=0.05)
    with serving({"/": Answer(hang="before")}) as server, recording(tmp_path, limits=impatient) as rec:
        with pytest.raises(TimedOutError):
            rec.get(server.url())
        assert rec.notes()[0]["code"] == "TIMED_OUT"


def test_a_server_that_never_finishes_its_header_is_cut_off(tmp_path: Path) -> None:
    drip = Answer(raw=b"HTTP/1.1 200 OK\r\nX-Slow: ", hang="after")
    limits = replace(LIMITS, total=0.1)
    with serving({"/": drip}) as server, recording(tmp_path, limits=limits) as rec, pytest.raises(TimedOutError):
        rec.get(server.url())


@pytest.mark.parametrize(
    "raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999]
)
def test_what_is_not_http_is_refused(raw: bytes, tmp_path: Path) -> None:
    with serving({"/": Answer(raw=raw)}) as server, recording(tmp_path) as rec:
        with pytest.raises(ConnectionCutError):
            rec.get(server.url())
        assert rec.notes()[0]["code"] == "CONNECTION_CUT"


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_body_that_breaks_off_is_kept_as_far_as_it_came(gzipped: bool, tmp_path: Path) -> None:
    text = "".join(f"{number}\n" for number in range(20_000)).encode()
    whole = gzip.compress(text) if gzipped else text
    headers = {"Content-Encoding": "gzip"} if gzipped else {}
    cut = Answer(headers=headers, body=whole[:30_000], short=len(whole) - 30_000)
    with serving({"/": cut}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url())
        assert response.truncated == "disconnect"
        assert response.payload
        assert text.startswith(response.payload)
        assert rec.payload(response) == response.payload
        assert rec.records("response") == [(server.url(), 200, "disconnect")]


def test_a_body_that_stalls_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    stalling = Answer(body=b"x" * 100, short=100, hang="after")
    with serving({"/": stalling}) as server, recording(tmp_path, limits=replace(LIMITS, read=0.1)) as rec:
        response = rec.get(server.url())
        assert (response.payload, response.truncated) == (b"x" * 100, "time")
        assert rec.records("response")[0][2] == "time"


def test_a_body_that_takes_too_long_in_all_is_cut(tmp_path: Path) -> None:
    ticks = iter(range(1_000_000))
    endless = {"/": Answer(body=bytes(1 << 16), times=0)}
    with (
        serving(endless) as server,
        recording(tmp_path, clock=lambda: next(ticks), limits=replace(LIMITS, total=5)) as rec,
    ):
        response = rec.get(server.url(), keep_payload=False)
        assert response.truncated == "time"
        assert 0 < response.size < LIMITS.max_body


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_body_is_cut_in_flat_memory(chunked: bool, tmp_path: Path) -> None:
    limit = 20 << 20
    limits = replace(LIMITS, max_body=limit)
    endless = {"/": Answer(body=bytes(1 << 20), times=0, chunked=chunked), "/warm": Answer()}
    with serving(endless) as server, recording(tmp_path, limits=limits, secrets=(TOKEN,)) as rec:
        rec.get(server.url("/warm"))
        tracemalloc.start()
        response = rec.get(server.url(), keep_payload=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (response.size, response.truncated) == (limit, "length")
        assert peak < 5 << 20
        assert rec.records("response")[1] == (server.url(), 200, "length")


def test_a_gzip_bomb_fills_neither_memory_nor_time(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    answer = Answer(headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}, body=bomb)
    with serving({"/": answer}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url())
        assert (len(response.payload), response.truncated) == (LIMITS.max_payload, "length")
        assert rec.records("response") == [(server.url(), 200, None)]


def test_of_a_gzip_bomb_that_may_hold_a_secret_only_what_was_looked_at_is_recorded(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20) + TOKEN.encode())
    answer = Answer(headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}, body=bomb)
    with serving({"/": answer}) as server, recording(tmp_path, secrets=(TOKEN,)) as rec:
        response = rec.get(server.url())
        assert rec.payload(response) == response.payload == bytes(LIMITS.max_payload)
        assert rec.records("response") == [(server.url(), 200, "length")]


def test_a_busy_server_is_asked_again_when_it_says(tmp_path: Path) -> None:
    busy = [
        Answer(429, {"Retry-After": "7"}),
        Answer(503, {"Retry-After": "Sat, 21 Nov 2026 09:30:09 GMT"}),
        Answer(500),
    ]
    site = {"/": [*busy, Answer(body=b"at last")]}
    with serving(site) as server, recording(tmp_path, patience=Patience(attempts=4, wait=0.5)) as rec:
        assert rec.get(server.url()).payload == b"at last"
        assert rec.waits == [7, 9, 2.0]
        assert [status for _, status, _ in rec.records("response")] == [429, 503, 500, 200]


@pytest.mark.parametrize(
    ("after", "waits"),
    [("61", []), ("Sat, 21 Nov 2026 11:00:00 GMT", []), ("60", [60]), ("soon", [2]), ("-1", [2]), ("0", [0])],
)
def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for(
    after: str, waits: list[float], tmp_path: Path
) -> None:
    site = {"/": Answer(429, {"Retry-After": after})}
    with serving(site) as server, recording(tmp_path, patience=Patience(attempts=2)) as rec:
        assert rec.get(server.url()).status == 429
        assert rec.waits == waits


def test_a_body_that_broke_off_is_asked_for_again(tmp_path: Path) -> None:
    site = {"/": [Answer(body=b"half", short=4), Answer(body=b"half+all")]}
    with serving(site) as server, recording(tmp_path, patience=Patience(attempts=2)) as rec:
        assert rec.get(server.url()).payload == b"half+all"
        assert [truncated for _, _, truncated in rec.records("response")] == ["disconnect", None]


def test_without_room_for_a_body_nothing_is_recorded_and_the_file_stays_whole(tmp_path: Path) -> None:
    site = {"/": Answer(body=bytes(2 << 20)), "/small": Answer()}
    with serving(site) as server, recording(tmp_path, limits=Limits()) as rec:
        gone = RecordingTransport(
            rec.warc, user_agent="holdfast", folder=tmp_path / "gone", now=lambda: AT, addresses=is_public_or_private
        )
        with gone, pytest.raises(FolderUnwritableError, match="gone"):
            gone.get(server.url())
        assert rec.get(server.url("/small")).status == 200
        assert rec.records("response") == [(server.url("/small"), 200, None)]


def test_no_secret_reaches_the_disk_or_the_caller(tmp_path: Path) -> None:
    quoted = TOKEN.replace("/", "%2F")
    echo = json.dumps({"you_sent": TOKEN, "next": f"https://x.example/?access_token={TOKEN}&p=2", "id": 7}).encode()
    headers = {"Content-Type": "application/json", "Set-Cookie": "session=topsecret", "ETag": f'"{TOKEN}"'}
    site = {
        "/in": redirect(f"/out?token={quoted}&code=0123456789abcdef"),
        "/out": Answer(headers=headers, body=echo, gzipped=True),
        "/page": Answer(headers={"Content-Type": "text/html"}, body=b"<p>%b</p>" % quoted.encode()),
    }
    basic = b64encode(f"user:{TOKEN}".encode()).decode()
    with serving(site) as server, recording(tmp_path, secrets=(TOKEN,)) as rec:
        asked = {"Authorization": f"Basic {basic}", "Cookie": "a=topsecret", "X-Note": basic}
        answered = rec.get(server.url(f"/in?access_token={quoted}"), headers=asked)
        page = rec.get(server.url("/page"))

        assert [request.path for request in server.requests][1] == f"/out?token={quoted}&code=0123456789abcdef"
        stored = rec.plain()
        for leak in (TOKEN, quoted, "topsecret", "0123456789abcdef", basic):
            assert leak.encode() not in stored
            assert leak not in repr(answered) + repr(page)
        stars = "*" * len(TOKEN)
        assert json.loads(answered.payload) == {
            "you_sent": stars,
            "next": f"https://x.example/?access_token={stars}&p=2",
            "id": 7,
        }
        assert (answered.size, answered.sha256) == (len(echo), Digest.of(answered.payload))
        assert rec.payload(answered) == answered.payload
        assert rec.payload(page) == page.payload == b"<p>%b</p>" % (b"*" * len(quoted))
        assert b"X-Archive-Orig-Content-Encoding: gzip" in stored
        assert stored.count(b"WARC-X-Masked") == 6


def test_errors_carry_no_secret(tmp_path: Path) -> None:
    url = f"http://user:{TOKEN.replace('/', '%2F')}@127.0.0.1:{closed_port()}/?access_token=abc"
    with recording(tmp_path, secrets=(TOKEN,)) as rec:
        for wrong in (url, url.replace("http", "ftp"), url.replace("127.0.0.1", "127.0.0.1 ")):
            with pytest.raises(ArchiveError) as refused:
                rec.get(wrong)
            told = str(refused.value) + repr(refused.value.facts)
            assert "opensesame" not in told
            assert "abc" not in told
        assert b"opensesame" not in rec.plain()


def test_nothing_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with serving({"/": Answer(headers={"Set-Cookie": "a=b"})}) as server, recording(tmp_path) as rec:
        rec.get(server.url())
        rec.get(server.url())
    assert all(not {"Authorization", "Cookie"} & set(request.headers) for request in server.requests)


def test_eight_threads_write_one_valid_file(tmp_path: Path) -> None:
    bodies = [os.urandom(400) for _ in range(20)]
    site = {f"/{n}": Answer(body=body, gzipped=n % 2 == 0, chunked=n % 3 == 0) for n, body in enumerate(bodies)}
    with serving(site) as server, recording(tmp_path, secrets=(TOKEN,)) as rec:
        with ThreadPoolExecutor(8) as pool:
            responses = list(pool.map(lambda n: rec.get(server.url(f"/{n % 20}")), range(160)))
        for n, response in enumerate(responses):
            assert response.payload == bodies[n % 20]
        assert len({response.exchange for response in responses}) == 160
        assert rec.payload(responses[-1]) == responses[-1].payload
    counts = judged(rec.path)
    assert counts == Counter(warcinfo=1, response=20, revisit=140, request=160)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for ``news.example``, and the file that vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        *subject,
    ]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_a_certificate_is_checked_against_the_name_whatever_the_address(
    certificate: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    tls, authority = certificate
    settings = {"resolve": lambda *_: [ipaddress.ip_address("127.0.0.1")], "authorities": authority}
    with serving({"/": Answer(body=b"safe")}, tls=tls) as server, recording(tmp_path, **settings) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"safe"
        with pytest.raises(CertificateRefusedError):
            rec.get(server.url(host="evil.example"))
        assert rec.notes()[0]["code"] == "CERTIFICATE_REFUSED"


def test_an_unknown_authority_is_refused(certificate: tuple[ssl.SSLContext, Path], tmp_path: Path) -> None:
    local = {"resolve": lambda *_: [ipaddress.ip_address("127.0.0.1")]}
    tls = certificate[0]
    with serving({}, tls=tls) as server, recording(tmp_path, **local) as rec, pytest.raises(CertificateRefusedError):
        rec.get(server.url(host="news.example"))


def test_a_plain_server_speaks_no_tls(tmp_path: Path) -> None:
    with serving({}) as server, recording(tmp_path) as rec, pytest.raises(ConnectionCutError):
        rec.get(server.url().replace("http:", "https:"))
