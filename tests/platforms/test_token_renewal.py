"""Tokens of Instagram and Threads end after sixty days: they are exchanged in time, and what goes wrong is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from archiver.credentials.commands import State, state_of
from archiver.credentials.opening import opening_of
from archiver.credentials.secret import Secret, read_secret
from tests.platforms.graph import LIFE, RENEWAL
from tests.platforms.story import NAME, begun, only_here, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.platforms.graph import Graph
    from tests.platforms.story import Story

DAY = 86_400


@pytest.fixture(params=["instagram", "threads"])
def story(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Story]:
    """An account whose token is in a file beside the archive, as 'connect' keeps it."""
    with begun(tmp_path, request.param) as made:
        simulator: Graph = made.simulator  # type: ignore[assignment]
        simulator.kept = tmp_path / "token.json"
        simulator.kept.write_text(Secret(token=simulator.tokens[-1], asked=str(made.clock.at)).to_text())
        yield made
        made.check()


@pytest.fixture
def simulator(story: Story) -> Graph:
    return story.simulator  # type: ignore[return-value]


def kept(simulator: Graph) -> Secret:
    assert simulator.kept is not None
    return read_secret(simulator.kept.read_text())


def lives(story: Story, simulator: Graph) -> float:
    """For how many seconds the token serves on, as far as is known here."""
    ends = kept(simulator).ends
    assert ends is not None
    return (ends.micros - story.clock.at.micros) / 1_000_000


def wait(story: Story, days: float) -> None:
    story.clock.at = story.clock.at.plus(seconds=days * DAY)


def renewals(simulator: Graph) -> int:
    return sum(request.path.startswith(RENEWAL) for request in simulator.requests)


def state(story: Story) -> State:
    """What 'holdfast account access' says of the account."""
    archive = story.opened()
    account = archive.ledger.history.accounts[NAME]
    return state_of(opening_of(archive, account, environment=story.simulator.environment, resolve=only_here))


def test_a_token_is_exchanged_at_half_of_its_life_and_capture_goes_on_for_ever(story: Story, simulator: Graph):
    for days, turn in ((2, 1), (5, 1), (31, 2), (31, 3)):
        wait(story, days)
        assert story.complete().remarks == ()
        assert renewals(simulator) == turn
        assert kept(simulator).token == simulator.tokens[turn]
    assert lives(story, simulator) == pytest.approx(LIFE, abs=60)
    assert simulator.kept is not None
    assert simulator.kept.stat().st_mode & 0o777 == 0o600
    assert state(story).to_do is None


def test_a_token_that_somebody_put_there_without_its_end_is_exchanged_as_soon_as_it_can_be(
    story: Story, simulator: Graph
):
    assert simulator.kept is not None
    simulator.kept.write_text(f"{simulator.tokens[-1]}\n")
    (remark,) = story.capture().remarks
    assert "was not renewed" in remark
    assert "When it ends is not known" in remark
    wait(story, 2)
    assert story.complete().remarks == ()
    assert lives(story, simulator) == pytest.approx(LIFE, abs=60)


def test_a_refusal_is_said_and_asked_about_once_a_day_while_the_token_serves_on(story: Story, simulator: Graph):
    wait(story, 2)
    story.complete()
    ends, before = kept(simulator).ends, kept(simulator).token
    simulator.renews = False
    wait(story, 40)
    for _ in range(3):
        done = story.complete()
        (remark,) = done.remarks
        assert "was not renewed on" in remark
        assert "status 403 (10)" in remark
        assert f"It ends on {str(ends)[:10]}" in remark
    assert renewals(simulator) == 2
    assert kept(simulator).token == before
    told = b"".join(unpacked(path) for path in story.home.rglob("*.warc.gz"))
    assert told.count(b"token: The token was not renewed on") == 3
    todo = state(story).to_do
    assert todo is not None
    assert "was not renewed" in todo
    assert f"run holdfast account connect {NAME}" in todo
    wait(story, 1)
    story.complete()
    assert renewals(simulator) == 3
    # What ends at last is a poll that failed, and no account that is empty.
    wait(story, 25)
    story.capture()
    assert (story.poll.outcome, story.poll.code) == ("failed", "ACCESS_REFUSED")
    assert renewals(simulator) == 3
    assert "was not renewed" in (state(story).to_do or "")
    assert story.absences() == {}


def test_a_refusal_is_forgotten_when_another_token_is_given_or_put_there(story: Story, simulator: Graph):
    simulator.renews = False
    wait(story, 2)
    assert story.capture().remarks
    simulator.renews = True
    wait(story, 2)
    assert story.complete().remarks == ()
    assert state(story).to_do is None


def test_what_cannot_be_kept_is_not_asked_for(story: Story, simulator: Graph):
    assert simulator.kept is not None
    # Where a new file is to be written before it takes the place of the old one, something else stands.
    (simulator.kept.parent / f".{simulator.kept.name}.{os.getpid()}").mkdir()
    wait(story, 31)
    (remark,) = story.complete().remarks
    assert "cannot be kept in the file" in remark
    assert renewals(simulator) == 0
    assert kept(simulator).token == simulator.tokens[-1]


def test_a_token_in_the_environment_is_left_alone_and_what_is_to_be_done_is_said(story: Story, simulator: Graph):
    simulator.kept = None
    wait(story, 31)
    assert story.complete().remarks == ()
    assert renewals(simulator) == 0
    assert "60 days" in (state(story).to_do or "")


def test_a_platform_that_cannot_be_reached_for_another_token_is_asked_on_the_next_day(story: Story, simulator: Graph):
    wait(story, 31)
    simulator.arm("failed", "other")
    (remark,) = story.capture().remarks
    assert "status 500" in remark
    wait(story, 1)
    assert story.complete().remarks == ()
    assert kept(simulator).ends is not None


def test_an_answer_that_holds_no_token_replaces_none(story: Story, simulator: Graph):
    wait(story, 31)
    before = kept(simulator)
    simulator.arm("login-page", "other")
    (remark,) = story.capture().remarks
    assert "not with a token that can be used" in remark
    assert kept(simulator).token == before.token
    assert kept(simulator).refused
