"""What makes a version of an item on a platform: anything but what is said to be no part of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.platforms.known import platforms
from archiver.substance import substance
from schemas.digest import Digest

STATUS: dict[str, Any] = {
    "id": "109",
    "content": "<p>Route 7</p>",
    "created_at": "2026-03-01T08:00:00.000Z",
    "visibility": "public",
    "favourites_count": 3,
    "favourited": False,
    "account": {"id": "1", "acct": "maple", "display_name": "Maple Grove", "followers_count": 12, "note": "<p>x</p>"},
    "poll": {"id": "7", "votes_count": 1, "options": [{"title": "yes", "votes_count": 1}]},
    "reblog": {"id": "108", "content": "<p>y</p>", "reblogs_count": 9, "account": {"id": "2", "acct": "b"}},
}


def of(value: Any, **spelled: Any) -> Digest:
    """The substance of a status."""
    return substance("mastodon", json.dumps(value, **spelled).encode())


def changed(path: str, value: Any) -> dict[str, Any]:
    """The status with another value at a path."""
    one = json.loads(json.dumps(STATUS))
    *above, last = path.split(".")
    node = one
    for name in above:
        node = node[int(name)] if isinstance(node, list) else node[name]
    node[last] = value
    return one


@pytest.mark.parametrize(
    "path",
    [
        "favourites_count",
        "favourited",
        "account.followers_count",
        "account.display_name",
        "account.note",
        "poll.votes_count",
        "poll.options.0.votes_count",
        "reblog.reblogs_count",
    ],
)
def test_what_others_do_makes_no_version(path: str):
    assert of(changed(path, "something else")) == of(STATUS)


@pytest.mark.parametrize(
    "path",
    ["content", "visibility", "account.id", "account.acct", "poll.options.0.title", "reblog.content", "of-tomorrow"],
)
def test_whatever_is_not_named_makes_one(path: str):
    assert of(changed(path, "something else")) != of(STATUS)


def test_how_it_is_spelled_makes_none():
    assert of(STATUS, indent=1) == of(dict(reversed(STATUS.items()))) == of(STATUS)


@given(st.binary())
def test_what_is_no_json_counts_as_it_is(native: bytes):
    assert substance("feed", native) == Digest.of(native)
    assert isinstance(substance("mastodon", native), Digest)
    assert substance("mastodon", b"<html>") == Digest.of(b"<html>")


@pytest.mark.parametrize("platform", platforms().values(), ids=lambda one: one.name)
def test_no_platform_leaves_out_what_an_item_is(platform: Any):
    assert not {"id", "content", "text", "created_at"} & set(platform.dialect.volatile)


SIGNED = {"id": "1", "username": "maple", "profile_picture_url": "https://scontent-1.cdn.example/v/t51/123_n.jpg?oh=a"}


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("https://scontent-2.cdn.example/v/t52/123_n.jpg?oh=b&oe=c", True),
        ("https://scontent-1.cdn.example/v/t51/124_n.jpg?oh=a", False),
        ("", False),
        (None, False),
        ("https://[", False),
        ("https://a\u2100b.example/124_n.jpg", False),
    ],
)
def test_of_an_address_that_is_signed_anew_the_name_of_the_file_counts(address: Any, same: bool):
    first, second = (
        substance("instagram", json.dumps(one).encode()) for one in (SIGNED, {**SIGNED, "profile_picture_url": address})
    )
    assert (first == second) is same
