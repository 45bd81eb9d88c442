"""What a collector remembers of an account on this machine alone: it names addresses of items, and can be lost.

The ledger is for ever, and items are not. What only saves asking again stays here, beside the part of the cursor in the
ledger that it belongs to; on another machine, or when it is lost, a collector asks for everything once more.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from schemas.canonical import Canonical, Name
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PRIVATE = frozenset({"comments"})
"""The keys of cursors that stay on this machine."""


class Memory(Canonical, frozen=True):
    """What was remembered when the ledger's part of the cursor was ``cursor``."""

    cursor: dict[Name, str]
    private: dict[Name, str]


def recalled(home: Path, account: str, cursor: Mapping[str, str]) -> dict[str, str]:
    """Return a cursor of the ledger with what this machine remembers beside it, if that belongs together."""
    try:
        memory = Memory.from_bytes(_path(home, account).read_bytes())
    except (OSError, IntegrityError):
        return dict(cursor)
    return dict(cursor) | (memory.private if memory.cursor == dict(cursor) else {})


def remember(home: Path, account: str, cursor: Mapping[str, str]) -> dict[str, str]:
    """Keep what stays on this machine, and return the part of a cursor that goes into the ledger."""
    public = {name: value for name, value in cursor.items() if name not in PRIVATE}
    private = {name: value for name, value in cursor.items() if name in PRIVATE}
    path = _path(home, account)
    # It only saves asking again: a disk that refuses it must not cost what was captured.
    with suppress(OSError):
        if private or path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_bytes(Memory(cursor=public, private=private).to_bytes())
            temporary.rename(path)
    return public


def _path(home: Path, account: str) -> Path:
    return home / "state" / "cursors" / f"{account}.json"
