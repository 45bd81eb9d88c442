"""The commands of saved searches: searches save, list, run, remove, alerts."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ediscovery.commands import query_of, query_options, searchable, searchable_whole
from ediscovery.printable import one_line
from ediscovery.searches.keeping import shelf
from ediscovery.searches.saved import SavedSearch, demand_addresses, demand_name
from ediscovery.searches.telling import Alert, alerts, found_now, mail_unset, send
from ediscovery.views.answering import answered, view_options
from ediscovery.views.forms import formed, forms_option
from ediscovery.views.listing import INDENT, SHORT_ID, WIDTH
from manifests.console import json_option, local, plural
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from ediscovery.search import Search
    from ediscovery.searches.keeping import Shelf
    from ediscovery.views.answering import View
    from manifests.archive import Archive
    from manifests.console import Console
    from schemas.query import Query


@click.group()
def searches() -> None:
    """Save searches under names, and be told of what they find anew.

    \b
    Examples:
      holdfast searches save hearings 'budget w/10 hearing' --mail clerk@city.example
      holdfast searches alerts        from cron or a timer, after 'holdfast capture'
    """


@searches.command()
@click.argument("name")
@query_options
@forms_option
@click.option("--mail", multiple=True, metavar="ADDRESS", help="Who is told of new hits. May be given more than once.")
@json_option
@click.pass_obj
def save(console: Console, /, name: str, mail: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - the options
    """Save a search as NAME. What it finds now counts as known; 'holdfast searches alerts' tells of what comes after.

    \b
    Examples:
      holdfast searches save hearings 'budget w/10 hearing'
      holdfast searches save okafor 'author:okafor' --type comment --mail counsel@city.example
    """
    demand_name(name)
    demand_addresses(mail)
    archive = console.open()
    if mail and archive.settings.mail is None:
        raise mail_unset()
    asked: dict[str, Any] = {
        field: tuple(value) if isinstance(value, list | tuple) else value for field, value in given.items()
    }
    search = SavedSearch(name=name, saved=archive.now(), by=archive.actor, mail=tuple(mail), **asked)
    with shelf(archive.home) as held, searchable_whole(archive) as opened:
        known = found_now(opened, formed(opened, _query(archive, search), search.forms).query)
        held.add(search, known)
    console.show(
        {"search": search.to_plain(), "total": len(known)},
        (
            f"Saved as {name}; {plural(len(known), 'hit')} now.",
            f"  'holdfast searches alerts' tells of what comes after{', by mail' if mail else ''}.",
        ),
    )


@searches.command("list")
@json_option
@click.pass_obj
def list_searches(console: Console) -> None:
    """List the saved searches."""
    archive = console.open()
    with shelf(archive.home) as held:
        console.show_all(
            "searches",
            map(held.search, held.names()),
            lambda one: _words(one, archive.settings.zone),
            none="No search is saved.",
        )


def _words(search: SavedSearch, zone: ZoneInfo) -> str:
    filters = {
        "--from": (search.start,),
        "--to": (search.end,),
        "--type": search.kinds,
        "--account": search.accounts,
        "--author": (search.author,),
        "--forms": (search.forms,),
    }
    told = [f"{name} {value}" for name, values in filters.items() for value in values if value]
    told += ["--versions"] if search.versions else []
    asked = " ".join((search.words, *told)) or "everything"
    mail = f"; told: {', '.join(search.mail)}" if search.mail else ""
    return f"{search.name:<20} {asked}\n{'':<20} saved {local(search.saved, zone)} by {search.by}{mail}"


@searches.command()
@click.argument("name")
@click.option("--limit", default=50, show_default=True, help="How many hits to show; all are counted.")
@view_options
@json_option
@click.pass_obj
def run(console: Console, name: str, limit: int, view: View | None = None) -> None:
    """Search once more for what was saved as NAME, and show it as 'holdfast search' does."""
    archive = console.open()
    with shelf(archive.home) as held:
        search = held.search(name)
    with console.progress("Searching") as tell, searchable(archive, tell=tell) as opened:
        asked = formed(opened, _query(archive, search), search.forms)
        answer = answered(opened, asked.query, view=view, limit=limit, zone=archive.settings.zone)
    console.show(asked.plain | answer.plain, (*asked.lines, *answer.lines))


@searches.command()
@click.argument("name")
@json_option
@click.pass_obj
def remove(console: Console, name: str) -> None:
    """Remove what was saved as NAME. Nothing that it found is concerned."""
    archive = console.open()
    with shelf(archive.home) as held:
        held.remove(name)
    console.show({"removed": name}, (f"{name} is no saved search any more.",))


@searches.command("alerts")
@json_option
@click.pass_obj
def tell_alerts(console: Console) -> None:
    """Tell what saved searches find that they were not told of before: by mail where they have addresses, and here.

    Every record is told once. What could not be told is told by the next run. Run it from cron or a timer, after
    'holdfast capture'.

    \b
    Example:
      holdfast searches alerts
    """
    archive = console.open()
    failures: list[ArchiveError] = []
    with shelf(archive.home) as held, searchable_whole(archive) as opened:
        told = list(_told(archive, held, opened, failures))
        console.show(
            {"alerts": [_plain(one) for one in told], "failures": [error.to_json() for error in failures]},
            _lines(told, archive.settings.zone),
        )
        for one in told:
            if not one.search.mail:  # mail was noted when it was sent
                held.end(one.search.name, one.number, one.records)
    for error in failures:
        console.say(f"holdfast: {error.what}\n  → {error.do}\n  ({error.code})")
    if failures:
        sys.exit(failures[0].exit_status)


def _told(archive: Archive, held: Shelf, opened: Search, failures: list[ArchiveError]) -> Iterator[Alert]:
    """Yield what is new, after it was mailed to whom it is to be mailed; what fails of one search stops no other."""
    for name in held.names():
        try:
            search = held.search(name)
            query = formed(opened, _query(archive, search), search.forms).query
            for alert in alerts(held, search, opened, query, origin=archive.ledger.origin):
                yield alert
                if search.mail:
                    send(archive, alert, os.environ)
                    held.end(name, alert.number, alert.records)
        except ArchiveError as error:
            failures.append(error)


def _query(archive: Archive, search: SavedSearch) -> Query:
    return query_of(
        archive,
        search.words,
        start=search.start,
        end=search.end,
        kinds=search.kinds,
        accounts=search.accounts,
        author=search.author,
        versions=search.versions,
    )


def _plain(alert: Alert) -> dict[str, Any]:
    return {
        "search": alert.search.name,
        "alert": alert.number,
        "again": alert.again,
        "mail": list(alert.search.mail),
        "total": len(alert.records),
        "records": sorted(record.hex for record in alert.records),
        "hits": [
            {
                "record": hit.record.hex,
                "account": hit.account,
                "kind": hit.kind,
                "date": str(hit.date),
                "text": hit.text,
            }
            for hit in alert.hits
        ],
    }


def _lines(told: list[Alert], zone: ZoneInfo) -> Iterator[str]:
    for one in told:
        again = "; it may have been told before" if one.again else ""
        yield f"{one.search.name}: {plural(len(one.records), 'new hit')} (alert {one.number}{again})"
        for hit in one.hits:
            yield f"  {hit.record.hex[:SHORT_ID]}  {local(hit.date, zone)}  {hit.kind:<8} {hit.account}"
            yield f"{INDENT}  {one_line(hit.title or '')} {(hit.text or '')}"[:WIDTH].rstrip()
        if len(one.records) > len(one.hits):
            yield f"  and {len(one.records) - len(one.hits):,} that are not shown here"
    if not told:
        yield "Nothing new."
