"""What all commands that search need, and the one that shows a record: show."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from ediscovery.as_of import known_at
from ediscovery.corroborating import corroborations
from ediscovery.corroboration import COMPARED
from ediscovery.engine import Means
from ediscovery.evidence import author_of, places, read_hits, sealed_places, stored_at, words_of
from ediscovery.index.keeping import segments
from ediscovery.index.reading import indexed
from ediscovery.language.parsing import parse
from ediscovery.partitions import Source, silent
from ediscovery.search import Search
from ediscovery.threads import arranged
from ediscovery.views.listing import SHORT_ID, WIDTH
from manifests.console import Console, json_option, local, plural
from manifests.workspaces import workspace
from schemas.account import check_name
from schemas.errors import InputError
from schemas.instant import Instant
from schemas.query import Query
from schemas.record import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from ediscovery.corroboration import Corroboration
    from ediscovery.evidence import Sealed
    from ediscovery.index.reading import Index
    from ediscovery.search import Hit
    from ediscovery.threads import Turn
    from manifests.archive import Archive
    from schemas.digest import Digest

MEMORY = 1 << 30


class DateUnreadableError(InputError):
    """A date on the command line is none."""

    code = "DATE_UNREADABLE"


class QueryEmptyError(InputError):
    """A production was asked for without saying of what."""

    code = "QUERY_EMPTY"


class RecordUnknownError(InputError):
    """No record has that id."""

    code = "RECORD_UNKNOWN"


def query_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments of a search."""
    options = (
        click.argument("words", required=False, default=""),
        click.option("--from", "start", metavar="DATE", help="Items of that day and later, such as 2026-01-31."),
        click.option("--to", "end", metavar="DATE", help="Items up to and including that day."),
        click.option("--type", "kinds", multiple=True, type=click.Choice(KINDS), help="May be given more than once."),
        click.option("--account", "accounts", multiple=True, help="May be given more than once."),
        click.option("--author", help="Words of the author's name."),
        click.option("--versions", is_flag=True, help="Every matching version instead of each item's latest."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def day(text: str | None, zone: ZoneInfo, *, after: bool = False) -> Instant | None:
    """Return the first instant of a day in the archive's zone, or of the day after it.

    Raises:
        DateUnreadableError: it is no date.
    """
    if text is None:
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone) + timedelta(days=int(after))
        return Instant.from_datetime(moment)
    except (ValueError, OverflowError):
        raise DateUnreadableError(f"{text[:40]!r} is not a date.", do="Write it as 2026-01-31.") from None


def judged_day(archive: Archive, as_of: str | None) -> date:
    """Return the day that is asked about: the one that was given, or today in the archive's time zone.

    Raises:
        DateUnreadableError: it is no date.
    """
    if as_of is None:
        return archive.now().to_datetime().astimezone(archive.settings.zone).date()
    return calendar_day(as_of)


def calendar_day(text: str) -> date:
    """Return a day of the calendar.

    Raises:
        DateUnreadableError: it is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar has no zone
    except ValueError:
        raise DateUnreadableError(f"{text[:40]!r} is not a date.", do="Write it as 2026-01-31.") from None


def query_of(archive: Archive, words: str, **given: Any) -> Query:  # noqa: ANN401 - the options as click gives them
    """Return the query that words and options ask for.

    Raises:
        QuerySyntaxError: the words cannot be read.
        DateUnreadableError: a date is none.
        AccountNameError: an account is named as none can be.
    """
    zone = archive.settings.zone
    for name in given["accounts"]:
        check_name(name)
    return Query(
        term=parse(words, zone),
        start=day(given["start"], zone),
        end=day(given["end"], zone, after=True),
        kinds=frozenset(given["kinds"]),
        accounts=frozenset(given["accounts"]),
        author=given["author"],
        versions=given["versions"],
    )


def demand_asked(query: Query) -> None:
    """Demand that a query asks for something: everything is handed over only to whoever says so.

    Raises:
        QueryEmptyError: it asks for all records.
    """
    if query == Query(versions=query.versions):
        raise QueryEmptyError(
            "Nothing says what is to be produced.",
            do="Give words, dates, a type, an author or an account: --account NAME produces all of it.",
        )


def in_words(query: Query) -> str:
    """Return what a query asks for, for people."""
    parts = [
        f"from {query.start}" if query.start else "",
        f"before {query.end}" if query.end else "",
        f"of type {', '.join(sorted(query.kinds))}" if query.kinds else "",
        f"in {', '.join(sorted(query.accounts))}" if query.accounts else "in all accounts",
        f"by {query.author}" if query.author else "",
        versions_in_words(query),
    ]
    return ", ".join(part for part in parts if part)


def versions_in_words(query: Query) -> str:
    """Return which versions of items a query asks for, for people."""
    return "every version" if query.versions else "each item's latest version, whichever version matched"


def searchable(
    archive: Archive,
    accounts: Iterable[str] | None = None,
    *,
    size: int | None = None,
    spill: Path | None = None,
    own: bool = False,
    tell: Callable[[str, int, int], None] = silent,
) -> Search:
    """Return a search over the partitions that the ledger names, of all accounts or of these, through verified copies.

    A partition is copied when a question first needs it. With ``size`` it is over those that the first entries name,
    and knows nothing of later ones. What does not fit into its memory is written to the folder ``spill``, if there is
    one. ``tell`` is told how the index is brought up to date, with the first query, and how partitions are copied.
    With ``own`` the index is one that this machine made from evidence: whoever destroys relies on no other.
    """
    cache, whole = archive.cache, archive.ledger.head.size
    means = Means(threads=os.cpu_count() or 1, memory_limit=MEMORY, spill=spill)
    end = whole if size is None else size
    return Search(
        [
            Source(
                path=cache.place_of(stored_at(place)),
                key=stored_at(place).key,
                account=place.partition.account,
                entry=place.entry,
                rows=place.rows,
                fetch=partial(cache.path_of, archive.store, stored_at(place)),
            )
            for place in places(archive, accounts)
            if place.entry < end
        ],
        lambda: _opened_index(archive, whole, end, means, tell, own=own),
        means,
        tell=tell,
    )


@contextmanager
def _opened_index(
    archive: Archive, whole: int, size: int, means: Means, tell: Callable[[str, int, int], None], *, own: bool
) -> Iterator[Index]:
    """Open the index over the first ``size`` of the ``whole`` entries: what was sealed since is not searched."""
    sealed = (one for one in sealed_places(archive) if one.entry < whole)
    with (
        segments(archive, sealed, size=whole, own=own, tell=tell) as files,
        indexed(
            files,
            known_at(archive, size),
            means,
            size=size if size < whole else None,
        ) as index,
    ):
        yield index


@contextmanager
def searchable_whole(
    archive: Archive,
    accounts: Iterable[str] | None = None,
    *,
    size: int | None = None,
    own: bool = False,
    tell: Callable[[str, int, int], None] = silent,
) -> Iterator[Search]:
    """Open a search for statements over everything, or over these accounts; what memory does not hold is spilled."""
    with (
        workspace(archive.home) as folder,
        searchable(archive, accounts, size=size, spill=folder, own=own, tell=tell) as opened,
    ):
        yield opened


def find_record(opened: Search, name: str) -> Hit:
    """Return the record whose id begins so.

    Raises:
        RecordUnknownError: there is none.
        RecordNameError: it is no such beginning, or that of several records.
    """
    found = opened.find_record(name)
    if found is None:
        raise RecordUnknownError(
            f"There is no record {name[:80]}.",
            do="Take an id from 'holdfast search'. Which plans destroyed records says 'holdfast retention plans'.",
        )
    return found


def records_named(archive: Archive, names: Sequence[str]) -> tuple[Digest, ...]:
    """Return the ids of records that people named by their beginnings (``find_record``)."""
    if not names:
        return ()
    with searchable(archive) as opened:
        return tuple(find_record(opened, name).record for name in names)


@click.command()
@click.argument("record")
@json_option
@click.pass_obj
def show(console: Console, record: str) -> None:
    """Show one record: its text, versions, thread and provenance, read from evidence.

    RECORD is a record's id or at least its first 8 digits.

    \b
    Example:
      holdfast show 3f9a1c04d2e7
    """
    archive = console.open()
    with searchable(archive) as opened:
        found = find_record(opened, record)
        sealed = read_hits(archive, (found,))[found.record]
        history = opened.versions(found.account, found.item)
        around = opened.thread(found.account, sealed.view.thread or found.item)
        held = read_hits(archive, (*history, *around))
        versions = [held[one.record] for one in history]
        corroborated = corroborations(archive, opened, (sealed,), versions)[sealed.id]
    others = [turn for turn in arranged(held[one.record] for one in around) if turn.sealed.view.item != found.item]
    console.show(
        _shown(sealed, versions, others, corroborated),
        _show_lines(sealed, versions, others, corroborated, archive.settings.zone),
    )


def _shown(sealed: Sealed, versions: list[Sealed], others: list[Turn], corroborated: Corroboration) -> dict[str, Any]:
    view = sealed.view
    absence = versions[-1].view.absence
    return {
        "record": sealed.id.hex,
        "title": view.title,
        "normalised": view.to_plain(),
        "provenance": sealed.provenance.to_plain(),
        "corroboration": {
            "level": corroborated.level,
            "words": corroborated.words,
            "ways": list(corroborated.ways),
            "by": [one.hex for one in corroborated.by],
            "uncounted": [one.hex for one in corroborated.uncounted],
            "compared": [
                {
                    "record": one.record.hex,
                    "agrees": list(one.agrees),
                    "differs": list(one.differs),
                    "imported_first": one.first,
                }
                for one in corroborated.compared
            ],
        },
        "native": sealed.record.native.decode("utf-8", "replace"),
        "partition": stored_at(sealed.place).key,
        "entry": sealed.place.entry,
        "versions": [
            {"record": one.id.hex, "captured": str(one.provenance.captured), **one.view.to_plain()} for one in versions
        ],
        "absence": absence.to_plain() if absence else None,
        "thread": [
            {"record": turn.sealed.id.hex, "depth": turn.depth, **turn.sealed.view.to_plain()} for turn in others
        ],
    }


def _show_lines(
    sealed: Sealed, versions: list[Sealed], others: list[Turn], corroborated: Corroboration, zone: ZoneInfo
) -> Iterator[str]:
    view, provenance = sealed.view, sealed.provenance
    yield f"Record {sealed.id}"
    when = f", {local(view.created, zone)}" if view.created else ""
    yield f"  {view.kind} by {author_of(view) or 'somebody'} in {provenance.account}{when}"
    yield from (f"  {view.url}",) if view.url else ()
    yield from ("", view.title or "", view.text or "(no text)", "")
    yield f"Versions ({len(versions)})"
    for one in versions:
        mark = "  ← this one" if one.id == sealed.id else ""
        yield f"  {one.id.hex[:SHORT_ID]}  captured {local(one.provenance.captured, zone)}{mark}"
        absence = one.view.absence
        if absence:
            yield f"      {absence.verdict.upper()}: {absence.reason};"
            yield f"      last seen     {local(absence.last_seen, zone)}"
            yield f"      first missing {local(absence.first_missing, zone)}"
    if others:
        yield f"Thread ({plural(len(others), 'other')})"
    for turn in others:
        words = " ".join((words_of(turn.sealed.view) or "").split())[:WIDTH]
        author = author_of(turn.sealed.view) or "somebody"
        yield f"  {'  ' * turn.depth}{turn.sealed.id.hex[:SHORT_ID]}  {author}: {words}"
    source = provenance.source
    yield "Provenance"
    yield f"  captured     {local(provenance.captured, zone)} by {provenance.collector}"
    yield f"  from         {source.uri}"
    yield f"  exchange     {source.exchange}, {source.length} bytes at {source.offset}"
    yield f"  partition    {stored_at(sealed.place).key}, row {sealed.row}"
    yield f"  ledger entry {sealed.place.entry}"
    yield "Corroboration"
    yield f"  level {corroborated.words}"
    yield from (f"  {other.hex[:SHORT_ID]}  says the same" for other in corroborated.by)
    yield from (f"  {held.record.hex[:SHORT_ID]}  {held.words}" for held in corroborated.compared)
    if corroborated.compared:
        yield from (f"  {line}" for line in wrap(COMPARED, WIDTH))
    for other in corroborated.uncounted:
        yield f"  {other.hex[:SHORT_ID]}  says the same and does not count: a file that may be made from what is here"
