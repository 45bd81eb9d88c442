"""Every request of a round (capture, seal, append, renew, replicate) meets every fault that a network can do to it.

After each fault the product is run again, as its user would, and then both stores are audited and the evidence counted.
"""

from __future__ import annotations

import functools
import itertools
import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archiver import registry
from archiver.held import held_of
from archiver.rounds import capture_all, recover
from archiver.sealing import Chance
from manifests.archive import Archive, read_settings
from manifests.audit import audit
from manifests.console import system_clock
from manifests.ledger import Ledger
from manifests.locking import mirror_holds, sweep
from manifests.replication import copy_archive
from schemas.account import Account
from schemas.errors import ArchiveError, OutcomeUnknownError
from schemas.holds import Scope
from schemas.ledger import HoldPlaced
from schemas.settings import BucketPlace
from storage.s3 import client
from storage.s3.store import S3Store
from tests.faults import DELAYED, FAULTS, Fault, Proxy, faulty
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captures_of
from tests.servers import Answer, Server, serving
from tests.storage.s3_proxy import Lose
from tests.storage.s3_proxy import proxy as s3_proxy
from tests.storage.s3_stores import Clock, patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.findings import Report
    from tests.lanes.s3 import Lane
    from tests.storage.s3_proxy import Seen

pytestmark = pytest.mark.server

FEEDS = ("north", "south")
ITEMS = "".join(f"<item><guid>{{0}}-{n}</guid><title>Post {n} of {{0}}</title></item>" for n in (1, 2))
FEED = f"<rss version='2.0'><channel><title>{{0}}</title>{ITEMS}</channel></rss>"
RECORDS = 2 * (2 + 1)  # of each feed two posts and the list of them

SHORT_SECONDS = 0.25  # how long a client waits that is kept waiting
FAMILIES = ("unavailable", "outcome-unknown")  # what a fault may be called: try again, or look
LEGITIMATE = {
    "OBJECT_UNREFERENCED": "stored before its entry, which was not committed; the next run stored it under a new name",
    "WRITTEN_AGAIN": "the same bytes arrived twice, and this server takes a write over an owned key",
    "RACE_LOST": "an entry arrived after another had its place, and this server takes a write over an owned key",
}
"""What an audit may notice after a fault, none of which takes anything from the archive, and why."""


@functools.cache
def owner_of_buckets(lane: Lane) -> Any:
    """A client that makes buckets; to make a client takes longer than most of what is done here."""
    return lane.client()


def new_bucket(lane: Lane) -> str:
    """Make a bucket whose objects can be locked."""
    name = f"faults-{secrets.token_hex(8)}"
    owner_of_buckets(lane).create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@dataclass(frozen=True)
class World:
    """An archive in a bucket, its home, and the ways to its stores: through a proxy that has faults, and straight."""

    lane: Lane
    home: Path
    proxy: Proxy

    def store(self, place: BucketPlace, *, attempts: int = 5, straight: bool = False, ahead: float = 0) -> S3Store:
        endpoint = self.lane.endpoint if straight else self.proxy.endpoint
        reached = msgspec.structs.replace(place, endpoint=endpoint)
        return S3Store(reached, home=self.home, now=Clock(ahead), patience=patience(attempts=attempts))

    def opened(self, *, attempts: int = 5, straight: bool = False, ahead: float = 0) -> Archive:
        """The archive as a new process has it that has not read anything yet and does not wait between attempts."""
        settings = read_settings(self.home)
        store = self.store(settings.store, attempts=attempts, straight=straight, ahead=ahead)
        ledger = Ledger(store, origin=settings.archive.origin, registers=self.home / "state" / "ledger.db")
        return Archive(self.home, settings, store, ledger, Clock(ahead), "sweep")

    def waiting(self) -> set[str]:
        """The captures in the spool."""
        return {path.name for path in (self.home / "state" / "spool").glob("[!.]*")}

    def suffers(
        self, job: Callable[[World, int], None], fault: Fault | None, number: int, *, attempts: int
    ) -> Suffered:
        """Do a job whose ``number``-th request meets a fault; if it fails do it again, as its user would."""
        self.proxy.plan(fault, number)
        spooled = set[str]()
        try:
            job(self, attempts)
        except ArchiveError as error:
            if not (self.proxy.met and error.family in FAMILIES):
                raise
            spooled = self.waiting()
            job(self, attempts)
        self.proxy.settle()
        return Suffered(self.proxy.met, spooled)


@dataclass(frozen=True)
class Suffered:
    """Which request met the fault, if any did, and what lay in the spool when the job had failed."""

    met: str | None
    spooled: set[str]


def world_on(lane: Lane, proxy: Proxy, site: Server, home: Path) -> World:
    """Make an archive with an account for every feed, its objects locked for everybody."""
    made = archive_in(
        home, BucketPlace(bucket=new_bucket(lane), endpoint=lane.endpoint, region=lane.region), actor="sweep"
    )
    for name in FEEDS:
        url = site.url(f"/{name}")
        registry.register(made, Account(name=name, platform="feed", url=url, title=name, private_network=True))
    return World(lane, home, proxy)


def capture(world: World, attempts: int) -> None:
    """Do what 'holdfast capture' does; the first error is raised when all accounts had their turn."""
    archive = world.opened(attempts=attempts)
    archive.ledger.refresh()
    chance = Chance(random.Random(f"{world.home.name} {archive.now()}").randbytes)
    recover(archive, chance)
    results = list(capture_all(archive, archive.ledger.history.accounts.values(), chance, environment={}))
    for result in results:
        if result.error is not None:
            raise result.error


def renew(world: World, attempts: int) -> None:
    """Do what 'holdfast locks renew --force' does an hour later, and what placing a hold does last."""
    archive = world.opened(attempts=attempts, ahead=3600)
    sweep(archive, force=True, tell=nobody)
    mirror_holds(archive.ledger, archive.settings.store, tell=nobody)


def replicate(target: BucketPlace, world: World, attempts: int) -> None:
    """Do what 'holdfast replicate' does; the first failure is raised."""
    source = world.opened(attempts=attempts).ledger
    copied = copy_archive(source, Ledger(world.store(target, attempts=attempts)), tell=nobody)
    for failure in copied.failures:
        raise failure.error


def nobody(*_: object) -> None:
    """Be told of progress."""


def hold(world: World) -> None:
    """Place a hold, which renewing mirrors."""
    placed = HoldPlaced(hold="case", scope=Scope(accounts=(FEEDS[0],)), reason="Doe v. District")
    archive = world.opened(straight=True)
    archive.ledger.refresh()
    archive.append(lambda _: (placed,))


def check_report(report: Report) -> None:
    """Check that an audit finds an archive sound and whole, each record once."""
    assert report.sound, report.findings
    assert {finding.code for finding in report.findings} <= set(LEGITIMATE), report.findings
    assert report.records == RECORDS, report.findings


def check(world: World, spooled: set[str]) -> None:
    """Audit the archive, and check that what was ever spooled is in its ledger, each once, and nowhere else."""
    archive = world.opened(straight=True)
    archive.ledger.refresh()
    report, history = audit(archive.store, now=system_clock()), archive.ledger.history
    check_report(report)
    assert (report.size, report.root) == (archive.ledger.head.size, archive.ledger.head.tree.root)
    assert sum(history.polls.values()) == len(captures_of(archive.ledger))
    assert spooled <= captures_of(archive.ledger).keys()
    assert not world.waiting()
    for name in FEEDS:
        versions = held_of(archive, name).versions
        assert {f"{name}-1", f"{name}-2"} <= {item.rpartition("/")[2] for item in versions}, versions
        assert all(len(found) == 1 for found in versions.values()), versions


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """Two feeds."""
    kind = {"Content-Type": "application/rss+xml"}
    with serving({f"/{name}": Answer(headers=kind, body=FEED.format(name).encode()) for name in FEEDS}) as server:
        yield server


@pytest.fixture
def reached(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Lane:
    """A server, with as many connections as it takes for all archives on it together."""
    server = lane(request.param)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    connect = client._connect
    opened: dict[str, object] = {}

    def shared(place: BucketPlace, home: Path) -> object:
        if place.endpoint not in opened:
            opened[place.endpoint] = connect(place, home)
        return opened[place.endpoint]

    monkeypatch.setattr(client, "_connect", shared)
    return server


ministack = pytest.mark.parametrize("reached", ["ministack"], indirect=True)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
# Copying makes hundreds of requests, and after these faults a client waits: capturing meets them in every run.
WAITED_FOR = ("dropped", "delayed", "cut-in-the-answers-head", "cut-in-the-answers-body")
each_fault_of_copying = pytest.mark.parametrize(
    "fault",
    [pytest.param(one, marks=pytest.mark.long if one.name in WAITED_FOR else (), id=one.name) for one in FAULTS],
)


def in_order(monkeypatch: pytest.MonkeyPatch, *, seconds: float | None) -> None:
    """Make one request after the other, so that the n-th is always the same, and give up after so many seconds."""
    monkeypatch.setattr("manifests.locking.WORKERS", 1)
    monkeypatch.setattr("manifests.replication.WORKERS", 1)
    if seconds is not None:
        monkeypatch.setattr(client, "READ_SECONDS", seconds)


def planned(fault: Fault) -> Iterator[tuple[int, int]]:
    """Yield the numbers of requests from 1, each with how often the client tries before it gives up.

    Where something may have been changed both ways are gone. A client that waits for a short time only may give up by
    itself on a busy machine: that one tries again.
    """
    for number in itertools.count(1):
        if fault.of_changes:
            yield from ((number, 1), (number, 5))
        else:
            yield number, 5 if number % 2 or fault is DELAYED else 1


def meets_it_while_capturing_or_renewing(world: World, fault: Fault, number: int, *, attempts: int) -> bool:
    """Capture, and renew, each with a request that meets the fault if it has so many; return whether one did."""
    captured = world.suffers(capture, fault, number, attempts=attempts)
    check(world, captured.spooled)
    hold(world)
    renewed = world.suffers(renew, fault, number, attempts=attempts)
    check(world, captured.spooled)
    return bool(captured.met or renewed.met)


def meets_it_while_replicating(world: World, fault: Fault, number: int, *, attempts: int) -> bool:
    """Copy the archive into a new bucket, with a request that meets the fault if it has so many."""
    source = world.opened(straight=True)
    source.ledger.refresh()
    place = msgspec.structs.replace(source.settings.store, bucket=new_bucket(world.lane), versions="oldest")
    met = world.suffers(functools.partial(replicate, place), fault, number, attempts=attempts).met
    report = audit(world.store(place, straight=True), copy=True, now=system_clock())
    check_report(report)
    assert (report.size, report.root) == (source.ledger.head.size, source.ledger.head.tree.root)
    return bool(met)


@ministack
@each_fault
def test_capturing_and_renewing_survive_it_at_every_request(
    reached: Lane, site: Server, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    in_order(monkeypatch, seconds=SHORT_SECONDS if fault is DELAYED else None)
    with faulty(reached) as proxy:
        for number, attempts in planned(fault):
            world = world_on(reached, proxy, site, tmp_path / f"{number}-{attempts}")
            if not meets_it_while_capturing_or_renewing(world, fault, number, attempts=attempts):
                break
    # Of its own accord it ends when no request is left: 21 and 36 there are, of which 5 and 7 change something.
    assert number > (7 if fault.of_changes else 30)


@ministack
@each_fault_of_copying
def test_replicating_survives_it_at_every_request(
    reached: Lane, site: Server, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    in_order(monkeypatch, seconds=SHORT_SECONDS if fault is DELAYED else None)
    with faulty(reached) as proxy:
        world = world_on(reached, proxy, site, tmp_path / "source")
        capture(world, 1)
        for number, attempts in planned(fault):
            if not meets_it_while_replicating(world, fault, number, attempts=attempts):
                break
        check(world, set())
    assert number > (8 if fault.of_changes else 40)


SEED = 20261121
SAMPLE = 20


@pytest.mark.parametrize("reached", ["ceph20"], indirect=True)
@pytest.mark.parametrize("changes", [True, False], ids=["of changes", "of all requests"])
def test_a_sample_on_a_server_that_ignores_conditions(
    reached: Lane, site: Server, changes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = random.Random(SEED)
    faults = [fault for fault in FAULTS if fault.of_changes == changes]
    in_order(monkeypatch, seconds=2)
    with faulty(reached) as proxy:
        source = world_on(reached, proxy, site, tmp_path / "source")
        capture(source, 1)
        for turn in range(SAMPLE):
            fault, attempts = chosen.choice(faults), chosen.choice((1, 5))
            number, other = (chosen.randint(1, most) for most in ((5, 8) if changes else (20, 40)))
            told = f"seed {SEED}, turn {turn}: {fault.name} at {number} and {other}, {attempts} attempts"
            world = world_on(reached, proxy, site, tmp_path / str(turn))
            assert meets_it_while_capturing_or_renewing(world, fault, number, attempts=attempts), told
            assert meets_it_while_replicating(source, fault, other, attempts=attempts), told
        check(source, set())


@ministack
def test_when_nobody_can_look_after_an_entry_was_written_its_outcome_is_unknown(
    reached: Lane, site: Server, tmp_path: Path
):
    def gone_after_the_write(request: Seen) -> Lose | None:
        return Lose() if server.count("put_object") else None

    with s3_proxy(reached, gone_after_the_write) as server:
        world = World(reached, tmp_path, server)
        world_on(reached, server, site, tmp_path)
        archive = world.opened(attempts=1)
        archive.ledger.refresh()
        with pytest.raises(OutcomeUnknownError):
            registry.register(archive, Account(name="third", platform="feed", url="https://third.example/", title="3"))

    straight = world.opened(straight=True)
    straight.ledger.refresh()
    assert "third" in straight.ledger.history.accounts
