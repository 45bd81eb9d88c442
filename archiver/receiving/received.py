"""What platforms told, durably, until a capture has sealed it: a file each, in the home folder."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.canonical import Canonical
from schemas.errors import IntegrityError, UnavailableError
from schemas.instant import Instant

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1 << 20
"""In bytes: of one notification."""
MOST = 10_000
"""How many wait for one account at most: whoever sends more is told to come again."""
TOGETHER = 1_000
"""How many one capture takes."""


class ReceivedFullError(UnavailableError):
    """What a platform told cannot be kept: too much waits already, or the disk refuses."""

    code = "RECEIVED_FULL"


class _Told(Canonical, frozen=True):
    name: str
    at: Instant
    way: str
    body: str


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that a platform told: its exact bytes, when they came, and by which way (an address of a stream, say).

    ``name`` is its own: 32 hexadecimal digits.
    """

    name: str
    at: Instant
    way: str
    body: bytes


def keep(home: Path, account: str, told: Notification) -> None:
    """Keep what was told: when this returns it survives the loss of the process and of power.

    Raises:
        ReceivedFullError: it is not kept; whoever told it should tell it again.
    """
    folder = _folder(home, account)
    text = _Told(name=told.name, at=told.at, way=told.way, body=told.body.hex())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(told.body) > LARGEST or sum(1 for _ in folder.glob("*.json")) >= MOST:
            raise ReceivedFullError(
                f"{account} has {MOST} notifications that wait to be sealed, or this one is too large.",
                do="Capture the account: holdfast capture " + account,
            )
        temporary = folder / f".{told.name}"
        with temporary.open("wb") as stream:
            stream.write(text.to_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        # In the order in which they came.
        temporary.rename(folder / f"{told.at.micros:020d}-{told.name}.json")
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ReceivedFullError(
            f"What {account}'s platform told cannot be kept: {error.strerror}.", do="Make room on the disk."
        ) from error


def waiting(home: Path, account: str) -> tuple[Notification, ...]:
    """Return what waits to be sealed, the oldest first, as much as one capture takes.

    Raises:
        IntegrityError: a file is not what was written.
    """
    found = []
    for path in sorted(_folder(home, account).glob("*.json"))[:TOGETHER]:
        told = _Told.from_bytes(path.read_bytes())
        try:
            body = bytes.fromhex(told.body)
        except ValueError as error:
            raise IntegrityError(f"{path.name} is damaged.", do="Keep it, move it away, and report it.") from error
        found.append(Notification(told.name, told.at, told.way, body))
    return tuple(found)


def accounts_waiting(home: Path) -> tuple[str, ...]:
    """Return the accounts of which something waits to be sealed."""
    return tuple(sorted({path.parent.name for path in (home / "state" / "received").glob("*/*.json")}))


def forget_sealed(home: Path, account: str, names: tuple[str, ...]) -> None:
    """Remove what has been sealed. What stays by mishap is sealed by the next capture, which finds it known."""
    for name in names:
        for path in _folder(home, account).glob(f"*-{name}.json"):
            with suppress(OSError):
                path.unlink()


def _folder(home: Path, account: str) -> Path:
    return home / "state" / "received" / account
