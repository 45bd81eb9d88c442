"""Matters: cases and records requests. Opening one places its hold; what is due in it is counted by law."""

from __future__ import annotations

import secrets
from shlex import quote
from typing import TYPE_CHECKING, Any, get_args

import click

from ediscovery.commands import calendar_day, judged_day
from ediscovery.holds_commands import mirrored, scope_of, scope_options
from ediscovery.matters.calendars import CALENDARS
from ediscovery.matters.deadlines import due_in
from ediscovery.matters.opening import (
    Opening,
    close_matter,
    demand_movable,
    demand_name,
    demand_step_of,
    demand_text,
    open_matter,
    written,
)
from ediscovery.matters.telling import NO_ADVICE, line_of, listed, plain_of, shown, standing
from ediscovery.printable import one_line
from manifests.console import json_option
from manifests.matters import demand_matter, demand_open
from manifests.refusals import recorded_if_refused
from manifests.wording import describe, scope_in_words
from schemas.ledger import MatterStepped
from schemas.matters import MatterKind, MatterText, Outcome

if TYPE_CHECKING:
    from datetime import date

    from manifests.archive import Archive
    from manifests.console import Console

SALT_OCTETS = 32
NAME = click.argument("name")
NOTES = click.option(
    "--notes", default="", help="Anything else. Kept apart from the ledger, as title and requester are."
)
ON = click.option("--on", metavar="DATE", help="The day on which it was. Default: today, in the archive's time zone.")
AS_OF = click.option("--as-of", metavar="DATE", help="Tell what is left on that day. Default: today.")


@click.group()
def matter() -> None:
    """Open cases and records requests, which places their holds, and see what is due in them by when.

    \b
    Examples:
      holdfast matter open request-2026-14 --jurisdiction tx-pia --received 2026-03-02 \\
          --title 'Bus routes' --requester 'A. Ruiz' --account district-blog --query 'bus route*'
      holdfast matter list
      holdfast matter done request-2026-14 answer --on 2026-03-13
      holdfast matter close request-2026-14 --outcome granted
    """


def _text(name: str, **words: str) -> MatterText:
    return demand_text(MatterText(matter=demand_name(name), salt=secrets.token_hex(SALT_OCTETS), **words))


@matter.command("open")
@NAME
@click.option("--kind", type=click.Choice(get_args(MatterKind)), default="request", show_default=True,
              help="A records request, or a case in court.")  # fmt: skip
@click.option("--jurisdiction", type=click.Choice(sorted(CALENDARS)), help="Whose law sets its deadlines.")
@click.option("--received", required=True, metavar="DATE", help="The day on which it came, such as 2026-03-02.")
@click.option("--title", required=True, help="What it is about.")
@click.option("--requester", default="", help="Who asks, or who the parties are.")
@NOTES
@click.option("--without-hold", metavar="REASON", help="Place no hold, for this reason.")
@scope_options
@json_option
@click.pass_obj
def open_(console: Console, /, name: str, kind: MatterKind, jurisdiction: str | None, received: str,
          title: str, requester: str, notes: str, without_hold: str | None, **given: Any) -> None:  # fmt: skip  # noqa: ANN401
    """Open a matter and place its hold, which has its name; without options about records, on all of every account.

    The ledger holds its NAME, kind, jurisdiction, day, and what the hold covers, for ever: let none of these name a
    person. Title, requester and notes are stored apart.

    \b
    Examples:
      holdfast matter open request-2026-14 --jurisdiction tx-pia --received 2026-03-02 \\
          --title 'Bus routes' --requester 'A. Ruiz' --account district-blog --query 'bus route*'
      holdfast matter open case-2026-cv-88 --kind case --received 2026-03-02 --title 'Doe v. District'
      holdfast matter open request-2026-15 --jurisdiction ma-prl --received 2026-03-02 --title 'Contract of 2025' \\
          --without-hold 'Asks for no record of this archive'
    """
    if without_hold is not None and any(given.values()):
        raise click.UsageError("--without-hold places no hold: leave the options about records out.")
    if without_hold is not None and not without_hold.strip():
        raise click.UsageError("--without-hold needs a reason. Leave it out to place a hold.")
    text = _text(name, title=title, requester=requester, notes=notes, without_hold=without_hold or "")
    archive = console.open()
    with recorded_if_refused(archive, "open-matter", about=name):
        opening = Opening(
            kind=kind,
            received=calendar_day(received),
            text=text,
            jurisdiction=jurisdiction,
            scope=None if without_hold else scope_of(archive, given),
        )
        act = open_matter(archive, opening)
    due = due_in(archive.ledger.history.matters[name], archive.settings.matters.closed)
    scope = opening.scope
    held = (
        "It has no hold."
        if scope is None
        else (f"Hold {name} covers {scope_in_words(scope, archive.settings.zone)}.{mirrored(console, archive)}")
    )
    console.show(
        {**act.to_plain(), "due": [plain_of(one, _today(archive)) for one in due]},
        (f"The matter {name} is open. {held}", *(line_of(one, _today(archive)) for one in due), *_advice(jurisdiction)),
    )


def _today(archive: Archive) -> date:
    return judged_day(archive, None)


def _advice(jurisdiction: str | None) -> tuple[str, ...]:
    return (NO_ADVICE,) if jurisdiction else ("No deadline is counted: set what is due with 'holdfast matter due'.",)


@matter.command("list")
@click.option("--all", "every", is_flag=True, help="Closed ones, too.")
@AS_OF
@json_option
@click.pass_obj
def list_matters(console: Console, every: bool, as_of: str | None) -> None:  # noqa: FBT001 - click's
    """List the open matters: what is due next, the most urgent first.

    \b
    Examples:
      holdfast matter list
      holdfast matter list --all --as-of 2026-03-31 --json
    """
    archive = console.open()
    today, closed = judged_day(archive, as_of), archive.settings.matters.closed
    found = standing(archive.ledger.history.matters.values(), closed, every=every)
    console.show(
        {"as_of": str(today), "matters": [one.to_plain(today) for one in found]},
        [listed(one, today) for one in found] or ["No matter is open."],
    )


@matter.command()
@NAME
@AS_OF
@json_option
@click.pass_obj
def show(console: Console, name: str, as_of: str | None) -> None:
    """Show a matter: who asks, its holds, what is due, what was counted for that, and what the law leaves to you.

    \b
    Example:
      holdfast matter show request-2026-14
    """
    archive = console.open()
    known, today = demand_matter(archive.ledger.history, name), judged_day(archive, as_of)
    opened, ended = written(archive, known.opened.text), written(archive, known.closed.text if known.closed else None)
    (found,) = standing((known,), archive.settings.matters.closed, every=True)
    productions = [one for one in archive.ledger.history.produced.values() if one.matter == name]
    holds = [one for one in archive.ledger.history.holds.values() if one.matter == name]
    plain = {
        **found.to_plain(today),
        "title": opened.title if opened else "",
        "requester": opened.requester if opened else "",
        "notes": opened.notes if opened else "",
        "without_hold": opened.without_hold if opened else "",
        "closing_notes": ended.notes if ended else "",
        "holds": [one.to_plain() for one in holds],
        "productions": [one.to_plain() for one in productions],
        "due": [plain_of(one, today) for one in found.due],
        "steps": [one.to_plain() for one in known.steps],
    }
    console.show(plain, shown(found, opened, ended, holds, productions, today, archive.settings.zone))


def _step(console: Console, archive: Archive, act: MatterStepped) -> None:
    archive.append(lambda _history: (act,))
    console.show(act.to_plain(), (f"{describe(act)}.",))


@matter.command()
@NAME
@click.argument("step")
@ON
@json_option
@click.pass_obj
def done(console: Console, name: str, step: str, on: str | None) -> None:
    """Say that a STEP of a matter was taken, or is not needed: its deadline is settled, and others may run from it.

    \b
    Examples:
      holdfast matter done request-2026-14 answer --on 2026-03-13
      holdfast matter done request-2026-14 clarified          days are counted anew from then
    """
    archive = console.open()
    known = demand_step_of(demand_open(archive.ledger.history, name), step)
    _step(console, archive, MatterStepped(matter=name, step=known, on=judged_day(archive, on)))


@matter.command()
@NAME
@click.argument("step")
@click.argument("day", metavar="DATE")
@ON
@json_option
@click.pass_obj
def due(console: Console, name: str, step: str, day: str, on: str | None) -> None:
    """Set the day on which a STEP is due: as extended, agreed or ordered, or one that no calendar counts.

    \b
    Examples:
      holdfast matter due request-2026-14 answer 2026-04-01    the day that was certified to the requestor
      holdfast matter due case-2026-cv-88 disclosures 2026-05-15
    """
    archive = console.open()
    known = demand_movable(demand_open(archive.ledger.history, name), step)
    act = MatterStepped(matter=name, step=known, on=judged_day(archive, on), until=calendar_day(day))
    _step(console, archive, act)


@matter.command()
@NAME
@click.option("--outcome", required=True, type=click.Choice(get_args(Outcome)), help="How it ended.")
@ON
@NOTES
@json_option
@click.pass_obj
def close(console: Console, name: str, outcome: Outcome, on: str | None, notes: str) -> None:
    """Say how a matter ended. Its holds stay: releasing them takes two people, and is not possible before.

    \b
    Example:
      holdfast matter close request-2026-14 --outcome granted-in-part
    """
    text = _text(name, notes=notes) if notes else None
    archive = console.open()
    with recorded_if_refused(archive, "close-matter", about=name):
        act = close_matter(archive, name, outcome=outcome, on=judged_day(archive, on), text=text)
    holds = sorted(one.hold for one in archive.ledger.history.holds.values() if one.matter == name)
    console.show(
        {**act.to_plain(), "holds": holds},
        (
            f"The matter {name} is closed: {outcome.replace('-', ' ')}.",
            *(
                f"  Hold {one_line(hold)} stays. To end it: "
                f"holdfast hold propose-release {quote(one_line(hold))} --reason REASON --to release.json"
                for hold in holds
            ),
        ),
    )
