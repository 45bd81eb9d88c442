"""The Graph API's JSON: pages, errors, quotas, and how objects of Facebook, Instagram and Threads read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.platforms import graph
from archiver.platforms.objects import UNRECOGNISED
from archiver.platforms.reading import Answer, Question, Site
from archiver.substance import substance
from schemas.account import Account
from schemas.instant import Instant
from tests.archiver.json_lines import read_all, view_of
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.account import Platform

NOW = Instant.from_text("2026-11-21T09:30:00.000000Z")
EDGE = "https://graph.facebook.com/v26.0/1/feed?fields=id&limit=2"
TOKEN = "EAAGsecret"


def answer(value: Any, *, status: int = 200, url: str = EDGE, **question: str) -> Answer:
    return Answer(Question(question.get("endpoint", "posts"), url, question.get("about", "")), value, status, {})


def error(code: int, subcode: int | None = None) -> Answer:
    return answer({"error": {"message": "No", "code": code, "error_subcode": subcode}}, status=400)


def paged(following: str | None = None, after: str | None = None) -> Answer:
    cursors = {"cursors": {"before": "A", "after": after}} if after else {}
    return answer({"data": [], "paging": cursors | ({"next": following} if following else {})})


NEXT = f"https://graph.facebook.com/v26.0/1/feed?access_token={TOKEN}&limit=25"


@pytest.mark.parametrize(
    ("one", "following"),
    [
        (paged(f"{NEXT}&after=B", "B"), f"{EDGE}&after=B"),
        (paged(f"{NEXT}&until=17&__paging_token=p"), f"{EDGE}&until=17&__paging_token=p"),
        (paged(after="B"), None),  # the last page has cursors, too
        (paged("https://elsewhere.example/?access_token=x&limit=25"), None),
        (answer({"data": []}), None),
        (answer([1]), None),
        (paged("http://[", "B"), f"{EDGE}&after=B"),
        (answer({"paging": {"next": 7, "cursors": {"after": "B"}}}), None),
    ],
)
def test_the_next_page_is_where_the_cursor_says_and_its_address_holds_no_token(one: Answer, following: str | None):
    assert graph.by_after(one) == following


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (error(190, 463), 401),
        (error(102), 401),
        (error(4), 429),
        (error(80001), 429),
        (error(10), 403),
        (error(200), 403),
        (error(299), 403),
        (error(2), 503),
        (error(368), 503),
        (error(100, 33), 404),
        (error(803), 404),
        (error(100), 400),
        (error(300), 400),
        (answer({"error": {"code": "190"}}, status=400), 400),
        (answer({"error": "190"}, status=400), 400),
        (answer(None, status=502), 502),
        (answer({"id": "1"}), 200),
    ],
)
def test_an_error_code_stands_for_a_status(one: Answer, status: int):
    assert graph.stands_for(one) == status


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (error(100, 33), "gone"),
        (error(10), "withheld"),
        (error(200), "withheld"),
        (error(190, 460), "unknown"),
        (error(100), "unknown"),
        (error(4), "unknown"),
        (error(1), "unknown"),
        (answer({"id": "7"}), "present"),
        (answer({"success": True}), "unknown"),
        (answer(None), "unknown"),
        (answer(None, status=404), "unknown"),
        (answer({"message": "no such host"}, status=404), "unknown"),
        (answer({"error": "blocked"}, status=403), "unknown"),
        (answer({"error": {"message": "No", "code": 5000}}, status=404), "gone"),
    ],
)
def test_what_became_of_an_item_is_in_the_error_code_and_an_ended_token_tells_nothing(one: Answer, standing: str):
    assert graph.standing(one) == standing


def test_an_account_is_read_by_its_own_token_alone():
    mine = answer({"id": "1", "username": "Maple"}, endpoint="profile", about="maple")
    other = answer({"id": "1", "username": "oak"}, endpoint="profile", about="maple")
    assert (graph.stands_for_own(mine), graph.stands_for_own(other)) == (200, 403)


USED = {"call_count": 40, "total_cputime": 10, "total_time": 55}


@pytest.mark.parametrize(
    ("headers", "left", "seconds"),
    [
        ({"X-App-Usage": json.dumps(USED)}, 0.45, 3600),
        ({"X-Business-Use-Case-Usage": json.dumps({"1": [{"type": "pages", **USED}]})}, 0.45, 3600),
        (
            {"X-Business-Use-Case-Usage": json.dumps(
                {"1": [{"type": "pages", "call_count": 120, "estimated_time_to_regain_access": 9}]})},
            0.0,
            540,
        ),
    ],
)  # fmt: skip
def test_the_quota_is_what_the_busiest_counter_leaves(headers: dict[str, str], left: float, seconds: float):
    found = graph.quota(headers, NOW)
    assert found is not None
    assert (round(found.left, 6), found.seconds) == (left, seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-App-Usage": "not json"},
        {"X-Business-Use-Case-Usage": '{"1":[{"type":"ads_insights","call_count":100}]}'},
        {"X-Business-Use-Case-Usage": "[1]"},
    ],
)
def test_a_quota_that_is_none_of_ours_or_none_at_all_stops_nothing(headers: dict[str, str]):
    assert graph.quota(headers, NOW) is None


@pytest.mark.parametrize(
    ("url", "handle"),
    [
        ("https://www.facebook.com/MapleGrove", "MapleGrove"),
        ("https://www.facebook.com/pages/Maple-Grove/123/", "123"),
        ("https://www.facebook.com/profile.php?id=123", "123"),
        ("https://www.threads.com/@maple", "maple"),
    ],
)
def test_an_account_is_called_what_its_address_says(url: str, handle: str):
    site = Site(Account(name="m", platform="facebook", url=url, title="M"), "https://graph.facebook.com", "v26.0")
    assert graph.handle_of(site) == handle


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2015-06-22T12:48:05+0000", "2015-06-22T12:48:05.000000Z"),
        (1449135003, "2015-12-03T09:30:03.000000Z"),
        ("1449135003", "2015-12-03T09:30:03.000000Z"),
        (1449135003123, "2015-12-03T09:30:03.123000Z"),
        (True, None),
        ("²", None),
        ("9" * 40, None),
        ([], None),
    ],
)
def test_moments_are_dates_seconds_or_milliseconds(value: Any, instant: str | None):
    found = graph.find_moment(value)
    assert (str(found) if found else None) == instant


def test_a_post_of_several_pictures_says_what_it_shows():
    parts = [
        {"media": {"image": {"src": "https://cdn.example/1.jpg"}}, "description": "A bus", "type": "photo"},
        {"media": {"image": {"src": "https://cdn.example/2.jpg"}, "source": "https://cdn.example/2.mp4"}},
    ]
    shown = {"type": "album", "subattachments": {"data": parts}, "unshimmed_url": "https://maple.example/"}
    view = view_of(
        {
            "id": "1_2",
            "created_time": "2026-11-20T08:00:00+0000",
            "from": {"id": "1", "name": "Maple Grove"},
            "message": "Snow day #snow with Oak",
            "message_tags": [{"id": "3", "name": "#snow"}, {"id": "4", "name": "Oak", "type": "page"}],
            "permalink_url": "/1/posts/2",
            "attachments": {"data": [shown, {"type": "share", "unshimmed_url": "https://oak.example/"}]},
            "comments": {"data": [], "summary": {"total_count": 3}},
            "shares": {"count": 2},
            "is_published": False,
        },
        "facebook",
    )
    assert [(one.url, one.role, one.alt) for one in view.attachments] == [
        ("https://cdn.example/1.jpg", "image", "A bus"),
        ("https://cdn.example/2.mp4", "video", None),
    ]
    assert (view.url, view.tags, view.mentions) == ("https://www.facebook.com/1/posts/2", ("snow",), ("Oak",))
    assert (view.counts, view.flags) == ({"comments": 3, "shares": 2}, ("unpublished",))
    assert view.links == ("https://oak.example/",)


def change(value: dict[str, Any], *, field: str = "feed") -> Any:
    """What a webhook's change reads as."""
    body = {"object": "page", "entry": [{"id": "1", "time": 1449135003, "changes": [{"field": field, "value": value}]}]}
    items, refused = read_all(json.dumps(body), "facebook")
    assert refused == []
    assert items[0].normalised.kind == "list"
    return items[1].normalised


COMMENT = {
    "item": "comment",
    "comment_id": "2_3",
    "post_id": "1_2",
    "parent_id": "1_2",
    "from": {"id": "9", "name": "A"},
}


@pytest.mark.parametrize(
    ("verb", "kind", "flags"),
    [
        ("add", "Create", ()),
        ("edited", "Update", ()),
        ("hide", "Update", ("hidden",)),
        ("unhide", "Update", ()),
        ("remove", "Delete", ()),
    ],
)
def test_what_a_webhook_tells_of_a_comment_is_an_event_below_it(verb: str, kind: str, flags: tuple[str, ...]):
    view = change({**COMMENT, "verb": verb, "message": "Late again", "created_time": 1449135003})
    assert (view.kind, view.type, view.title, view.flags) == ("event", kind, f"comment {verb}", flags)
    assert (view.parent, view.thread, view.text, view.author.name) == ("2_3", "1_2", "Late again", "A")
    assert str(view.created) == "2015-12-03T09:30:03.000000Z"


def test_a_message_that_was_taken_back_is_a_deletion_of_it():
    told = {"sender": {"id": 7}, "recipient": {"id": 1}, "timestamp": 1449135003123}
    body = {"object": "page", "entry": [{"messaging": [
        {**told, "message": {"mid": "m_1", "text": "Open?"}}, {**told, "message": {"mid": "m_1", "is_deleted": True}}
    ]}]}  # fmt: skip
    for platform in ("facebook", "instagram"):
        _, said, deleted = (item.normalised for item in read_all(json.dumps(body), platform)[0])
        assert (said.kind, said.item, said.text, said.author.id) == ("message", "m_1", "Open?", "7")
        assert (deleted.kind, deleted.type, deleted.parent) == ("event", "Delete", "m_1")


def test_a_webhook_of_threads_is_read_where_its_values_are():
    body = {"app_id": "1", "values": {"field": "replies", "value": {"id": "5", "text": "Yes", "username": "citizen"}}}
    _, told = (item.normalised for item in read_all(json.dumps(body), "threads")[0])
    assert (told.type, told.parent, told.author.handle) == ("Create", "5", "citizen")


def test_an_album_of_instagram_shows_its_children_and_a_video_that_may_not_be_had_its_still():
    view = view_of(
        {
            "id": "1",
            "caption": "Field day",
            "media_type": "CAROUSEL_ALBUM",
            "media_url": "https://cdn.example/first.jpg",
            "children": {"data": [
                {"id": "2", "media_type": "IMAGE", "media_url": "https://cdn.example/a.jpg"},
                {"id": "3", "media_type": "VIDEO", "media_url": "https://cdn.example/b.mp4"},
                {"id": "4", "media_type": "VIDEO", "thumbnail_url": "https://cdn.example/c.jpg"},
            ]},
        },
        "instagram",
    )  # fmt: skip
    assert [(one.url[20:], one.role) for one in view.attachments] == [
        ("a.jpg", "image"),
        ("b.mp4", "video"),
        ("c.jpg", "image"),
    ]


def test_a_reply_on_threads_knows_its_post_and_what_it_answers():
    view = view_of(
        {"id": "3", "text": "No", "root_post": {"id": "1"}, "replied_to": {"id": "2"}, "hide_status": "COVERED"},
        "threads",
    )
    assert (view.kind, view.thread, view.parent, view.flags) == ("reply", "1", "2", ("hidden",))


@pytest.mark.parametrize("status", [{"HIDDEN": 1}, ["HIDDEN"], None, 7, ""])
def test_a_reply_on_threads_of_no_known_standing_is_a_reply(status: object):
    view = view_of({"id": "3", "text": "No", "is_reply": True, "hide_status": status}, "threads")
    assert (view.kind, view.flags) == ("reply", ())


def test_a_poll_and_a_repost_on_threads_are_what_they_are():
    poll = {"id": "1", "text": "When?", "poll_attachment": {"option_a": "7", "option_b": "8", "total_votes": 3}}
    assert (view_of(poll, "threads").type, view_of(poll, "threads").text) == ("Question", "When?\n7\n8")
    assert view_of({"id": "2", "media_type": "REPOST_FACADE"}, "threads").type == "Announce"


def test_the_long_text_that_hangs_on_a_post_of_threads_is_part_of_what_it_says():
    attached = {"plaintext": "The whole plan.", "link_attachment_url": "https://school.example/plan"}
    view = view_of({"id": "1", "text": "Our plan", "text_attachment": attached}, "threads")
    assert (view.text, view.links) == ("Our plan\nThe whole plan.", ("https://school.example/plan",))
    assert view_of({"id": "1", "text": "Our plan", "text_attachment": "?"}, "threads").text == "Our plan"


POST: dict[str, Any] = {
    "id": "1_2",
    "message": "Snow day",
    "updated_time": "2026-11-20T08:00:00+0000",
    "from": {"id": "1", "name": "Maple"},
    "shares": {"count": 1},
    "attachments": {"data": [{"media": {"image": {"src": "https://cdn.example/1.jpg?oh=1"}}, "target": {"id": "5"}}]},
}


def spelled(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_signed_addresses_counts_and_names_of_today_make_no_version():
    later = json.loads(spelled(POST).replace(b"oh=1", b"oh=2").replace(b"Maple", b"Maple Grove"))
    later |= {"shares": {"count": 9}, "updated_time": "2026-11-21T08:00:00+0000"}
    assert substance("facebook", spelled(later)) == substance("facebook", spelled(POST))
    other = spelled(POST).replace(b'"id": "5"', b'"id": "6"')
    assert substance("facebook", other) != substance("facebook", spelled(POST))


FLAGGED = 117
"""How many objects of the corpus are no records of a page: advertising, statistics, tokens, answers to writing."""


def of_corpus(platform: Platform, folder: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every object in the corpus but lists: where it is, what it is, and its view."""
    root = corpus("social", "facebook-graph", "restfb+restfb", folder)
    for path in sorted(root.rglob("*.json")):
        content = path.read_bytes()
        for item in read_all(content, platform)[0]:
            value = (
                json.loads(content[item.offset : item.offset + item.length]) if item.normalised.kind != "list" else None
            )
            if isinstance(value, dict):
                yield path.relative_to(root).as_posix(), value, item.normalised


def test_what_of_the_corpus_is_not_recognised_is_no_record_of_a_page():
    flagged = [(where, value) for where, value, view in of_corpus("facebook") if UNRECOGNISED in view.flags]
    for where, value in flagged:
        is_foreign = where.startswith(("ads/", "whatsapp/", "instagram/", "threads/")) or "insight" in where
        said = {"message", "from", "attachments", "images", "reviewer", "field", "sender"} & value.keys()
        assert is_foreign or "id" not in value or not said, where
        assert not where.startswith("webhooks/"), where
    assert len(flagged) == FLAGGED


@pytest.mark.parametrize(
    ("platform", "kinds"),
    [
        ("instagram", {"comment_missing_user.json": "comment", "media-carousel.json": "post",
                       "mentioned-media.json": "post", "wh-comments-2021.json": "event",
                       "wh-livecomments.json": "event"}),
        ("threads", {"basic-profile.json": "profile", "media-with-location.json": "post"}),
    ],
)  # fmt: skip
def test_what_is_published_is_recognised_in_the_corpora_of_instagram_and_threads(
    platform: Platform, kinds: dict[str, str]
):
    found = {where: view.kind for where, _, view in of_corpus(platform, platform) if UNRECOGNISED not in view.flags}
    assert found == kinds


MEMBERS = """
id message attachments data media image from field value sender recipient timestamp children media_type images reviewer
open_graph_story post_id participants story parent source length count start_time place name username summary comments
text caption poll_attachment replied_to shares message_tags picture photo photos item verb mid is_deleted sticker
"""
NAMES = MEMBERS.split()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["https://a.example/x", "[", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_no_shape_of_a_stranger_breaks_the_reading(value: dict[str, Any]):
    content = json.dumps(value)
    for platform in ("facebook", "instagram", "threads"):
        items, refused = read_all(content, platform)
        assert items
        assert refused == []
