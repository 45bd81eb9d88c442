"""Every platform goes through the same story: what it shows is kept as it is, and nothing is made up of what is not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from archiver.platforms.known import BUILT_IN
from archiver.remembering import recalled
from archiver.rounds import recover, system_chance
from schemas.digest import Digest
from schemas.settings import RecheckSettings
from tests.platforms.simulator import PIXELS
from tests.platforms.story import NAME, NAMES, begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.ledger import Captured
    from tests.platforms.simulator import Fault
    from tests.platforms.story import Story

DAY = 86_400
FAULTS: dict[Fault, str] = {
    "limited": "RATE_LIMITED",
    "failed": "SERVER_FAILED",
    "cut": "CONNECTION_CUT",
    "login-page": "ANSWER_UNREADABLE",
    "no-json": "ANSWER_UNREADABLE",
    "expired": "ACCESS_REFUSED",
}
"""What may befall a request, and the code of a poll whose first one it befell."""


@pytest.fixture(params=NAMES)
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    """An account on each platform, not captured yet; at its end the archive is sound and holds no secret."""
    with begun(tmp_path, request.param) as made:
        yield made
        made.check()


def can(story: Story, *deeds: str) -> None:
    """Skip what the platform does not know."""
    for deed in deeds:
        if deed in story.simulator.cannot:
            pytest.skip(f"{story.simulator.name}: no {deed}: {story.simulator.cannot[deed]}")


def many(story: Story) -> list[str]:
    """Publish more than two pages hold, and five at least; return the ids, the oldest first."""
    return [story.simulator.post(f"Post {number}") for number in range(max(5, 2 * story.simulator.page_size + 1))]


def held(story: Story) -> dict[str, bytes]:
    """The latest native bytes of everything that is not known to be away."""
    away = {name for name, absence in story.absences().items() if absence.verdict in ("deleted", "hidden")}
    kept = (one for one in story.records() if one.view.kind not in ("list", "absence"))
    return {one.view.item: one.native for one in kept if one.view.item not in away}


def item(story: Story, number: str) -> str:
    """The id by which Holdfast knows a post."""
    return story.simulator.item_of(story.simulator.posts[number])


def goes(story: Story, number: str) -> set[str]:
    """The ids of everything that goes with a post."""
    return story.simulator.items_of(story.simulator.posts[number])


def verdicts(story: Story) -> dict[str, str]:
    """What is said of everything that is away."""
    return {name: absence.verdict for name, absence in story.absences().items()}


def gone(story: Story) -> str:
    """What is said of what left its list: that it is deleted, where the platform answers when it is looked up."""
    return "undetermined" if "look-up" in story.simulator.cannot else "deleted"


def has_everything(story: Story) -> None:
    """Everything that is shown is held as it is shown, once, and nothing of it is said to be away."""
    shown = story.simulator.shown()
    assert shown
    assert shown.items() <= held(story).items()
    versions = Counter(one.view.item for one in story.records() if one.view.kind != "absence")
    assert [versions[name] for name in shown] == [1] * len(shown)


def last_act(story: Story) -> Captured:
    """What the last capture committed."""
    act = story.captures[-1].act
    assert act is not None
    return act


def test_no_platform_is_read_that_has_no_simulator_here():
    assert set(NAMES) == {platform.name for platform in BUILT_IN if platform.reading is not None}


def test_everything_that_is_shown_is_kept_byte_for_byte(story: Story):
    many(story)
    story.complete()
    has_everything(story)
    assert last_act(story).new >= len(story.simulator.shown())


def test_a_picture_is_kept_with_its_bytes_and_asked_for_once(story: Story):
    can(story, "image")
    number = story.simulator.post("Snow day", image=PIXELS)
    story.complete()
    (kept,) = story.versions(item(story, number))
    (picture,) = (one for one in kept.view.attachments if one.role == "image")
    assert (picture.sha256, picture.size, picture.media_type) == (Digest.of(PIXELS), len(PIXELS), "image/png")
    assert picture.exchange is not None
    assert story.payload(picture.exchange) == PIXELS
    story.complete()
    assert [request.path.startswith("/media/") for request in story.simulator.requests].count(True) == 1


def test_replies_are_kept_to_any_depth_below_their_post(story: Story):
    can(story, "reply")
    post = story.simulator.post("Budget hearing")
    parents = [post]
    for depth in range(1 if "reply-to-reply" in story.simulator.cannot else story.simulator.deepest):
        parents.append(story.simulator.reply(parents[-1], f"Reply {depth}"))
    story.complete()
    has_everything(story)
    for parent, number in pairwise(parents):
        (kept,) = story.versions(item(story, number))
        assert kept.view.kind in ("reply", "comment")
        assert (kept.view.thread, kept.view.parent) == (item(story, post), item(story, parent))


def test_a_look_that_finds_nothing_new_makes_no_record_and_is_recorded(story: Story):
    many(story)
    story.complete()
    before, requests = story.records(), story.poll.requests
    story.complete()
    assert story.records() == before
    act = last_act(story)
    assert (act.new, act.edited, act.absent, act.partitions) == (0, 0, 0, ())
    assert 0 < act.poll.requests <= requests


def test_what_is_new_is_the_only_new_record(story: Story):
    many(story)
    story.complete()
    number = story.simulator.post("Snow day")
    story.complete()
    assert (last_act(story).new, last_act(story).edited) == (1 + story.simulator.told_besides, 0)
    assert len(story.versions(item(story, number))) == 1


def test_an_edit_is_a_version_and_the_one_before_stays(story: Story):
    can(story, "edit")
    number = story.simulator.post("Buses leave at 7")
    story.complete()
    before = story.simulator.shown()[item(story, number)]
    story.simulator.edit(number, "Buses leave at 8")
    story.complete()
    after = story.simulator.shown()[item(story, number)]
    versions = story.versions(item(story, number))
    assert [one.native for one in versions] == [before, after]
    assert versions[1].provenance.previous == versions[0].id
    assert last_act(story).edited == 1
    story.complete()
    assert len(story.versions(item(story, number))) == 2


def test_an_edited_reply_is_a_version_of_it(story: Story):
    can(story, "reply", "edit", "edit-reply")
    number = story.simulator.reply(story.simulator.post("Budget hearing"), "No")
    story.complete()
    story.simulator.edit(number, "Yes")
    story.complete()
    texts = [one.view.text for one in story.versions(item(story, number))]
    assert texts == ["No", "Yes"]


def test_what_is_only_counted_otherwise_is_no_version(story: Story):
    can(story, "like")
    number = story.simulator.post("Snow day")
    story.complete()
    before, spelled = story.records(), story.simulator.shown()[item(story, number)]
    story.simulator.like(number)
    assert story.simulator.shown()[item(story, number)] != spelled
    story.complete()
    assert story.records() == before


def test_a_deletion_is_an_interval_that_contains_it(story: Story):
    numbers = many(story)
    story.complete()
    names = goes(story, numbers[2])
    story.simulator.tick()
    story.simulator.delete(numbers[2])
    instant = story.simulator.tick()
    story.complete()
    assert verdicts(story) == dict.fromkeys(names, gone(story))
    for name, absence in story.absences().items():
        assert absence.last_seen < instant < absence.first_missing
        assert len(story.versions(name)) == 1
    story.complete()
    assert last_act(story).absent == 0


def test_what_is_withheld_is_hidden_and_not_deleted(story: Story):
    can(story, "hide")
    numbers = many(story)
    story.complete()
    name = item(story, numbers[2])
    story.simulator.hide(numbers[2])
    story.complete()
    assert verdicts(story) == {name: "hidden"}


def test_replies_to_a_deleted_post_are_deleted_only_where_they_are(story: Story):
    can(story, "reply", "look-up")
    many(story)
    post = story.simulator.post("Budget hearing")
    replies = [story.simulator.reply(post, text) for text in ("No", "Yes")]
    names = [item(story, number) for number in (post, *replies)]
    story.complete()
    story.simulator.delete(post)
    story.complete()
    away = {one for one, absence in story.absences().items() if absence.verdict == "deleted"}
    assert away == set(names) - set(story.simulator.shown())


def test_a_deleted_reply_is_deleted_and_its_post_is_not(story: Story):
    can(story, "reply")
    post = story.simulator.post("Budget hearing")
    replies = [story.simulator.reply(post, text) for text in ("No", "Yes")]
    name = item(story, replies[0])
    story.complete()
    story.simulator.delete(replies[0])
    story.complete()
    assert verdicts(story) == {name: gone(story)}


def test_a_look_up_that_fails_decides_nothing_and_is_made_again(story: Story):
    can(story, "look-up")
    numbers = many(story)
    story.complete()
    names = goes(story, numbers[2])
    story.simulator.delete(numbers[2])
    for fault in FAULTS:
        looked_up = len(story.simulator.asked["item"])
        story.simulator.arm(fault, "item", times=2 * len(names))
        story.capture()
        assert len(story.simulator.asked["item"]) > looked_up, fault
        assert set(verdicts(story).values()) == {"undetermined"}, fault
        story.simulator.disarm()
        story.simulator.renew()
    story.complete()
    assert verdicts(story) == dict.fromkeys(names, "deleted")


def test_what_left_its_list_and_is_still_there_is_asked_for_once_and_not_away(story: Story):
    can(story, "look-up")
    numbers = many(story)
    story.complete()
    story.simulator.unlisted.add(numbers[2])
    asked = len(story.simulator.asked["item"])
    before = [one for one in story.records() if one.view.kind != "list"]
    story.complete()
    assert story.absences() == {}
    assert [one for one in story.records() if one.view.kind != "list"] == before
    assert len(story.simulator.asked["item"]) == asked + 1


def test_an_account_that_does_not_answer_is_a_failed_poll_and_the_next_look_completes(story: Story):
    many(story)
    for fault, code in FAULTS.items():
        story.simulator.arm(fault)
        story.capture()
        assert (story.poll.outcome, story.poll.code) == ("failed", code), fault
        story.simulator.renew()
    assert story.records() == []
    story.complete()
    has_everything(story)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_between_two_pages_is_a_partial_poll_and_the_next_look_completes(story: Story, fault: Fault):
    can(story, "pages")
    many(story)
    story.simulator.arm(fault, "posts", skip=1)
    done = story.capture()
    assert done.failures
    assert story.poll.outcome == "partial"
    shown = story.simulator.shown().keys()
    assert not story.simulator.one_list or 0 < len(shown & held(story).keys()) < len(shown)
    story.simulator.renew()
    story.complete()
    has_everything(story)
    assert story.absences() == {}


def test_a_fault_of_what_was_held_already_says_of_nothing_that_it_is_gone(story: Story):
    many(story)
    story.complete()
    before = story.records()
    for fault in FAULTS:
        story.simulator.arm(fault, "posts")
        story.capture()
        assert story.poll.outcome in ("partial", "failed"), fault
        story.simulator.renew()
    story.complete()
    assert story.records() == before


@pytest.mark.parametrize("pages", [0, 1])
def test_a_first_look_that_was_cut_short_is_completed_by_the_next_however_old_items_are(story: Story, pages: int):
    can(story, *("pages",) * pages)
    many(story)
    story.clock.at = story.clock.at.plus(seconds=30 * DAY)
    story.simulator.arm("failed", "posts", skip=pages)
    usual = (RecheckSettings(2, 0), RecheckSettings(0, 168))
    story.capture(recheck=usual)
    assert story.poll.outcome == "partial"
    story.capture(recheck=usual)
    assert story.poll.outcome == "captured"
    has_everything(story)


def test_a_look_that_failed_forgets_nothing_of_what_waits(story: Story):
    many(story)
    story.simulator.arm("failed", "posts", skip=int("pages" not in story.simulator.cannot))
    story.capture()
    waits = recalled(story.home, NAME, {}, last=story.poll.capture)
    assert "waiting" in waits
    story.simulator.arm("failed")
    story.capture()
    assert story.poll.outcome == "failed"
    assert recalled(story.home, NAME, {}, last=story.poll.capture) == waits
    story.complete()
    has_everything(story)


def test_a_token_that_ends_between_two_pages_is_said_until_there_is_a_new_one(story: Story):
    can(story, "pages")
    many(story)

    def expire() -> None:
        story.simulator.expired = True

    story.simulator.then("posts", expire)
    story.capture()
    assert story.poll.outcome == "partial"
    story.capture()
    assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
    story.simulator.renew()
    story.complete()
    has_everything(story)
    assert story.absences() == {}


def test_what_comes_or_goes_between_two_pages_costs_nothing_that_is_still_there(story: Story):
    numbers = many(story)
    story.simulator.then("posts", lambda: story.simulator.delete(numbers[-1]))
    story.capture()
    story.complete()
    story.simulator.then("posts", lambda: story.simulator.post("Between two pages"))
    for _ in range(2):
        assert not story.absences().keys() & story.simulator.shown().keys()
        story.complete()
    assert story.simulator.shown().keys() <= held(story).keys()
    assert not story.absences().keys() & story.simulator.shown().keys()


@pytest.mark.parametrize("quirk", ["doubled", "reordered"])
def test_pages_that_repeat_or_reorder_items_lose_and_double_nothing(story: Story, quirk: str):
    many(story)
    story.simulator.quirks = {quirk}
    story.complete()
    has_everything(story)
    for listed in (one.view.listed for one in story.records() if one.view.kind == "list"):
        assert len(set(listed)) == len(listed)
    for quirks in (set(), {quirk}):
        story.simulator.quirks = quirks
        story.complete()
        story.capture(recheck=(RecheckSettings(0.1, 0),))
    has_everything(story)
    assert story.absences() == {}


def test_lists_that_are_suddenly_empty_are_doubted_and_nothing_is_concluded(story: Story):
    many(story)
    story.complete()
    before = story.records()
    story.simulator.quirks = {"emptied"}
    story.capture()
    assert story.poll.sanity == "suspect"
    assert story.records() == before
    story.simulator.quirks = set()
    story.complete()
    assert story.records() == before


def test_another_version_of_the_api_than_the_one_set_up_is_no_plausible_look(story: Story):
    if story.simulator.version is None:
        pytest.skip(f"{story.simulator.name}: its API has no versions that one chooses")
    many(story)
    story.capture(version="v0.0")
    assert story.poll.outcome == "failed"
    assert story.simulator.wrongs
    story.simulator.wrongs.clear()
    if story.simulator.tells_version:
        story.simulator.serves = "v99.9"
        story.capture()
        assert story.poll.sanity == "suspect"


def test_a_look_that_was_killed_is_recorded_and_the_next_one_completes(story: Story):
    many(story)
    story.capture_and_die("posts")
    (recovered,) = recover(story.opened(), system_chance())
    assert recovered.poll.outcome == "interrupted"
    assert recovered.exchanges
    assert story.records() == []
    story.complete()
    has_everything(story)


def test_what_one_look_may_not_ask_the_next_ones_do(story: Story):
    can(story, "pages")
    story.simulator.post("The first post of all")
    story.complete()
    pages = 4
    bound = story.poll.requests + (1 if story.simulator.newest_first else pages)
    numbers = [story.simulator.post(f"Post {number}") for number in range(pages * story.simulator.page_size)]
    story.clock.at = story.clock.at.plus(seconds=30 * DAY)
    looks = 0
    while looks == 0 or story.poll.outcome == "partial":
        story.capture(max_requests=bound, recheck=(RecheckSettings(2, 0), RecheckSettings(0, 168)))
        looks += 1
        assert story.poll.requests <= bound
        assert looks < 30
    assert looks > 1
    assert story.simulator.shown().keys() <= held(story).keys()
    assert story.absences() == {}
    # What several looks read together is one list: what is missing from it is missed.
    if story.simulator.newest_first:
        names = {name for number in (numbers[0], numbers[len(numbers) // 2]) for name in goes(story, number)}
        for number in (numbers[0], numbers[len(numbers) // 2]):
            story.simulator.delete(number)
        story.complete()
        assert verdicts(story) == dict.fromkeys(names, "deleted")
