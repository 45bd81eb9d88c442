"""What is peculiar to platforms of videos and photos, and to blogs of Google's: keys, review, quotas, real objects."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from archiver.imports.json_lines import read
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import decode
from archiver.platforms import flickr
from archiver.platforms.objects import UNRECOGNISED, Item, find_view
from schemas.settings import RecheckSettings
from storage import warc
from tests.corpora import corpus
from tests.platforms.story import begun

if TYPE_CHECKING:
    from pathlib import Path

    from tests.platforms.story import Story


@pytest.mark.parametrize("name", ["youtube", "blogger", "flickr", "smugmug"])
def test_a_key_reads_what_is_public_and_asks_for_nothing_else(name: str, tmp_path: Path):
    with begun(tmp_path, name) as story:
        story.simulator.keyed = True
        numbers = [story.simulator.post(f"Post {number}") for number in range(5)]
        story.simulator.reply(numbers[-1], "No")
        story.complete()
        held = {one.view.item for one in story.records()}
        assert story.simulator.shown().keys() <= held
        story.simulator.expired = True
        story.capture()
        assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
        story.simulator.renew()
        story.check()


@pytest.mark.parametrize("name", ["youtube", "blogger"])
def test_a_comment_that_waits_for_review_is_kept_as_such_and_again_when_it_is_let_through(name: str, tmp_path: Path):
    with begun(tmp_path, name) as story:
        number = story.simulator.reply(story.simulator.post("Budget hearing"), "No")
        item = story.simulator.item_of(story.simulator.posts[number])
        story.simulator.held.add(number)  # type: ignore[attr-defined] - these two have it
        story.complete()
        story.simulator.held.clear()  # type: ignore[attr-defined]
        story.complete()
        flags = [one.view.flags for one in story.versions(item)]
        assert [bool(flag) for flag in flags] == [True, False]
        assert story.absences() == {}
        story.check()


def test_videos_below_which_nobody_may_comment_are_no_failure(tmp_path: Path):
    with begun(tmp_path, "youtube") as story:
        story.simulator.switched_off.add(story.simulator.post("Snow day"))  # type: ignore[attr-defined]
        story.complete()
        story.check()


def test_a_new_comment_below_an_old_photo_is_seen_by_the_next_look(tmp_path: Path):
    with begun(tmp_path, "flickr") as story:
        number = story.simulator.post("Snow day")
        story.complete()
        story.clock.at = story.clock.at.plus(seconds=30 * 86_400)
        story.complete()
        comment = story.simulator.reply(number, "Cold")
        story.capture(recheck=(RecheckSettings(2, 0),))
        assert story.versions(story.simulator.item_of(story.simulator.posts[comment]))
        story.check()


def test_an_album_is_read_looked_up_and_missed_by_its_owner_and_its_number(tmp_path: Path):
    with begun(tmp_path, "flickr") as story:
        story.simulator.albums = ["72157", "72158"]  # type: ignore[attr-defined]
        numbers = [story.simulator.post(text) for text in ("Snow day", "Budget hearing")]
        story.complete()
        (listed,) = story.versions("list:album:album:23@N05/72157")
        assert sorted(listed.view.listed) == numbers
        story.simulator.albums.pop()  # type: ignore[attr-defined]
        story.complete()
        verdicts = {name: absence.verdict for name, absence in story.absences().items()}
        assert verdicts == {"album:23@N05/72158": "deleted"}
        story.check()


@pytest.mark.parametrize("path", ["/c/maple", "/maple"])
def test_an_old_name_of_a_channel_is_not_guessed_to_be_its_handle_of_today(path: str, tmp_path: Path):
    with begun(tmp_path, "youtube", path) as story:
        story.capture()
        assert (story.poll.outcome, story.poll.code) == ("failed", "CHANNEL_NAME_AMBIGUOUS")
        assert story.simulator.requests == []


def test_a_reply_that_waits_for_review_is_asked_for_below_its_comment(tmp_path: Path):
    with begun(tmp_path, "youtube") as story:
        comment = story.simulator.reply(story.simulator.post("Budget hearing"), "No")
        number = story.simulator.reply(comment, "Yes")
        story.simulator.held.add(number)  # type: ignore[attr-defined]
        story.complete()
        (kept,) = story.versions(story.simulator.item_of(story.simulator.posts[number]))
        assert kept.view.flags == ("status-heldForReview",)
        story.complete()
        assert last_new(story) == 0
        story.check()


def last_new(story: Story) -> int:
    """How many versions the last look kept."""
    act = story.captures[-1].act
    assert act is not None
    return act.new + act.edited


def test_every_resource_of_youtube_has_a_view_but_lists_of_what_it_offers_to_everybody():
    kinds: Counter[str] = Counter()
    for path in sorted(corpus("social", "youtube").rglob("*.json")):
        content = path.read_bytes()
        for one in read(content, "youtube"):
            assert isinstance(one, Item), path
            if UNRECOGNISED not in one.normalised.flags:
                continue
            kind = decode(content[one.offset : one.offset + one.length]).value.get("kind")
            if kind is not None:
                kinds[kind.removeprefix("youtube#")] += 1
    offered = {"guideCategory", "i18nLanguage", "i18nRegion", "videoAbuseReportReason", "videoCategory"}
    assert kinds.keys() == {*offered, "channelBannerResource"}


def test_every_recorded_answer_of_flickr_is_read():
    seen: Counter[str] = Counter()
    for path in sorted(corpus("warc", "social-api").rglob("*.warc.gz")):
        if "flickr" not in path.as_posix():
            continue
        with path.open("rb") as stream:
            bodies = [one.payload(limit=1 << 26) for one in warc.read_warc(stream) if one.type == "response"]
        for body in bodies:
            located = Located.whole(decode(body))
            found = [one for way in flickr.PLATFORM.dialect.paths for one in located.at(way)]
            views = [find_view(one.value, flickr.PLATFORM.dialect, {}) for one in found]
            assert views
            assert None not in views
            seen.update(view.kind for view in views if view is not None)
    assert seen == {"post": 154, "media": 32, "profile": 3, "event": 1}
