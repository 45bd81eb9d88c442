"""What Reddit alone has: trees that name what they do not show, things that say that they were deleted, its quota."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.imports.json_lines import read
from archiver.platforms import reddit
from archiver.platforms.objects import UNRECOGNISED, Item
from archiver.platforms.reading import Answer, Question
from archiver.platforms.reddit_objects import mark_of, view_of
from archiver.substance import substance
from tests.cassettes import recorded
from tests.corpora import corpus
from tests.platforms.story import begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.platforms.simulators.reddit import Reddit
    from tests.platforms.story import Story

READING = reddit.PLATFORM.reading
KNOWN = ("Listing", "t1", "t2", "t3", "t5", "more", "wikipage")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """An account on Reddit."""
    with begun(tmp_path, "reddit") as made:
        yield made
        made.check()


def simulator(story: Story) -> Reddit:
    return story.simulator  # type: ignore[return-value]


def test_comments_that_a_tree_only_names_are_kept_and_missed_when_they_go(story: Story):
    post = story.simulator.post("Budget hearing")
    numbers = [story.simulator.reply(post, f"Comment {number}") for number in range(6)]
    below = story.simulator.reply(numbers[5], "Below what the tree does not show")
    story.complete()
    for number in (*numbers, below):
        (kept,) = story.versions(f"t1_{number}")
        assert b"Comment" not in kept.native.replace(kept.view.text.encode(), b"")  # type: ignore[union-attr]
    story.simulator.delete(numbers[4])
    story.complete()
    assert {item: one.verdict for item, one in story.absences().items()} == {f"t1_{numbers[4]}": "deleted"}


def test_a_deleted_comment_that_its_answers_keep_in_the_tree_is_a_version_that_says_so(story: Story):
    post = story.simulator.post("Budget hearing")
    number = story.simulator.reply(post, "No")
    story.simulator.reply(number, "Why not?")
    story.complete()
    comment = story.simulator.posts[number]
    comment.text = "[deleted]"
    simulator(story).gone[number] = comment
    story.complete()
    versions = story.versions(f"t1_{number}")
    assert [(one.view.text, one.view.flags) for one in versions] == [("No", ()), ("[deleted]", ("deleted",))]
    assert versions[1].view.author is None
    assert story.absences() == {}


def test_a_community_is_read_with_its_newest_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.platforms.simulators.reddit.Reddit.path_of_account", "/r/maple_grove")
    with begun(tmp_path, "reddit") as story:
        number = story.simulator.post("Snow day")
        story.complete()
        items = {one.view.item: one.view for one in story.records()}
        assert {"t5_mg", f"t3_{number}"} <= items.keys()
        assert items["t5_mg"].type == "Group"
        assert any("/r/maple_grove/comments" in path for path in story.simulator.asked["other"])
        story.check()


def test_a_quota_that_is_nearly_used_up_stops_the_look(story: Story):
    story.simulator.post("Snow day")
    simulator(story).left = 6.0
    assert story.capture().failures == ("the platform allows no more requests for 300 seconds",)
    simulator(story).left = 590.0
    story.complete()


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        ({"author": "[deleted]", "body": "[deleted]"}, "deleted"),
        ({"author": "[deleted]", "body": "[removed]"}, "removed"),
        ({"author": "[deleted]", "body": "Of an account that is no more"}, None),
        ({"author": "maple", "body": "[deleted]"}, None),
        ({"author": "[deleted]", "body": "[ Removed by Reddit ]"}, "removed"),
        ({"author": "[deleted]", "body": "[ Removed by reddit on account of the [policy](/p). ]"}, "removed"),
        ({"author": "[deleted]", "body": "[ Removed by Reddit ] is what it said"}, None),
        ({"author": "maple", "body": "[ Removed by Reddit ]"}, None),
        ({"author": "maple", "body": "[removed]"}, None),
        ({"author": "[deleted]", "selftext": "", "removed_by_category": "deleted"}, "deleted"),
        ({"author": "maple", "selftext": "Sold", "removed_by_category": "moderator"}, "removed"),
        ({"author": "maple", "body": "As a moderator sees it", "banned_by": "clerk"}, "removed"),
        ({"author": "maple", "selftext": "There", "removed_by_category": None, "banned_by": None}, None),
    ],
)
def test_only_the_platforms_own_mark_says_that_something_was_taken_away(told: dict[str, Any], mark: str | None):
    assert mark_of(told) == mark


@pytest.mark.parametrize(
    ("status", "value", "standing"),
    [
        (200, {"kind": "Listing", "data": {"children": []}}, "gone"),
        (200, {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"body": "There"}}]}}, "present"),
        (200, {"kind": "Listing", "data": {"children": "none"}}, "unknown"),
        (200, ["not", "a", "listing"], "unknown"),
        (404, {"message": "Not Found", "error": 404}, "unknown"),
        (403, {"message": "Forbidden", "error": 403}, "unknown"),
        (429, {"message": "Too Many Requests", "error": 429}, "unknown"),
    ],
)
def test_a_look_up_says_something_only_where_it_is_answered_with_a_listing(status: int, value: Any, standing: str):
    answer = Answer(Question("", "https://oauth.reddit.com/api/info?id=t1_a"), value, status, {})
    assert READING is not None
    assert READING.standing(answer) == standing


def test_a_tree_of_any_depth_and_shape_is_read_for_names():
    deep: Any = ""
    for number in range(5_000):
        told = {"id": f"c{number}", "replies": deep}
        deep = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": told}]}}
    hostile = [deep, None, 7, {"kind": "more", "data": {"children": ["a", 7, "b,c", None]}}, {"data": {}}, {"data": 1}]
    assert READING is not None
    named = set(READING.endpoints["tree"].names(Answer(Question("tree", "x"), hostile, 200, {})))
    assert len(named) == 5_001
    assert "t1_a" in named


def test_counts_and_what_the_reader_did_make_no_version():
    one = b'{"kind": "t1", "data": {"id": "a", "body": "No", "score": 1, "likes": null, "replies": ""}}'
    other = b'{"kind": "t1", "data": {"id": "a", "body": "No", "score": 2, "likes": true, "replies": {"data": 1}}}'
    assert substance("reddit", one) == substance("reddit", other)
    assert substance("reddit", one) != substance("reddit", one.replace(b"No", b"Yes"))


@pytest.mark.parametrize("edited", [False, True, None, -1, 10**400, float("inf"), float("nan"), "x", 1.7e9])
def test_when_something_was_edited_is_read_from_seconds_alone(edited: Any):
    view = view_of({"kind": "t1", "data": {"id": "a", "edited": edited}}, {})
    assert view is not None
    assert (view.edited is not None) == (edited == 1.7e9)


def test_every_thing_of_the_corpus_is_recognised():
    files = sorted(corpus("social", "reddit").rglob("*.json"))
    counted = 0
    for body in (body for path in files for body in recorded(path)):
        for item in read(body, "reddit"):
            assert isinstance(item, Item)
            native = body[item.offset : item.offset + item.length]
            counted += 1
            if UNRECOGNISED in item.normalised.flags:
                # Tokens, forms, moderators' mail and notes: nothing that is published.
                assert not any(f'"kind": "{kind}"'.encode() in native[:40] for kind in KNOWN), native[:200]
    assert counted > 1_000


def test_a_score_below_zero_is_no_count():
    view = view_of({"kind": "t1", "data": {"id": "a", "score": -3}}, {})
    assert view is not None
    assert view.counts == {}
    assert type(view).from_bytes(view.to_bytes()) == view
