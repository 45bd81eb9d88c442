"""Facebook, Instagram and Threads beyond the story of all platforms: what only they show, refuse and tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schemas.digest import Digest
from schemas.settings import RecheckSettings
from tests.platforms.simulator import PIXELS
from tests.platforms.story import begun

if TYPE_CHECKING:
    from pathlib import Path

    from tests.platforms.graph import Graph
    from tests.platforms.story import Story

GRAPH = ("facebook", "instagram", "threads")
YOUNG = (RecheckSettings(2, 0),)
AT = "2026-11-20T08:00:00+0000"


def simulator(story: Story) -> Graph:
    return story.simulator  # type: ignore[return-value]


def picture(story: Story, name: str) -> str:
    """The signed address of a picture that is there."""
    story.simulator.media[f"/media/{name}"] = PIXELS + name.encode()
    return story.simulator.url(f"/media/{name}?oh=s1", host="localhost")


def shown(story: Story) -> dict[str, Any]:
    return {one.view.item: one.view for one in story.records() if one.view.kind not in ("list", "absence")}


@pytest.mark.parametrize("name", GRAPH)
def test_a_hidden_comment_stays_listed_and_is_a_version_that_says_so(tmp_path: Path, name: str):
    with begun(tmp_path, name) as story:
        number = story.simulator.reply(story.simulator.post("Budget hearing"), "Shame on you")
        story.complete()
        simulator(story).moderated.add(number)
        story.complete()
        assert [one.view.flags for one in story.versions(number)] == [(), ("hidden",)]
        assert story.absences() == {}
        story.check()


@pytest.mark.parametrize("name", ["instagram", "threads"])
def test_a_token_of_another_account_is_no_access_to_this_one(tmp_path: Path, name: str):
    with begun(tmp_path, name) as story:
        story.simulator.post("Not ours")
        story.simulator.username = "another"  # type: ignore[attr-defined]
        story.capture()
        assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
        assert story.records() == []


@pytest.mark.parametrize("name", GRAPH)
def test_a_quota_that_is_nearly_used_up_stops_the_look(tmp_path: Path, name: str):
    with begun(tmp_path, name) as story:
        story.simulator.post("Snow day")
        simulator(story).used = 99
        assert story.capture().failures == ("the platform allows no more requests for 540 seconds",)
        assert len(story.simulator.requests) == 1
        simulator(story).used = 3
        story.complete()
        assert len(shown(story)) == 2


def test_what_the_token_may_not_read_is_said_and_keeps_nothing_else_back(tmp_path: Path):
    with begun(tmp_path, "facebook") as story:
        number = story.simulator.post("Snow day")
        simulator(story).refused.add("100/conversations")
        done = story.capture()
        assert [failure.partition(":")[0] for failure in done.failures] == ["the conversations"]
        assert "which there stands for" not in done.failures[0]
        assert story.poll.outcome == "partial"
        assert number in shown(story)


def test_everything_that_a_page_shows_is_kept(tmp_path: Path):
    with begun(tmp_path, "facebook") as story:
        page = {"id": "100", "name": "Écoles Maple Grove"}
        edges = simulator(story).edges
        edges["100/photos"] = [
            {
                "id": "41",
                "created_time": AT,
                "images": [
                    {"height": 90, "width": 90, "source": picture(story, "small.jpg")},
                    {"height": 900, "width": 900, "source": picture(story, "large.jpg")},
                ],
                "alt_text": "A bus in the snow",
                "page_story_id": "100_7",
            }
        ]
        edges["100/videos"] = [
            {"id": "42", "created_time": AT, "description": "Meeting", "length": 3.5, "source": picture(story, "a.mp4")}
        ]
        edges["100/live_videos"] = [{"id": "43", "creation_time": AT, "title": "The board", "live_views": 4}]
        edges["100/albums"] = [{"id": "44", "created_time": AT, "name": "Winter", "count": 1}]
        edges["100/ratings"] = [
            {
                "created_time": AT,
                "has_rating": True,
                "rating": 1,
                "review_text": "Late",
                "open_graph_story": {"id": "45"},
            }
        ]
        edges["100/visitor_posts"] = [
            {"id": "100_46", "created_time": AT, "message": "Is it open?", "from": {"id": "9"}}
        ]
        edges["100/tagged"] = [{"id": "8_47", "created_time": AT, "message": "Thanks", "from": page}]
        edges["100/stories"] = [
            {
                "post_id": "100_48",
                "media_type": "photo",
                "media_id": "49",
                "creation_time": "1795161600",
                "status": "PUBLISHED",
            }
        ]
        node = {
            "id": "49",
            "created_time": AT,
            "images": [{"height": 1, "width": 1, "source": picture(story, "s.jpg")}],
        }
        simulator(story).nodes["49"] = node
        story.complete()
        found = shown(story)
        assert {item: (view.kind, view.type, view.thread) for item, view in found.items()} == {
            "100": ("profile", "Organization", None),
            "photo:41": ("media", "Image", "100_7"),
            "video:42": ("media", "Video", None),
            "live:43": ("media", "Video", None),
            "album:44": ("media", "Collection", None),
            "rating:45": ("comment", "Note", None),
            "100_46": ("post", "Note", None),
            "8_47": ("post", "Note", None),
            "100_48": ("post", "Note", None),
            "photo:49": ("media", "Image", "100_48"),
        }
        assert [one.sha256 for one in found["photo:41"].attachments] == [Digest.of(PIXELS + b"large.jpg")]
        assert [one.sha256 for one in found["video:42"].attachments] == [Digest.of(PIXELS + b"a.mp4")]
        before = story.records()
        story.complete()
        assert story.records() == before
        story.check()


def test_comments_on_a_picture_are_its_own(tmp_path: Path):
    with begun(tmp_path, "facebook") as story:
        totals = {"data": [], "summary": {"total_count": 1}}
        edges = simulator(story).edges
        edges["100/photos"] = [{"id": "41", "created_time": AT, "alt_text": "A bus", "comments": totals}]
        simulator(story).nodes["41"] = {"id": "41"}
        number = story.simulator.reply("41", "That is my bus")
        story.complete()
        (kept,) = story.versions(number)
        assert (kept.view.kind, kept.view.thread, kept.view.parent) == ("comment", "photo:41", "photo:41")
        story.check()


@pytest.mark.parametrize(("name", "account"), [("facebook", "100"), ("instagram", "178")])
def test_messages_are_kept_in_their_conversation_and_asked_for_where_there_are_new_ones(
    tmp_path: Path, name: str, account: str
):
    with begun(tmp_path, name) as story:
        people = {"data": [{"id": "9", "name": "A Citizen", "username": "citizen"}]}
        file = {"id": "a", "image_data": {"url": picture(story, "m.jpg")}}
        first = {
            "id": "m_1",
            "created_time": AT,
            "from": {"id": "9"},
            "message": "Open?",
            "attachments": {"data": [file]},
        }
        edges = simulator(story).edges
        talk = {"id": "t_5", "updated_time": AT, "participants": people, "message_count": 1}
        edges[f"{account}/conversations"] = [talk]
        edges["t_5/messages"] = [first]
        story.complete()
        (kept,) = story.versions("m_1")
        assert (kept.view.kind, kept.view.thread, kept.view.text) == ("message", "t_5", "Open?")
        assert [one.sha256 for one in kept.view.attachments] == [Digest.of(PIXELS + b"m.jpg")]
        asked = len(story.simulator.asked["other"])
        story.capture(recheck=YOUNG)
        assert not any("/messages?" in path for path in story.simulator.asked["other"][asked:])
        edges[f"{account}/conversations"] = [{**talk, "updated_time": "2026-11-20T09:00:00+0000", "message_count": 2}]
        edges["t_5/messages"] = [{"id": "m_2", "created_time": AT, "from": {"id": account}, "message": "Yes"}, first]
        story.capture(recheck=YOUNG)
        assert story.versions("m_2")[0].view.text == "Yes"
        assert len(story.versions("m_1")) == 1
        # Of the older ones the platform tells no more: that is no deletion.
        edges["t_5/messages"] = []
        story.complete()
        assert story.absences() == {}
        story.check()


def test_a_story_that_ends_is_kept_and_not_missed(tmp_path: Path):
    with begun(tmp_path, "instagram") as story:
        node = {"id": "61", "media_type": "IMAGE", "media_product_type": "STORY", "timestamp": AT}
        simulator(story).edges["178/stories"] = [{**node, "media_url": picture(story, "story.jpg")}]
        story.complete()
        (kept,) = story.versions("61")
        assert kept.view.flags == ("story",)
        assert [one.sha256 for one in kept.view.attachments] == [Digest.of(PIXELS + b"story.jpg")]
        simulator(story).edges["178/stories"] = []
        story.complete()
        assert story.absences() == {}
        story.check()


def test_replies_on_instagram_have_their_comment_above_them_and_each_comment_has_a_list_of_its_own(tmp_path: Path):
    with begun(tmp_path, "instagram") as story:
        post = story.simulator.post("Field day", image=PIXELS)
        comments = [story.simulator.reply(post, text) for text in ("Which bus?", "Where?")]
        replies = [story.simulator.reply(comment, "The 7") for comment in comments]
        story.complete()
        views = shown(story)
        for comment, reply in zip(comments, replies, strict=True):
            assert (views[comment].kind, views[comment].thread, views[comment].parent) == ("comment", post, post)
            assert (views[reply].kind, views[reply].thread, views[reply].parent) == ("reply", post, comment)
        story.complete()
        assert story.simulator.asked["item"] == []
        story.simulator.delete(replies[0])
        story.complete()
        assert {item: one.verdict for item, one in story.absences().items()} == {replies[0]: "deleted"}
        story.simulator.delete(comments[1])
        story.complete()
        away = {item for item, one in story.absences().items() if one.verdict == "deleted"}
        assert away == {replies[0], comments[1], replies[1]}
        story.check()
