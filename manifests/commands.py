"""Commands about the archive as such: init, log, status."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING, get_args

import click

from manifests.archive import SETTINGS_FILE, create_archive
from manifests.console import Console, json_option, local, plural, system_clock
from manifests.doctor import refuse_unsuitable
from manifests.locking import ALARM_DAYS, leases
from manifests.wording import describe
from schemas.ledger import (
    AccountRegistered,
    Act,
    Captured,
    Entry,
    HoldAmended,
    HoldPlaced,
)
from schemas.settings import BucketPlace, DirectoryPlace, LockSetting

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.keyring import KeyRing
    from schemas.settings import Place


@click.command()
@click.option("--organisation", prompt="Whose archive is it", help="The public body's name.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA time zone in which dates are typed and shown.")
@click.option("--bates-prefix", default="HF", show_default=True, help="1 to 12 capital letters and digits.")
@click.option("--bucket", help="Keep the objects in this bucket of S3-compatible storage, not in the home folder.")
@click.option("--endpoint", help="The storage's address; not for AWS itself.")
@click.option("--region", default="us-east-1", show_default=True, help="The bucket's region.")
@click.option("--authority", help="PEM file of the authority behind a private endpoint's certificate.")
@click.option("--lock", type=click.Choice(get_args(LockSetting)), default="compliance", show_default=True,
              help="How objects are locked against deletion.")  # fmt: skip
@json_option
@click.pass_obj
def init(
    console: Console,
    organisation: str,
    timezone: str,
    bates_prefix: str,
    bucket: str | None,
    endpoint: str | None,
    region: str,
    authority: str | None,
    lock: LockSetting,
) -> None:
    """Make a new archive: settings and keys in the home folder, a store, the ledger's first entry.

    A bucket is tried first, as by 'holdfast doctor': one that cannot keep what an archive promises is refused, and
    nothing is made. Credentials come from where the AWS tools look for them.

    \b
    Examples:
      holdfast --home /srv/archive init --organisation "Maple Grove USD" --timezone America/Chicago
      holdfast --home /srv/archive init --organisation "Maple Grove USD" --bucket mgu-archive --region us-east-2
    """
    place: Place = DirectoryPlace()
    if bucket is not None:
        place = BucketPlace(bucket=bucket, endpoint=endpoint, region=region, authority=authority, lock=lock)
    if bucket is not None and not (console.home / SETTINGS_FILE).exists():
        with console.progress("Examining the bucket"):
            refuse_unsuitable(place, home=console.home, now=system_clock, run=secrets.token_hex(8))
    archive = create_archive(
        console.home,
        organisation=organisation,
        timezone=timezone,
        bates_prefix=bates_prefix,
        tag=secrets.token_hex(4),
        now=system_clock,
        actor=console.actor,
        place=place,
    )
    verifier = archive.ledger.history.verifiers("checkpoint")[0].to_text()
    plain = {"home": str(console.home), "origin": archive.ledger.origin, "checkpoint_key": verifier}
    console.show(
        plain,
        (
            f"The archive {archive.ledger.origin} is ready in {console.home}.",
            f"  Publish this key, so that others can check what you hand over:\n    {verifier}",
            f"  Keep a copy of {archive.keys} in a safe place, apart from the archive.",
            *_advice(place),
            "Next: holdfast capture https://your.site/feed.xml",
            "Soon: the key ceremony (docs/KEYS.md), so that a lost or stolen key can be replaced.",
        ),
    )


def _advice(place: Place) -> tuple[str, ...]:
    match place:
        case DirectoryPlace():
            return (
                "  This is a directory store: software refuses to overwrite, but an administrator of this machine can",
                "  still delete files. 'holdfast verify' would show it.",
            )
        case BucketPlace(lock="none"):
            return ("  Nothing is locked: whoever may delete in the bucket can. 'holdfast verify' would show it.",)
        case BucketPlace():
            return (
                f"  Objects are locked for {place.lease_days} days at a time ({place.lock}).",
                "  Run 'holdfast locks renew' every day: it renews what is due.",
            )


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
    chosen = list(islice((entry for entry in entries if _told(entry, account)), limit))
    console.show(
        {"origin": archive.ledger.origin, "entries": [entry.to_plain() for entry in chosen]},
        (
            f"{entry.index:>6}  {local(entry.at, zone)}  {entry.actor}  {describe(act, zone)}"
            for entry in chosen
            for act in _told(entry, account)
        ),
    )


def _told(entry: Entry, account: str | None) -> list[Act]:
    """Return the acts of an entry that are about an account, or all."""
    return [act for act in entry.acts if account is None or account in _accounts_of(act)]


def _accounts_of(act: Act) -> tuple[str, ...]:
    match act:
        case AccountRegistered():
            return (act.account.name,)
        case Captured():
            return (act.poll.account,)
        case HoldPlaced() | HoldAmended():
            return act.scope.accounts
        case _:
            return ()


@click.command()
@json_option
@click.pass_obj
def status(console: Console) -> None:
    """Show the archive's state: accounts, their last captures, open matters, what waits in the spool, the keys.

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
        records = sum(place.rows for place in history.places(name))
        accounts.append((account, last[1].poll if last else None, records))
    verifier = history.verifiers("checkpoint")[0].to_text()
    matters = sorted(name for name, matter in history.matters.items() if matter.closed is None)
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
            "matters": matters,
            "waiting": waiting,
        },
        (
            f"{archive.settings.archive.organisation}: archive {archive.ledger.origin}",
            f"  ledger       {plural(archive.ledger.head.size, 'entry', 'entries')}",
            f"  root         {archive.ledger.head.tree.root}",
            f"  key          {verifier}",
            f"  key changes  {_roots_line(history.keys)}",
            f"  productions  {len(history.produced)}",
            *(
                (f"  matters      {len(matters)} open; when what is due says 'holdfast matter list'",)
                if matters
                else ()
            ),
            f"  spool        {plural(len(waiting), 'capture')} waiting to be sealed"
            if waiting
            else "  spool        empty",
            *_lease_lines(archive),
            *(
                f"  {account.name:<28} {account.platform:<8} {records:>8,} records   "
                + (f"last {poll.outcome} {local(poll.started, zone)}" if poll else "not captured yet")
                for account, poll, records in accounts
            ),
            *(() if accounts else ("No account is registered yet. Next: holdfast capture https://your.site/feed.xml",)),
        ),
    )


def _roots_line(ring: KeyRing) -> str:
    if ring.statement is None:
        return "none can be made before the key ceremony: see docs/KEYS.md"
    return f"{ring.statement.statement.needed} of {len(ring.statement.roots)} root keys decide"


def _lease_lines(archive: Archive) -> tuple[str, ...]:
    left = leases(archive.ledger.history).days_left(archive.now())
    if left is None:
        return ()
    alarm = "  ← run 'holdfast locks renew' now" if left < ALARM_DAYS else ""
    return (f"  locks        the shortest lease ends in {left:.0f} days{alarm}",)
