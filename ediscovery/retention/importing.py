"""From the series that states publish as JSON to a schedule: what is not understood is kept, and named. Pure.

Two shapes are read: series with ``retention_rules`` (a trigger, numbers, a disposition), and flat ones whose rule is
one sentence. The schedules are examples: no records officer looked at them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec.structs import replace

from ediscovery.retention.durations import Claim, ForEver, Reading, Refused, Timed, read_claim
from ediscovery.retention.reading import LARGEST
from schemas.errors import InputError
from schemas.retention import Schedule, Series

State: TypeAlias = Literal["destroy", "review", "for ever", "refused"]
STATES: tuple[State, ...] = get_args(State)

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,62}")
ROW = re.compile(r"row \d+")


class PublishedUnreadableError(InputError):
    """A file is not a list of series as states publish them."""

    code = "SCHEDULE_IMPORT"


@dataclass(frozen=True, slots=True)
class Authority:
    """What a state's files do not say: who publishes them, in which zone, and when the fiscal year begins."""

    name: str
    zone: str
    fiscal_year: str


AUTHORITIES = {
    "al": Authority("Alabama Secretary of State", "America/Chicago", "10-01"),
    "nc": Authority("State Archives of North Carolina", "America/New_York", "07-01"),
    "va": Authority("Library of Virginia", "America/New_York", "07-01"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A series as it is published, in either shape; what is empty or absent there is empty here."""

    state: str
    agency: str
    schedule: str
    url: str
    number: str
    title: str
    description: str
    citation: str
    comments: str
    dated: str
    code: str
    rule: str
    disposition: str
    years: int | None
    months: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One series of a file: its number in the schedule, what became of it, and why."""

    item: str
    title: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """A schedule from a published file, and what became of each series that the file claims to have."""

    schedule: Schedule
    rows: tuple[Row, ...]

    @property
    def counts(self) -> dict[State, int]:
        """How many series came into each state; together all that the file claims."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in STATES}


def import_published(content: bytes, *, name: str) -> Imported:
    """Return the schedule in a file of published series; ``name`` is the file's, without folder and ending.

    Raises:
        PublishedUnreadableError: it is no list of series, too large, or of a state whose calendar is not known here.
    """
    published = tuple(_find_published(row) for row in _rows(content, name=name))
    readable = [one for one in published if one is not None]
    if not readable:
        raise PublishedUnreadableError(f"{name} holds no series.", do="Give a file that lists series.")
    first = readable[0]
    authority = AUTHORITIES.get(first.state)
    if authority is None or any(one.state != first.state for one in readable):
        raise PublishedUnreadableError(
            f"The series of {name} are not all of one state whose calendar is known; the first is of {first.state!r}.",
            do=f"Give a file of one of these: {', '.join(AUTHORITIES)}; or write a schedule.",
        )
    days = [day for one in readable if (day := _find_day(one.dated)) is not None]
    if not days:
        raise PublishedUnreadableError(
            f"No series of {name} says when it was looked at.", do="Add last_checked, as 2026-09-01."
        )
    numbers = Counter(one.number for one in readable)
    read = tuple(_series(one, place, numbers) for place, one in enumerate(published, 1))
    schedule = Schedule(
        name=_name(f"{first.state}-{name}"),
        title=first.agency or f"General schedule {first.schedule}",
        authority=authority.name,
        edition=f"as published on {max(days)}",
        zone=authority.zone,
        effective=max(days),
        series=tuple(series for series, _ in read),
        citation=first.url,
        fiscal_year=authority.fiscal_year,
        example=True,
    )
    return Imported(schedule, tuple(row for _, row in read))


def _rows(content: bytes, *, name: str) -> list[Any]:
    if len(content) > LARGEST:
        raise PublishedUnreadableError(
            f"{name} is larger than {LARGEST // 1_000_000} MB.", do="Give a file of one schedule."
        )
    try:
        rows = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise PublishedUnreadableError(
            f"{name} is no JSON: {error}.", do="Give the file as it was published."
        ) from error
    if not isinstance(rows, list):
        raise PublishedUnreadableError(f"{name} is no list of series.", do="Give a file that lists series.")
    return rows


class _RowUnreadableError(Exception):
    """A row of a file has neither shape."""


def _find_published(row: object) -> Published | None:
    """Return a row as a series, or nothing where it has neither shape."""
    try:
        if not isinstance(row, dict):
            return None
        if "retention_rules" in row:
            return _nested(row)
        return _flat(row) if "retention_statement" in row else None
    except _RowUnreadableError:
        return None


def _nested(row: dict[str, Any]) -> Published:
    """A series in parts; Alabama's have a code for the trigger and a sentence for the rule."""
    rules = row["retention_rules"]
    coded = isinstance(rules, dict) and "disposition" in rules
    trigger = _text(row, "retention_rules", "trigger_event")
    return Published(
        state=_text(row, "schedule_metadata", "state"),
        agency=_text(row, "schedule_metadata", "agency_name"),
        schedule=_text(row, "schedule_metadata", "schedule_id"),
        url=_text(row, "schedule_metadata", "url"),
        number=_text(row, "series_metadata", "series_id"),
        title=_text(row, "series_metadata", "series_title"),
        description=_text(row, "series_metadata", "series_description"),
        citation=_text(row, "series_metadata", "legal_citation"),
        comments=_text(row, "tracking_data", "comments"),
        dated=_text(row, "tracking_data", "last_checked"),
        code=trigger if coded else "",
        rule=_text(row, "retention_rules", "disposition") if coded else trigger,
        disposition="" if coded else _text(row, "retention_rules", "disposition_method"),
        years=_find_number(row, "retention_rules", "duration_years"),
        months=_find_number(row, "retention_rules", "duration_months"),
    )


def _flat(row: dict[str, Any]) -> Published:
    """A series whose rule is a sentence."""
    if _text(row, "retention_weeks") or _text(row, "retention_days"):
        raise _RowUnreadableError  # no file has them; what they would mean beside years is not known
    return Published(
        state=_text(row, "state"),
        agency=_text(row, "agency_name"),
        schedule=_text(row, "schedule_id"),
        url=_text(row, "url"),
        number=_text(row, "series_id"),
        title=_text(row, "series_title"),
        description=_text(row, "series_description"),
        citation=_text(row, "legal_citation"),
        comments=_text(row, "comments"),
        dated=_text(row, "last_checked"),
        code=_text(row, "retention_code"),
        rule=_text(row, "retention_statement"),
        disposition=_text(row, "disposition"),
        years=_find_number(row, "retention_years"),
        months=_find_number(row, "retention_months"),
    )


def _value(row: Any, path: tuple[str, ...]) -> object:  # noqa: ANN401 - whatever stands in the file
    for key in path:
        if not isinstance(row, dict):
            raise _RowUnreadableError
        row = row.get(key)
    found: object = row
    return found


def _text(row: dict[str, Any], *path: str) -> str:
    """Return a text with single spaces and nothing unseen, empty where there is none."""
    value = _value(row, path)
    if value is not None and not isinstance(value, str):
        raise _RowUnreadableError
    return " ".join(UNSEEN.sub(" ", value or "").split())


def _find_number(row: dict[str, Any], *path: str) -> int | None:
    value = _value(row, path)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _RowUnreadableError
    return value


def _series(published: Published | None, place: int, numbers: Counter[str]) -> tuple[Series, Row]:
    """Return a series and what became of it: what is not understood is kept."""
    if published is None:
        refused = Refused("unreadable")
        return (
            Series(item=f"row {place}", title="(unreadable)", disposal="keep", remarks=f"Not understood: {refused}."),
            Row(f"row {place}", "(unreadable)", "refused", str(refused)),
        )
    usable = ITEM.fullmatch(published.number) and not ROW.fullmatch(published.number)
    twice = bool(published.number) and numbers[published.number] > 1
    item = published.number if usable and not twice else f"row {place}"
    title = published.title or "(no title)"
    reading = Refused("the number stands twice", published.number) if twice else _read(published)
    remarks = _remarks(published, reading, named=item == published.number)
    kept = Series(item=item, title=title, disposal="keep", citation=published.citation, remarks=remarks)
    match reading:
        case Timed(term, destroyed):
            disposal: Literal["destroy", "review"] = "destroy" if destroyed else "review"
            return replace(kept, disposal=disposal, terms=(term,)), Row(item, title, disposal)
        case ForEver():
            return kept, Row(item, title, "for ever")
        case Refused():
            return kept, Row(item, title, "refused", str(reading))


def _read(published: Published) -> Reading:
    return read_claim(
        Claim(
            years=published.years,
            months=published.months,
            rule=published.rule,
            disposition=published.disposition,
            code=published.code,
            beside=(published.title, published.description, published.citation, published.comments, published.agency),
        )
    )


def _remarks(published: Published, reading: Reading, *, named: bool) -> str:
    """Return what a person needs to check a series: why it was refused, and its words as they were published."""
    parts = [] if named else ["The file has no usable number for it: this one is its place in the file."]
    parts += [f"Not understood, therefore kept: {reading}."] if isinstance(reading, Refused) else []
    lengths = ((published.years, "years"), (published.months, "months"))
    length = ", ".join(f"{number} {unit}" for number, unit in lengths if number is not None)
    rule = " | ".join(part for part in (published.code, published.rule, published.disposition) if part)
    parts.append(f"Published as: {length or 'no duration'}; {rule or 'no words'}.")
    return " ".join([*parts, published.description, published.comments]).strip()


def _find_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:64].strip("-")
