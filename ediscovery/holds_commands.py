"""Holds: orders that nothing of some accounts may be destroyed. They live in the ledger; the sweeper mirrors them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from manifests.console import json_option, plural
from manifests.locking import LocksUnsupportedError, mirror_holds
from schemas.errors import PolicyError, UnavailableError
from schemas.ledger import HoldPlaced, HoldReleased

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.console import Console


@click.group()
def hold() -> None:
    """Order that nothing of some accounts may be destroyed, or end such an order."""


@hold.command()
@click.argument("name")
@click.option("--account", "accounts", multiple=True, help="What it covers; several times for several.")
@click.option("--reason", required=True, help="The case or request, and who ordered it.")
@json_option
@click.pass_obj
def place(console: Console, name: str, accounts: tuple[str, ...], reason: str) -> None:
    """Place a hold on accounts; without --account, on every account that is registered now.

    \b
    Example:
      holdfast hold place doe-v-district --account district-blog --reason "Doe v. District, ordered by counsel"
    """
    archive = console.open()
    covered = accounts or tuple(sorted(archive.ledger.history.accounts))
    act = HoldPlaced(hold=name, reason=reason, accounts=covered)
    archive.append(lambda _history: (act,))
    flags = _mirrored(console, archive)
    console.show(act.to_plain(), (f"Hold {name} covers {plural(len(covered), 'account')}.{flags}",))


def _mirrored(console: Console, archive: Archive) -> str:
    """Tell a store with locks, and return what to say of it; what is captured later is told by the daily sweep."""
    try:
        with console.progress("Holds") as tell:
            told = mirror_holds(archive.ledger, archive.settings.store, tell=tell)
    except LocksUnsupportedError:
        return ""
    except (PolicyError, UnavailableError) as error:
        # The act is in the ledger, which is the authority: whoever sets the flags, and whenever.
        return f" Not every flag was set: {error.what} Run 'holdfast locks renew --only holds' with the hold role."
    missing = f"; {plural(len(told.missing), 'object')} missing, run 'holdfast verify'" if told.missing else ""
    return f" The store was told: {plural(told.held, 'legal hold')} set, {told.lifted} lifted{missing}."


@hold.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why it is over, and who says so.")
@json_option
@click.pass_obj
def release(console: Console, name: str, reason: str) -> None:
    """Release a hold.

    \b
    Example:
      holdfast hold release doe-v-district --reason "Case dismissed on 2027-02-01"
    """
    archive = console.open()
    act = HoldReleased(hold=name, reason=reason)
    archive.append(lambda _history: (act,))
    console.show(act.to_plain(), (f"Hold {name} is released.{_mirrored(console, archive)}",))


@hold.command("list")
@json_option
@click.pass_obj
def list_holds(console: Console) -> None:
    """List the holds that are in force."""
    holds = sorted(console.open().ledger.history.holds.values(), key=lambda one: one.hold)
    console.show_all(
        "holds",
        holds,
        lambda one: f"{one.hold:<24} {', '.join(one.accounts)}: {one.reason}",
        none="No hold is in force.",
    )
