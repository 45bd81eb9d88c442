"""What Pinterest alone has: boards with sections and others' pins, and films whose address it keeps to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.platforms.pinterest import view_of
from archiver.substance import substance
from tests.platforms.story import begun

if TYPE_CHECKING:
    from pathlib import Path

PIN = {"id": "7", "creative_type": "REGULAR", "board_owner": {"username": "maple"}, "title": "Snow day"}
LARGE, SMALL = {"url": "https://i.pinimg.com/1200x/a.jpg"}, {"url": "https://i.pinimg.com/150x150/a.jpg"}


def test_boards_their_sections_and_what_others_put_there_are_kept(tmp_path: Path):
    with begun(tmp_path, "pinterest") as story:
        story.simulator.post("Snow day")
        story.simulator.saved = [{**PIN, "is_owner": False, "board_id": "549755885175"}]  # type: ignore[attr-defined]
        story.complete()
        views = {one.view.item: one.view for one in story.records()}
        assert views["board:549755885175"].title == "School life"
        assert views["7"].tags == ("board:549755885175",)
        assert (views["section:5097"].title, views["section:5097"].thread) == ("Sports", "board:549755885175")
        assert views["follower:citizen"].type == "Follow"
        assert views["list:board:board:549755885175"].listed == ("7",)
        story.check()


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        ({"media_type": "image", "images": {"150x150": SMALL, "1200x": LARGE}}, [("image", LARGE["url"])]),
        ({"media_type": "video", "video_url": None, "cover_image_url": LARGE["url"]}, [("image", LARGE["url"])]),
        (
            {"media_type": "video", "video_url": "https://v.pinimg.com/a.mp4", "cover_image_url": SMALL["url"]},
            [("video", "https://v.pinimg.com/a.mp4"), ("image", SMALL["url"])],
        ),
        (
            {"media_type": "multiple_images", "items": [{"images": {"600x": SMALL}}, {"images": {"1200x": LARGE}}]},
            [("image", SMALL["url"]), ("image", LARGE["url"])],
        ),
        ({"media_type": "image", "images": [], "items": {"a": 1}}, []),
        (None, []),
        (7, []),
    ],
)
def test_a_pin_shows_the_best_that_the_platform_gives(media: Any, shown: list[tuple[str, str]]):
    view = view_of({**PIN, "media": media}, {})
    assert view is not None
    assert [(one.role, one.url) for one in view.attachments] == shown


def test_a_carousel_says_what_each_of_its_pictures_says():
    items = [{"title": "First", "description": "One", "link": "https://maple-grove.example/1"}, {"title": "Second"}]
    view = view_of({**PIN, "media": {"media_type": "multiple_images", "items": items}}, {})
    assert view is not None
    assert (view.title, view.text) == ("Snow day", "First\nOne\nSecond")
    assert view.links == ("https://maple-grove.example/1",)


def test_what_is_counted_of_a_board_makes_no_version():
    one = b'{"id": "1", "name": "School", "privacy": "PUBLIC", "pin_count": 1, "media": {"pin_thumbnail_urls": ["a"]}}'
    other = one.replace(b'"pin_count": 1', b'"pin_count": 2').replace(b'["a"]', b'["b"]')
    assert substance("pinterest", one) == substance("pinterest", other)
    assert substance("pinterest", one) != substance("pinterest", one.replace(b"School", b"Schools"))
