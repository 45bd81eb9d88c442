"""Nextdoor's posts, as they are imported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archiver.imports.json_lines import read
from archiver.platforms.known import find_platform
from archiver.platforms.nextdoor import view_of
from archiver.platforms.objects import Item
from archiver.substance import substance

POST: dict[str, Any] = {
    "id": "s_1",
    "author_id": 7,
    "title": "Snow day",
    "body": "Schools are closed",
    "creation_date_epoch_seconds": 1_790_000_000,
    "url": "https://nextdoor.com/p/1",
    "media": [
        {"is_photo": True, "url": "https://images.example/1.jpg"},
        {"is_video": True, "url": "https://v.example/1"},
    ],
    "comments": [{"id": 1, "author_name": "Ana", "body": "Why?", "comments": [{"id": 2, "body": "Because"}]}],
}


def test_a_list_of_posts_is_read_post_by_post_with_the_comments_in_each():
    content = json.dumps({"posts": [POST], "posts_length": 1}).encode()
    head, item = read(content, "nextdoor")
    assert isinstance(head, Item)
    assert isinstance(item, Item)
    view = item.normalised
    assert (head.normalised.kind, view.kind, view.item, view.title) == ("list", "post", "s_1", "Snow day")
    assert view.text == "Schools are closed\nAna: Why?\nA comment: Because"
    assert view.flags == ("comments-within",)
    assert [one.role for one in view.attachments] == ["image", "video"]
    assert str(view.created).startswith("2026-09-21T")


def test_an_agency_post_names_its_author_and_its_pictures_as_text():
    agency = {"author": {"name": "Maple Grove Schools"}, "media": ["https://images.example/2.jpg", 7, None]}
    view = view_of({"id": 4, "body": "Closed", "creation_date": "2026-11-20T08:00:00Z", **agency}, {})
    assert view is not None
    assert view.author is not None
    assert (view.item, view.author.name, len(view.attachments)) == ("4", "Maple Grove Schools", 1)
    assert view.created is not None


@pytest.mark.parametrize("made", [None, True, -1, 10**30, "x", [], float("nan")])
@pytest.mark.parametrize("comments", [None, 7, [None], [{"comments": {}}]])
def test_what_is_misshapen_is_read_as_far_as_it_goes(made: object, comments: object):
    view = view_of({**POST, "creation_date_epoch_seconds": made, "comments": comments}, {})
    assert view is not None
    assert (view.created, view.text) == (None, "Schools are closed")


def test_a_comment_more_is_a_version_and_a_like_more_is_none():
    one = json.dumps({**POST, "like_count": 1}).encode()
    assert substance("nextdoor", one) == substance("nextdoor", json.dumps({**POST, "like_count": 2}).encode())
    assert substance("nextdoor", one) != substance("nextdoor", json.dumps({**POST, "comments": []}).encode())


def test_it_is_not_read_over_the_network():
    platform = find_platform("nextdoor")
    assert platform is not None
    assert platform.reading is None
