"""Nextdoor: posts with the comments in them, imported and captured; what its list shows no more is never deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from archiver.imports.json_lines import read
from archiver.platforms.nextdoor import LEVELS, PLATFORM, context_of, view_of
from archiver.platforms.objects import Item
from archiver.substance import substance
from tests.platforms.story import begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.record import Normalised
    from tests.platforms.simulators.nextdoor import Nextdoor
    from tests.platforms.story import Story

ANSWER = {"id": 2, "body": "Because", "parent_comment_id": 1, "creation_date": 1_790_000_060}
COMMENT = {"id": 1, "author_name": "Ana", "body": "Why?", "parent_comment_id": None, "comments": [ANSWER]}
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
    "comments": [COMMENT],
}


def imported(value: Any) -> list[Normalised]:
    """What a file says, item by item; each item's bytes are its own object."""
    content = json.dumps(value).encode()
    items = [one for one in read(content, "nextdoor") if isinstance(one, Item)]
    for one in items:
        if one.normalised.kind != "list":
            native = json.loads(content[one.offset : one.offset + one.length])
            assert str(native["id"]) == one.normalised.item.rpartition(":")[2]
    return [one.normalised for one in items]


def places(views: list[Normalised]) -> list[tuple[str, str, str | None, str | None]]:
    return [(view.kind, view.item, view.thread, view.parent) for view in views]


def test_a_list_is_read_post_by_post_and_each_comment_below_what_it_answers():
    head, post, comment, answer = imported({"posts": [POST], "posts_length": 1})
    assert (head.kind, head.listed) == ("list", ("s_1", "comment:s_1:1", "comment:s_1:2"))
    assert places([post, comment, answer]) == [
        ("post", "s_1", None, None),
        ("comment", "comment:s_1:1", "s_1", "s_1"),
        ("reply", "comment:s_1:2", "s_1", "comment:s_1:1"),
    ]
    assert (post.title, post.text, post.flags) == ("Snow day", "Schools are closed", ("comments-within",))
    assert (comment.text, comment.flags) == ("Why?", ("comments-within",))
    assert (answer.text, answer.flags) == ("Because", ())
    assert comment.author is not None
    assert comment.author.name == "Ana"
    assert [one.role for one in post.attachments] == ["image", "video"]
    assert str(post.created).startswith("2026-09-21T")
    assert str(answer.created).startswith("2026-09-21T")


def test_a_post_by_itself_is_read_as_one_in_a_list_is():
    assert imported(POST) == imported({"posts": [POST]})[1:]


def test_a_comment_by_itself_tells_what_it_answers_and_no_thread():
    assert places(imported(ANSWER)) == [("reply", "comment:2", None, "comment:1")]
    assert places(imported(COMMENT)) == [
        ("comment", "comment:1", None, None),
        ("reply", "comment:2", None, "comment:1"),
    ]


def test_comments_that_stand_side_by_side_are_told_by_what_they_name():
    flat = {**POST, "comments": [{**COMMENT, "comments": []}, ANSWER]}
    assert places(imported(flat)) == places(imported(POST))


def test_a_comment_that_names_neither_what_it_answers_nor_who_wrote_it_is_known_by_where_it_stands():
    bare = {"id": 3, "author_id": 9, "body": "Why?", "creation_date_epoch_seconds": 1_790_000_060}
    for holder in ({**POST, "comments": [bare]}, {"posts": [{**POST, "comments": [bare]}]}):
        *_, comment = imported(holder)
        assert places([comment]) == [("comment", "comment:s_1:3", "s_1", "s_1")]
        assert comment.author is not None
        assert (comment.author.id, comment.author.name) == ("9", None)


def test_comments_of_one_number_in_two_posts_are_two_and_stand_each_in_its_own():
    bare = {"id": 1, "body": "Why?", "creation_date": 1_790_000_060, "comments": [ANSWER]}
    other = {**POST, "id": "s_2", "comments": [bare]}
    views = imported({"posts": [POST, other]})
    assert len({one.item for one in views}) == len(views)
    assert {("comment", "comment:s_2:1", "s_2", "s_2"), ("reply", "comment:s_2:2", "s_2", "comment:s_2:1")} <= set(
        places(views)
    )


def test_a_post_that_says_nothing_is_a_post():
    (poll,) = imported({**POST, "title": "", "body": "", "comments": []})
    assert (poll.kind, poll.item, poll.title, poll.text) == ("post", "s_1", None, None)


def test_what_lies_deeper_than_anybody_reads_stays_in_the_bytes_of_what_it_answers():
    inner: dict[str, Any] = {"id": LEVELS + 1, "body": "At the bottom", "parent_comment_id": LEVELS}
    for level in range(LEVELS, 0, -1):
        inner = {"id": level, "body": "x", "parent_comment_id": level - 1 or None, "comments": [inner]}
    _, *comments = imported({**POST, "comments": [inner]})
    assert [one.item for one in comments] == [f"comment:s_1:{level}" for level in range(1, LEVELS + 1)]
    assert comments[-1].flags == ("comments-within",)


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
    post = {**POST, "creation_date_epoch_seconds": made, "comments": comments}
    view = view_of(post, context_of({"posts": [post]}))
    assert view is not None
    assert (view.created, view.text) == (None, "Schools are closed")


def test_comments_and_counts_make_no_version_of_what_they_are_about():
    one = json.dumps(POST).encode()
    for other in ({"comments": []}, {"reactions": [{"id": 1}], "view_count": 9}):
        assert substance("nextdoor", json.dumps({**POST, **other}).encode()) == substance("nextdoor", one)
    assert substance("nextdoor", json.dumps({**POST, "body": "Open"}).encode()) != substance("nextdoor", one)
    said = json.dumps(COMMENT).encode()
    assert substance("nextdoor", json.dumps({**COMMENT, "comments": []}).encode()) == substance("nextdoor", said)
    assert substance("nextdoor", json.dumps({**COMMENT, "body": "How?"}).encode()) != substance("nextdoor", said)


# Captured.


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with begun(tmp_path, "nextdoor") as made:
        yield made
        made.check()


@pytest.fixture
def simulator(story: Story) -> Nextdoor:
    return story.simulator  # type: ignore[return-value]


def verdicts(story: Story) -> dict[str, str]:
    return {name: absence.verdict for name, absence in story.absences().items()}


def test_the_profile_is_the_agency_that_publishes(story: Story):
    story.complete()
    (profile,) = (one.view for one in story.records() if one.view.kind == "profile")
    assert (profile.item, profile.type, profile.title) == ("profile:maple-1", "Organization", "Maple Grove Schools")
    assert profile.url == story.simulator.account_url


def test_what_is_older_than_the_list_goes_back_is_not_missed(story: Story, simulator: Nextdoor):
    simulator.newest = 3
    numbers = [simulator.post(f"Post {number}") for number in range(3)]
    simulator.reply(numbers[0], "A comment that goes out of sight with its post")
    story.complete()
    for number in range(3, 6):
        numbers.append(simulator.post(f"Post {number}"))
        story.complete()
    assert story.absences() == {}
    assert {one.view.item for one in story.records() if one.view.kind == "post"} == set(numbers)


def test_a_post_that_is_missed_between_others_is_undetermined_until_it_is_shown_again(
    story: Story, simulator: Nextdoor
):
    numbers = [simulator.post(f"Post {number}") for number in range(4)]
    story.complete()
    simulator.unlisted = {numbers[1]}
    story.complete()
    (absence,) = story.absences().values()
    assert (absence.verdict, absence.reason) == (
        "undetermined",
        "its list no longer shows it, and it has no address to be looked up",
    )
    story.complete()
    assert len([one for one in story.records() if one.view.kind == "absence"]) == 1
    simulator.unlisted = set()
    story.complete()
    assert [one.view.item for one in story.records() if one.view.kind == "post"].count(numbers[1]) == 2
    before = story.records()
    story.complete()
    assert story.records() == before


@pytest.mark.parametrize(
    "answer",
    [{"posts": None}, {"posts": {}}, {"posts": "x"}, {"posts": {"error": "busy"}}, b'{"posts": [], "posts": []}'],
)
def test_an_answer_whose_posts_are_no_list_is_a_failure_and_nobody_is_missed(
    story: Story, simulator: Nextdoor, answer: Any
):
    for number in range(4):
        simulator.post(f"Post {number}")
    story.complete()
    before = story.records()
    simulator.altered = lambda _: answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    story.capture()
    assert story.poll.outcome == "partial"
    (failure,) = story.captures[-1].failures
    assert "ANSWER_UNREADABLE" in failure
    assert story.records() == before


@pytest.mark.parametrize(("posts", "sanity"), [(4, "plausible"), (5, "suspect")])
def test_a_list_that_shows_no_post_says_nothing_of_those_that_are_held(
    story: Story, simulator: Nextdoor, posts: int, sanity: str
):
    for number in range(posts):
        simulator.post(f"Post {number}")
    story.complete()
    before = story.records()
    simulator.quirks = {"emptied"}
    story.capture()
    assert story.poll.sanity == sanity
    assert story.records() == before


@pytest.mark.parametrize("quirks", [set(), {"reordered"}])
def test_what_a_new_post_pushes_off_the_list_is_not_missed_in_whatever_order_it_is(
    story: Story, simulator: Nextdoor, quirks: set[str]
):
    simulator.newest, simulator.quirks = 3, quirks
    for number in range(3):
        simulator.post(f"Post {number}")
    story.complete()
    for number in range(3):
        simulator.post(f"New {number}")
        story.complete()
    assert story.absences() == {}


def test_the_oldest_post_of_the_list_may_be_gone_and_nothing_is_said_of_it(story: Story, simulator: Nextdoor):
    numbers = [simulator.post(f"Post {number}") for number in range(4)]
    story.complete()
    simulator.delete(numbers[0])
    story.complete()
    assert story.absences() == {}


def test_a_comment_more_is_a_record_and_no_version_of_its_post(story: Story, simulator: Nextdoor):
    post = simulator.post("Budget hearing")
    first = simulator.reply(post, "No")
    story.complete()
    second = simulator.reply(first, "Yes")
    story.complete()
    act = story.captures[-1].act
    assert act is not None
    assert (act.new, act.edited) == (1, 0)
    (kept,) = story.versions(simulator.item_of(simulator.posts[second]))
    assert (kept.view.kind, kept.view.parent) == ("reply", simulator.item_of(simulator.posts[first]))
    assert len(story.versions(post)) == 1


def test_a_comment_that_its_post_shows_no_more_is_undetermined_at_any_depth(story: Story, simulator: Nextdoor):
    post = simulator.post("Budget hearing")
    first = simulator.reply(post, "No")
    second, _ = (simulator.reply(first, text) for text in ("Yes", "Why?"))
    name = simulator.item_of(simulator.posts[second])
    story.complete()
    simulator.delete(second)
    story.complete()
    assert verdicts(story) == {name: "undetermined"}


@pytest.mark.parametrize("shown", [None, "gone", [], "text"])
def test_of_a_post_that_shows_no_comment_at_all_none_is_missed(story: Story, simulator: Nextdoor, shown: Any):
    post = simulator.post("Budget hearing")
    for text in ("No", "Yes"):
        simulator.reply(post, text)
    story.complete()

    def without(body: bytes) -> bytes:
        answer = json.loads(body)
        for one in answer["posts"]:
            one["comments"] = shown
            if shown == "gone":
                del one["comments"]
        return json.dumps(answer).encode()

    simulator.altered = without
    story.complete()
    assert story.absences() == {}


@pytest.mark.parametrize("shown", [None, "gone", "text", ["Yes"]])
def test_of_a_post_in_which_one_comment_does_not_show_its_answers_none_is_missed(
    story: Story, simulator: Nextdoor, shown: Any
):
    post = simulator.post("Budget hearing")
    first, _ = simulator.reply(post, "No"), simulator.reply(post, "Perhaps")
    simulator.reply(first, "Why?")
    story.complete()

    def without(body: bytes) -> bytes:
        answer = json.loads(body)
        for one in answer["posts"][0]["comments"]:
            one["comments"] = shown
            if shown == "gone":
                del one["comments"]
        return json.dumps(answer).encode()

    simulator.altered = without
    story.capture()
    assert story.absences() == {}


def test_the_profile_of_another_agency_is_no_access_to_this_one(story: Story, simulator: Nextdoor):
    simulator.post("Snow day")
    simulator.page_of_agency = "/agency-detail/tx/maple/somebody-else/"
    story.capture()
    assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
    assert story.records() == []


def test_a_token_without_a_scope_reads_nothing_and_says_of_nothing_that_it_is_gone(story: Story, simulator: Nextdoor):
    for number in range(6):
        simulator.post(f"Post {number}")
    story.complete()
    before = story.records()
    for scope, outcome in (("post:read", "partial"), ("profile:read", "failed")):
        simulator.scopes.remove(scope)
        story.capture()
        assert story.poll.outcome == outcome
        assert story.records() == before
        simulator.scopes.add(scope)
    story.complete()
    assert story.records() == before


def test_what_is_asked_for_may_write_nothing():
    how = PLATFORM.authorisation
    assert how is not None
    assert not [scope for scope in getattr(how, "scopes", ()) if scope.endswith("write") or scope == "publish_api"]
