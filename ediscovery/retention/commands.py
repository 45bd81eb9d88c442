"""The commands about retention schedules: retention check, packs, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediscovery.disposition import commands as disposition_commands
from ediscovery.retention import adopted_commands, due_commands, packs
from ediscovery.retention.importing import STATES, import_published
from ediscovery.retention.reading import read, text_of
from ediscovery.retention.schedule_files import content_of
from ediscovery.retention.writing import write_schedule
from ediscovery.sheets import OutputExistsError
from ediscovery.transfer import commands as transfer_commands
from manifests.console import json_option, plural
from schemas.errors import UnavailableError
from schemas.retention import Classification

if TYPE_CHECKING:
    from manifests.console import Console

MEANINGS = {
    "destroy": "destroyed when they are due",
    "review": "looked at one by one when they are due",
    "for ever": "kept for ever, as published",
    "refused": "kept, because what is published was not understood",
}
COMMENT = "# Imported from {file!a}: an example, to be checked by a records officer.\n\n"


class ScheduleUnwritableError(UnavailableError):
    """A schedule cannot be written where it is to be."""

    code = "SCHEDULE_UNWRITABLE"


@click.group()
def retention() -> None:
    """Say how long records must be kept: schedules of authorities, and which records belong to which series."""


for command in (
    adopted_commands.adopt,
    adopted_commands.classify,
    adopted_commands.declare,
    adopted_commands.explain,
    due_commands.status,
    due_commands.due,
    disposition_commands.make_plan,
    disposition_commands.list_plans,
    disposition_commands.execute,
    disposition_commands.stop_plan,
    disposition_commands.write_certificate,
    disposition_commands.run_unattended,
    transfer_commands.transfer,
):
    retention.add_command(command)


@retention.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@json_option
@click.pass_obj
def check_files(console: Console, files: tuple[Path, ...]) -> None:
    """Read schedules and classifications, and say whether they can be used; the first fault is named with its line.

    How such a file looks is in docs/RETENTION.md.

    \b
    Examples:
      holdfast retention check our-schedule.toml
      holdfast retention check schedules/*.toml classification.toml
    """
    found = [_checked(path) for path in files]
    console.show({"files": found}, [_line(one) for one in found])


def _checked(path: Path) -> dict[str, Any]:
    found = read(text_of(content_of(path), name=str(path)), name=str(path))
    if isinstance(found, Classification):
        return {"file": str(path), "classification": found.title, "rules": len(found.rules)}
    return {
        "file": str(path),
        "schedule": found.name,
        "title": found.title,
        "edition": found.edition,
        "series": len(found.series),
        "example": found.example,
    }


def _line(found: dict[str, Any]) -> str:
    if "classification" in found:
        return f"{found['file']}: a classification with {plural(found['rules'], 'rule')}, sound"
    example = ", an example that no records officer checked" if found["example"] else ""
    series = plural(found["series"], "series", "series")
    return f"{found['file']}: the schedule {found['schedule']} with {series}, sound{example}"


@retention.command("packs")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def show_packs(console: Console, name: str | None) -> None:
    """List the ready schedules, or print one; all are examples, to be checked by a records officer.

    \b
    Examples:
      holdfast retention packs
      holdfast retention packs tx-gr > our-schedule.toml
    """
    if name is not None:
        text = packs.text(name)
        console.show({"pack": name, "text": text}, (text.removesuffix("\n"),))
        return
    titles = {one: read(packs.text(one), name=one).title for one in packs.names()}
    console.show(
        {"packs": [{"name": one, "title": title} for one, title in titles.items()]},
        (f"{one:<24} {title}" for one, title in titles.items()),
    )


@retention.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The schedule to write.")
@json_option
@click.pass_obj
def import_file(console: Console, file: Path, out: Path) -> None:
    """Make a schedule from series that a state publishes as JSON; what is not understood is kept, and listed with why.

    \b
    Example:
      holdfast retention import 100-001.json --out va-100-001.toml
    """
    imported = import_published(content_of(file), name=file.stem)
    schedule = imported.schedule
    _write(out, COMMENT.format(file=file.name) + write_schedule(schedule))
    refused = [row for row in imported.rows if row.state == "refused"]
    counts = imported.counts
    console.show(
        {
            "file": str(out),
            "schedule": schedule.name,
            "claimed": len(imported.rows),
            "states": counts,
            "refused": [{"item": row.item, "title": row.title, "why": row.why} for row in refused],
        },
        (
            f"{out}: the schedule {schedule.name} with {plural(len(imported.rows), 'series', 'series')}",
            *(f"  {counts[state]:>6,}  {MEANINGS[state]}" for state in STATES),
            *(f"  {row.item}: {row.why}" for row in refused),
            f"  Check each series against what the state publishes, then: holdfast retention check {out}",
        ),
    )


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputExistsError(f"{out} exists already.", do="Choose another name with --out.") from error
    except OSError as error:
        raise ScheduleUnwritableError(
            f"{out} cannot be written: {error.strerror}.",
            do="Give a file in a folder that can be written to with --out.",
        ) from error
