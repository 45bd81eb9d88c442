"""What platforms told, durably, until a capture has sealed it and looked: a file each, in the home folder."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.canonical import Canonical
from schemas.errors import IntegrityError, UnavailableError
from schemas.instant import Instant
from storage.disk import make_folders, synchronise

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 5_000_000
"""In bytes: of one notification. No frame of a stream is larger (atproto.com/specs/event-stream)."""
MOST, MOST_OCTETS = 10_000, 256 << 20
"""How many wait for one account at most, and how large their files are: whoever sends more is told to come again."""
TOGETHER, TOGETHER_OCTETS = 1_000, 32 << 20
"""How many one capture takes, and how many bytes of them."""
NAME = re.compile(r"[0-9a-f]{32}")
SEALED = ".sealed.json"


class ReceivedFullError(UnavailableError):
    """What a platform told cannot be kept: too much waits already, or the disk refuses."""

    code = "RECEIVED_FULL"


class _Told(Canonical, frozen=True):
    name: str
    at: Instant
    way: str
    body: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that a platform told: its exact bytes, when they came, and by which way (an address of a stream, say).

    ``name`` is its own: 32 hexadecimal digits. Where it is ``about`` some whom the platform names so, the account is to
    look into what was told of these, and into no more. One that is ``sealed`` already waits to be looked into.
    """

    name: str
    at: Instant
    way: str
    body: bytes
    sealed: bool = False
    about: tuple[str, ...] = ()


def keep(home: Path, account: str, told: Notification) -> None:
    """Keep what was told: when this returns it survives the loss of the process and of power.

    Raises:
        ReceivedFullError: it is not kept; whoever told it should tell it again.
    """
    folder = _folder(home, account)
    text = _Told(name=told.name, at=told.at, way=told.way, body=told.body.hex(), about=told.about).to_bytes()
    temporary = folder / f".{told.name}"
    try:
        make_folders(folder)
        folder.chmod(0o700)
        sizes = [entry.stat().st_size for entry in os.scandir(folder)]
        if len(told.body) > LARGEST or len(sizes) >= MOST or sum(sizes) + len(text) > MOST_OCTETS:
            raise ReceivedFullError(
                f"Too much waits to be sealed of what {account}'s platform told, or this is too large.",
                do="Capture the account: holdfast capture " + account,
            )
        with temporary.open("wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        # In the order in which they came.
        temporary.rename(folder / f"{told.at.micros:020d}-{told.name}.json")
        synchronise(folder)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise ReceivedFullError(
            f"What {account}'s platform told cannot be kept: {error.strerror}.", do="Make room on the disk."
        ) from error


def waiting(home: Path, account: str) -> tuple[Notification, ...]:
    """Return what waits to be sealed or looked into, the oldest first, as much as one capture takes.

    Raises:
        IntegrityError: a file is not what was written.
    """
    found: list[Notification] = []
    size = 0
    for path in sorted(_folder(home, account).glob("*.json"))[:TOGETHER]:
        try:
            told = _Told.from_bytes(path.read_bytes())
            body = bytes.fromhex(told.body)
        except FileNotFoundError:
            continue  # another process has sealed it meanwhile
        except ValueError as error:
            raise _damaged(path) from error
        if not NAME.fullmatch(told.name):
            raise _damaged(path)
        size += len(body)
        if found and size > TOGETHER_OCTETS:
            break
        sealed = path.name.endswith(SEALED)
        found.append(Notification(told.name, told.at, told.way, body, sealed=sealed, about=told.about))
    return tuple(found)


def accounts_waiting(home: Path) -> tuple[str, ...]:
    """Return the accounts of which something waits."""
    return tuple(sorted({path.parent.name for path in (home / "state" / "received").glob("*/*.json")}))


def settle(home: Path, account: str, names: tuple[str, ...], *, looked: bool) -> None:
    """Remove what was sealed and ``looked`` into; what could not be looked into yet is marked as sealed, and waits.

    What stays by mishap is sealed by the next capture, which finds it known.
    """
    folder = _folder(home, account)
    for name in names:
        for path in folder.glob(f"*-{name}*.json"):
            with suppress(OSError):
                if looked:
                    path.unlink()
                elif not path.name.endswith(SEALED):
                    path.rename(path.with_name(path.name.removesuffix(".json") + SEALED))


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(f"{path.name} is damaged.", do="Keep it, move it away, and report it.")


def _folder(home: Path, account: str) -> Path:
    return home / "state" / "received" / account
