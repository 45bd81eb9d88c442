"""What a collector remembers of an account on this machine alone: it names addresses of items, and can be lost.

The ledger is for ever, and items are not: neither their addresses nor what a server computes from them may stand there.
What only saves asking again stays here, with the name of the capture that it is from. On another machine, after another
capture, or when it is lost, a collector asks for everything once more.
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

PRIVATE = frozenset({"comments", "etag", "reached", "spoke", "waiting"})
"""The keys of cursors that stay on this machine."""


class Memory(Canonical, frozen=True):
    """What was remembered of a capture."""

    capture: str
    private: dict[Name, str]


def recalled(home: Path, account: str, cursor: Mapping[str, str], *, last: str | None) -> dict[str, str]:
    """Return a cursor of the ledger with what this machine remembers, if it is of the ``last`` capture there."""
    try:
        memory = Memory.from_bytes(_path(home, account).read_bytes())
    except (OSError, IntegrityError):
        return dict(cursor)
    return dict(cursor) | (memory.private if memory.capture == last else {})


def public_part(cursor: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a cursor that goes into the ledger."""
    return {name: value for name, value in cursor.items() if name not in PRIVATE}


def remember(home: Path, account: str, cursor: Mapping[str, str], *, capture: str) -> None:
    """Keep what stays on this machine of a capture that is whole in the spool."""
    private = {name: value for name, value in cursor.items() if name in PRIVATE}
    path = _path(home, account)
    # It only saves asking again: a disk that refuses it must not cost what was captured.
    with suppress(OSError):
        if private or path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_bytes(Memory(capture=capture, private=private).to_bytes())
            temporary.rename(path)


def carry(home: Path, account: str, *, last: str | None, capture: str) -> None:
    """Let what is remembered of the ``last`` capture be that of ``capture``, which left the account's cursor as it was.

    That is an import, or a look that was cut short.
    """
    remembered = recalled(home, account, {}, last=last)
    if remembered:
        remember(home, account, remembered, capture=capture)


def _path(home: Path, account: str) -> Path:
    return home / "state" / "cursors" / f"{account}.json"
