"""An archive that captures an account from a simulator, and what a test then wants to know of it."""

from __future__ import annotations

import importlib
import ipaddress
import multiprocessing
import signal
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from archiver import registry
from archiver.fetch.failures import HostUnreachableError
from archiver.fetch.masking import spellings
from archiver.rounds import capture_all, system_chance
from manifests.archive import open_archive
from manifests.audit import audit
from schemas.account import Account
from schemas.instant import Instant
from schemas.record import Normalised, Provenance
from schemas.settings import CaptureSettings, PlatformSettings, RecheckSettings, Settings
from storage import parquet
from storage.warc import WarcRecordMissingError, payload_of
from tests.manifests.archives import START, Clock, archive_in
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.fetch.addresses import Address
    from archiver.rounds import Captures
    from manifests.archive import Archive
    from schemas.capture import Poll
    from schemas.digest import Digest
    from schemas.record import Absence
    from tests.platforms.simulator import Simulator

NAMES = tuple(sorted(path.stem for path in (Path(__file__).parent / "simulators").glob("*.py")))
EVERYTHING = (RecheckSettings(0, 0),)
NAME = "maple"
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.platforms.story"])  # what a process needs is imported once, for all of them
HOSTS = ("127.0.0.1", "localhost")


def simulator_of(name: str) -> type[Simulator]:
    """The class of a platform's simulator."""
    found = importlib.import_module(f"tests.platforms.simulators.{name}").SIMULATOR
    assert found.name == name
    return found


def only_here(host: str, _port: int) -> tuple[Address, ...]:
    """Resolve what a simulator calls itself, and no other host."""
    if host in HOSTS:
        return (ipaddress.ip_address("127.0.0.1"),)
    raise HostUnreachableError(f"The host {host} has no address.", do="Stay at home.", host=host)


@dataclass(frozen=True)
class Kept:
    """A record as the archive has it."""

    id: Digest
    native: bytes
    view: Normalised
    provenance: Provenance


@dataclass
class Story:
    """The archive of one account of a platform; ``captures`` are all so far, the first one first."""

    home: Path
    simulator: Simulator
    clock: Clock
    captures: list[Captures] = field(default_factory=list)
    chosen: dict[str, Any] = field(default_factory=dict)
    """What ``holdfast.toml`` says of the platform besides its version and address."""

    def opened(self, **settings: Any) -> Archive:
        """The archive, opened anew, as another run of the program would, set up to read the simulator."""
        return opened(self.home, self.clock, msgspec.to_builtins(self.reading(**settings)))

    def reading(self, *, version: str | None = None, **capture: Any) -> dict[str, Any]:
        """What ``holdfast.toml`` would say of the simulator; everything is read, unless ``recheck`` says."""
        simulator = self.simulator
        where = {"api": simulator.api, "directory": simulator.directory}
        chosen = PlatformSettings(version=version or simulator.version, **where, **self.chosen)
        return {
            "capture": CaptureSettings(**{"recheck": EVERYTHING, "attempts": 1, **capture}),
            "platform": {simulator.name: chosen},
            "access": {NAME: simulator.access},
        }

    def capture(self, **settings: Any) -> Captures:
        """Capture the account once, an hour after what was before."""
        self.clock.at = self.clock.at.plus(seconds=3600)
        done = captured(self.opened(**settings), self.simulator.environment)
        self.captures.append(done)
        return done

    def capture_and_die(self, role: str) -> None:
        """Capture in another process, which is killed while it waits for the next answer of a route of that role."""
        self.clock.at = self.clock.at.plus(seconds=3600)
        reading = msgspec.to_builtins(self.reading())
        child = PROCESSES.Process(
            target=capture_there, args=(self.home, str(self.clock.at), reading, self.simulator.environment)
        )
        child.start()
        self.simulator.then(role, child.kill)
        child.join(timeout=60)
        assert child.exitcode == -signal.SIGKILL

    def complete(self) -> Captures:
        """Capture once, when nothing is to go wrong."""
        done = self.capture()
        assert (done.error, done.failures) == (None, ())
        assert self.poll.outcome in ("captured", "unchanged")
        assert self.poll.sanity == "plausible"
        return done

    @property
    def poll(self) -> Poll:
        """The last poll, as the ledger has it."""
        act = self.captures[-1].act
        assert act is not None
        return act.poll

    def records(self) -> list[Kept]:
        """Every record, in the order in which they were sealed."""
        archive = self.opened()
        return [
            Kept(
                row.record.id,
                row.record.native,
                Normalised.from_bytes(row.record.normalised),
                Provenance.from_bytes(row.record.provenance),
            )
            for place in archive.ledger.history.places(NAME)
            if place.stored is not None
            for row in parquet.read_rows(archive.cache.path_of(archive.store, place.stored))
        ]

    def versions(self, item: str) -> list[Kept]:
        """The versions of an item, the oldest first."""
        return [one for one in self.records() if one.view.item == item and one.view.kind != "absence"]

    def absences(self) -> dict[str, Absence]:
        """What is said to be away, the last word on each item."""
        return {one.view.item: one.view.absence for one in self.records() if one.view.absence is not None}

    def payload(self, exchange: str) -> bytes:
        """The payload of a recorded answer, in whichever WARC file it is."""
        for path in sorted((self.home / "archive" / "exchanges").rglob("*.warc.gz")):
            with path.open("rb") as stream, suppress(WarcRecordMissingError):
                return payload_of(stream, exchange, limit=1 << 30)
        raise AssertionError(exchange)

    def check(self) -> None:
        """The archive is sound, no secret is anywhere, and the simulator saw nothing that no client should do."""
        archive = self.opened()
        report = audit(archive.store, now=archive.now())
        assert (report.sound, report.findings) == (True, ())
        assert self.simulator.wrongs == []
        needles = {needle for secret in self.simulator.secrets for needle in spellings(secret)}
        assert needles
        places = {path: unpacked(path) for path in self.home.rglob("*") if path.is_file()}
        places |= {Path(str(one.id)): one.native + one.view.to_bytes() for one in self.records()}
        assert [(path, needle) for path, content in places.items() for needle in needles if needle in content] == []


def opened(home: Path, clock: Clock, reading: Any) -> Archive:
    """An archive with these settings beside those of its home."""
    archive = open_archive(home, now=clock, actor="test")
    chosen = msgspec.convert({**msgspec.to_builtins(archive.settings), **reading}, Settings)
    return replace(archive, settings=chosen)


def captured(archive: Archive, environment: dict[str, str]) -> Captures:
    """Capture the account once."""
    account = archive.ledger.history.accounts[NAME]
    (done,) = capture_all(archive, [account], system_chance(), environment=environment, resolve=only_here)
    return done


def capture_there(home: Path, at: str, reading: Any, environment: dict[str, str]) -> None:
    """Capture the account once, in a process of its own."""
    captured(opened(home, Clock(Instant.from_text(at)), reading), environment)


@contextmanager
def begun(folder: Path, name: str, path: str | None = None) -> Iterator[Story]:
    """Register the account of a running simulator in a new archive; ``path`` is another one than its own."""
    clock = Clock(START)
    simulator = simulator_of(name)(clock)
    with running(simulator):
        archive = archive_in(folder / "home", now=clock)
        url = simulator.account_url if path is None else simulator.url(path)
        account = Account(name=NAME, platform=simulator.name, url=url, title="Maple Grove", private_network=True)
        registry.register(archive, account)
        yield Story(folder / "home", simulator, clock)


def unpacked(path: Path) -> bytes:
    """A file's bytes, and what they are when they are not compressed."""
    content = path.read_bytes()
    plain = [content]
    while content[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        plain.append(member.decompress(content) + member.flush())
        content = member.unused_data
    return b"".join(plain)
