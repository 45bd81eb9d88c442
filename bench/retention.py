"""When ten million records are due, beside reckoning a sample of the same records one by one."""

from __future__ import annotations

import os
import resource
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.measure import Row, seconds
from ediscovery.retention.mass import SERIES, MassReckoning
from ediscovery.retention.reckoning import Calendar, Facts, reckon
from ediscovery.retention.schedules import Scheduled
from schemas.retention import Period, Series, Term

if TYPE_CHECKING:
    from pathlib import Path

ROWS = int(os.environ.get("HOLDFAST_BENCH_RECORDS", "10000000"))
BATCH = min(ROWS, 1_000_000)
SAMPLE = min(ROWS, 100_000)
CALENDAR = Calendar("America/Chicago", "09-01")
COLUMNS = {"created": "created", "last-activity": "last_activity", "subject-born": "subject_born"}
SERIES_NAMED: dict[str, tuple[Term, ...]] = {
    "bench/posts": (Term(trigger="created", period=Period(years=2)),),
    "bench/fiscal": (Term(trigger="last-activity", period=Period(years=3), cutoff="fiscal-year-end"),),
    "bench/minors": (
        Term(trigger="created", period=Period(years=5)),
        Term(trigger="subject-born", period=Period(years=20)),
    ),
    "bench/needed": (Term(trigger="created", period=Period(years=3)), Term(trigger="event:no-longer-needed")),
    "bench/kept": (),
}


def reckoning(folder: Path) -> list[Row]:  # noqa: ARG001 - nothing is written
    """Days of eleven years in five series; each batch is made, within the time measured, when it is reckoned."""
    assigned = {name: (Scheduled(name, _series(name, terms), CALENDAR),) for name, terms in SERIES_NAMED.items()}
    fates: Counter[str] = Counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def ours() -> None:
        mass = MassReckoning(assigned)
        fates.clear()
        for number in range(ROWS // BATCH):
            fates.update(mass.reckon(_batch(10 * number)).fates)

    rows = _batch(0).slice(0, SAMPLE).to_pylist()

    def theirs() -> None:
        for row in rows:
            facts = Facts(**{field: row[column] for column, field in COLUMNS.items()})
            reckon(assigned[row[SERIES]][0].series, facts, CALENDAR)

    ours_rate, theirs_rate = ROWS / seconds(ours, times=2), SAMPLE / seconds(theirs, times=2)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"    {dict(fates)}; {ROWS / ours_rate:.1f} s, {more:,.0f} MiB more", flush=True)
    return [Row(f"retention: {ROWS:,} records", "records/s", ours_rate, theirs_rate, "one by one")]


def _series(name: str, terms: tuple[Term, ...]) -> Series:
    return Series(item=name.split("/")[1], title=name, disposal="destroy" if terms else "keep", terms=terms)


def _batch(seed: int) -> pa.RecordBatch:
    number = pc.random(BATCH, initializer=seed)
    series = pc.cast(pc.floor(pc.multiply(number, len(SERIES_NAMED))), pa.int32())
    columns: dict[str, Any] = {
        SERIES: pa.DictionaryArray.from_arrays(series, list(SERIES_NAMED)),
        "created": _days(date(2015, 1, 1), seed + 1, unknown=0.0),
        "last-activity": _days(date(2015, 1, 1), seed + 2, unknown=0.1),
        "subject-born": _days(date(2000, 1, 1), seed + 3, unknown=0.1),
    }
    return pa.RecordBatch.from_pydict(columns)


def _days(first: date, seed: int, *, unknown: float) -> Any:
    """Return days of some eleven years, of which a part is unknown."""
    number = pc.random(BATCH, initializer=seed)
    days = pc.add(pc.floor(pc.multiply(number, 4_000)), float((first - date(1970, 1, 1)).days))
    forgotten = pc.less(pc.random(BATCH, initializer=seed + 1_000), unknown)
    return pc.if_else(forgotten, None, pc.cast(days, pa.int32())).cast(pa.date32())
