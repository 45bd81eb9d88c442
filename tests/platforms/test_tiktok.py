"""What TikTok alone has: reading by POST, errors in words, and an account that a token must be the one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.platforms import tiktok
from archiver.platforms.posting import find_body, with_body
from archiver.platforms.reading import Answer, Question
from archiver.substance import substance
from tests.platforms.story import begun

if TYPE_CHECKING:
    from pathlib import Path

READING = tiktok.READING
OK = {"code": "ok", "message": "", "log_id": "1"}


def test_a_token_of_another_account_is_no_access_to_this_one(tmp_path: Path):
    with begun(tmp_path, "tiktok") as story:
        story.simulator.post("Not ours")
        story.simulator.username = "another"  # type: ignore[attr-defined]
        story.capture()
        assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
        assert story.records() == []


def test_what_was_posted_is_recorded_with_its_answer(tmp_path: Path):
    with begun(tmp_path, "tiktok") as story:
        number = story.simulator.post("Snow day")
        story.complete()
        (kept,) = story.versions(number)
        assert kept.native in story.payload(kept.provenance.source.exchange)
        assert kept.provenance.source.uri.endswith(f"/v2/video/list/?fields={tiktok.VIDEO_FIELDS}")
        story.check()


@pytest.mark.parametrize(
    ("status", "value", "standing"),
    [
        (200, {"data": {"videos": [{"id": "7"}]}, "error": OK}, "present"),
        (200, {"data": {"videos": []}, "error": OK}, "gone"),
        (200, {"data": {}, "error": OK}, "unknown"),
        (200, {"data": {"videos": []}, "error": {"code": "internal_error"}}, "unknown"),
        (200, {"data": {"videos": []}}, "unknown"),
        (401, {"error": {"code": "access_token_invalid"}}, "unknown"),
        (401, {"error": {"code": "scope_not_authorized"}}, "unknown"),
        (404, {}, "unknown"),
    ],
)
def test_only_a_proper_answer_says_that_a_video_is_not_there(status: int, value: Any, standing: str):
    answer = Answer(Question("", "https://open.tiktokapis.com/v2/video/query/"), value, status, {})
    assert READING.standing(answer) == standing


def test_a_permission_that_is_missing_is_told_from_a_token_that_has_ended():
    def meant(code: str) -> int:
        return READING.stands_for(Answer(Question("user", "https://o.example/"), {"error": {"code": code}}, 401, {}))

    assert [meant(one) for one in ("scope_not_authorized", "scope_permission_missed")] == [403, 403]
    assert meant("access_token_invalid") == 401


@pytest.mark.parametrize("data", [None, [], {"has_more": True}, {"has_more": True, "cursor": "x"}, {"cursor": 7}])
def test_a_page_without_a_mark_for_the_next_one_is_the_last(data: Any):
    answer = Answer(Question("videos", f"https://open.tiktokapis.com/v2{tiktok.LIST}"), {"data": data}, 200, {})
    assert READING.endpoints["videos"].next(answer) is None


def test_a_body_stands_behind_an_address_and_is_found_only_where_it_is_to_be_posted():
    url = with_body("https://open.tiktokapis.com/v2/video/list/?fields=id#before", {"cursor": 7, "é": "#?&"})
    assert find_body(url, {tiktok.LIST}) == (
        "https://open.tiktokapis.com/v2/video/list/?fields=id",
        b'{"cursor":7,"\\u00e9":"#?&"}',
    )
    assert find_body(url, {tiktok.QUERY}) is None
    assert find_body("https://open.tiktokapis.com/v2/video/list/", {tiktok.LIST}) is None


def test_a_cover_that_is_signed_anew_makes_no_version_and_another_one_does():
    one = b'{"id": "7", "create_time": 1, "cover_image_url": "https://p.example/a/one.image?x-signature=1"}'
    assert substance("tiktok", one) == substance("tiktok", one.replace(b"signature=1", b"signature=2"))
    assert substance("tiktok", one) != substance("tiktok", one.replace(b"one.image", b"two.image"))


@pytest.mark.parametrize("created", [None, True, "x", -1, 10**30, 1.5, []])
def test_a_date_that_is_none_is_no_date(created: object):
    view = tiktok.view_of({"id": "7", "share_url": "https://www.tiktok.com/@a/video/7", "create_time": created}, {})
    assert view is not None
    assert view.created is None
