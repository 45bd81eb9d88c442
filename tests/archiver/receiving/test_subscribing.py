"""A hub calls because it was asked to: it sees that it was us, is asked again in time, and tells of our topic alone."""

from __future__ import annotations

import hashlib
import hmac
import threading
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

import pytest
import requests

from archiver import registry
from archiver.fetch.forms import Forms
from archiver.platforms import youtube
from archiver.platforms.notifying import Named
from archiver.platforms.youtube_events import FEED, HUB, WEBHOOK
from archiver.receiving.due import Due
from archiver.receiving.hooks import Hook, Hooks
from archiver.receiving.listening import hooks_of, subscribing_of
from archiver.receiving.received import waiting
from archiver.receiving.subscribing import Subscribing
from archiver.rounds import system_chance
from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.account import Account
from tests.archiver.transports import AT, only_loopback
from tests.manifests.archives import archive_in
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "a-secret-for-the-hub"
CHANNEL = "UCmaplegrove"
TOPIC = FEED + CHANNEL
ENTRY = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015"><entry>'
    b"<id>yt:video:aB-3_9</id><yt:videoId>aB-3_9</yt:videoId><yt:channelId>UCmaplegrove</yt:channelId>"
    b"<title>The board meets</title></entry></feed>"
)
TOMBSTONE = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
    b'<at:deleted-entry ref="yt:video:aB-3_9" when="2026-11-21T08:00:00+00:00"/></feed>'
)


class Hub(ThreadingHTTPServer):
    """A hub by the specification (WebSub, sections 5 and 7): it comes to see whether it was us, signs what it tells."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.status, self.lease, self.comes = 202, 1000, True
        super().__init__(("127.0.0.1", 0), _Asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/subscribe"

    def verify(self, **changed: str) -> requests.Response:
        form = self.forms[-1]
        asked = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "4711",
            "hub.lease_seconds": str(self.lease),
            **{f"hub.{name}": value for name, value in changed.items()},
        }
        return requests.get(form["hub.callback"], params=asked, timeout=10)

    def tell(self, body: bytes, *, key: str | None = None) -> int:
        form = self.forms[-1]
        signed = hmac.new((key or form["hub.secret"]).encode(), body, hashlib.sha1).hexdigest()
        headers = {"X-Hub-Signature": f"sha1={signed}", "Content-Type": "application/atom+xml"}
        return requests.post(form["hub.callback"], data=body, headers=headers, timeout=10).status_code


class _Asked(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        self.server.forms.append(dict(parse_qsl(body, strict_parsing=True)))
        if self.server.comes:
            assert self.server.verify().text == "4711"  # before it answers, as some do
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Office:
    """One account that a hub is asked to tell of; ``at`` is the time, in seconds."""

    def __init__(self, home: Path, hub: Hub) -> None:
        self.home, self.hub, self.at = home, hub, 0.0
        assert WEBHOOK.subscription is not None
        webhook = replace(WEBHOOK, subscription=replace(WEBHOOK.subscription, hub=hub.url))
        self.hook = Hook("channel", webhook, KEY, TOPIC)
        self.due, self.said = Due(), []
        self.asking = Subscribing(
            {"channel": self.hook},
            "",
            {"channel": Forms(only_loopback, "holdfast", private_network=True)},
            self.due,
            threading.Event(),
            self.said.append,
            clock=lambda: self.at,
        )
        self.server = Hooks(
            ("127.0.0.1", 0),
            {"channel": self.hook},
            home=home,
            name=system_chance().name,
            now=lambda: AT,
            told=self.due.add,
            greeted=self.asking.granted,
        )
        self.asking.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def waiting(self) -> list[bytes]:
        return [one.body for one in waiting(self.home, "channel")]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        hub = Hub()
        stack.enter_context(running(hub))
        made = Office(tmp_path, hub)
        stack.enter_context(running(made.server))
        yield made


def test_a_hub_is_asked_and_sees_that_it_was_us_and_what_it_signs_is_kept(office: Office):
    office.asking.ask()
    (form,) = office.hub.forms
    assert (form["hub.mode"], form["hub.topic"], form["hub.secret"]) == ("subscribe", TOPIC, KEY)
    assert office.due.take(wait=0) == ("channel",)  # what happened before it does not tell
    assert [office.hub.tell(body) for body in (ENTRY, TOMBSTONE)] == [200, 200]
    assert sorted(office.waiting()) == sorted([ENTRY, TOMBSTONE])
    assert office.hub.tell(ENTRY + b" ", key="another") == 403
    assert len(office.waiting()) == 2
    assert office.said == []


@pytest.mark.parametrize("changed", [{"mode": "unsubscribe"}, {"topic": FEED + "UCother"}, {"challenge": ""}])
def test_a_hub_that_asks_for_something_else_is_not_answered(changed: dict[str, str], office: Office):
    office.asking.ask()
    assert office.hub.verify(**changed).status_code == 403


def test_whoever_does_not_know_the_word_of_the_address_confirms_nothing(office: Office):
    office.asking.ask()
    form = office.hub.forms[-1]
    form["hub.callback"] = form["hub.callback"].partition("?")[0] + "?word=" + "0" * 40
    assert office.hub.verify().status_code == 403
    form["hub.callback"] = form["hub.callback"].partition("?")[0]
    assert office.hub.verify(verify_token="0" * 40).status_code == 403


def test_a_hub_is_asked_again_when_half_of_the_lease_has_passed(office: Office):
    for at, times, taken in ((0, 1, 1), (499, 1, 0), (501, 2, 1), (900, 2, 0), (1002, 3, 1)):
        office.at = at
        office.asking.ask()
        assert len(office.hub.forms) == times
        if taken:  # the hub has its answer before it is noted that it came
            assert office.due.take(wait=0) == ("channel",)
    assert office.said == []


def test_a_hub_that_does_not_come_or_refuses_is_asked_again_ever_less_often_and_no_secret_is_said(office: Office):
    office.hub.comes = False
    for at, times in ((0, 1), (59, 1), (61, 2), (180, 2), (182, 3)):
        office.at = at
        office.asking.ask()
        assert len(office.hub.forms) == times
    assert [error.code for error in office.said] == ["NOT_SUBSCRIBED"] * 2
    office.hub.status, office.at = 422, 10_000.0
    office.asking.ask()
    assert "422" in office.said[-1].what
    word = parse_qs(office.hub.forms[0]["hub.callback"].partition("?")[2])["word"][0]
    assert not any(secret in f"{error.what}{error.do}" for error in office.said for secret in (KEY, word))


@pytest.mark.parametrize("lease", ["0", "-1", "9" * 30, "x", ""])
def test_a_lease_that_is_none_is_renewed_within_a_month_and_not_at_once(lease: str, office: Office):
    office.asking.granted("channel", {"hub.lease_seconds": lease})
    office.asking.ask()
    assert office.hub.forms == []
    office.at = 16 * 86_400.0
    office.asking.ask()
    assert len(office.hub.forms) == 1


def test_what_youtube_tells_names_the_video_that_it_is_about():
    assert list(WEBHOOK.named(ENTRY)) == [Named("aB-3_9")]
    assert list(WEBHOOK.named(TOMBSTONE)) == [Named("aB-3_9")]
    for strange in (
        b"<!DOCTYPE a [<!ENTITY v 'aB'>]>" + ENTRY,
        ENTRY.replace(b"aB-3_9", b"aB,c&amp;d"),
        ENTRY.replace(b"www.youtube.com", b"www.example.com"),
        TOMBSTONE.replace(b"yt:video:aB-3_9", b"comment:aB-3_9"),
        b"<entry>" * 200,
    ):
        assert list(WEBHOOK.named(strange)) == []


@pytest.mark.parametrize(
    ("path", "held", "known"),
    [
        (f"channel/{CHANNEL}", (), CHANNEL),
        ("@maplegrove", ("aB-3_9", f"channel:{CHANNEL}"), CHANNEL),
        ("@maplegrove", (f"channel:{CHANNEL}", "channel:UCother"), ""),
        ("@maplegrove", (), ""),
        ("channel/x&hub.mode=y", (), ""),
    ],
)
def test_a_channel_is_known_by_its_id(path: str, held: tuple[str, ...], known: str):
    account = Account(name="c", platform="youtube", url=f"https://www.youtube.com/{path}", title="c")
    assert youtube.READING.identity(account, held) == known


def test_whose_hub_is_asked_and_where_it_is_to_call_comes_from_the_settings(tmp_path: Path):
    archive_in(tmp_path)
    chosen = (
        '\n[platform.youtube]\nversion = "v3"\n[webhook.channel]\ntoken_variable = "KEY"\n'
        '[listen]\naddress = "https://holdfast.example"\n'
    )
    settings = tmp_path / "holdfast.toml"
    settings.write_text(settings.read_text() + chosen)
    archive = open_archive(tmp_path, now=system_clock, actor="test")
    registry.register(
        archive,
        Account(name="channel", platform="youtube", url=f"https://www.youtube.com/channel/{CHANNEL}", title="c"),
    )
    hooks = hooks_of(archive, {"KEY": KEY})
    assert hooks == {"channel": Hook("channel", WEBHOOK, KEY, TOPIC, "youtube", (CHANNEL,))}
    said: list[Any] = []
    asking = subscribing_of(archive, hooks, Due(), resolve=only_loopback, said=said.append)
    assert (asking.address, list(asking.hooks), said) == ("https://holdfast.example", ["channel"], [])
    assert HUB.startswith("https://")
    settings.write_text(settings.read_text().replace('address = "https://holdfast.example"\n', ""))
    archive = open_archive(tmp_path, now=system_clock, actor="test")
    asking = subscribing_of(archive, hooks, Due(), resolve=only_loopback, said=said.append)
    assert (asking.hooks, [error.code for error in said]) == ({}, ["NOT_SUBSCRIBED"])
