"""Commands about locks: renew the leases, and say how long they still run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from manifests.console import json_option, plural
from manifests.copies_commands import open_copy
from manifests.locking import ALARM_DAYS, Mirrored, Swept, leases, mirror_holds, sweep, sweep_copy

if TYPE_CHECKING:
    from manifests.console import Console


@click.group()
def locks() -> None:
    """Keep the archive's objects locked in their bucket: leases that are renewed while records must be kept."""


@locks.command()
@click.option("--only", type=click.Choice(["leases", "holds"]), help="Do one of both, with that role's credentials.")
@click.option("--replica", metavar="NAME", help="In this second copy, not in the archive's own store.")
@click.option("--force", is_flag=True, help="Renew also what is not due, and look at every lock of the ledger.")
@json_option
@click.pass_obj
def renew(console: Console, *, only: str | None, replica: str | None, force: bool) -> None:
    """Renew the locks that come near their end, and mirror the ledger's holds as legal-hold flags.

    Run it once a day. While half of every lease is left it asks the store for one lock of the ledger only, and for the
    flags of accounts that are or were under a hold; it may be interrupted and run again. The ledger says nothing of the
    locks of a second copy: there each one is looked at. An object that is missing keeps no other from being locked.

    \b
    Examples:
      holdfast locks renew
      holdfast locks renew --only holds
      holdfast locks renew --replica vault
    """
    archive = console.open()
    swept, mirrored = Swept(), Mirrored()
    ledger, place = (
        (archive.ledger, archive.settings.store) if replica is None else open_copy(console, archive, replica)
    )
    with console.progress("Locks") as tell:
        if only != "holds" and replica is None:
            swept = sweep(archive, force=force, tell=tell)
        elif only != "holds":
            swept = sweep_copy(ledger, place, of=archive.ledger, now=archive.now(), force=force, tell=tell)
        if only != "leases":
            mirrored = mirror_holds(ledger, place, tell=tell)
    missing = sorted({*swept.missing, *mirrored.missing})
    console.show(
        {
            "renewed": swept.renewed,
            "until": swept.until,
            "ledger": swept.ledger,
            "held": mirrored.held,
            "lifted": mirrored.lifted,
            "missing": missing,
        },
        (
            f"Renewed until {swept.until}: {plural(swept.renewed, 'object')}." if swept.renewed else "No lease is due.",
            *([f"Ledger and checkpoints: {plural(swept.ledger, 'lock')} extended."] if swept.ledger else []),
            *([f"Legal holds: {mirrored.held} set, {mirrored.lifted} lifted."] if mirrored != Mirrored() else []),
            *(f"  ✗ {key} is missing; the others were locked." for key in missing),
        ),
    )
    if missing:
        console.unsound("Run 'holdfast verify', and bring back from a second copy what is missing.")


@locks.command()
@json_option
@click.pass_obj
def status(console: Console) -> None:
    """Say how long the shortest lease still runs, by the ledger; below 14 days it ends with an error.

    'holdfast verify' asks the store itself, object by object.

    \b
    Example:
      holdfast locks status || mail -s 'locks are ending' records@city.example
    """
    archive = console.open()
    state = leases(archive.ledger.history)
    left = state.days_left(archive.now())
    alarm = bool(state.without) or (left is not None and left < ALARM_DAYS)
    console.show(
        {"objects": state.objects, "without": state.without, "first_end": state.first_end, "alarm": alarm},
        (
            f"{plural(state.objects, 'object')}, {state.without} of them without a lock",
            "No lease runs." if left is None else f"The shortest lease ends at {state.first_end}, in {left:.1f} days.",
        ),
    )
    if alarm:
        console.unsound("Run 'holdfast locks renew' now, and see that it runs every day.")
