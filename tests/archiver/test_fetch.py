"""The recording transport against a real server on this machine: what is returned, what is recorded, what never is."""

from __future__ import annotations

import json
import os
import socket
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.failures import (
    AccessRefusedError,
    AddressMalformedError,
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
from storage.warc import field, read_warc
from tests.judges import judged
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from pathlib import Path

from tests.archiver.recordings import AT, LIMITS, TOKEN, recording


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
    demand_ok(replace(response, status=304), conditional=True)
    with pytest.raises(RequestRefusedError):
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
    [
        ("61", []),
        ("Sat, 21 Nov 2026 11:00:00 GMT", []),
        ("60", [60]),
        ("soon", [2]),
        ("-1", [2]),
        ("0", [0]),
        ("Sat, 99999999999999999999 Nov 2026 11:00:00 GMT", [2]),
    ],
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
