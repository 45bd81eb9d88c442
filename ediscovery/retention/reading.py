"""From the TOML that a records officer writes to a schedule or a classification, refused with file and line.

Which values may stand where is that of ``schemas.retention``; what the whole must fulfil is in ``demands``. In a file a
series' first term stands in the series itself, and further ones in ``[[series.alternative]]``.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import fields, replace

from ediscovery.retention.demands import demand_classification, demand_schedule
from ediscovery.retention.places import ScheduleError, error_at, places
from schemas.retention import Approval, Classification, Match, Period, Rule, Schedule, Series, Term

if TYPE_CHECKING:
    from ediscovery.retention.places import Page, Path

LARGEST = 8_000_000
"""Bytes of a file that is read; the largest schedule of a state that is known has a tenth."""

LONGEST_SHOWN = 60

TERM = tuple(one.name for one in fields(Term))
KEYS = {
    Schedule: tuple(one.name for one in fields(Schedule) if one.name != "series"),
    Series: (*(one.name for one in fields(Series) if one.name != "terms"), *TERM, "alternative"),
    Term: TERM,
    Classification: tuple(one.name for one in fields(Classification) if one.name != "rules"),
    Rule: tuple(one.name for one in fields(Rule)),
}
INNER: dict[str, type[msgspec.Struct]] = {"period": Period, "approval": Approval, "match": Match}

HOW = {
    "name": 'small letters, digits and hyphens, as in name = "tx-gr"',
    "title": 'words between quotes, as in title = "General correspondence"',
    "effective": "a day without quotes, as in effective = 2026-09-01",
    "adopted_on": "a day without quotes, as in adopted_on = 2026-09-01",
    "example": "true or false, without quotes",
    "fiscal_year": 'the month and day on which it begins, as in fiscal_year = "09-01"',
    "item": 'its number between quotes, of letters, digits, spaces and . _ ( ) -, as in item = "GR1000-26b"',
    "disposal": 'one of "destroy", "review", "transfer" and "keep" (for ever)',
    "trigger": (
        'one of "created", "captured", "last-activity", "closed", "superseded", "subject-born", or an event that a '
        'person declares, as in trigger = "event:case-closed"'
    ),
    "period": "years, months and days as whole numbers, as in period = { years = 2 }",
    "cutoff": 'one of "none", "month-end", "calendar-year-end" and "fiscal-year-end"',
    "combine": '"max" (whichever is later) or "min" (whichever is earlier)',
    "approval": 'who must approve, as in approval = { roles = ["records-officer"], wait_days = 10 }',
    "roles": '"records-officer", "legal-reviewer" or both, as in roles = ["records-officer", "legal-reviewer"]',
    "wait_days": "a whole number without quotes, as in wait_days = 10",
    "same_as": 'the schedule and the item number, as in same_as = "tx-gr/GR1000-26b"',
    "at_least": 'the schedule and the item number, as in at_least = "tx-gr/GR1000-26b"',
    "series": 'a list of the schedules and item numbers, as in series = ["tx-gr/GR1000-26b"]',
    "match": 'what a record must be, as in match = { kinds = ["comment"], classes = ["public"] }',
    "accounts": 'a list of names, as in accounts = ["district-blog"]',
    "platforms": 'a list of names, as in platforms = ["rss"]',
    "kinds": 'a list, as in kinds = ["post", "comment"]',
    "classes": 'a list of "official" and "public", as in classes = ["public"]',
    "moderation": 'a list of "removed", "hidden" and "visible", as in moderation = ["removed"]',
}
FOREIGN = {
    "permanent": 'For what is kept for ever, write disposal = "keep" and neither a trigger nor a period.',
    "action": 'Write disposal = "destroy", "review", "transfer" or "keep".',
    "tz": 'Write zone = "America/Chicago".',
    "fiscal_year_start": 'Write fiscal_year = "09-01".',
    "id": 'Write name = "tx-gr".',
}
"""What other programs call things, and what the thing is called here."""

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
WHERE = re.compile(r"^(.*?)(?: - at `\$([^`]*)`)?$", re.DOTALL)
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`", re.DOTALL)
SYNTAX = re.compile(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", re.DOTALL)

Structure = TypeVar("Structure", bound=msgspec.Struct)


def text_of(content: bytes, *, name: str) -> str:
    """Return the text of a file; a mark of its byte order is left out.

    Raises:
        ScheduleError: it is larger than ``LARGEST``, or no UTF-8.
    """
    if len(content) > LARGEST:
        what = f"the file is larger than {LARGEST // 1_000_000} MB."
        raise error_at(name, 1, what, do="Give a schedule; this is something else.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise error_at(name, line, "the text is not UTF-8.", do="Save the file as UTF-8, and read it again.") from error


def read(text: str, *, name: str) -> Schedule | Classification:
    """Return what is in the text of the file that is called ``name``: a classification if it has rules or says so.

    Raises:
        ScheduleError: no TOML, an unknown or missing key, an impossible value, or a whole that makes no sense.
    """
    plain, page = _parsed(text, name=name)
    return _classification(plain, page) if "classification" in plain or "rule" in plain else _schedule(plain, page)


def read_schedule(text: str, *, name: str) -> Schedule:
    """Return the schedule in the text of the file that is called ``name``. Raises what ``read`` raises."""
    return _schedule(*_parsed(text, name=name))


def read_classification(text: str, *, name: str) -> Classification:
    """Return the classification in the text of the file that is called ``name``. Raises what ``read`` raises."""
    return _classification(*_parsed(text, name=name))


def _schedule(plain: dict[str, Any], page: Page) -> Schedule:
    _demand_keys(plain, ("schedule", "series"), page, ())
    head = _table(plain.get("schedule"), page, ("schedule",))
    _demand_keys(head, KEYS[Schedule], page, ("schedule",))
    schedule = _convert({**head, "series": ()}, Schedule, page, ("schedule",))
    listed = _array(plain.get("series", ()), page, ("series",))
    series = tuple(_series(one, page, ("series", number)) for number, one in enumerate(listed))
    whole = replace(schedule, series=series)
    demand_schedule(whole, page)
    return whole


def _classification(plain: dict[str, Any], page: Page) -> Classification:
    _demand_keys(plain, ("classification", "rule"), page, ())
    head = _table(plain.get("classification"), page, ("classification",))
    _demand_keys(head, KEYS[Classification], page, ("classification",))
    classification = _convert({**head, "rules": ()}, Classification, page, ("classification",))
    listed = _array(plain.get("rule", ()), page, ("rule",))
    rules = tuple(_convert(one, Rule, page, ("rule", number)) for number, one in enumerate(listed))
    whole = replace(classification, rules=rules)
    demand_classification(whole, page)
    return whole


def _parsed(text: str, *, name: str) -> tuple[dict[str, Any], Page]:
    page = places(text, name=name)
    try:
        plain = tomllib.loads(text)
    except ValueError as error:  # also what Python says of a number with thousands of digits
        raise _syntax_error(str(error), text, name=name) from error
    _demand_printable(plain, page)
    return plain, page


def _syntax_error(words: str, text: str, *, name: str) -> ScheduleError:
    said = SYNTAX.match(words)
    line = int(said[2]) if said and said[2] else text.count("\n") + 1
    what = said[1] if said else words
    return error_at(
        name,
        line,
        f"this is not TOML: {what}.",
        do='Correct the line: a key, =, and the value; words stand between quotes, as in title = "Minutes".',
    )


def _demand_printable(plain: dict[str, Any], page: Page) -> None:
    """Refuse characters that nobody sees; depth is limited by ``places``."""
    waiting: list[tuple[Path, object]] = [((), plain)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, key), one) for key, one in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, number), one) for number, one in enumerate(value)]
        elif isinstance(value, str) and (stray := _find_unseen(value)) is not None:
            raise page.error(
                path,
                f"the text holds a character that cannot be seen, U+{ord(stray):04X}.",
                do="Remove it; line ends and tabs are all that may stand in a text unseen.",
            )


def _find_unseen(text: str) -> str | None:
    """Return the first character of a text that is no line's end, no tab and nothing that can be written or seen."""
    found = UNSEEN.search(text)
    return found[0] if found else None


def _series(plain: object, page: Page, at: Path) -> Series:
    table = _table(plain, page, at)
    _demand_keys(table, KEYS[Series], page, at)
    own = {key: value for key, value in table.items() if key not in (*TERM, "alternative")}
    series = _convert(own, Series, page, at)
    first = {key: table[key] for key in TERM if key in table}
    alternatives = _array(table.get("alternative", ()), page, (*at, "alternative"))
    if alternatives and not first:
        raise page.error(
            (*at, "alternative"),
            "there is an alternative to nothing.",
            do="Write the first trigger and period in the series itself, and the others as alternatives.",
        )
    terms = (_convert(first, Term, page, at),) if first else ()
    others = (_convert(one, Term, page, (*at, "alternative", number)) for number, one in enumerate(alternatives))
    return replace(series, terms=(*terms, *others))


def _table(plain: object, page: Page, at: Path) -> dict[str, Any]:
    if isinstance(plain, dict):
        return plain
    named = f"[{at[0]}]" if len(at) == 1 else f"[[{at[0]}]]"
    do = f"Write {named} on a line of its own, and its keys below it."
    raise page.error(at, f"there is no table {named}.", do=do)


def _array(plain: object, page: Page, at: Path) -> list[Any] | tuple[Any, ...]:
    if isinstance(plain, list | tuple):
        return plain
    named = ".".join(part for part in at if isinstance(part, str))
    raise page.error(at, f"{named} is no list.", do=f"Write [[{named}]] with two brackets, once for each.")


def _demand_keys(table: dict[str, Any], known: tuple[str, ...], page: Page, at: Path) -> None:
    for key in table:
        if key not in known:
            raise _unknown(key, known, page, at)


def _unknown(key: str, known: tuple[str, ...], page: Page, at: Path) -> ScheduleError:
    near = get_close_matches(key, known, n=1)
    listed = f"What may stand here: {', '.join(known)}."
    do = FOREIGN.get(key) or (f"Did you mean {near[0]!r}? {listed}" if near else listed)
    return page.error((*at, key), f"{key!r} is not known here.", do=do)


def _convert(plain: object, kind: type[Structure], page: Page, at: Path) -> Structure:
    try:
        return msgspec.convert(plain, kind, builtin_types=(date, datetime, time))
    except msgspec.ValidationError as error:
        raise _refusal(str(error), plain, kind, page, at) from error


def _refusal(words: str, plain: object, kind: type[msgspec.Struct], page: Page, at: Path) -> ScheduleError:
    """Say in a records officer's words what msgspec says of a value."""
    said = WHERE.match(words)
    what, where = (said[1], said[2] or "") if said else (words, "")
    within: Path = tuple(int(number) if number else key for key, number in STEP.findall(where))
    path = at + within
    if (named := FIELD.match(what)) is not None:
        inner: type[msgspec.Struct] = next((INNER[str(part)] for part in reversed(path) if part in INNER), kind)
        if "unknown" in what[: named.start(1)]:
            return _unknown(named[1], KEYS.get(inner) or tuple(one.name for one in fields(inner)), page, path)
        return page.error(path, f"{named[1]!r} is missing.", do=f"Add it: {_how(named[1])}.")
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    return page.error(path, f"{key!r} cannot be {_shown(plain, within)}.", do=f"Write {_how(key)}.")


def _shown(plain: Any, within: Path) -> str:  # noqa: ANN401 - whatever stands in the file
    for step in within:
        plain = plain[step]
    day = isinstance(plain, date | time)
    shown = str(plain) if day else json.dumps(plain, default=str, ensure_ascii=False)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"


def _how(key: str) -> str:
    if key in ("years", "months", "days"):
        return HOW["period"]
    return HOW.get(key, f'words between quotes, as in {key} = "…"')
