"""What X alone has: edits with ids of their own, replies of seven days, messages, prices, and what its errors mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archiver.platforms import x
from archiver.platforms.reading import Answer, Question
from archiver.receiving.received import Notification, keep
from archiver.substance import substance
from schemas.digest import Digest
from schemas.settings import RecheckSettings
from tests.platforms.simulator import PIXELS
from tests.platforms.story import NAME, begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.platforms.simulators.x import X
    from tests.platforms.story import Story

READING = x.PLATFORM.reading
DAY = 86_400


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """An account on X."""
    with begun(tmp_path, "x") as made:
        yield made
        made.check()


@pytest.fixture
def simulator(story: Story) -> X:
    """Its simulator."""
    return story.simulator  # type: ignore[return-value]


def texts(story: Story, item: str) -> list[str | None]:
    """What the versions of an item say."""
    return [one.view.text for one in story.versions(item)]


def test_what_was_edited_before_the_first_look_is_kept_with_what_it_said_before(story: Story, simulator: X):
    number = simulator.post("Buses leave at 7")
    simulator.edit(number, "Buses leave at 8")
    story.complete()
    assert texts(story, number) == ["Buses leave at 8"]
    assert texts(story, f"{number}@{number}") == ["Buses leave at 7"]
    assert story.versions(f"{number}@{number}")[0].view.flags == ("earlier-version",)
    simulator.edit(number, "Buses leave at 9")
    story.complete()
    assert texts(story, number) == ["Buses leave at 8", "Buses leave at 9"]
    assert texts(story, f"{number}@{number}") == ["Buses leave at 7"]


def test_replies_that_are_older_than_the_search_shows_are_neither_away_nor_doubted(story: Story, simulator: X):
    post = simulator.post("Budget hearing")
    replies = [simulator.reply(post, f"Reply {number}") for number in range(6)]
    story.complete()
    story.clock.at = story.clock.at.plus(seconds=8 * DAY)
    simulator.unlisted.update(replies)
    simulator.posts[post].likes += 1
    # The mentions are doubted, which show the newest 800 of any age; the search is not.
    story.capture()
    assert story.absences() == {}
    simulator.unlisted.clear()
    story.complete()
    assert story.absences() == {}


def test_replies_of_any_age_are_searched_for_where_that_is_chosen(story: Story, simulator: X):
    post = simulator.post("Budget hearing")
    reply = simulator.reply(post, "No")
    story.clock.at = story.clock.at.plus(seconds=90 * DAY)
    story.complete()
    assert not simulator.asked["replies"]
    story.chosen["options"] = ("all-replies",)
    story.complete()
    assert "/tweets/search/all" in simulator.asked["replies"][0]
    lists = {one.view.item: one.view.listed for one in story.records() if one.view.kind == "list"}
    assert lists[f"list:all-replies:{post}"] == (reply,)


def test_messages_are_kept_and_belong_to_their_conversation(story: Story, simulator: X):
    simulator.messages = [
        {
            "id": "501",
            "event_type": "MessageCreate",
            "text": "When does the office open?",
            "dm_conversation_id": "7001-7002",
            "sender_id": "7002",
            "created_at": "2026-03-01T08:00:00.000Z",
        }
    ]
    story.complete()
    (kept,) = story.versions("message:501")
    assert (kept.view.kind, kept.view.thread, kept.view.text) == (
        "message",
        "7001-7002",
        "When does the office open?",
    )
    # They leave the list by themselves after thirty days: that is no deletion.
    simulator.messages = []
    story.complete()
    assert story.absences() == {}


def test_what_left_its_list_and_is_there_makes_no_record_of_another_form(story: Story, simulator: X):
    number = simulator.post("Snow day", image=PIXELS)
    simulator.post("No school")
    story.complete()
    before = story.records()
    simulator.unlisted.add(number)
    story.complete()
    assert len(simulator.asked["item"]) == 1
    assert [one.view.kind for one in story.records()[len(before) :]] == ["list"]


def test_a_post_that_x_calls_about_is_kept_as_its_list_would_show_it(story: Story, simulator: X):
    simulator.post("No school")
    story.complete()
    number = simulator.post("Snow day", image=PIXELS)
    simulator.unlisted.add(number)
    told = {"data": {"event_type": "post.create", "payload": {"id": number}}}
    keep(story.home, NAME, Notification("0" * 32, story.clock.at, "webhook", json.dumps(told).encode()))
    story.complete()
    (kept,) = story.versions(number)
    assert [one.sha256 for one in kept.view.attachments] == [Digest.of(PIXELS)]
    simulator.unlisted.clear()
    story.complete()
    assert len(story.versions(number)) == 1


def test_messages_can_be_left_out(story: Story, simulator: X):
    simulator.post("Snow day")
    story.chosen["options"] = ("no-messages",)
    story.complete()
    assert simulator.asked["messages"] == []


def test_a_suspended_account_is_said_to_be(story: Story, simulator: X):
    simulator.suspended = True
    story.capture()
    assert (story.poll.outcome, story.poll.code) == ("failed", "ANSWER_UNREADABLE")
    assert "Forbidden" in str(story.poll.reason)


def test_what_a_day_may_cost_is_kept_to_and_the_next_days_go_on(story: Story, simulator: X):
    for number in range(20):
        simulator.post(f"Post {number}")
    story.clock.at = story.clock.at.plus(seconds=30 * DAY)
    # A page costs three posts and the author beside them, the profile a user: thousandths of a dollar.
    story.chosen["budget_a_day"] = 40
    often = (RecheckSettings(2, 0), RecheckSettings(0, 24))
    kept: list[int] = []
    for _ in range(8):
        story.capture(recheck=often)
        kept.append(len(simulator.shown().keys() & {one.view.item for one in story.records()}))
        for _ in range(3):
            story.capture(recheck=often)
        day, spent = story.poll.cursor_after["spent"].split()
        assert day == str(story.clock.at)[:10]
        assert int(spent) < 40 + 3 + 10  # the last answer may pass it
        story.clock.at = story.clock.at.plus(seconds=DAY)
    assert kept[0] < kept[1] < kept[-1] == 20
    assert story.absences() == {}


def test_a_quota_that_is_used_up_ends_the_look(story: Story, simulator: X):
    simulator.post("Snow day")
    simulator.left = 0
    done = story.capture()
    assert done.failures[0].startswith("the platform allows no more requests for ")
    assert len(simulator.requests) == 1
    simulator.left = 900
    story.complete()


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        ({"data": [{"id": "1", "text": "there"}]}, "present"),
        ({"errors": [{"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error"}]}, "gone"),
        (
            {
                "errors": [
                    {
                        "type": "https://api.twitter.com/2/problems/not-authorized-for-resource",
                        "title": "Authorization Error",
                    }
                ]
            },
            "withheld",
        ),
        (
            {"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found", "title": "Forbidden"}]},
            "withheld",
        ),
        ({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, "unknown"),
        ({"errors": "no"}, "unknown"),
        ({}, "unknown"),
        ([], "unknown"),
        (None, "unknown"),
    ],
)
def test_an_answer_about_one_post_says_what_became_of_it(value: Any, standing: str):
    assert READING is not None
    assert READING.standing(Answer(Question("", ""), value, 200, {})) == standing


def test_a_status_alone_says_nothing_of_a_post():
    assert READING is not None
    for status in (401, 403, 404, 500):
        assert READING.standing(Answer(Question("", ""), {"title": "x"}, status, {})) == "unknown"


def test_what_posts_refer_to_may_be_gone_and_what_is_left_out_otherwise_is_said():
    assert READING is not None
    gone = {"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error", "resource_id": "1"}
    field = {"type": "https://api.x.com/2/problems/field-unauthorized", "title": "Field Unauthorized", "detail": "1"}
    ask = Question("posts", "https://api.x.com/2/users/1/tweets")
    assert READING.refusal(Answer(ask, {"data": [], "errors": [gone]}, 200, {})) is None
    said = READING.refusal(Answer(ask, {"data": [], "errors": [gone, field]}, 200, {}))
    assert said == "the platform left out something: Field Unauthorized"


def test_a_place_is_known_by_what_every_place_has():
    view = x.PLATFORM.dialect.view({"id": "01a9a39529b27f36", "full_name": "Maple Grove, MN"}, {})
    assert view is not None
    assert (view.type, view.item, view.title) == ("Place", "place:01a9a39529b27f36", "Maple Grove, MN")


V2 = {
    "id": "1",
    "text": "Snow day",
    "edit_history_tweet_ids": ["1"],
    "edit_controls": {"edits_remaining": 5},
    "public_metrics": {"like_count": 1, "impression_count": 9},
}
V1 = {
    "id_str": "1",
    "full_text": "Snow day",
    "favorite_count": 1,
    "retweet_count": 2,
    "favorited": False,
    "user": {"id_str": "7", "screen_name": "maple", "name": "Maple", "followers_count": 1, "following": True},
    "retweeted_status": {"id_str": "2", "full_text": "Snow", "favorite_count": 3, "user": {"statuses_count": 4}},
}
POLL = {"id": "1", "options": [{"position": 1, "label": "Yes", "votes": 3}], "voting_status": "open"}
USER = {"id": "7", "username": "maple", "description": "x", "public_metrics": {"followers_count": 1}}


@pytest.mark.parametrize(
    ("value", "path", "other", "counts"),
    [
        (V2, "public_metrics.like_count", 2, False),
        (V2, "edit_controls.edits_remaining", 4, False),
        (V2, "text", "No school", True),
        (V2, "possibly_sensitive", True, True),
        (V1, "favorite_count", 2, False),
        (V1, "favorited", True, False),
        (V1, "user.followers_count", 2, False),
        (V1, "user.name", "Maple Grove", False),
        (V1, "user.screen_name", "grove", True),
        (V1, "retweeted_status.favorite_count", 4, False),
        (V1, "retweeted_status.user.statuses_count", 5, False),
        (V1, "retweeted_status.full_text", "Ice", True),
        (V1, "full_text", "No school", True),
        (POLL, "options", [{"position": 1, "label": "Yes", "votes": 4}], False),
        (POLL, "options", [{"position": 1, "label": "No", "votes": 3}], True),
        (POLL, "voting_status", "closed", True),
        (USER, "public_metrics.followers_count", 2, False),
        (USER, "description", "y", True),
        (USER, "name", "Maple", True),
    ],
)
def test_counts_and_what_the_reader_did_make_no_version_and_all_else_does(
    value: dict[str, Any], path: str, other: Any, counts: bool
):
    changed = json.loads(json.dumps(value))
    *above, last = path.split(".")
    inner = changed
    for name in above:
        inner = inner[name]
    inner[last] = other
    before, after = (substance("x", msgspec.json.encode(one)) for one in (value, changed))
    assert (before != after) is counts
