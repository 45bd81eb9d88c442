"""An account on a platform, from registering it to a verified archive, as a user types it and reads the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.console import system_clock
from tests.e2e.holdfast import Holdfast
from tests.manifests.archives import Clock
from tests.platforms.simulators.x import X
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "x-com-maple"


@pytest.fixture
def simulator() -> Iterator[X]:
    """A platform with a post and a reply, of some hours ago."""
    made = X(Clock(system_clock().plus(seconds=-5 * 3600)))
    with running(made):
        made.reply(made.post("Budget hearing"), "No")
        yield made


@pytest.fixture
def office(tmp_path: Path, simulator: X) -> Holdfast:
    """A new archive, in whose environment the token is."""
    return Holdfast(tmp_path / "home", simulator.environment).init()


def say(office: Holdfast, text: str) -> None:
    """Write into ``holdfast.toml`` what a command asked for."""
    with (office.home / "holdfast.toml").open("a") as stream:
        stream.write(f"\n{text}\n")


def test_an_account_on_a_platform_is_captured_as_the_answers_say_step_by_step(office: Holdfast, simulator: X):
    registered = office.run(
        "account", "register", "https://x.com/maple", "--platform", "x", "--allow-private-network"
    ).out
    assert registered.splitlines() == [
        f"Registered {NAME} (x). Next:",
        '  say in holdfast.toml which version of its API is read (docs/PLATFORMS.md): [platform.x] version = "…"',
        f"  holdfast account connect {NAME}",
        f"  holdfast capture {NAME}",
    ]
    unread = office.run("capture")
    assert unread.status == 2
    assert unread.out.splitlines() == [
        f"✗ {NAME}: X answers in versions, and holdfast.toml names none.",
        "  → Set [platform.x] version there; docs/PLATFORMS.md names the one that was tested. (SETTINGS)",
    ]
    say(office, f'[platform.x]\nversion = "2"\napi = "{simulator.api}"')
    assert f"→ Run: holdfast account connect {NAME} (CREDENTIALS_MISSING)" in office.run("capture").out
    say(office, f'[access.{NAME}]\ntoken_variable = "SIMULATED_TOKEN"')
    assert office.run("capture").out.startswith(f"✓ {NAME}: 4 new, 0 edited, 0 gone; 2 items listed, ")
    assert office.run("capture").out.startswith(f"✓ {NAME}: 0 new, 0 edited, 0 gone; 2 items listed, ")
    post, reply = list(simulator.posts)
    simulator.edit(post, "Budget hearing at 7")
    simulator.delete(reply)
    third = office.capture(NAME)
    assert (third["edited"], third["absent"]) == (1, 1)
    (hit,) = office.json("search", '"hearing at 7"')["hits"]
    assert hit["item"] == post
    assert office.run("verify").status == 0
    assert simulator.wrongs == []


def test_a_token_that_has_ended_is_said_to_have_and_nothing_is_concluded(office: Holdfast, simulator: X):
    office.register("https://x.com/maple", NAME, "--platform", "x")
    say(office, f'[platform.x]\nversion = "2"\napi = "{simulator.api}"\n[access.{NAME}]')
    say(office, 'token_variable = "SIMULATED_TOKEN"')
    office.capture(NAME)
    simulator.expired = True
    answer = office.run("capture", NAME)
    assert answer.status == 3
    told, advice = answer.out.splitlines()
    assert told.startswith(f"✗ {NAME}: http://127.0.0.1")
    assert told.endswith("was answered with status 401.")
    assert advice == "  → Ask the account's owner for access, or correct its token. (ACCESS_REFUSED)"
    assert simulator.tokens[-1] not in answer.out + answer.err
    assert office.run("verify").status == 0
