"""What a search finds, in numbers: how many hits of each account, platform, type, author …, and when. Pure.

All of it but the authors is counted by one statement over the hits. Authors are counted by name, as hits show them.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ediscovery.index.places import SIGN, fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from zoneinfo import ZoneInfo

    from ediscovery.index.tables import Selection

Name: TypeAlias = Literal["account", "platform", "type", "author", "class", "absence"]
NAMES: tuple[Name, ...] = get_args(Name)
Unit: TypeAlias = Literal["day", "month", "year", "century"]

THERE, UNNAMED = "there", ""
"""What is counted as absence ``there`` was not missed; an author that is not named has an empty name."""

MOST_VALUES = 100
"""How many values of one facet are told apart; what more there are is counted as ``others``."""

DAY = 86_400_000_000  # microseconds
EPOCH = date(1970, 1, 1).toordinal()
OFFSETS_FROM, OFFSETS_TO = 1970, 2100
"""Years whose days begin as the zone says; before and after, as they do in the first and in the last of them."""

MOST_DAYS, MOST_MONTHS, MOST_YEARS = 62, 60, 120
"""How long a span is shown by days, by months, by years."""

AUTHORS = f"""
SELECT coalesce(author, '') AS name, count(*) AS hits, count(*) OVER (), sum(count(*)) OVER () FROM own
GROUP BY name ORDER BY hits DESC, name LIMIT {MOST_VALUES}"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many hits have a value."""

    value: str
    hits: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The hits by one property, those values first that most have; ``others`` have one of ``more`` further values."""

    name: Name
    counts: tuple[Count, ...]
    more: int = 0
    others: int = 0

    @property
    def hits(self) -> int:
        """The hits that are counted."""
        return self.others + sum(one.hits for one in self.counts)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many hits have their date in a day, month, year or century; it begins with ``start``."""

    start: date
    hits: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of hits, and how they are divided; ``bars`` have no gap, and stand for a ``unit`` each."""

    total: int
    facets: tuple[Facet, ...]
    unit: Unit
    bars: tuple[Bar, ...]


def statement(made: Selection, zone: ZoneInfo) -> str:
    """Return the statement, over ``index.kept``, of rows ``(part, value, hits)``; a part is a facet, or ``day``."""
    add = made.values.add
    since, offset = zip(*offsets(zone), strict=True)
    start = fact("platform", "")
    made.tables.append(f"""
offsets AS MATERIALIZED (
    SELECT unnest({add([str(one) for one in since])})::BIGINT AS since,
        unnest({add([str(one) for one in offset])})::BIGINT AS micros
)""")
    return f"""
SELECT 'account', account, count(*) FROM seen GROUP BY account
UNION ALL SELECT 'type', kind, count(*) FROM seen GROUP BY kind
UNION ALL SELECT 'absence', coalesce(verdict, {add(THERE)}), count(*) FROM seen GROUP BY ALL
UNION ALL SELECT 'platform', substr(term, {len(start) + 1}), count(*) FROM postings SEMI JOIN seen USING (doc)
    WHERE term >= {add(start)} AND term < {add(start[: -len(SIGN)] + chr(ord(SIGN) + 1))} GROUP BY term
UNION ALL SELECT 'day', ((date + micros + {EPOCH * DAY}) // {DAY})::VARCHAR, count(*)
    FROM seen ASOF JOIN offsets ON date >= since GROUP BY ALL
"""


@cache
def offsets(zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """Return since when a zone's clocks are how far ahead of UTC, both in microseconds, the first since ever."""
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (OFFSETS_FROM, OFFSETS_TO))

    def ahead(second: int) -> int:
        offset = datetime.fromtimestamp(second, zone).utcoffset() or timedelta()
        return offset // timedelta(microseconds=1)

    found = [(-(1 << 62), ahead(first))]
    for start in range(first, last, 86_400):
        if ahead(start + 86_400) != found[-1][1]:
            low, high = start, start + 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if ahead(middle) == found[-1][1] else (low, middle)
            found.append((high * 1_000_000, ahead(high)))
    return tuple(found)


def summary_of(
    rows: Iterable[tuple[str, str, int]], authors: Iterable[tuple[str, int, int, int]], *, public: int = 0
) -> Summary:
    """Return what the rows of ``statement`` and of ``AUTHORS`` say, of hits of which so many are of the public."""
    counts: dict[str, list[Count]] = {}
    for part, value, hits in rows:
        if hits:
            counts.setdefault(part, []).append(Count(value, hits))
    total = sum(one.hits for one in counts.get("type", ()))
    counts["class"] = [Count(name, hits) for name, hits in (("official", total - public), ("public", public)) if hits]
    named = list(authors)
    found = tuple(Count(name, hits) for name, hits, _, _ in named)
    by_author = Facet("author", found)
    if named:
        _, _, names, everybody = named[0]
        by_author = Facet("author", found, more=names - len(found), others=int(everybody) - sum(o.hits for o in found))
    facets = (by_author if name == "author" else _facet(name, counts.get(name, [])) for name in NAMES)
    unit, bars = histogram({int(day.value): day.hits for day in counts.get("day", ())})
    return Summary(total, tuple(facets), unit, bars)


def _facet(name: Name, counts: list[Count]) -> Facet:
    ordered = sorted(counts, key=lambda one: (-one.hits, one.value))
    left = ordered[MOST_VALUES:]
    return Facet(name, tuple(ordered[:MOST_VALUES]), more=len(left), others=sum(one.hits for one in left))


def histogram(days: dict[int, int]) -> tuple[Unit, tuple[Bar, ...]]:
    """Return hits by the days on which they were (ordinals, as ``date`` counts them), in bars without a gap."""
    if not days:
        return "day", ()
    dated = [(date.fromordinal(min(max(day, 1), date.max.toordinal())), hits) for day, hits in days.items()]
    first, last = min(dated)[0], max(dated)[0]
    unit = _unit(first, last)
    start = STARTS[unit]
    bars = dict.fromkeys(_starts(unit, start(first), last), 0)
    for day, hits in dated:
        bars[start(day)] += hits
    return unit, tuple(Bar(day, hits) for day, hits in bars.items())


def _unit(first: date, last: date) -> Unit:
    if (last - first).days < MOST_DAYS:
        return "day"
    if (last.year - first.year) * 12 + last.month - first.month < MOST_MONTHS:
        return "month"
    return "year" if last.year - first.year < MOST_YEARS else "century"


STARTS: dict[Unit, Callable[[date], date]] = {
    "day": lambda day: day,
    "month": lambda day: day.replace(day=1),
    "year": lambda day: day.replace(month=1, day=1),
    "century": lambda day: date(max(day.year - day.year % 100, 1), 1, 1),
}


def _starts(unit: Unit, first: date, last: date) -> Iterator[date]:
    start = first
    while start <= last:
        yield start
        try:
            start = _next(unit, start)
        except (ValueError, OverflowError):
            return  # the calendar ends


def _next(unit: Unit, start: date) -> date:
    match unit:
        case "day":
            return start + timedelta(days=1)
        case "month":
            return start + timedelta(days=monthrange(start.year, start.month)[1])
        case "year":
            return start.replace(year=start.year + 1)
        case "century":
            return start.replace(year=start.year - start.year % 100 + 100)
