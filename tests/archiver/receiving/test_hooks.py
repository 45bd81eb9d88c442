"""Platforms call: who knows the shared secret is believed, nobody else; what is told is kept before the thanks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from typing import TYPE_CHECKING

import pytest
import requests

from archiver.platforms.known import find_platform
from archiver.platforms.notifying import (
    Webhook,
    by_challenge,
    by_challenge_code,
    by_crc,
    signed_with,
    word_for,
)
from archiver.receiving import hooks, received
from archiver.receiving.hooks import Hook, Hooks
from archiver.receiving.received import Notification, ReceivedFullError, keep, waiting
from archiver.rounds import system_chance
from schemas.errors import IntegrityError
from tests.archiver.transports import AT
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "app-secret-0123456789"
BODY = b'{"entry": [{"id": "1"}]}'


def hmac_of(content: bytes, name: str = "sha256") -> bytes:
    return hmac.new(KEY.encode(), content, getattr(hashlib, name)).digest()


META = Webhook(greeted=by_challenge, signed=signed_with("x-hub-signature-256"), named=lambda _: ())


class Listening:
    """A server that takes calls for the account ``city``."""

    def __init__(self, home: Path, server: Hooks, told: list[str]) -> None:
        self.home, self.told = home, told
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def call(self, body: bytes = BODY, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(f"{self.url}/hooks/city", data=body, headers=named, timeout=10).status_code

    def tell(self, body: bytes) -> int:
        return self.call(body, X_Hub_Signature_256=f"sha256={hmac_of(body).hex()}")

    def waiting(self) -> list[bytes]:
        return [one.body for one in waiting(self.home, "city")]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Listening]:
    told: list[str] = []
    known = {"city": Hook("city", META, KEY)}
    server = Hooks(("127.0.0.1", 0), known, home=tmp_path, name=system_chance().name, now=lambda: AT, told=told.append)
    with running(server):
        yield Listening(tmp_path, server, told)


def test_what_is_signed_is_kept_and_told_and_what_is_not_is_neither(city: Listening):
    good = f"sha256={hmac_of(BODY).hex()}"
    for bad in ({}, {"X_Hub_Signature_256": good[:-1] + "g"}, {"X_Hub_Signature_256": hmac_of(BODY).hex()}):
        assert city.call(**bad) == 403
    assert city.call(BODY + b" ", X_Hub_Signature_256=good) == 403
    assert (city.waiting(), city.told) == ([], [])
    assert city.call(X_Hub_Signature_256=good) == 200
    assert (city.waiting(), city.told) == ([BODY], ["city"])


def test_a_platform_is_greeted_that_knows_our_word(city: Listening):
    def greeted(word: str) -> requests.Response:
        asked = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "158"}
        return requests.get(f"{city.url}/hooks/city", params=asked, timeout=10)

    assert greeted(word_for(KEY)).text == "158"
    assert greeted("another").status_code == 403
    assert greeted(word_for("another")).status_code == 403


@pytest.mark.parametrize("path", ["/", "/hooks/", "/hooks/town", "/hooks/city/../town", "/hooks/city%2e"])
def test_there_is_nothing_at_any_other_address(path: str, city: Listening):
    assert requests.get(f"{city.url}{path}", timeout=10).status_code == 404
    assert requests.post(f"{city.url}{path}", data=BODY, timeout=10).status_code == 404


def test_what_is_too_large_or_of_no_stated_length_or_cut_off_is_not_taken(city: Listening):
    large = b"x" * (hooks.LARGEST + 1)
    assert city.call(large, X_Hub_Signature_256=f"sha256={hmac_of(large).hex()}") == 413
    assert requests.post(f"{city.url}/hooks/city", data=iter([BODY]), timeout=10).status_code == 411
    host, port = city.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        signature = hmac_of(BODY[:5]).hex()
        connection.sendall(
            f"POST /hooks/city HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\n\r\n".encode()
            + BODY[:5]
        )
        connection.shutdown(socket.SHUT_WR)
        assert b" 403 " in connection.recv(1000)
    assert city.waiting() == []


def test_where_nothing_more_can_be_kept_the_platform_is_asked_to_call_again(
    city: Listening, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(received, "MOST", 2)
    assert [city.tell(b"%d" % number) for number in range(3)] == [200, 200, 503]
    assert sorted(city.waiting()) == [b"0", b"1"]
    monkeypatch.setattr(received, "MOST", 3)
    assert city.tell(b"2") == 200


def test_what_waits_has_a_size_that_it_does_not_outgrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(received, "MOST_OCTETS", 1_000)
    keep(tmp_path, "city", Notification(f"{1:032x}", AT, "webhook", b"x" * 300))
    with pytest.raises(ReceivedFullError):
        keep(tmp_path, "city", Notification(f"{2:032x}", AT, "webhook", b"x" * 300))
    monkeypatch.setattr(received, "MOST_OCTETS", 10_000)
    monkeypatch.setattr(received, "TOGETHER_OCTETS", 500)
    keep(tmp_path, "city", Notification(f"{2:032x}", AT, "webhook", b"x" * 300))
    assert len(waiting(tmp_path, "city")) == 1


def test_what_is_told_again_byte_by_byte_is_a_reason_to_look_and_is_kept_once(city: Listening):
    assert [city.tell(BODY) for _ in range(3)] == [200, 200, 200]
    assert (city.waiting(), city.told) == ([BODY], ["city"] * 3)


def test_who_is_slow_is_cut_off_and_who_comes_when_all_places_are_taken_is_not_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hooks, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(hooks, "LONGEST", 0.5)
    server = Hooks(("127.0.0.1", 0), {}, home=tmp_path, name=system_chance().name, now=lambda: AT, told=lambda _: None)
    place = server.server_address[:2]
    with running(server), socket.create_connection(place, timeout=10) as slow:
        slow.sendall(b"GET /")
        with socket.create_connection(place, timeout=10) as late:
            assert late.recv(100) == b""
        assert slow.recv(100) == b""


@pytest.mark.parametrize(
    "request_line", [b"GET //[ HTTP/1.0", b"POST /hooks/city HTTP/1.0\r\nContent-Length: " + b"9" * 5000]
)
def test_what_is_no_request_of_a_platform_is_answered_all_the_same(request_line: bytes, city: Listening):
    host, port = city.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_line + b"\r\n\r\n")
        assert connection.recv(1000).startswith((b"HTTP/1.0 404", b"HTTP/1.0 413"))


def test_a_disk_that_refuses_is_told_to_the_platform_and_leaves_nothing_behind(
    city: Listening, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(received.os, "fsync", refuse)
    assert city.tell(BODY) == 503
    assert [path for path in (city.home / "state/received").rglob("*") if path.is_file()] == []


def test_what_another_process_seals_meanwhile_is_passed_over_and_what_is_damaged_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in (1, 2):
        keep(tmp_path, "city", Notification(f"{number:032x}", AT.plus(seconds=number), "webhook", b"%d" % number))
    folder = tmp_path / "state/received/city"
    names = sorted(folder.glob("*.json"))
    monkeypatch.setattr(type(folder), "glob", lambda *_: iter([folder / "0-gone.json", *names]))
    assert [one.body for one in waiting(tmp_path, "city")] == [b"1", b"2"]
    names[0].write_bytes(names[0].read_bytes().replace(b"0" * 30, b"z" * 30))
    with pytest.raises(IntegrityError):
        waiting(tmp_path, "city")


def test_what_came_first_is_sealed_first(tmp_path: Path):
    for number in (3, 1, 2):
        keep(tmp_path, "city", Notification(f"{number:032x}", AT.plus(seconds=number), "webhook", b"%d" % number))
    assert [one.body for one in waiting(tmp_path, "city")] == [b"1", b"2", b"3"]
    received.settle(tmp_path, "city", (f"{2:032x}",), looked=True)
    assert [one.body for one in waiting(tmp_path, "city")] == [b"1", b"3"]
    with pytest.raises(ReceivedFullError):
        keep(tmp_path, "city", Notification("0" * 32, AT, "webhook", b"x" * (received.LARGEST + 1)))


def test_x_is_greeted_with_its_token_signed():
    reply = by_crc({"crc_token": "abc"}, KEY)
    assert json.loads(reply.content) == {"response_token": f"sha256={base64.b64encode(hmac_of(b'abc')).decode()}"}
    assert by_crc({}, KEY) is None


def test_linkedin_is_greeted_with_its_code_and_the_code_signed():
    reply = by_challenge_code({"challengeCode": "890e4665"}, KEY)
    assert json.loads(reply.content) == {"challengeCode": "890e4665", "challengeResponse": hmac_of(b"890e4665").hex()}
    assert by_challenge_code({}, KEY) is None


def test_no_greeting_signs_what_could_be_a_call():
    """Whoever has a body signed by asking whether the address is ours could then send it as the platform's."""
    call = '{"data":{"event_type":"post.delete","payload":{"id":"1"}}}'
    for text in (call, f"hmacsha256={call}", f"hmacsha256={call}".replace('"', "'"), "[1]", " 1", "é", "1\n"):
        assert by_crc({"crc_token": text}, KEY) is None
        assert by_challenge_code({"challengeCode": text}, KEY) is None
    assert by_challenge_code({"challengeCode": "hmacsha256=1"}, KEY) is None
    assert by_crc({"crc_token": "Zm9v-_+/=="}, KEY) is not None
    signature = json.loads(by_crc({"crc_token": "null"}, KEY).content)["response_token"]
    assert not find_platform("x").webhook.signed({"x-twitter-webhooks-signature": signature}, b"null", KEY)


@pytest.mark.parametrize(
    ("judge", "headers"),
    [
        (signed_with("x-hub-signature-256"), {"x-hub-signature-256": f"sha256={hmac_of(BODY).hex()}"}),
        (signed_with("x-hub-signature", algorithm="sha1"), {"x-hub-signature": f"sha1={hmac_of(BODY, 'sha1').hex()}"}),
        (
            signed_with("x-twitter-webhooks-signature", spelled="base64"),
            {"x-twitter-webhooks-signature": f"sha256={base64.b64encode(hmac_of(BODY)).decode()}"},
        ),
        (
            signed_with("x-li-signature", before="", content=b"hmacsha256="),
            {"x-li-signature": hmac_of(b"hmacsha256=" + BODY).hex()},
        ),
    ],
)
def test_each_platform_signs_in_its_own_way(judge, headers: dict[str, str]):
    assert judge(headers, BODY, KEY)
    assert not judge(headers, BODY + b"x", KEY)
    assert not judge(headers, BODY, KEY + "x")
    assert not judge({}, BODY, KEY)
    assert not judge(dict.fromkeys(headers, "é"), BODY, KEY)
