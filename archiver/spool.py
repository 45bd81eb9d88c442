"""Where a capture lies, durably, from its first exchange until its entry is in the ledger.

A folder a capture: ``plan.json`` (what was begun; locked by its process while that lives), ``exchanges.warc.gz``,
``items`` (what was seen, with native bytes), ``told`` (which of these the platform told by itself) and ``poll.json``.
The last is written whole and last: a capture with it is complete and waits to be sealed; one without it was
interrupted, and only its exchanges are kept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from archiver.contract import Seen
from schemas.canonical import Canonical, Name
from schemas.capture import Observation, Outcome, Poll, Sanity
from schemas.errors import IntegrityError, UnavailableError
from schemas.instant import Instant
from schemas.record import Method
from storage.disk import synchronise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

LENGTHS = struct.Struct(">QQ")
NEW, GONE = ".new-", ".gone-"


class SpoolUnwritableError(UnavailableError):
    """What was captured cannot be written to this machine's disk."""

    code = "SPOOL_UNWRITABLE"


class SpoolDamagedError(IntegrityError):
    """A spooled capture is not what was written."""

    code = "SPOOL_DAMAGED"


class Plan(Canonical, frozen=True):
    """What a capture set out to do."""

    capture: str
    account: str
    method: Method
    collector: str
    planned: Instant
    started: Instant
    cursor: dict[Name, str]

    def poll(self, *, ended: Instant, outcome: Outcome, sanity: Sanity) -> Poll:
        """Return the poll that this plan became, with its cursor where it was; never ended before it started."""
        return Poll(
            capture=self.capture,
            account=self.account,
            method=self.method,
            collector=self.collector,
            planned=self.planned,
            started=self.started,
            ended=max(ended, self.started),
            outcome=outcome,
            sanity=sanity,
            cursor_before=self.cursor,
            cursor_after=self.cursor,
        )


@dataclass(frozen=True, slots=True)
class Spooled:
    """One capture's folder."""

    folder: Path

    @property
    def warc(self) -> Path:
        """The WARC file of its exchanges."""
        return self.folder / "exchanges.warc.gz"

    def plan(self) -> Plan:
        """Return what the capture set out to do."""
        return Plan.from_bytes((self.folder / "plan.json").read_bytes())

    def find_poll(self) -> Poll | None:
        """Return how the capture ended, or ``None`` when it was interrupted."""
        path = self.folder / "poll.json"
        return Poll.from_bytes(path.read_bytes()) if path.exists() else None

    def finish(self, poll: Poll, seen: Iterable[Seen], *, told: tuple[str, ...] = ()) -> None:
        """Write what was seen, then the poll: from here on the capture is complete.

        ``told`` are the names of the platform's notifications among what was seen.

        Raises:
            SpoolUnwritableError: the disk refuses.
        """
        self.keep(seen)
        if told:
            with on_disk(self.folder):
                _write_whole(self.folder / "told", "\n".join(told).encode())
        self.conclude(poll)

    def keep(self, seen: Iterable[Seen]) -> None:
        """Write what was seen, one after the other.

        Raises:
            SpoolUnwritableError: the disk refuses.
        """
        with on_disk(self.folder), (self.folder / "items").open("wb") as stream:
            for one in seen:
                observation = one.observation.to_bytes()
                stream.write(LENGTHS.pack(len(observation), len(one.native)))
                stream.write(observation)
                stream.write(one.native)
            stream.flush()
            os.fsync(stream.fileno())

    def conclude(self, poll: Poll) -> None:
        """Write the poll, after what was seen: from here on the capture is complete.

        Raises:
            SpoolUnwritableError: the disk refuses.
        """
        with on_disk(self.folder):
            _write_whole(self.folder / "poll.json", poll.to_bytes())

    def seen(self) -> Iterator[Seen]:
        """Yield what was seen, in order.

        Raises:
            SpoolDamagedError: the file is not whole.
        """
        return (one for _, one in self.placed())

    def placed(self) -> Iterator[tuple[int, Seen]]:
        """Yield what was seen, in order, each with the offset at which it is spooled; see ``seen``."""
        path = self.folder / "items"
        if not path.exists():
            return
        with path.open("rb") as stream:
            offset = 0
            while (one := _read_one(stream, path)) is not None:
                yield offset, one
                offset = stream.tell()

    @contextmanager
    def reading(self) -> Iterator[Callable[[int], Seen]]:
        """Give what returns the observation that is spooled at an offset, until the block ends; see ``seen``."""
        path = self.folder / "items"
        with path.open("rb") as stream:

            def seen_at(offset: int) -> Seen:
                stream.seek(offset)
                found = _read_one(stream, path)
                if found is None:
                    raise _damaged(path)
                return found

            yield seen_at

    def told(self) -> tuple[str, ...]:
        """Return the names of the platform's notifications that a complete capture took along."""
        path = self.folder / "told"
        return tuple(path.read_text().split()) if path.exists() and self.find_poll() else ()

    def discard(self) -> None:
        """Remove the folder, once its entry is in the ledger."""
        gone = self.folder.with_name(f"{GONE}{self.folder.name}")
        # One step, so that nobody finds half of it; what is left of the rest is swept by the next run.
        self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def begin(root: Path, plan: Plan) -> Iterator[Spooled]:
    """Make a capture's folder and hold its lock until the block ends.

    Raises:
        SpoolUnwritableError: the disk refuses.
    """
    folder, hidden = root / plan.capture, root / f"{NEW}{plan.capture}"
    with on_disk(folder):
        hidden.mkdir(parents=True)
        _write_whole(hidden / "plan.json", plan.to_bytes())
        lock = (hidden / "plan.json").open("rb")
    with lock:
        # Locked before it can be seen: nobody takes a live capture for an abandoned one.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with on_disk(folder):
            hidden.rename(folder)
            synchronise(root)
        yield Spooled(folder)


@contextmanager
def abandoned(root: Path) -> Iterator[Iterator[Spooled]]:
    """Yield the captures whose process is gone, each locked until the block ends."""
    for left in root.glob(f"{GONE}*"):
        shutil.rmtree(left, ignore_errors=True)
    locks = []

    def claim() -> Iterator[Spooled]:
        for plan in sorted(root.glob("[!.]*/plan.json")):
            try:
                lock = plan.open("rb")
            except FileNotFoundError:
                continue  # whoever had it has sealed it
            locks.append(lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            # Only now: whoever had it may have sealed it while we looked.
            if plan.exists():
                yield Spooled(plan.parent)

    try:
        yield claim()
    finally:
        for lock in locks:
            lock.close()


def _read_one(stream: BinaryIO, path: Path) -> Seen | None:
    header = stream.read(LENGTHS.size)
    if not header:
        return None
    if len(header) < LENGTHS.size:
        raise _damaged(path)
    observation_size, native_size = LENGTHS.unpack(header)
    observation, native = stream.read(observation_size), stream.read(native_size)
    if len(native) < native_size:
        raise _damaged(path)
    return Seen(native, Observation.from_bytes(observation))


def _damaged(path: Path) -> SpoolDamagedError:
    return SpoolDamagedError(
        f"The spooled capture {path.parent.name} is damaged.", do="Keep the folder and report it; nothing was sealed."
    )


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Tell a disk that refuses in our words.

    Raises:
        SpoolUnwritableError: it does.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(folder, str(error.strerror)) from error


def unwritable(folder: Path, why: str) -> SpoolUnwritableError:
    """Return the error about a disk that refuses what was captured."""
    return SpoolUnwritableError(
        f"What was captured cannot be written to {folder}: {why}.",
        do="Make room or mend the permissions, then capture again; what is in the spool is kept and sealed then.",
    )


def _write_whole(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.rename(path)
    synchronise(path.parent)
