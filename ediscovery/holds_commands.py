"""Holds: orders that nothing in their scope may be destroyed. They live in the ledger; the sweeper mirrors them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediscovery.commands import day, records_named
from ediscovery.language.parsing import parse
from ediscovery.printable import one_line
from manifests.console import json_option, local, plural
from manifests.decisions.decided import LONGEST_DAYS, refused
from manifests.decisions.files import load_decision, propose
from manifests.locking import LocksUnsupportedError, mirror_holds
from manifests.matters import refuse_needed
from manifests.refusals import recorded_if_refused
from manifests.wording import scope_in_words
from schemas.decisions import HoldRelease
from schemas.errors import InputError, PolicyError, UnavailableError
from schemas.holds import Scope
from schemas.ledger import HoldAmended, HoldPlaced, HoldReleased

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.archive import Archive
    from manifests.console import Console
    from schemas.holds import Hold

FILE = click.Path(dir_okay=False, path_type=Path)


class HoldUnknownError(InputError):
    """No hold of that name is in force."""

    code = "HOLD_UNKNOWN"


class HoldOnNothingError(InputError):
    """A hold would cover nothing."""

    code = "HOLD_ON_NOTHING"


def scope_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what a hold covers: records for which all of them are true."""
    options = (
        click.option("--account", "accounts", multiple=True, help="Records of this account. May be given again."),
        click.option("--custodian", "custodians", multiple=True, help="Records of this person's accounts. Again, too."),
        click.option("--from", "since", metavar="DATE", help="Items of that day and later, such as 2026-01-31."),
        click.option("--to", "until", metavar="DATE", help="Items up to and including that day."),
        click.option("--query", help="What this search finds, now and later."),
        click.option("--record", "records", multiple=True, help="This record, by its id. May be given again."),
    )
    for option in reversed(options):
        command = option(command)
    return command


REASON = click.option("--reason", required=True, help="The case or request, and who ordered it.")


@click.group()
def hold() -> None:
    """Order that nothing of some accounts may be destroyed, or end such an order, which takes two people.

    \b
    To end one:
      holdfast hold propose-release doe-v-district --reason "Dismissed on 2027-02-01" --to release.json
      holdfast approve release.json --with jane.pem        two people, each with a key of their own
      holdfast approve release.json --with omar.pem
      holdfast hold release release.json
    """


@hold.command()
@click.argument("name")
@scope_options
@REASON
@click.option("--matter", help="The matter to which it belongs: while that is open, the hold stays.")
@json_option
@click.pass_obj
def place(console: Console, /, name: str, reason: str, matter: str | None, **given: Any) -> None:  # noqa: ANN401
    """Place a hold on records; without options about records, on all of every account, also later ones.

    \b
    Examples:
      holdfast hold place doe-v-district --account district-blog --reason "Doe v. District, ordered by counsel"
      holdfast hold place request-14 --custodian 'Ana Ruiz' --from 2026-01-01 --query 'bus route*' --reason "Request 14"
    """
    archive = console.open()
    with recorded_if_refused(archive, "place-hold", about=name):
        act = HoldPlaced(hold=name, reason=reason, scope=scope_of(archive, given), matter=matter)
        archive.append(lambda _history: (act,))
    words = f"Hold {name} covers {scope_in_words(act.scope, archive.settings.zone)}.{mirrored(console, archive)}"
    console.show(act.to_plain(), (words, *_unknown(archive, matter)))


def _unknown(archive: Archive, matter: str | None) -> Iterator[str]:
    """Yield a warning where a hold names no open matter: what protects is placed all the same."""
    known = archive.ledger.history.matters.get(matter or "")
    if matter is not None and (known is None or known.closed is not None):
        yield f"No matter {one_line(matter)} is open. The hold is in force all the same, and no open matter keeps it."


@hold.command()
@click.argument("name")
@scope_options
@REASON
@json_option
@click.pass_obj
def amend(console: Console, /, name: str, reason: str, **given: Any) -> None:  # noqa: ANN401
    """Have a hold cover more. It covers less only by being released, and another one placed before.

    \b
    Example:
      holdfast hold amend doe-v-district --account district-x --reason "Second request for production"
    """
    archive = console.open()
    with recorded_if_refused(archive, "amend-hold", about=name):
        act = HoldAmended(hold=name, reason=reason, scope=scope_of(archive, given))
        archive.append(lambda _history: (act,))
    words = f"Hold {name} covers {scope_in_words(act.scope, archive.settings.zone)}, too.{mirrored(console, archive)}"
    console.show(act.to_plain(), (words,))


def scope_of(archive: Archive, given: dict[str, Any]) -> Scope:
    """Return what a hold covers by the options that were given (``scope_options``).

    Raises:
        HoldOnNothingError: it would cover nothing.
        QuerySyntaxError, DateUnreadableError, RecordUnknownError: an option cannot be read.
    """
    if not archive.ledger.history.accounts:
        raise HoldOnNothingError("No account is registered: the hold would cover nothing.", do="Register one first.")
    zone = archive.settings.zone
    query = given["query"]
    if query is not None and parse(query, zone) is None:
        raise HoldOnNothingError("The search is empty.", do="Leave --query out, or say what it is to find.")
    return Scope(
        accounts=tuple(sorted(set(given["accounts"]))),
        custodians=tuple(sorted(set(given["custodians"]))),
        since=day(given["since"], zone),
        until=day(given["until"], zone, after=True),
        query=query,
        records=tuple(records_named(archive, given["records"])),
    )


def mirrored(console: Console, archive: Archive) -> str:
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


@hold.command("propose-release")
@click.argument("name")
@click.option("--reason", required=True, help="Why it is over, and who says so.")
@click.option("--to", required=True, type=FILE, help="Write the proposal here, for others to approve.")
@click.option("--days", default=LONGEST_DAYS, show_default=True, type=click.IntRange(1, LONGEST_DAYS),
              help="For how many days it may be approved and carried out.")  # fmt: skip
@json_option
@click.pass_obj
def propose_release(console: Console, name: str, reason: str, to: Path, days: int) -> None:
    """Propose that a hold be released. Nothing changes until two others have approved it and it is carried out.

    \b
    Example:
      holdfast hold propose-release doe-v-district --reason "Case dismissed on 2027-02-01" --to release.json
    """
    archive = console.open()
    if name not in archive.ledger.history.holds:
        raise HoldUnknownError(f"There is no hold {name[:80]!r} in force.", do="See 'holdfast hold list'.")
    refuse_needed(archive.ledger.history, name)
    decided = propose(archive, HoldRelease(hold=name, reason=reason), days=days, to=to)
    console.show(
        {"file": str(to), "hold": name, "expires": str(decided.decision.expires)},
        (
            f"The proposal is in {to}; it counts until {local(decided.decision.expires, archive.settings.zone)}.",
            f"Next, two others, each with a key of their own: holdfast approve {to.name} --with KEY.pem",
        ),
    )


@hold.command()
@click.argument("file", type=FILE)
@json_option
@click.pass_obj
def release(console: Console, file: Path) -> None:
    """Release a hold, as two people approved in FILE.

    \b
    Example:
      holdfast hold release release.json
    """
    archive, decided = console.open(), load_decision(file)
    what = decided.decision.what
    with recorded_if_refused(archive, "release-hold", about=what.hold if isinstance(what, HoldRelease) else None):
        if not isinstance(what, HoldRelease):
            raise refused("it is not about a hold", "Give the file of a hold's release.")
        if not decided.note.signatures:
            raise refused("nobody has approved it", f"Have two others run: holdfast approve {file.name} --with KEY.pem")
        act = HoldReleased(hold=what.hold, decision=decided.note.to_bytes().decode())
        archive.append(lambda _history: (act,))
    console.show(act.to_plain(), (f"Hold {what.hold} is released.{mirrored(console, archive)}",))


@hold.command("list")
@json_option
@click.pass_obj
def list_holds(console: Console) -> None:
    """List the holds that are in force."""
    archive = console.open()
    zone = archive.settings.zone

    def line(hold: Hold) -> str:
        covered = "; ".join(scope_in_words(each.scope, zone) for each in hold.covered)
        return f"{hold.hold:<24} {covered}: {hold.reason}"

    holds = sorted(archive.ledger.history.holds.values(), key=lambda one: one.hold)
    console.show_all("holds", holds, line, none="No hold is in force.")
