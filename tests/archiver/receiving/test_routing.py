"""An app has one address: what it tells is kept with, and looked into by, the accounts that it is about."""

from __future__ import annotations

import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from archiver import registry
from archiver.platforms.known import find_platform
from archiver.platforms.reading import Site
from archiver.receiving import hooks as receiving
from archiver.receiving import received
from archiver.receiving.hooks import Hook, Hooks
from archiver.receiving.listening import hooks_of
from archiver.receiving.received import Notification, waiting
from archiver.receiving.routing import routed
from archiver.receiving.sealing import named_in
from archiver.rounds import system_chance
from manifests.archive import open_archive
from schemas.account import Account
from tests.archiver.transports import AT
from tests.manifests.archives import archive_in
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.errors import ArchiveError

SECRET, ANOTHER = "secret-of-the-app", "secret-of-another-app"


def hook(name: str, *names: str, platform: str = "facebook", key: str = SECRET) -> Hook:
    found = find_platform(platform)
    assert found is not None
    assert found.webhook is not None
    return Hook(name, found.webhook, key, platform=platform, names=names)


DISTRICT = {
    one.account: one
    for one in (
        hook("office", "1"),
        hook("school", "2"),
        hook("new-school"),
        hook("gallery", "2", platform="instagram"),
        hook("library", "7", key=ANOTHER),
    )
}


def entry(whose: Any, post: str) -> dict[str, Any]:
    return {"id": whose, "changes": [{"field": "feed", "value": {"item": "post", "verb": "edited", "post_id": post}}]}


def call(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"object": "page", "entry": entries}).encode()


def test_each_part_goes_to_the_account_that_it_is_about():
    route = routed(DISTRICT, DISTRICT["office"], call(entry("2", "2_1"), entry(1, "1_1"), entry("2", "2_2")))
    assert route.told == {"school": ("2",), "office": ("1",)}
    assert route.strangers == ()


def test_what_is_of_the_others_alone_is_not_the_called_ones():
    assert routed(DISTRICT, DISTRICT["office"], call(entry("2", "2_1"))).told == {"school": ("2",)}


@pytest.mark.parametrize("whose", ["999", "7", "/etc", "\ud800", "", None, {"id": "2"}, "2\n"])
def test_what_is_of_nobody_known_stays_with_the_account_that_was_called(whose: Any):
    """So does what names an account with the secret of another app: who knows one secret tells nothing of it."""
    route = routed(DISTRICT, DISTRICT["office"], call(entry(whose, "9_1"), entry("2", "2_1")))
    usable = whose if whose in ("999", "7") else ""
    assert route.told == {"office": (usable,), "school": ("2",)}
    assert route.strangers == ((usable,) if usable else ())


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"entry": 1}'])
def test_a_call_that_does_not_say_whom_it_is_about_is_the_called_ones_as_a_whole(body: bytes):
    assert routed(DISTRICT, DISTRICT["office"], body).told == {"office": ()}


def test_an_account_that_is_alone_and_never_captured_has_no_strangers():
    alone = hook("office")
    route = routed({"office": alone}, alone, call(entry("1", "1_1")))
    assert (route.told, route.strangers) == ({"office": ("1",)}, ())


def test_a_page_that_is_registered_twice_is_told_twice():
    known = DISTRICT | {"twin": hook("twin", "2")}
    assert set(routed(known, known["office"], call(entry("2", "2_1"))).told) == {"school", "twin"}


@pytest.mark.parametrize(
    ("platform", "identity", "body"),
    [
        ("x", "17", {"data": {"event_type": "post.delete", "filter": {"user_id": "17"}, "payload": {"id": "5"}}}),
        ("x", "17", {"for_user_id": "17", "tweet_delete_events": []}),
        (
            "linkedin",
            "urn:li:organization:17",
            {"notifications": [{"organizationalEntity": "urn:li:organization:17", "sourcePost": "urn:li:share:5"}]},
        ),
        (
            "instagram",
            "17",
            {"object": "instagram", "entry": [{"id": "17", "field": "comments", "value": {"id": "5"}}]},
        ),
        ("threads", "17", {"target_id": "17", "values": {"field": "mentions", "value": {"id": "5", "username": "c"}}}),
        ("threads", "@ma.ple", {"target_id": "5", "values": [{"field": "publish", "value": {"username": "Ma.ple"}}]}),
        ("threads", "@maple", {"target_id": "5", "values": {"field": "delete", "value": {"username": "maple"}}}),
        (
            "threads",
            "@maple",
            {"values": {"field": "replies", "value": {"username": "c", "root_post": {"username": "maple"}}}},
        ),
    ],
)
def test_every_platform_says_whom_a_call_is_about(platform: str, identity: str, body: Any):
    known = {"office": hook("office", "1", platform=platform), "school": hook("school", identity, platform=platform)}
    assert routed(known, known["office"], json.dumps(body).encode()).told == {"school": (identity,)}


def test_a_look_goes_after_what_is_told_of_its_own_account():
    body = call(entry("1", "1_1"), entry("2", "2_1"), entry("999", "9_1"))
    route = routed(DISTRICT, DISTRICT["office"], body)
    account = Account(name="any", platform="facebook", url="https://www.facebook.com/any", title="any")

    def named(about: tuple[str, ...]) -> list[str]:
        told = Notification("a" * 32, AT, "webhook", body, about=about)
        return [one.item for one in named_in(Site(account, ""), told)]

    assert named(route.told["office"]) == ["1_1", "9_1"]
    assert named(route.told["school"]) == ["2_1"]
    assert named(()) == ["1_1", "2_1", "9_1"]  # kept by a version that knew nothing of whom it is about


class App:
    """The address of ``office``, as the app calls it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.told: list[str] = []
        self.said: list[ArchiveError] = []
        self.server = Hooks(
            ("127.0.0.1", 0), DISTRICT, home=home, name=system_chance().name, now=lambda: AT, told=self.told.append,
            said=self.said.append,
        )  # fmt: skip

    def call(self, body: bytes, key: str = SECRET) -> int:
        url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/office"
        signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}"}
        return requests.post(url, data=body, headers=headers, timeout=10).status_code

    def waiting(self, account: str) -> list[tuple[bytes, tuple[str, ...]]]:
        return [(one.body, one.about) for one in waiting(self.home, account)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path)
    with running(made.server):
        yield made


def test_a_call_is_kept_whole_with_each_account_and_once_however_often_it_comes(app: App):
    body = call(entry("1", "1_1"), entry("2", "2_1"))
    assert [app.call(body), app.call(body)] == [200, 200]
    assert app.waiting("office") == [(body, ("1",))]
    assert app.waiting("school") == [(body, ("2",))]
    assert app.told == ["office", "school"] * 2
    assert app.said == []


def test_of_whom_nobody_knows_is_said_once(app: App):
    bodies = [call(entry("999", "9_1")), call(entry("999", "9_2"))]
    assert [app.call(body) for body in bodies] == [200, 200]
    assert sorted(app.waiting("office")) == [(body, ("999",)) for body in bodies]
    (error,) = app.said
    assert "999" in error.what
    assert "office" in error.what


def test_whom_nobody_knows_cannot_fill_the_screen(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receiving, "MOST_STRANGERS", 2)
    assert {app.call(call(entry(f"99{number}", "9_1"))) for number in range(4)} == {200}
    assert len(app.said) == 2


def test_who_does_not_know_the_secret_tells_of_nobody(app: App):
    body = call(entry("1", "1_1"), entry("2", "2_1"), entry("7", "7_1"))
    assert app.call(body, key=ANOTHER) == 403
    assert [app.waiting(name) for name in DISTRICT] == [[]] * len(DISTRICT)
    assert app.call(body) == 200
    assert app.waiting("library") == []  # its app is another one


def test_where_one_account_has_no_room_the_platform_calls_again_and_the_others_keep_it_once(
    app: App, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(received, "MOST", 1)
    first, both = call(entry("2", "2_1")), call(entry("1", "1_1"), entry("2", "2_2"))
    assert [app.call(first), app.call(both), app.call(both)] == [200, 503, 503]
    assert app.waiting("office") == [(both, ("1",))]
    monkeypatch.setattr(received, "MOST", 2)
    assert app.call(both) == 200
    assert len(app.waiting("school")) == 2
    assert app.waiting("office") == [(both, ("1",))]


@pytest.mark.parametrize(
    "body",
    [
        {"target_id": "17", "values": {"field": "publish", "value": {}}},
        {"target_id": "17", "values": {"field": "delete", "value": {"username": "@maple\n"}}},
        {"target_id": "17", "values": {"field": "replies", "value": {"username": "maple"}}},
        {"target_id": ["17"], "values": {"field": "mentions", "value": {"username": "maple"}}},
        {"target_id": "17", "values": {"field": ["mentions"], "value": [1]}},
        {"target_id": "17", "values": [{"field": "replies"}]},
    ],
)
def test_what_threads_does_not_say_of_whom_is_the_called_ones(body: Any):
    known = {
        name: hook(name, *names, platform="threads") for name, names in (("office", ()), ("school", ("17", "@maple")))
    }
    route = routed(known, known["office"], json.dumps(body).encode())
    assert (set(route.told), route.strangers) == ({"office"}, ())


def held(**items: tuple[str, str]) -> Any:
    return {
        item: (SimpleNamespace(kind=kind, url=url, imported="export" in url, captured=AT),)
        for item, (kind, url) in items.items()
    }


PAGE = {"10": ("profile", "https://www.facebook.com/maple"), "10_5": ("post", "")}
OWN = {
    "178": ("profile", "https://www.threads.com/@maple"),
    "179": ("profile", "https://www.threads.com/@other"),
    "180": ("post", "https://www.threads.com/@maple"),
    "181": ("profile", "https://export.example/@maple"),
}
USERS = {"user:1": ("profile", "https://x.com/Maple"), "user:2": ("profile", "https://x.com/other"), "3": ("post", "")}
URN = "urn:li:organization:"


@pytest.mark.parametrize(
    ("platform", "url", "items", "known"),
    [
        ("facebook", "https://www.facebook.com/maple", {}, ""),
        ("facebook", "https://www.facebook.com/maple", PAGE, "10"),
        ("facebook", "https://www.facebook.com/maple", PAGE | {"11": ("profile", "")}, ""),
        ("facebook", "https://www.facebook.com/profile.php?id=6155", {}, "6155"),
        ("facebook", "https://www.facebook.com/profile.php?id=6155", PAGE, "10"),
        ("instagram", "https://www.instagram.com/Maple/", {}, ""),
        ("instagram", "https://www.instagram.com/Maple/", OWN, "178"),
        ("threads", "https://www.threads.net/@maple", OWN, "178"),
        ("x", "https://x.com/maple", USERS, "1"),
        ("x", "https://x.com/maple", USERS | {"user:9": ("profile", "https://x.com/maple")}, ""),
        ("x", "https://x.com/maple", {}, ""),
        ("linkedin", "https://www.linkedin.com/company/17/", {}, f"{URN}17"),
        ("linkedin", "https://www.linkedin.com/company/maple/", {f"{URN}18": ("profile", "")}, f"{URN}18"),
        ("linkedin", "https://www.linkedin.com/company/maple/", {}, ""),
    ],
)
def test_an_account_is_known_by_its_address_or_by_the_one_profile_that_is_held(
    platform: str, url: str, items: dict[str, tuple[str, str]], known: str
):
    reading = find_platform(platform).reading
    account = Account(name="a", platform=platform, url=url, title="a")
    assert reading.identity(account, held(**items)) == known


def test_the_accounts_of_an_app_are_known_when_listening_begins(tmp_path: Path):
    archive = archive_in(tmp_path)
    for name, number in (("office", 1), ("school", 2)):
        url = f"https://www.facebook.com/profile.php?id={number}"
        registry.register(archive, Account(name=name, platform="facebook", url=url, title=name))
    settings = tmp_path / "holdfast.toml"
    told = "".join(f'\n[webhook.{name}]\ntoken_variable = "KEY"\n' for name in ("office", "school"))
    settings.write_text(settings.read_text() + told)
    archive = open_archive(tmp_path, now=archive.now, actor="test")
    found = hooks_of(archive, {"KEY": SECRET})
    assert routed(found, found["office"], call(entry("2", "2_1"))).told == {"school": ("2",)}


def test_accounts_of_threads_are_known_by_their_handles_before_they_are_captured(tmp_path: Path):
    archive = archive_in(tmp_path)
    for name in ("office", "school"):
        url = f"https://www.threads.com/@{name.title()}"
        registry.register(archive, Account(name=name, platform="threads", url=url, title=name))
    settings = tmp_path / "holdfast.toml"
    told = "".join(f'\n[webhook.{name}]\ntoken_variable = "KEY"\n' for name in ("office", "school"))
    settings.write_text(settings.read_text() + '\n[platform.threads]\nversion = "v1.0"\n' + told)
    archive = open_archive(tmp_path, now=archive.now, actor="test")
    found = hooks_of(archive, {"KEY": SECRET})
    body = json.dumps({"values": {"field": "publish", "value": {"id": "5", "username": "school"}}}).encode()
    assert routed(found, found["office"], body).told == {"school": ("@school",)}
