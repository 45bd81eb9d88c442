"""What platforms say when they call, and which items that is about; whatever else comes names and harms nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.platforms.known import find_platform, platforms
from archiver.platforms.notifying import Named
from archiver.platforms.reading import Site
from schemas.account import Account

MAPLE = Site(
    Account(name="m", platform="mastodon", url="https://social.example/@maple", title="Maple"), "", identity="1"
)


def named(platform: str, value: Any) -> list[Named]:
    found = find_platform(platform)
    assert found is not None
    assert found.webhook is not None
    return list(found.webhook.named(json.dumps(value).encode()))


def change(field: str, value: Any) -> dict[str, Any]:
    return {"object": "page", "entry": [{"id": "1", "time": 1, "changes": [{"field": field, "value": value}]}]}


def test_facebook_names_the_comment_and_its_post():
    told = change("feed", {"item": "comment", "verb": "edited", "comment_id": "10_2", "post_id": "1_10", "from": {}})
    assert named("facebook", told) == [Named("10_2", "comment", "1_10", "1")]
    removed = change("feed", {"item": "status", "verb": "remove", "post_id": "1_10"})
    assert named("facebook", removed) == [Named("1_10", whose="1")]
    assert named("facebook", change("feed", {"item": "reaction", "verb": "add", "post_id": "1_10"})) == []


def test_instagram_names_the_comment_and_what_it_is_about():
    told = change("comments", {"id": "17", "text": "When?", "media": {"id": "9"}, "from": {"id": "3"}})
    assert named("instagram", told) == [Named("17", "comment", "9", "1")]


def test_instagram_with_its_own_login_has_the_change_in_the_entry():
    change = {"id": "17", "text": "When?", "media": {"id": "9"}, "from": {"id": "3"}}
    entry = {"id": "1", "time": 1, "field": "comments", "value": change}
    assert named("instagram", {"object": "instagram", "entry": [entry]}) == [Named("17", "comment", "9", "1")]


def test_threads_names_the_reply_whether_one_change_is_told_or_several():
    told = {"field": "replies", "value": {"id": "8", "text": "No", "root_post": {"id": "2"}}}
    for values in (told, [told]):
        call = {"app_id": "1", "target_id": "2", "values": values}
        assert named("threads", call) == [Named("8", "comment", "2")]


def test_x_names_the_post_that_was_made_or_deleted():
    for kind in ("post.create", "post.delete"):
        assert named("x", {"data": {"event_type": kind, "payload": {"id": "1716"}}}) == [Named("1716")]
    assert named("x", {"data": {"event_type": "profile.update.bio", "payload": {"id": "1"}}}) == []


CALLING = [name for name, platform in platforms().items() if platform.webhook is not None]
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
NAMES = st.sampled_from(
    [
        "entry",
        "changes",
        "values",
        "field",
        "value",
        "data",
        "payload",
        "id",
        "post_id",
        "comment_id",
        "event_type",
        "filter",
    ]
)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


@pytest.mark.parametrize("platform", CALLING)
@given(value=ANYTHING)
def test_no_call_breaks_the_reader(platform: str, value: Any):
    assert all(isinstance(one, Named) and one.item for one in named(platform, value))
    webhook = platforms()[platform].webhook
    assert webhook is not None
    assert {one.whose for one in named(platform, value)} - {""} <= set(webhook.about(json.dumps(value).encode()))


@given(st.binary(max_size=100))
def test_no_event_of_a_stream_breaks_the_reader(body: bytes):
    for platform in platforms().values():
        if platform.stream is not None:
            assert all(one.item for one in platform.stream.named(body, MAPLE))
        if platform.webhook is not None:
            assert all(one.item for one in platform.webhook.named(body))
