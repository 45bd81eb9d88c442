"""The commands about destruction: retention plan, plans, execute, stop, certificate, run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediscovery.commands import judged_day
from ediscovery.disposition import carrying_out, planning
from ediscovery.disposition.destroying import stop
from ediscovery.disposition.papers.comparing import find_certified
from ediscovery.disposition.proposing import put_forward
from ediscovery.disposition.running import Running
from ediscovery.retention.due_commands import AS_OF
from ediscovery.sheets import new_file
from manifests.checkpoints.commands import system_nonce
from manifests.console import json_option, local, plural
from manifests.copies_commands import open_copy
from manifests.decisions.decided import LONGEST_DAYS
from manifests.decisions.files import load_decision
from manifests.refusals import recorded_if_refused
from schemas.decisions import Disposition
from schemas.errors import ArchiveError, InputError
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.disposition.carrying_out import GoneOn
    from ediscovery.disposition.proposing import Proposed
    from ediscovery.disposition.running import Ran
    from manifests.archive import Archive
    from manifests.console import Console
    from manifests.dispositions.plans import Plan, State
    from manifests.ledger import Ledger

FILE = click.Path(dir_okay=False, path_type=Path)
NAME_BYTES = 16
SHORTEST_BEGINNING = 4
WORDS: dict[State, str] = {
    "planned": "proposed, waits for approval",
    "running": "begun, and not finished",
    "stopped": "stopped",
    "certified": "carried out and certified",
}


class NotCertifiedError(InputError):
    """A plan has no certificate."""

    code = "NOT_CERTIFIED"


@click.command("plan")
@AS_OF
@click.option("--series", "only", multiple=True, help="Only records of this series. May be given again.")
@click.option("--to", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="A folder; what is to be read and approved is put into a new one in it.")  # fmt: skip
@click.option("--days", default=LONGEST_DAYS, show_default=True, type=click.IntRange(1, LONGEST_DAYS),
              help="For how many days it may be approved and begun.")  # fmt: skip
@click.option("--most", default=planning.MOST_RECORDS, show_default=True, type=click.IntRange(1),
              help="How many records it takes at most.")  # fmt: skip
@json_option
@click.pass_obj
def make_plan(console: Console, as_of: str | None, only: tuple[str, ...], to: Path, days: int, most: int) -> None:
    """Propose that what is due and under no hold be destroyed. Nothing is destroyed until others have approved it.

    Put into the folder are the list of the records, to be read, and the decision, to be approved.

    \b
    Examples:
      holdfast retention plan --to plans
      holdfast retention plan --series tx-gr/GR1000-26b --as-of 2029-01-01 --to plans
    """
    archive = console.open()
    on, name = judged_day(archive, as_of), os.urandom(NAME_BYTES).hex()
    with console.progress("Planning") as tell:
        proposed = put_forward(archive, name=name, as_of=on, only=only, most=most, days=days, to=to, tell=tell)
    console.show(_proposed_plain(proposed), _proposed_lines(proposed, archive))


def _proposed_plain(proposed: Proposed) -> dict[str, Any]:
    return {
        "plan": proposed.planned.act.to_plain(),
        "digest": str(proposed.planned.digest),
        "folder": str(proposed.folder),
        "expires": str(proposed.decided.decision.expires),
        "kept_by_productions": proposed.planned.produced,
    }


def _proposed_lines(proposed: Proposed, archive: Archive) -> Iterator[str]:
    act, expires = proposed.planned.act, local(proposed.decided.decision.expires, archive.settings.zone)
    records, productions = plural(act.records, "record"), plural(len(act.productions), "production")
    yield f"Plan {act.plan}: {records} due on {act.as_of}, {productions}"
    for one in act.series:
        sent = ", which an archives has" if one.disposal == "transfer" else ""
        yield f"  {one.records:>10,}  {', '.join(one.series)}: {'; '.join(one.titles)}, {one.first} to {one.last}{sent}"
    if proposed.planned.produced:
        yield f"  {proposed.planned.produced:>10,}  more are due and stay: productions that are kept show them"
    yield f"To be read and approved by others, in {proposed.folder}, before {expires}:"
    yield f"  holdfast approve {proposed.decision} --with KEY.pem"


@click.command("plans")
@json_option
@click.pass_obj
def list_plans(console: Console) -> None:
    """List all plans of destruction, and how far each is.

    \b
    Example:
      holdfast retention plans
    """
    plans = console.open().ledger.history.plans.values()
    console.show({"plans": [_plain(one) for one in plans]}, [_line(one) for one in plans] or ["There is no plan."])


def _plain(plan: Plan) -> dict[str, Any]:
    entries = {"proposed": plan.planned, "begun": plan.begun, "stopped": plan.stopped, "certified": plan.certified}
    return {
        "plan": plan.act.plan,
        "state": plan.state,
        "records": plan.act.records,
        "as_of": str(plan.act.as_of),
        "entries": entries,
        "condemned": plan.condemned,
        "destroyed": plan.destroyed,
    }


def _line(plan: Plan) -> str:
    of = f" of {plan.condemned:,}" if plan.stopped is None else ""
    gone = f", {plan.destroyed:,}{of} {'object' if plan.destroyed == 1 else 'objects'} gone" if plan.condemned else ""
    return f"{plan.act.plan}  {plural(plan.act.records, 'record')} due on {plan.act.as_of}: {WORDS[plan.state]}{gone}"


def _plan_named(archive: Archive, beginning: str) -> str:
    """Return the id of the one plan that begins so; where none or several do, what was given."""
    named = [plan for plan in archive.ledger.history.plans if plan.startswith(beginning)]
    return named[0] if len(named) == 1 and len(beginning) >= SHORTEST_BEGINNING else beginning


@click.command("execute")
@click.argument("file", type=FILE, required=False)
@click.option("--permission", default="", help="Where the permission of others can be found that the schedule demands.")
@json_option
@click.pass_obj
def execute(console: Console, file: Path | None, permission: str) -> None:
    """Begin the plan that others approved in FILE, and carry out all that are begun, as far as locks let them.

    It may be killed and run again at any time: it goes on where it is. What is destroyed cannot be brought back.

    \b
    Examples:
      holdfast retention execute plans/4f0c…/decision.json
      holdfast retention execute plans/4f0c…/decision.json --permission 'RC-3 of 2026-12-01, granted'
      holdfast retention execute
    """
    archive = console.open()
    if file is not None:
        decided = load_decision(file)
        what = decided.decision.what
        with recorded_if_refused(archive, "destroy", about=what.plan if isinstance(what, Disposition) else None):
            carrying_out.begin(archive, decided, permission=permission)
    copies = _copies(console, archive)
    done: list[GoneOn] = []
    failures: list[ArchiveError] = []
    with console.progress("Destroying") as tell:
        for one in list(carrying_out.unfinished(archive)):
            try:
                done.append(carrying_out.go_on(archive, one.act.plan, copies, nonce=system_nonce, tell=tell))
            except ArchiveError as error:
                failures.append(error)  # the other plans go on all the same
    if failures and not done:
        raise failures[0]
    console.show(
        {"plans": [_gone_plain(one) for one in done], "failures": [error.to_json() for error in failures]},
        list(_gone_lines(done, archive)),
    )
    _end(console, failures)


def _copies(console: Console, archive: Archive) -> dict[str, Ledger]:
    return {name: open_copy(console, archive, name)[0] for name in sorted(archive.settings.replica)}


def _gone_plain(one: GoneOn) -> dict[str, Any]:
    return {
        "plan": one.plan,
        "comes": str(one.comes) if one.comes else None,
        "destroyed": one.destroyed.objects,
        "waiting": one.destroyed.waiting,
        "locked": one.destroyed.locked,
        "until": str(one.destroyed.until) if one.destroyed.until else None,
        "certificate": one.certificate.key if one.certificate else None,
    }


def _gone_lines(done: list[GoneOn], archive: Archive) -> Iterator[str]:
    if not done:
        yield "No plan is begun."
    for one in done:
        if one.comes:
            yield f"Plan {one.plan} waits for its day: run this again after {local(one.comes, archive.settings.zone)}."
            continue
        yield f"Plan {one.plan}: {plural(one.destroyed.objects, 'object')} destroyed."
        if one.destroyed.waiting:
            until = one.destroyed.until
            when = f" until {local(until, archive.settings.zone)}" if until else ""
            places = ", ".join(one.destroyed.locked)
            yield f"  {plural(one.destroyed.waiting, 'object')} still locked in {places}{when}: run this again then."
        if one.certificate:
            yield f"  Everything is gone. Next: holdfast retention certificate {one.plan} --out certificate.pdf"


@click.command("stop")
@click.argument("plan")
@click.option("--reason", required=True, help="Why, and who says so. Everybody can read it for ever.")
@json_option
@click.pass_obj
def stop_plan(console: Console, plan: str, reason: str) -> None:
    """Stop a plan that is begun: what it condemned and did not destroy yet is there again.

    \b
    Example:
      holdfast retention stop 4f0c… --reason 'A records request came in: City Attorney'
    """
    archive = console.open()
    plan = _plan_named(archive, plan)
    with recorded_if_refused(archive, "stop", about=plan):
        stop(archive, plan, reason)
    found = archive.ledger.history.plans[plan]
    console.show(_plain(found), (_line(found),))


@click.command("certificate")
@click.argument("plan")
@click.option("--out", required=True, type=FILE, help="The PDF to write.")
@json_option
@click.pass_obj
def write_certificate(console: Console, plan: str, out: Path) -> None:
    """Write the certificate of a plan that is carried out into a file, to be handed over.

    \b
    Example:
      holdfast retention certificate 4f0c… --out certificate.pdf
    """
    archive = console.open()
    plan = _plan_named(archive, plan)
    found = find_certified(archive.ledger, plan)
    if found is None:
        raise NotCertifiedError(
            f"There is no certificate of a plan {plan[:80]!r}.", do="See 'holdfast retention plans'."
        )
    entry, act = found
    with new_file(out) as file:
        file.write(read_stored(archive.store, act.certificate))
    console.show(
        {"plan": plan, "file": str(out), "entry": entry},
        (f"{out}: the certificate of plan {plan}", f"  Check it with: holdfast verify {out}"),
    )


@click.command("run")
@json_option
@click.pass_obj
def run_unattended(console: Console) -> None:
    """Do what is to be done today, unattended: begin what was approved, go on with what is begun, propose what is due.

    Plans are put into the folder that [disposition] in holdfast.toml names, and the approvers are told by mail. It
    never decides anything. Run it once a day.

    \b
    Example:
      holdfast retention run
    """
    archive = console.open()
    name = os.urandom(NAME_BYTES).hex()
    with console.progress("Retention") as tell:
        running = Running(archive, _copies(console, archive), os.environ, name, system_nonce, tell)
        ran = running.run(today=judged_day(archive, None))
    console.show(_ran_plain(ran), _ran_lines(ran, archive))
    _end(console, ran.failures)


def _end(console: Console, failures: list[ArchiveError]) -> None:
    """End the program with the first failure's status after saying all of them; go on where there is none."""
    for error in failures:
        console.say(f"holdfast: {error.what}\n  → {error.do}\n  ({error.code})")
    if failures:
        sys.exit(failures[0].exit_status)


def _ran_plain(ran: Ran) -> dict[str, Any]:
    return {
        "begun": ran.begun,
        "plans": [_gone_plain(one) for one in ran.gone_on],
        "proposed": _proposed_plain(ran.proposed) if ran.proposed else None,
        "waiting": ran.waiting,
        "failures": [error.to_json() for error in ran.failures],
    }


def _ran_lines(ran: Ran, archive: Archive) -> Iterator[str]:
    yield from (f"Plan {name} is approved and begun." for name in ran.begun)
    yield from (f"Plan {name} waits: {why}" for name, why in ran.waiting.items())
    if ran.gone_on:
        yield from _gone_lines(ran.gone_on, archive)
    if ran.proposed:
        yield from _proposed_lines(ran.proposed, archive)
    if not (ran.begun or ran.waiting or ran.gone_on or ran.proposed):
        yield "Nothing is due, and no plan is under way."
