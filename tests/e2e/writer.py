"""What a writer does until it is killed: open the archive, recover, and commit captures and registrations without end.

It is a process of its own, in a home of its own. What it knows to be committed it says in a file, a line each.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from archiver import registry
from archiver.rounds import capture_all, recover, system_chance
from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.account import Account
from tests.killing import arm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.killing import Moment

SHARED = "shared"
"""An account that every writer captures, beside one of its own that has the name of its home."""


def write(
    home: str, environment: Mapping[str, str], *, turns: int | None = None, step: int = 0, moment: Moment = "before"
) -> None:
    """Take so many turns, or turns without end; die at a durable step of this process, if one is given."""
    os.environ.update(environment)
    if step:
        arm(step, moment)
    place, chance = Path(home), system_chance()
    archive = open_archive(place, now=system_clock, actor=place.name)
    for act in recover(archive, chance):
        say(place, act.poll.capture)
    for turn in itertools.count() if turns is None else range(turns):
        if turn % 2:
            name = f"{place.name}-{len(archive.ledger.history.accounts)}"
            registry.register(archive, Account(name=name, platform="feed", url="https://a.example/", title=name))
            say(place, name)
            continue
        chosen = [archive.ledger.history.accounts[name] for name in (place.name, SHARED)]
        for result in capture_all(archive, chosen, chance, environment={}):
            if result.error is not None:
                raise result.error
            if result.act is not None:
                say(place, result.act.poll.capture)


def say(home: Path, committed: str) -> None:
    """Say that a capture or an account is in the ledger."""
    with (home / "said").open("a") as stream:
        stream.write(f"{committed}\n")


def said(home: Path) -> set[str]:
    """Return what a writer said; a line that its death has cut short was not said."""
    path = home / "said"
    return set(path.read_text().split("\n")[:-1]) if path.exists() else set()
