"""Opening and closing a matter in an archive of a folder, as a process of its own does it."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path

from ediscovery.matters.opening import Opening, close_matter, open_matter
from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.holds import Scope
from schemas.matters import MatterText

NAME = "request-2026-14"
RECEIVED = date(2026, 3, 2)


def text(**words: str) -> MatterText:
    """What is written about the matter, with a salt of its own each time."""
    return MatterText(matter=NAME, salt=secrets.token_hex(32), **words)


def opening(**words: str) -> Opening:
    """The matter that is opened."""
    said = text(**({"title": "Bus routes", "requester": "Ana Ruiz"} | words))
    return Opening(kind="request", received=RECEIVED, text=said, jurisdiction="tx-pia", scope=Scope(accounts=("blog",)))


def open_here(home: str) -> None:
    """Open it."""
    open_matter(open_archive(Path(home), now=system_clock, actor="test"), opening())


def close_here(home: str) -> None:
    """Close it."""
    archive = open_archive(Path(home), now=system_clock, actor="test")
    close_matter(archive, NAME, outcome="granted", on=RECEIVED, text=text(notes="Sent to Ana Ruiz"))
