"""The commands that put retention into the ledger and read it there: retention adopt, classify, declare, explain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ediscovery.commands import calendar_day, find_record, judged_day, records_named, searchable_whole
from ediscovery.retention.due_commands import AS_OF
from ediscovery.retention.explaining import explain as explain_record
from ediscovery.retention.in_force import InForce
from ediscovery.retention.minimum import demand_minimums
from ediscovery.retention.reading import read, text_of
from ediscovery.retention.schedule_files import content_of
from ediscovery.retention.schedules import Schedules
from manifests.console import json_option
from manifests.refusals import recorded_if_refused
from schemas.errors import InputError
from schemas.ledger import ClassificationAdopted, EventDeclared, RecordsClassified, ScheduleAdopted
from schemas.retention import Classification, Schedule

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.console import Console
    from manifests.history import History
    from schemas.ledger import Act

RECORDS = click.argument("records", nargs=-1, metavar="[RECORD]…")
REASON = click.option("--reason", required=True, help="Why, and who says so. Everybody can read it for ever.")


class AlreadyAdoptedError(InputError):
    """A schedule or classification is in force already, word for word."""

    code = "ALREADY_ADOPTED"


class DeclarationError(InputError):
    """What is declared is no trigger that a person can declare."""

    code = "DECLARATION"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def adopt(console: Console, file: Path) -> None:
    """Put the schedule or classification in FILE in force, in the place of the one of its name.

    Its series must keep records no shorter than those of an authority that they name, and whatever the classification
    names must be in force. What was disposed of before stays as it was decided.

    \b
    Examples:
      holdfast retention adopt tx-gr.toml
      holdfast retention adopt our-classification.toml
    """
    content, archive = content_of(file), console.open()
    with recorded_if_refused(archive, "adopt"):
        said = read(text_of(content, name=str(file)), name=str(file))
        entry = _adopt(archive, said)
    about = f"The classification {said.title!r}" if isinstance(said, Classification) else f"The schedule {said.name}"
    example = getattr(said, "example", False)
    warning = ("  It calls itself an example: have a records officer check it.",) if example else ()
    console.show({"entry": entry, **_named(said)}, (f"{about} is in force from ledger entry {entry} on.", *warning))


def _adopt(archive: Archive, said: Schedule | Classification) -> int | None:
    """Put a schedule or classification in force, and return the entry that says so."""
    match said:
        case Classification():
            act: Act = ClassificationAdopted(classification=said)
        case Schedule():
            act = ScheduleAdopted(schedule=said)

    def build(_history: History) -> tuple[Act, ...]:
        # Judged anew after every lost race: somebody else may have adopted something.
        _check(InForce.of(archive.ledger), said)
        return (act,)

    accepted = archive.append(build)
    return accepted.entry.index if accepted else None


def _named(said: Schedule | Classification) -> dict[str, str]:
    return {"classification": said.title} if isinstance(said, Classification) else {"schedule": said.name}


def _check(in_force: InForce, said: Schedule | Classification) -> None:
    """Check that what is adopted fits what is in force.

    Raises:
        AlreadyAdoptedError: it is in force already.
        ScheduleShortensError, SeriesUnknownError, SeriesCycleError: it does not fit.
    """
    editions = {schedule.name: schedule for schedule, _ in in_force.schedules.by_name.values()}
    if said in (in_force.classification, editions.get(getattr(said, "name", ""))):
        raise AlreadyAdoptedError("This is in force already, word for word.", do="Nothing is to be done.")
    schedules, classification = in_force.schedules, in_force.classification
    if isinstance(said, Classification):
        classification = said
    else:
        schedules = Schedules.of((editions | {said.name: said}).values())
        demand_minimums(schedules)
    named = {name for rule in (classification.rules if classification else ()) for name in rule.series}
    named |= set(classification.productions if classification else ())
    named |= {name for one in in_force.said.values() for name in one.series}
    for name in sorted({*schedules, *named}):
        schedules.resolve(name)


@click.command()
@RECORDS
@click.option("--series", multiple=True, required=True, help="A series' full name: tx-gr/GR1000-26b. Again, too.")
@REASON
@json_option
@click.pass_obj
def classify(console: Console, records: tuple[str, ...], series: tuple[str, ...], reason: str) -> None:
    """Say to which series records belong, whatever the rules say; of several the longest counts.

    \b
    Example:
      holdfast retention classify 3f9a1c04d2e7 --series tx-gr/GR1000-26a --reason 'Decision of the board: K. Okafor'
    """
    archive = console.open()
    schedules = InForce.of(archive.ledger).schedules
    for name in series:
        schedules.resolve(name)
    act = RecordsClassified(records=tuple(records_named(archive, records)), series=series, reason=reason)
    archive.append(lambda _history: (act,))
    console.show(act.to_plain(), (f"{len(act.records)} said to be of {', '.join(series)}.",))


@click.command()
@click.argument("trigger")
@click.argument("day", metavar="DATE")
@RECORDS
@click.option("--account", "accounts", multiple=True, help="For all records of an account. May be given again.")
@REASON
@json_option
@click.pass_obj
def declare(
    console: Console, trigger: str, day: str, records: tuple[str, ...], accounts: tuple[str, ...], reason: str
) -> None:
    """Say on which day something happened that a period runs from: an event, a closing, a subject's birth.

    TRIGGER is spelled as in schedules: closed, subject-born, event:election. Said again, the last word counts. Nothing
    of it can be taken out of the ledger: no names.

    \b
    Examples:
      holdfast retention declare event:election 2026-11-03 --account election-blog --reason 'County clerk'
      holdfast retention declare subject-born 2012-05-31 3f9a1c04d2e7 --reason 'Enrolment office'
    """
    archive = console.open()
    on = str(calendar_day(day))
    plain = {"act": "event-declared", "trigger": trigger, "on": on, "reason": reason, "accounts": accounts}
    try:
        said = msgspec.convert(plain, EventDeclared)
    except msgspec.ValidationError as error:
        raise DeclarationError(
            f"{trigger[:60]!r} is no trigger.", do="Write closed, subject-born, or event: and a name of a-z 0-9 -."
        ) from error
    act = msgspec.structs.replace(said, records=tuple(records_named(archive, records)))
    archive.append(lambda _history: (act,))
    console.show(act.to_plain(), (f"{trigger} was on {act.on}.",))


@click.command()
@click.argument("record")
@AS_OF
@json_option
@click.pass_obj
def explain(console: Console, record: str, as_of: str | None) -> None:
    """Say why a record is kept, or may go: rule, series, edition, every day, the holds, and the lock as it is now.

    \b
    Examples:
      holdfast retention explain 3f9a1c04d2e7
      holdfast retention explain 3f9a1c04d2e7 --as-of 2029-01-01
    """
    archive = console.open()
    on = judged_day(archive, as_of)
    with searchable_whole(archive) as opened:
        found = find_record(opened, record)
        in_force = InForce.of(archive.ledger)
        explained = explain_record(archive, opened, found, in_force, as_of=on)
    console.show(explained.to_plain(), explained.lines(archive.settings.zone))
