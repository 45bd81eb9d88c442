"""Beside the API stands the repository that the account signed: what it proves is told, a lie is told by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.parsing.ipld import decode
from storage.warc import read_sightings
from tests.archiver.repositories import Owner, repository
from tests.platforms.simulators.bluesky import POST, Bluesky
from tests.platforms.story import begun
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.platforms.story import Story

STRANGER = Owner()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with begun(tmp_path, "bluesky") as made:
        yield made
        made.check()


def serve(story: Story, car: Callable[[Bluesky], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server give out another repository."""
    kind = {"Content-Type": "application/vnd.ipld.car"}
    monkeypatch.setattr(Bluesky, "_repository", lambda simulator, _: Answer(200, kind, car(simulator)))


def own(simulator: Bluesky) -> dict[str, object]:
    return {f"{POST}/{post.id}": simulator._value(post) for post in simulator.posts.values() if not post.parent}


def claims(story: Story) -> dict[str, int]:
    return {one.view.item: one.provenance.claim for one in story.records()}


def test_what_the_account_signed_has_level_four_and_names_what_proves_it(story: Story):
    post = story.simulator.post("Snow day")
    reply = story.simulator.reply(post, "Until when?")
    story.complete()
    at, answered = (story.simulator.item_of(story.simulator.posts[one]) for one in (post, reply))
    found = claims(story)
    assert (found[at], found[answered], found["list:records:app.bsky.feed.post"]) == (4, 1, 1)
    (kept,) = story.versions(at)
    document, car = (story.payload(exchange) for exchange in kept.provenance.vouched)
    assert b"verificationMethod" in document
    assert b"Snow day" in car
    asked = len(story.simulator.asked["other"])
    story.complete()
    again = story.simulator.asked["other"][asked:]
    assert not [url for url in again if "getRepo" in url]  # nothing is new: nothing is to be proved


def test_where_a_record_lies_in_the_repository_is_noted_so_that_it_can_be_destroyed_there(story: Story):
    numbers = [story.simulator.post(text) for text in ("Snow day", "Ice day")]
    story.complete()
    items = [story.simulator.item_of(story.simulator.posts[number]) for number in numbers]
    (_, car) = story.versions(items[0])[0].provenance.vouched
    (path,) = (story.home / "archive" / "exchanges").rglob("*.warc.gz")
    with path.open("rb") as stream:
        noted = {one.item: one for one in read_sightings(stream) if one.exchange == car}
    assert noted.keys() == set(items)
    for item, number in zip(items, numbers, strict=True):
        block = story.payload(car)[noted[item].offset : noted[item].offset + noted[item].length]
        assert decode(block) == story.simulator._value(story.simulator.posts[number])


def test_what_changed_is_asked_for_since_the_last_revision(story: Story):
    story.simulator.post("Snow day")
    story.complete()
    post = story.simulator.post("Ice day")
    story.complete()
    assert [url.partition("since=")[2] for url in story.simulator.asked["other"] if "getRepo" in url] == [
        "",
        "3lmxjza3nva27",
    ]
    assert claims(story)[story.simulator.item_of(story.simulator.posts[post])] == 4


@pytest.mark.parametrize(
    ("car", "told"),
    [
        (lambda simulator: repository(STRANGER, own(simulator), did="did:plc:maple").car(), "REPOSITORY_UNSIGNED"),
        (lambda simulator: repository(STRANGER, own(simulator)).car(), "REPOSITORY_FOREIGN"),
        (lambda simulator: repository(simulator.owner, own(simulator)).car()[:-1], "CAR_MALFORMED"),
        (lambda simulator: repository(simulator.owner, own(simulator)).car().replace(b"Snow", b"Snew"),
         "CAR_BLOCK_ALTERED"),
        (lambda simulator: repository(simulator.owner, {}).car(), "it does not have 1 records"),
        (lambda simulator: b"<html>Please log in</html>", "CAR_MALFORMED"),
    ],
)  # fmt: skip
def test_a_repository_that_lies_leaves_what_was_listed_and_makes_the_look_suspect(
    story: Story, monkeypatch: pytest.MonkeyPatch, car: Callable[[Bluesky], bytes], told: str
):
    post = story.simulator.post("Snow day")
    serve(story, car, monkeypatch)
    done = story.capture()
    assert [told in failure for failure in done.failures] == [True]
    assert (story.poll.outcome, story.poll.sanity) == ("partial", "suspect")
    assert claims(story)[story.simulator.item_of(story.simulator.posts[post])] == 1


def test_a_repository_that_cannot_be_had_is_told_and_doubts_nothing(story: Story, monkeypatch: pytest.MonkeyPatch):
    post = story.simulator.post("Snow day")
    monkeypatch.setattr(Bluesky, "_repository", lambda *_: Answer(503, {}, b""))
    done = story.capture()
    assert "SERVER_FAILED" in done.failures[0]
    assert (story.poll.outcome, story.poll.sanity) == ("partial", "plausible")
    assert claims(story)[story.simulator.item_of(story.simulator.posts[post])] == 1
