"""What platforms tell of an account is kept below the item that it is about, whatever the account was registered as."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from archiver.held import held_of
from archiver.platforms.known import find_platform
from archiver.receiving.received import Notification, keep, waiting
from tests.platforms.story import NAME, begun

if TYPE_CHECKING:
    from pathlib import Path

    from tests.platforms.story import Story


def below(story: Story, body: bytes, way: str, about: tuple[str, ...] = ()) -> str | None:
    """What the account's next capture says that a message is about."""
    keep(story.home, NAME, Notification("a" * 32, story.clock.at, way, body, about=about))
    assert story.capture().error is None
    assert waiting(story.home, NAME) == ()
    (event,) = [one for one in story.records() if one.view.item == f"notification:{'a' * 32}"]
    assert event.native == body
    return event.view.parent


def test_a_tombstone_of_youtubes_is_about_the_video_that_was_deleted(tmp_path: Path):
    with begun(tmp_path, "youtube") as story:
        video, other = (story.simulator.post(text) for text in ("The board meets", "The library opens"))
        story.capture()
        story.simulator.delete(video)
        body = (
            f'<feed xmlns:at="http://purl.org/atompub/tombstones/1.0"><at:deleted-entry ref="yt:video:{video}"/></feed>'
        )
        assert below(story, body.encode(), "webhook") == video
        assert story.absences()[video].verdict == "deleted"
        assert other not in story.absences()


def test_a_message_of_a_bluesky_stream_is_about_the_record_of_an_account_that_was_registered_by_its_name(
    tmp_path: Path,
):
    with begun(tmp_path, "bluesky") as story:
        post = story.simulator.post("The board meets")
        uri = story.simulator.item_of(story.simulator.posts[post])
        story.capture()
        story.simulator.delete(post)
        did, collection, key = uri.removeprefix("at://").split("/")
        commit = {"rev": "3l", "operation": "delete", "collection": collection, "rkey": key}
        body = json.dumps({"did": did, "time_us": 1, "kind": "commit", "commit": commit}).encode()
        assert below(story, body, "stream") == uri
        assert story.absences()[uri].verdict == "deleted"


@pytest.mark.parametrize(
    ("platform", "known"),
    [
        ("facebook", "100"),
        ("instagram", "178"),
        ("threads", "900"),
        ("x", "7001"),
        ("linkedin", "urn:li:organization:123456"),
    ],
)
def test_an_account_is_known_by_the_id_that_calls_name_once_it_was_captured(platform: str, known: str, tmp_path: Path):
    with begun(tmp_path, platform) as story:
        story.simulator.post("The board meets")
        story.capture()
        archive, found = story.opened(), find_platform(platform)
        account = archive.ledger.history.accounts[NAME]
        assert found.reading.identity(account, held_of(archive, NAME).versions) == known


def test_of_a_call_about_several_pages_a_look_asks_for_what_its_own_page_was_told(tmp_path: Path):
    with begun(tmp_path, "facebook") as story:
        post = story.simulator.post("The board meets")
        story.capture()
        story.simulator.delete(post)
        entries = [
            {"id": whose, "changes": [{"field": "feed", "value": {"item": "post", "verb": "remove", "post_id": named}}]}
            for whose, named in (("200", "200_7"), ("100", post))
        ]
        body = json.dumps({"object": "page", "entry": entries}).encode()
        assert below(story, body, "webhook", about=("100",)) == post
        assert story.absences()[post].verdict == "deleted"
        assert not [asked for asked in story.simulator.requests if "200_7" in asked.path]
