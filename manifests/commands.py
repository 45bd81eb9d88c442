"""Commands about the archive as such: init, log, status, and the audit behind ``verify``."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING

import click

from manifests.archive import create_archive, read_settings
from manifests.audit import audit
from manifests.console import Console, json_option, local, plural, size_in_words, step_line, system_clock
from manifests.signing import Verifier
from schemas.ledger import AccountRegistered, Act, ArchiveCreated, BatesAssigned, Captured, Entry, Produced
from storage.directory import DirectoryStore
from storage.places import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Report
    from storage.objects import ObjectStore


@click.command()
@click.option("--organisation", prompt="Whose archive is it", help="The public body's name.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA time zone in which dates are typed and shown.")
@click.option("--bates-prefix", default="HF", show_default=True, help="1 to 12 capital letters and digits.")
@json_option
@click.pass_obj
def init(console: Console, organisation: str, timezone: str, bates_prefix: str) -> None:
    """Make a new archive in the home folder: settings, keys, an empty store, the ledger's first entry.

    \b
    Example:
      holdfast --home /srv/archive init --organisation "Maple Grove USD" --timezone America/Chicago
    """
    archive = create_archive(
        console.home,
        organisation=organisation,
        timezone=timezone,
        bates_prefix=bates_prefix,
        tag=secrets.token_hex(4),
        now=system_clock,
        actor=console.actor,
    )
    verifier = archive.ledger.history.verifiers("checkpoint")[0].to_text()
    plain = {"home": str(console.home), "origin": archive.ledger.origin, "checkpoint_key": verifier}
    console.show(
        plain,
        (
            f"The archive {archive.ledger.origin} is ready in {console.home}.",
            f"  Publish this key, so that others can check what you hand over:\n    {verifier}",
            f"  Keep a copy of {archive.keys} in a safe place, apart from the archive.",
            "  This is a directory store: software refuses to overwrite, but an administrator of this machine can",
            "  still delete files. 'holdfast verify' would show it.",
            "Next: holdfast capture https://your.site/feed.xml",
        ),
    )


def describe(act: Act) -> str:
    """Return an act in plain words."""
    match act:
        case ArchiveCreated():
            return f"archive {act.origin} created for {act.organisation}"
        case AccountRegistered():
            return f"account {act.account.name} registered ({act.account.platform}, {act.account.url})"
        case Captured():
            found = ", ".join(
                words
                for number, words in (
                    (act.new, f"{act.new} new"),
                    (act.edited, f"{act.edited} edited"),
                    (act.absent, f"{act.absent} gone"),
                )
                if number
            )
            reason = f" ({act.poll.code}: {act.poll.reason})" if act.poll.code else ""
            return f"{act.poll.account} {act.poll.outcome}: {found or 'nothing new'}{reason}"
        case BatesAssigned():
            return f"numbers {act.bates} given to production {act.production}"
        case Produced():
            return f"production {act.production} handed over: {plural(act.records, 'record')}, {act.bates}"


@click.command()
@click.option("--limit", default=50, show_default=True, help="How many entries, the latest first.")
@click.option("--account", help="Only acts about this account.")
@json_option
@click.pass_obj
def log(console: Console, limit: int, account: str | None) -> None:
    """Show the ledger: every act, with its actor and instant, the latest first.

    \b
    Examples:
      holdfast log --limit 10
      holdfast log --account district-blog --json
    """
    archive = console.open()
    zone = archive.settings.zone
    entries = (archive.ledger.entry(index) for index in reversed(range(archive.ledger.head.size)))
    chosen = list(islice((entry for entry in entries if account is None or _about(entry, account)), limit))
    console.show(
        {"origin": archive.ledger.origin, "entries": [entry.to_plain() for entry in chosen]},
        (
            f"{entry.index:>6}  {local(entry.at, zone)}  {entry.actor}  {describe(act)}"
            for entry in chosen
            for act in entry.acts
        ),
    )


def _about(entry: Entry, account: str) -> bool:
    return any(
        (isinstance(act, AccountRegistered) and act.account.name == account)
        or (isinstance(act, Captured) and act.poll.account == account)
        for act in entry.acts
    )


@click.command()
@json_option
@click.pass_obj
def status(console: Console) -> None:
    """Show the archive's state: accounts, their last captures, what waits in the spool, the keys.

    \b
    Example:
      holdfast status
    """
    archive = console.open()
    history, zone = archive.ledger.history, archive.settings.zone
    waiting = sorted(path.parent.name for path in archive.spool.glob("[!.]*/plan.json"))
    accounts = []
    for name, account in sorted(history.accounts.items()):
        last = history.last_capture.get(name)
        records = sum(part.rows for act in history.sealed.get(name, ()) for part in act.partitions)
        accounts.append((account, last[1].poll if last else None, records))
    verifier = history.verifiers("checkpoint")[0].to_text()
    console.show(
        {
            "origin": archive.ledger.origin,
            "organisation": archive.settings.archive.organisation,
            "entries": archive.ledger.head.size,
            "root": archive.ledger.head.tree.root.hex,
            "checkpoint_key": verifier,
            "accounts": [
                {"account": account.to_plain(), "last": poll.to_plain() if poll else None, "records": records}
                for account, poll, records in accounts
            ],
            "waiting": waiting,
        },
        (
            f"{archive.settings.archive.organisation}: archive {archive.ledger.origin}",
            f"  ledger       {plural(archive.ledger.head.size, 'entry', 'entries')}",
            f"  root         {archive.ledger.head.tree.root}",
            f"  key          {verifier}",
            f"  productions  {len(history.produced)}",
            f"  spool        {plural(len(waiting), 'capture')} waiting to be sealed"
            if waiting
            else "  spool        empty",
            *(
                f"  {account.name:<28} {account.platform:<8} {records:>8,} records   "
                + (f"last {poll.outcome} {local(poll.started, zone)}" if poll else "not captured yet")
                for account, poll, records in accounts
            ),
            *(() if accounts else ("No account is registered yet. Next: holdfast capture https://your.site/feed.xml",)),
        ),
    )


def verify_archive(console: Console, *, key: str | None, store: Path | None) -> None:
    """Audit an archive and show the report.

    The program ends with the exit status of integrity errors when it is not sound.
    """
    if store is not None:
        place: ObjectStore = DirectoryStore(store)
    else:
        place = open_store(read_settings(console.home).store, home=console.home, now=system_clock)
    with console.progress("Verifying") as tell:
        report = audit(place, trusted=Verifier.from_text(key) if key else None, progress=tell)
    console.show(report.to_plain(), report_lines(report))
    if not report.sound:
        console.unsound("Keep everything as it is, and restore what is named above from a second copy.")


def report_lines(report: Report) -> tuple[str, ...]:
    """Return an audit's report for people."""
    return (
        f"Archive {report.origin or '(unknown)'}",
        (
            f"  {plural(report.size, 'ledger entry', 'ledger entries')}, {plural(report.records, 'record')}, "
            f"{plural(report.objects, 'object')}, {size_in_words(report.octets)} read"
        ),
        f"  ledger root {report.root}",
        "",
        *(step_line(step) for step in report.steps),
        "",
        *(
            f"  {finding.severity.upper()} {finding.code} {finding.key}\n      {finding.what}"
            for finding in report.findings
        ),
        "Sound: everything that the ledger names is there, unchanged, and in order." if report.sound else "NOT SOUND.",
    )
