"""The command that lists what was handed over: productions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from manifests.console import json_option, local, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.archive import Archive
    from manifests.console import Console
    from schemas.ledger import Produced


@click.command()
@click.option("--matter", help="Only those in this matter.")
@json_option
@click.pass_obj
def productions(console: Console, matter: str | None) -> None:
    """List what was handed over: when, with which Bates numbers, how many records, in which matter.

    \b
    Examples:
      holdfast productions
      holdfast productions --matter request-2026-14 --json
    """
    archive = console.open()
    found = [one for one in archive.ledger.history.produced.values() if matter in (None, one.matter)]
    console.show(
        {"productions": [_plain(archive, one) for one in found]},
        [line for one in found for line in _lines(archive, one)] or ["Nothing was handed over."],
    )


def _is_gone(archive: Archive, act: Produced) -> bool:
    return archive.ledger.history.replacements.find(act.document.key) is not None


def _plain(archive: Archive, act: Produced) -> dict[str, object]:
    return act.to_plain() | {
        "produced_at": str(archive.ledger.history.produced_at[act.production]),
        "destroyed": _is_gone(archive, act),
    }


def _lines(archive: Archive, act: Produced) -> Iterator[str]:
    at = local(archive.ledger.history.produced_at[act.production], archive.settings.zone)
    withheld = f", {act.withheld:,} withheld" if act.withheld else ""
    yield f"{act.production}  {at}  {act.bates}  {plural(act.records, 'record')}{withheld}"
    if act.matter is not None:
        yield f"              in the matter {act.matter}"
    if _is_gone(archive, act):
        yield "              its document was destroyed as its schedule says"
