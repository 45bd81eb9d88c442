"""What is handed over through the spine of a capture: every file kept whole in WARC, read into records, sealed."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from archiver import spool
from archiver.imports.refusals import ImportRefusedError
from archiver.intake import Intake
from archiver.planning import plan_of
from archiver.sealing import seal
from archiver.taking import Taking
from manifests.archive import SOFTWARE
from schemas.errors import InputError
from schemas.record import Provenance
from storage import parquet
from storage.warc import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from archiver.reconciling import Part, Reconciliation
    from archiver.sealing import Chance
    from archiver.spool import Plan, Spooled
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.capture import Poll
    from schemas.ledger import Captured

NAME = "import/1"
DOMAIN = b"holdfast-import/v1\x00"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the committed act, and how it reconciles with what was handed over."""

    act: Captured
    report: Reconciliation

    @property
    def read(self) -> int:
        """How many items were found."""
        return self.report.found.total()

    @property
    def new(self) -> int:
        """How many records were added."""
        return self.report.new.total()


def import_file(archive: Archive, account: Account, path: Path, chance: Chance) -> Imported:
    """Import one thing that was handed over; see ``import_all``."""
    return import_all(archive, account, (path,), chance)


def import_all(
    archive: Archive,
    account: Account,
    paths: Sequence[Path],
    chance: Chance,
    *,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Imported:
    """Import the files, folders and containers at ``paths``, parts of one export, into ``account`` as one poll.

    Every file of them is read into records, kept as it is, or refused by name; also when nothing in it is new.
    ``tell`` is told which file is taken, how many were before it, and how many there are.

    Raises:
        InputError: nothing of it can be taken; nothing is committed.
        ArchiveError: it could not be committed; it waits in the spool.
    """
    plan = plan_of(archive, account, chance, method="import", collector=NAME)
    with spool.begin(archive.spool, plan) as spooled:
        try:
            taking = _taken(archive, account, spooled, plan, paths, chance, tell)
        except InputError:
            spooled.discard()
            raise
        act = seal(archive, (spooled,), chance)[plan.capture]
    return Imported(act, _with_new(archive, act, taking))


def _taken(
    archive: Archive,
    account: Account,
    spooled: Spooled,
    plan: Plan,
    paths: Sequence[Path],
    chance: Chance,
    tell: Callable[[str, int, int], None],
) -> Taking:
    """Take everything into the capture's folder, up to its poll."""
    with ExitStack() as stack:
        salt = chance.salt()
        writer = stack.enter_context(
            WarcWriter(
                spooled.warc,
                software=SOFTWARE,
                operator=archive.settings.archive.organisation,
                salt=salt,
                now=archive.now,
            )
        )
        taking = Taking(account, plan, Intake(writer, spooled.folder, at=plan.started), tell)
        taking.open(stack, paths, spooled.folder)
        for part in taking.parts:
            writer.note(at=plan.started, uri=f"file:///{part.name}", fields=_described(part, salt).items())
        spooled.keep(taking.seen())
    report = taking.report()
    taken = any(one.fate != "refused" for one in report.files)
    if not report.found and not (taking.format is not None and taken):
        raise taking.first_error or ImportRefusedError("There is nothing in it.", do="Check what was handed over.")
    spooled.conclude(_poll(archive, plan, taking, report))
    return taking


def _poll(archive: Archive, plan: Plan, taking: Taking, report: Reconciliation) -> Poll:
    outcome = "partial" if report.refusals else "captured"
    poll = plan.poll(ended=archive.now(), outcome=outcome, sanity="plausible")  # type: ignore[arg-type]
    return msgspec.structs.replace(
        poll, collector=taking.collector, listed=report.found.total(), counts=report.counts()
    )


def _described(part: Part, salt: bytes) -> dict[str, str]:
    """Return what the WARC file says of something that was handed over.

    Its digest is salted with the salt of the WARC file, so that it confirms no guess once that was turned.
    """
    said = {"handed-over": part.kind, "size": str(part.size)}
    if part.sha256 is not None:
        said["salted-sha256"] = hashlib.sha256(DOMAIN + salt + part.sha256.raw).hexdigest()
    return said


def _with_new(archive: Archive, act: Captured, taking: Taking) -> Reconciliation:
    """Return the report with what is new of each file, as the partitions that were sealed have it."""
    new: dict[tuple[str, str], Counter[str]] = {}
    for partition in act.partitions:
        path = archive.cache.path_of(archive.store, partition.stored)
        for kind, provenance in parquet.read_columns(path, ("kind", "provenance")):
            uri = Provenance.from_bytes(provenance).source.uri  # type: ignore[arg-type] # a column of bytes
            new.setdefault(taking.place_of(uri), Counter())[str(kind)] += 1
    report = taking.report()
    files = tuple(replace(one, new=new.get((one.part, one.path), Counter())) for one in report.files)
    return replace(report, capture=act.poll.capture, files=files)
