"""Where a stream goes on after a break, or after the program was ended: the mark of what was told last, kept here.

A mark is of one stream and means nothing to another. Without it a stream begins with what happens from then on; with an
old one some is told twice. It is written after what it is of was kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.canonical import Canonical
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.account import Account

UNWRITTEN = 1_000
"""After so many messages of others the mark is written, too: a server that has many accounts tells of all."""


class _Mark(Canonical, frozen=True):
    stream: str
    mark: str


@dataclass
class Marks:
    """The mark of one account's stream, which is at the address ``stream``."""

    path: Path
    stream: str
    last: str
    _passed: int = field(default=0)

    @classmethod
    def of(cls, home: Path, account: Account, stream: str) -> Marks:
        """Return the mark as it was written last; empty where there is none, or one of another stream."""
        path = home / "state" / "streams" / f"{account.name}.json"
        try:
            found = _Mark.from_bytes(path.read_bytes())
        except (OSError, IntegrityError):
            return cls(path, stream, "")
        return cls(path, stream, found.mark if found.stream == stream else "")

    def move(self, mark: str, *, kept: bool) -> None:
        """Note how far the stream was read; it is written where something of it was ``kept``, and now and then."""
        self.last = mark
        self._passed += 1
        if kept or not mark or self._passed >= UNWRITTEN:
            self.write()

    def write(self) -> None:
        """Write the mark down; a disk that refuses it costs no more than that some is told twice."""
        self._passed = 0
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            temporary.write_bytes(_Mark(stream=self.stream, mark=self.last).to_bytes())
            temporary.rename(self.path)
