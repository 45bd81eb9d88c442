"""Small real ledgers for tests: keys, acts and a clock that ticks when it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manifests import chain
from manifests.archive import create_archive
from manifests.console import system_clock
from manifests.ledger import Ledger
from manifests.signing import SigningKey
from schemas.account import Account
from schemas.capture import Poll
from schemas.instant import Instant
from schemas.ledger import FORMAT, AccountRegistered, ArchiveCreated, Captured, Key
from storage import layout
from storage.memory import MemoryStore
from storage.objects import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.settings import Place

ORIGIN = "maple-grove/0a1b2c3d"
START = Instant.from_text("2026-03-01T08:00:00.000000Z")


def archive_in(
    home: Path, place: Place | None = None, *, now: Callable[[], Instant] = system_clock, actor: str = "test"
) -> Archive:
    """Make an archive in a home, at a place or else in a folder of the home; nobody asks whether the place is fit."""
    return create_archive(
        home, organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=now, actor=actor, place=place
    )


@dataclass
class Clock:
    """A clock that starts at ``at`` and goes on by a second at every reading."""

    at: Instant = START
    step: float = 1.0

    def __call__(self) -> Instant:
        self.at = self.at.plus(seconds=self.step)
        return self.at


@dataclass
class Writer:
    """Someone who may write to a ledger."""

    store: object = field(default_factory=MemoryStore)
    key: SigningKey = field(default_factory=lambda: SigningKey.generate(f"{ORIGIN}/entry"))
    checkpoint_key: SigningKey = field(default_factory=lambda: SigningKey.generate(ORIGIN))
    clock: Clock = field(default_factory=Clock)

    def ledger(self) -> Ledger:
        """A fresh view that has read nothing yet."""
        return Ledger(self.store)

    def append(self, ledger: Ledger, *acts):
        """Commit acts whatever the history says."""
        return ledger.append(lambda history: acts, key=self.key, now=self.clock, actor="test", software="test/1")

    def create(self) -> Ledger:
        """Make the archive and return its ledger."""
        ledger = self.ledger()
        self.append(ledger, created(self))
        return ledger


def created(writer: Writer, *, form: str = FORMAT) -> ArchiveCreated:
    """The first act."""
    return ArchiveCreated(
        format=form,
        origin=ORIGIN,
        organisation="Maple Grove USD",
        keys=(
            Key(purpose="entry", verifier=writer.key.verifier.to_text()),
            Key(purpose="checkpoint", verifier=writer.checkpoint_key.verifier.to_text()),
        ),
    )


def registered(name: str = "blog") -> AccountRegistered:
    """A registration."""
    url = f"https://{name}.example/feed.xml"
    return AccountRegistered(account=Account(name=name, platform="feed", url=url, title=name))


def captured(capture: str, *, account: str = "blog", base: int | None = None, at: Instant = START) -> Captured:
    """A capture that found nothing."""
    poll = Poll(
        capture=capture,
        account=account,
        method="feed",
        collector="feed/1",
        planned=at,
        started=at,
        ended=at,
        outcome="unchanged",
        sanity="plausible",
    )
    return Captured(poll=poll, base=base)


def leaves_of(ledger: Ledger) -> list[Digest]:
    """The leaf hashes of a ledger's entries, from the bytes in its store."""
    return [chain.leaf_of(read(ledger.store, layout.entry(index))) for index in range(ledger.head.size)]


def captures_of(ledger: Ledger) -> dict[str, int]:
    """The captures that a ledger's entries hold, each with its entry; one that came twice fails."""
    found: dict[str, int] = {}
    for index in range(ledger.head.size):
        for act in ledger.entry(index).acts:
            if isinstance(act, Captured):
                assert act.poll.capture not in found
                found[act.poll.capture] = index
    return found
