"""An audit as it is asked for: which store, how much of it, what is kept and written of it, and how it is shown."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from manifests.archive import SOFTWARE, read_settings
from manifests.audit import Workers, audit, finished_in, keep, read_kept
from manifests.audit.signed import AUDIT_FORMAT
from manifests.audit.words import report_lines
from manifests.console import Console, plural, system_clock
from manifests.copies_commands import replica_place
from manifests.ledger import Ledger
from manifests.replication import compare
from manifests.signing import Verifier
from schemas.findings import AuditStatement
from schemas.settings import BucketPlace
from storage.directory import DirectoryStore
from storage.places import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ediscovery.audits.reports import Reports
    from manifests.audit import Draw
    from schemas.findings import Report
    from schemas.settings import Place
    from storage.objects import ObjectStore

KEEP_EVERYTHING = "Keep everything as it is, and restore what is named above from a second copy."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of an audit."""

    key: str | None
    store: Path | None
    replica: str | None
    since: Path | None
    keep: Path | None
    resume: Path | None
    draw: Draw | None
    processes: int
    reports: Reports


@dataclass(frozen=True, slots=True)
class _Target:
    """A store to be audited: how it is opened, how it is called, and whether it is a copy of another."""

    open_store: Callable[[], ObjectStore]
    name: str
    copy: bool


def verify_archive(console: Console, wish: Wish) -> None:
    """Audit an archive, a copy of its store, or the archive together with a second copy, and show the reports.

    The program ends with the exit status of integrity errors when one is not sound.

    Raises:
        CopyDiffersError: archive and replica hold different ledgers.
        CopyAheadError: the replica holds entries that the archive lacks.
    """
    own = _target(console, wish)
    wish.reports.prepare(console, of_home=wish.store is None)
    statement = _audited(console, wish, own)
    report = statement.report
    if wish.replica is not None:
        _with_replica(console, wish, own, report)
        return
    if wish.keep is not None and report.sound:
        keep(wish.keep, report, begun=statement.begun)
    written = wish.reports.write(console, statement)
    console.show(
        {**report.to_plain(), "sound": report.sound, "reports": [str(path) for path in wish.reports.files]},
        (*report_lines(report), *written, *((f"Kept for the next audit: {wish.keep}",) if wish.keep else ())),
    )
    if not report.sound:
        console.unsound(KEEP_EVERYTHING)


def _with_replica(console: Console, wish: Wish, own: _Target, report: Report) -> None:
    place = replica_place(read_settings(console.home), wish.replica or "")
    target = _Target(partial(open_store, place, home=console.home, now=system_clock), wish.replica or "", copy=True)
    other = _audited(console, wish, target).report
    far = compare(Ledger(own.open_store()), Ledger(target.open_store()))
    console.show(
        {"archive": report.to_plain(), "replica": other.to_plain(), "behind": far.entries - far.copied},
        (
            *report_lines(report),
            "",
            f"The copy {wish.replica!r}:",
            *report_lines(other),
            "",
            f"The copy has {far.copied} of {plural(far.entries, 'entry', 'entries')}, the same ones.",
        ),
    )
    far.refuse_ahead()
    if not (report.sound and other.sound):
        console.unsound(KEEP_EVERYTHING)


def _target(console: Console, wish: Wish) -> _Target:
    if wish.store is not None:
        return _Target(partial(DirectoryStore, wish.store, pinned=False), str(wish.store), copy=True)
    place = read_settings(console.home).store
    opened = partial(open_store, place, home=console.home, now=system_clock)
    return _Target(opened, _called(place), copy=place.versions == "oldest")


def _called(place: Place) -> str:
    if isinstance(place, BucketPlace):
        return f"s3://{place.bucket}" + (f" at {place.endpoint}" if place.endpoint else "")
    return place.path


def _audited(console: Console, wish: Wish, target: _Target) -> AuditStatement:
    begun = system_clock()
    with ExitStack() as opened:
        tell = opened.enter_context(console.progress(f"Verifying {target.name}"))
        report = audit(
            target.open_store(),
            now=begun,
            copy=target.copy,
            trusted=Verifier.from_text(wish.key) if wish.key else None,
            since=read_kept(wish.since) if wish.since else None,
            draw=wish.draw,
            finished=opened.enter_context(finished_in(wish.resume)) if wish.resume else None,
            workers=Workers(wish.processes, target.open_store),
            progress=tell,
        )
    return AuditStatement(
        format=AUDIT_FORMAT,
        auditor=console.actor,
        software=SOFTWARE,
        store=target.name,
        begun=begun,
        ended=system_clock(),
        sound=report.sound,
        report=report,
    )
