"""Reading an API: what is not read, refused, used up or doubted is told, and left to the next look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from archiver.collectors.api.answers import AnswerUnreadableError
from archiver.collectors.known import collector_of
from archiver.contract import Access
from archiver.fetch.failures import AccessRefusedError
from archiver.observe import NEWEST
from archiver.parsing.shapes import member
from archiver.platforms import mastodon
from archiver.platforms.known import platforms
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.account import Account
from schemas.settings import (
    AccessSettings,
    PlatformSettings,
    RecheckSettings,
    SettingsError,
)
from tests.archiver.api_site import (
    CONVERSATIONS,
    LOOK_UP,
    PROFILE,
    SETTINGS,
    STATUSES,
    account_at,
    answer,
    collector_with,
    looked,
    site,
    status,
    views,
)
from tests.archiver.transports import AT, transport_to
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.platforms.reading import Answer as ReadAnswer


def test_what_a_key_cannot_read_is_not_asked_for(tmp_path: Path):
    with serving(site()) as server:
        looked(server, tmp_path, access=AccessSettings(token_variable="M", key=True))
        assert CONVERSATIONS not in [one.path.partition("?")[0] for one in server.requests]
        looked(server, tmp_path, access=AccessSettings(token_variable="M"))
        assert CONVERSATIONS in [one.path.partition("?")[0] for one in server.requests]


def test_what_one_look_may_not_ask_the_next_one_does(tmp_path: Path):
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "-2")}>; rel="next"'
        server.write(site() | {STATUSES: answer([status(3)], Link=link), f"{STATUSES}-2": answer([status(2)])})
        first = looked(server, tmp_path, max_requests=2)
        assert views(first)["list:statuses"].flags == (NEWEST,)
        assert first.failures == ("more is to be read than one look may; the next one goes on",)
        second = looked(server, tmp_path, cursor=first.cursor, max_requests=5)
        assert "2" in views(second)
        assert second.failures == ()
        assert "waiting" not in second.cursor


def test_a_token_that_ends_within_a_look_keeps_what_was_read_and_asks_the_rest_again(tmp_path: Path):
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "-2")}>; rel="next"'
        refused = [answer({"error": "expired"}, status=401), answer([status(2)])]
        server.write(site() | {STATUSES: answer([status(3)], Link=link), f"{STATUSES}-2": refused})
        first = looked(server, tmp_path, authorised=True)
        assert "3" in views(first)
        assert "ACCESS_REFUSED" in first.failures[0]
        assert "2" in views(looked(server, tmp_path, cursor=first.cursor, authorised=True))


def test_a_token_that_ends_is_told_by_the_body_where_the_platform_tells_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def stands_for(read: ReadAnswer) -> int:
        return 401 if member(read.value, "error") == "expired" else read.status

    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, stands_for=stands_for))
    monkeypatch.setitem(platforms(), "mastodon", told)
    with serving(site() | {STATUSES: [answer({"error": "expired"}, status=400), answer([status(2)])]}) as server:
        first = looked(server, tmp_path, authorised=True)
        assert first.failures[0].endswith("was answered with status 400, which there stands for 401.")
        assert "list:followers" not in views(first)
        assert "2" in views(looked(server, tmp_path, cursor=first.cursor, authorised=True))


def test_what_is_not_for_everybody_keeps_nobody_from_reading_the_rest(tmp_path: Path):
    with serving(site(status(1)) | {STATUSES: answer({"error": "log in"}, status=401)}) as server:
        first = looked(server, tmp_path)
    assert "ACCESS_REFUSED" in first.failures[0]
    assert "list:followers" in views(first)
    assert "waiting" not in first.cursor


def test_a_list_that_old_items_leave_by_themselves_is_no_list_of_which_anything_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], order="passing")
    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, endpoints=endpoints))
    monkeypatch.setitem(platforms(), "mastodon", told)
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "-2")}>; rel="next"'
        server.write(site() | {STATUSES: answer([status(3), status(2, day=1)], Link=link)})
        found = views(looked(server, tmp_path, recheck=(RecheckSettings(2, 0),)))
    assert {"3", "2"} < found.keys()
    assert "list:statuses" not in found


def test_a_quota_that_is_used_up_ends_the_look_and_the_rest_is_asked_by_the_next(tmp_path: Path):
    used = {"X_RateLimit_Limit": "300", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-11-21T09:35:00Z"}
    with serving(site(status(1)) | {LOOK_UP: answer(PROFILE, **used)}) as server:
        first = looked(server, tmp_path)
        assert first.failures == ("the platform allows no more requests for 300 seconds",)
        assert len(server.requests) == 1
        server.write(site(status(1)))
        assert "1" in views(looked(server, tmp_path, cursor=first.cursor))


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (Answer(200, {"Content-Type": "text/html"}, b"<html>Please log in</html>"), AnswerUnreadableError),
        (answer({}, status=401), AccessRefusedError),
    ],
)
def test_an_account_that_does_not_answer_as_an_api_is_no_silence(tmp_path: Path, first: Answer, error: type):
    with serving({LOOK_UP: first}) as server, pytest.raises(error):
        looked(server, tmp_path)


def test_replies_that_cannot_be_read_are_a_gap_and_not_an_empty_thread(tmp_path: Path):
    with serving(site(status(1, replies_count=1)) | {"/api/v1/statuses/1/context": answer({"error": "no"})}) as server:
        collected = looked(server, tmp_path)
    assert "list:replies:1" not in views(collected)
    assert "ANSWER_UNREADABLE" in collected.failures[0]


def test_pages_that_lead_in_a_circle_end(tmp_path: Path):
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "?limit=40")}>; rel="next"'
        server.write(site() | {STATUSES: answer([status(1)], Link=link)})
        collected = looked(server, tmp_path)
    assert collected.failures == ("the posts: the pages lead in a circle",)
    assert len(server.requests) == 3


@pytest.mark.parametrize("target", ["http://[", "//[::"])
def test_a_next_page_that_is_no_address_is_a_gap_and_no_end(tmp_path: Path, target: str):
    with serving(site() | {STATUSES: answer([status(1)], Link=f'<{target}>; rel="next"')}) as server:
        collected = looked(server, tmp_path)
    assert views(collected)["list:statuses"].flags == (NEWEST,)
    assert collected.failures == ("the posts: NEXT_PAGE_UNUSABLE: An answer gives no address as its next page.",)


def test_an_option_that_the_platform_does_not_have_is_refused(tmp_path: Path):
    account = Account(name="m", platform="mastodon", url="https://social.example/@maple", title="Maple")
    settings = msgspec.structs.replace(SETTINGS, platform={"mastodon": PlatformSettings(options=("faster",))})
    with pytest.raises(SettingsError, match="'faster'"):
        collector_of(account, settings, now=lambda: AT).access(account)


def test_what_the_platform_says_instead_of_an_answer_is_told(tmp_path: Path):
    endpoint = Endpoint(title="the profile", demands="data")
    reading = Reading(
        collector="words/1",
        endpoints={"profile": endpoint},
        start=lambda site: [Question("profile", f"{site.api}/profile")],
        access=lambda _: Access(),
        refusal=lambda said: str(said.value.get("error")),
    )
    with (
        serving({"/profile": answer({"error": "suspended"})}) as server,
        transport_to(tmp_path / "x.warc.gz") as transport,
        pytest.raises(AnswerUnreadableError, match="'data', which every answer of its kind has: suspended"),
    ):
        collector_with(reading, server).collect(
            account_at(server), transport, cursor={}, known=lambda _item, _native: False
        )
