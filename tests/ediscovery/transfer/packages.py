"""Packages of real archives, made as the command makes them, and copies of them that somebody changes."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING

from ediscovery.commands import searchable_whole
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.transfer import naming
from ediscovery.transfer.choosing import choose
from ediscovery.transfer.inspecting import inspect
from ediscovery.transfer.making import Order, pack
from ediscovery.transfer.receiving import transferred
from manifests.archive import open_archive
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.console import system_clock
from manifests.proofs.vouching import Trust
from schemas.holds import Scope
from schemas.ledger import ClassificationAdopted, HoldPlaced, ScheduleAdopted
from schemas.retention import Classification, Match, Rule
from tests.ediscovery.partitions import Version
from tests.ediscovery.retention.making import schedule, series, term
from tests.ediscovery.retention.sealed import account, sealed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ediscovery.transfer.choosing import Chosen
    from ediscovery.transfer.making import Packed
    from ediscovery.transfer.report import TransferReport
    from manifests.archive import Archive

AS_OF = date(2026, 3, 4)
HOSTILE = ("=HYPERLINK(1)", "../../etc/passwd", "a\nb\r\n=1", "<x>&\x07]]>", "CON", "\u202egnp.exe", "%0A", "é" * 300)
RULES = (
    Rule(match=Match(kinds=("post",)), series=("us/A",)),
    Rule(match=Match(kinds=("page",)), series=("us/B",)),
    Rule(match=Match(kinds=("media",)), series=("us/KEPT",)),
    Rule(match=Match(kinds=("profile",)), series=("us/GONE",)),
)
ACTS = (
    ScheduleAdopted(
        schedule=schedule(
            "us",
            series(term(days=1), disposal="transfer"),
            series(term(days=1), item="B", disposal="transfer"),
            series(item="KEPT", disposal="keep"),
            series(term(days=1), item="GONE", disposal="destroy"),
        )
    ),
    ClassificationAdopted(classification=Classification(title="T", rules=RULES)),
    HoldPlaced(hold="h", reason="r", scope=Scope(query="held")),
)
MADE = (
    *(Version(text, title=text, text=text, created=0) for text in HOSTILE),
    Version("other", title="wiki", account="wiki", created=0),
    Version("held", text="held", created=0),
    Version("later", text="later", created=24),
    Version("page", kind="page", created=0),
    Version("image", kind="media", created=0),
    Version("me", kind="profile", created=0),
    Version("unscheduled", kind="comment", created=0),
)


def office(home: Path, versions: Sequence[Version] = MADE, *, rows: int = 4) -> Archive:
    """An archive in which some records go to an archives, some are kept, held, destroyed, or belong nowhere."""
    return sealed(home, versions, accounts=[account("blog"), account("wiki")], acts=ACTS, rows=rows)


def chosen(archive: Archive, *names: str, permanent: bool = False, as_of: date = AS_OF) -> Chosen:
    """What goes of these series."""
    with searchable_whole(archive) as opened:
        judged = eligible(archive, opened, InForce.of(archive.ledger), as_of=as_of)
        return choose(judged, series=names, permanent=permanent, received=transferred(archive))


def packed(archive: Archive, folder: Path, *names: str, permanent: bool = False, as_of: date = AS_OF) -> Packed:
    """A package of what goes of these series."""
    names = names or ("us/A",)
    goes = chosen(archive, *names, permanent=permanent, as_of=as_of)
    checkpoint = make(archive, nonce=system_nonce, name=False)
    ordered = order(*names, permanent=permanent, as_of=as_of)
    return pack(archive, goes, ordered, checkpoint, folder, tell=lambda *_: None)


def order(*names: str, permanent: bool = False, as_of: date = AS_OF) -> Order:
    """An order for a package of these series."""
    return Order(secrets.token_hex(6), names, as_of, permanent, secrets.token_bytes(32))


def pack_here(home: str, folder: str) -> None:
    """Make a package of an archive that is there; for a process that is killed."""
    from pathlib import Path  # noqa: PLC0415

    packed(open_archive(Path(home), now=system_clock, actor="test"), Path(folder))


def inspected(folder: Path) -> TransferReport:
    """What is right and wrong with a package."""
    return inspect(folder, Trust(at=system_clock()), tell=lambda *_: None)


def part(number: int, name: str) -> str:
    """The name of a part of a record; every native here is XML."""
    return naming.part(number, name)
