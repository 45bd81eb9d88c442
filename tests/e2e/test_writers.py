"""Eight writers commit to one archive and are killed again and again: nothing forks, is lost or comes twice.

A round is eight writers that start anew and are all killed. When each of them dies is decided by a seed, as a number
of its own requests, or of durable steps, and a moment there.

The suite has few rounds. ``HOLDFAST_ROUNDS`` sets how many each test has instead, for a run by hand; with ``-rP`` it
says how many entries there were.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
import shutil
import signal
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import pytest

from archiver import registry
from archiver.held import held_of
from manifests.archive import open_archive
from manifests.audit import audit
from manifests.console import system_clock
from manifests.registers import Registers
from schemas.account import Account
from schemas.settings import BucketPlace, DirectoryPlace
from tests.e2e import writer
from tests.faults import Exchange, Fault, faulty
from tests.killing import MOMENTS
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captures_of, leaves_of
from tests.servers import Answer, Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from schemas.settings import Place

WRITERS = tuple(f"writer-{number}" for number in range(8))
SEED = 20261121
MOST_REQUESTS = 60  # in which a life ends; a start takes a few, a turn some twenty
MOST_STEPS = 150
LOOKS = 400  # after so many looks a feed has no more news
SECONDS = 120
ROUNDS = os.environ.get("HOLDFAST_ROUNDS")

LEGITIMATE = {
    "OBJECT_UNREFERENCED": "stored by a writer that died before the entry that would have named it",
    "WRITTEN_AGAIN": "stored by a writer that died before it knew, and stored again",
    "RACE_LOST": "two entries were written for one place, and this server takes both; the older one counts",
}
"""What an audit may notice here, none of which takes anything from the archive, and why."""

# A fork of a process that has imported everything is a new process in no time, and shares nothing with the others.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.e2e.writer", "storage.s3.store", "pytest"])


@dataclass
class Life:
    """One life of a writer: a process that ends by SIGKILL, from without or by its own hand."""

    home: Path
    arguments: Mapping[str, object] = field(default_factory=dict)
    begun: threading.Event = field(default_factory=threading.Event)
    process: BaseProcess | None = None

    def begin(self) -> int:
        """Start the process, and return what tells its end to those who wait."""
        self.process = processes.Process(
            target=writer.write, args=(str(self.home), dict(os.environ)), kwargs=self.arguments
        )
        self.process.start()
        self.begun.set()
        return self.process.sentinel

    def end(self) -> int | None:
        """Return the exit status of the process, which has ended: minus the signal's number."""
        assert self.process is not None
        self.process.join()
        return self.process.exitcode

    def kill(self) -> None:
        """Kill the process, as soon as it is there."""
        self.begun.wait()
        assert self.process is not None
        self.process.kill()


def before_it_is_heard(life: Life, _: Exchange) -> None:
    life.kill()


def before_it_is_answered(life: Life, exchange: Exchange) -> None:
    exchange.ask()
    life.kill()


def while_it_goes_on(life: Life, exchange: Exchange) -> None:
    exchange.answer(exchange.ask())
    life.kill()


@dataclass
class Office:
    """An archive, the homes of its writers, and what was ever seen in their spools."""

    home: Path
    homes: tuple[Path, ...]
    spooled: set[str] = field(default_factory=set)

    def all_write(self, live: Callable[[Path], Life]) -> list[int | None]:
        """Let all of them write at once until each ends, and return how; what they leave in their spools is noted."""
        living: dict[int, Life] = {}
        statuses = []
        try:
            for home in self.homes:
                life = live(home)
                living[life.begin()] = life
            while living:
                over = [living.pop(sentinel) for sentinel in wait(living, SECONDS)]
                assert over, "no writer came to its end"
                statuses += [life.end() for life in over]
                self.spooled |= set().union(*(waiting(life.home) for life in over))
        finally:
            for life in living.values():
                life.kill()
        return statuses


def waiting(home: Path) -> set[str]:
    """Return the captures in a spool."""
    return {path.name for path in (home / "state" / "spool").glob("[!.]*")}


def office_in(folder: Path, place: Place, site: Server) -> Office:
    """Make an archive at ``place``, and a home with its keys and settings for every writer."""
    home = folder / "office"
    archive = archive_in(home, place, actor="office")
    for name in (writer.SHARED, *WRITERS):
        url = site.url(f"/{name}")
        registry.register(archive, Account(name=name, platform="feed", url=url, title=name, private_network=True))
    homes = tuple(folder / name for name in WRITERS)
    for one in homes:
        shutil.copytree(home, one)
    return Office(home, homes)


def feed(name: str, items: int) -> Answer:
    """Return a feed of so many items."""
    listed = "".join(f"<item><guid>{name}-{item}</guid><title>{item}</title></item>" for item in range(items))
    body = f"<rss version='2.0'><channel><title>{name}</title>{listed}</channel></rss>"
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=body.encode())


@pytest.fixture
def site() -> Iterator[Server]:
    """A feed for every writer and one for all, each with one item more at every look."""
    names = (writer.SHARED, *WRITERS)
    with serving({f"/{name}": [feed(name, items) for items in range(1, LOOKS)] for name in names}) as server:
        yield server


def go_through_rounds(office: Office, live: Callable[[Path], Life], *, few: int) -> None:
    """Go through so many rounds, or as many as this run is to have, and check what they leave."""
    rounds = int(ROUNDS or few)
    for number in range(rounds):
        statuses = office.all_write(live)
        assert statuses == [-signal.SIGKILL] * len(WRITERS), f"round {number} of seed {SEED}"
    deaths, size = rounds * len(WRITERS), check(office)
    assert size > deaths / 2, "they died before they wrote anything"
    print(f"{rounds} rounds, {deaths} deaths, {size} entries, a sound audit")  # noqa: T201 - for a run by hand


def check(office: Office) -> int:
    """Let every writer recover and take one more turn, check that nothing forked, was lost or came twice.

    It returns how many entries there are.
    """
    assert office.all_write(lambda home: Life(home, {"turns": 1})) == [0] * len(WRITERS)
    views = [view(home) for home in office.homes]
    archive = open_archive(office.home, now=system_clock, actor="office")
    history, leaves, captures = archive.ledger.history, leaves_of(archive.ledger), captures_of(archive.ledger)
    report = audit(archive.store, now=system_clock())
    assert report.sound, report.findings
    assert {finding.code for finding in report.findings} <= set(LEGITIMATE), report.findings
    # No fork: every machine accepted the entries that the audit finds, and no others.
    assert (report.size, report.root) == (archive.ledger.head.size, archive.ledger.head.tree.root)
    assert all(seen == leaves[: len(seen)] for seen in views)
    # No loss: what a writer said or had in its spool is in the ledger.
    assert set().union(*map(writer.said, office.homes)) <= {*captures, *history.accounts}
    assert office.spooled <= captures.keys()
    assert not set().union(*map(waiting, office.homes))
    # None twice: each capture has one act, each item of a feed one record.
    assert sum(history.polls.values()) == len(captures)
    for name in (writer.SHARED, *WRITERS):
        posts = [len(found) for found in held_of(archive, name).versions.values() if found[0].kind == "post"]
        assert set(posts) == {1}, name
    return report.size


def view(home: Path) -> list[object]:
    """Return the hashes of the entries that a machine has accepted, from its own registers."""
    registers = Registers(home / "state" / "ledger.db")
    snapshot = registers.snapshot()
    return [registers.node(0, index) for index in range(snapshot.size if snapshot else 0)]


@pytest.mark.server
@pytest.mark.parametrize(("name", "few"), [("ceph20", 25), ("ministack", 5)], ids=["ceph20", "ministack"])
def test_writers_that_are_killed_at_their_requests_to_a_bucket_lose_and_double_nothing(
    name: str, few: int, tmp_path: Path, site: Server, monkeypatch: pytest.MonkeyPatch
):
    server = lane(name)
    for variable, value in server.environment().items():
        monkeypatch.setenv(variable, value)
    with ExitStack() as stack:
        place = BucketPlace(bucket=server.bucket(), endpoint=server.endpoint, region=server.region)
        office = office_in(tmp_path, place, site)
        chances = {home: random.Random(f"{SEED} {home.name}") for home in office.homes}
        proxies = {home: stack.enter_context(faulty(server)) for home in office.homes}
        for home, proxy in proxies.items():
            settings = home / "holdfast.toml"
            settings.write_text(settings.read_text().replace(server.endpoint, proxy.endpoint))

        def live(home: Path) -> Life:
            life, chance = Life(home), chances[home]
            moment = chance.choice((before_it_is_heard, before_it_is_answered, while_it_goes_on))
            fault = Fault(moment.__name__, functools.partial(moment, life))
            proxies[home].plan(fault, chance.randint(1, MOST_REQUESTS))
            return life

        go_through_rounds(office, live, few=few)


def test_writers_that_are_killed_at_their_durable_steps_lose_and_double_nothing(tmp_path: Path, site: Server):
    office = office_in(tmp_path, DirectoryPlace(path=str(tmp_path / "archive")), site)
    chances = {home: random.Random(f"{SEED} {home.name}") for home in office.homes}

    def live(home: Path) -> Life:
        step, moment = chances[home].randint(1, MOST_STEPS), chances[home].choice(MOMENTS)
        return Life(home, {"step": step, "moment": moment})

    go_through_rounds(office, live, few=4)
