"""Which of ten million records in partitions are due, beside judging rows one by one that were read already."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import Row, seconds
from bench.retention import CALENDAR, ROWS
from ediscovery.commands import MEMORY
from ediscovery.disposition.choosing import choose
from ediscovery.disposition.lists import write_list
from ediscovery.disposition.planning import MOST_RECORDS
from ediscovery.engine import Means
from ediscovery.partitions import Source
from ediscovery.retention.covering import covering
from ediscovery.retention.eligible import eligible
from ediscovery.retention.gathering import gathered
from ediscovery.retention.in_force import InForce
from ediscovery.retention.reckoning import Facts, day_of, reckon
from ediscovery.retention.tallying import tally
from ediscovery.search import Search
from manifests.archive import Archive, create_archive
from manifests.console import system_clock
from manifests.history import Place
from schemas.account import Account
from schemas.classifying import Subject, find_rule
from schemas.digest import Digest
from schemas.holds import Scope
from schemas.instant import Instant
from schemas.ledger import AccountRegistered, ClassificationAdopted, HoldPlaced, ScheduleAdopted
from schemas.merkle import CompactRange
from schemas.partition import Partition
from schemas.retention import Classification, Match, Period, Rule, Schedule, Series, Term
from schemas.stored import StoredObject
from schemas.tables import PARTITION
from storage import layout
from storage.parquet.limits import ROWS as GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.disposition import PlannedRecords
    from schemas.ledger import Act

ACCOUNTS = ("city", "library", "police", "schools")
PARTITIONS = 10  # of each account
SAMPLE = 50_000
AS_OF = date(2026, 1, 1)
# One record in ten is a post, the rest are comments in its thread; one in twenty is a later version of another, and one
# in fifty an absence. Instants are those of eleven years.
MADE = """
SELECT unhex(sha256($account || i)) AS record, unhex(sha256('salt' || i)) AS salt,
    encode('{"id":"' || i || '"}') AS native,
    encode('{"author":{"id":"' || author || '","name":"Somebody ' || author || '"},"item":"' || item || '","kind":"'
        || kind || '","text":"' || text || '"' || CASE WHEN kind = 'absence'
        THEN ',"absence":{"verdict":"deleted"}' ELSE '' END || ',"type":"Note"}') AS normalised,
    encode('{"account":"' || $account || '"}') AS provenance, unhex(sha256('native' || i)) AS native_sha256, item, kind,
    'https://x.example/' || item AS url, NULL AS title, text, 'Somebody ' || author AS author,
    CASE WHEN kind = 'comment' THEN '1700000000' || (i - i % 10) END AS thread, NULL AS parent,
    CASE WHEN kind <> 'absence' THEN make_timestamptz(1000000 * (1420070400 + i * 346896000 // $rows)) END AS created,
    make_timestamptz(1000000 * (1420074000 + i * 346896000 // $rows)) AS captured
FROM (SELECT i, chance % 5000 AS author, repeat('word ', 20) || chance AS text,
        CASE WHEN chance % 100 < 2 THEN 'absence' WHEN i % 10 = 0 THEN 'post' ELSE 'comment' END AS kind,
        '1700000000' || (CASE WHEN chance % 100 < 2 THEN i - 1 WHEN chance % 100 < 7 THEN greatest(i - 20, 0)
            ELSE i END) AS item
    FROM (SELECT i, hash(i) AS chance FROM range($start, $stop) AS numbers(i)))
"""


def archive(folder: Path) -> list[Row]:
    """Four accounts, two of them with officials who answer; three series, and a hold on one account's month."""
    made = _archive(folder / "home")
    sources = list(_sources(folder))
    in_force = InForce.of(made.ledger)
    (folder / "spill").mkdir()
    rows = len(ACCOUNTS) * PARTITIONS * _each()
    reasons: Counter[str] = Counter()
    threads = os.cpu_count() or 1
    with Search(sources, _unasked, Means(threads, MEMORY, folder / "spill")) as opened:

        def ours() -> None:
            reasons.clear()
            reasons.update(tally(eligible(made, opened, in_force, as_of=AS_OF)).reasons)

        before = time.process_time()
        taken = seconds(ours, times=1)
        processor = time.process_time() - before
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        planned = _planned(made, opened, in_force, folder / "list")
        scope = Scope(until=system_clock())
        statement = gathered((), partial(covering, [scope], _unasked), activity=True, shown=False)
        read = next(opened.batches(statement, "city")).slice(0, SAMPLE).to_pylist()
    theirs = seconds(lambda: [_judged(one, in_force) for one in read], times=2)
    size = sum(source.path.stat().st_size for source in sources) / 1e6
    print(
        f"    {dict(reasons)}; {taken:.1f} s, {processor:.1f} of processors; {size:,.0f} MB, {memory:,.0f} MiB",
        flush=True,
    )
    return [
        Row(f"retention: {rows:,} in partitions", "records/s", rows / taken, len(read) / theirs, "one by one, read"),
        planned,
    ]


def _unasked(*_: object) -> NoReturn:
    """No hold of these has a search."""
    raise AssertionError


def _planned(made: Archive, opened: Search, in_force: InForce, out: Path) -> Row:
    """Choose what a plan takes of each account, and write its list; beside counting what is due, and no more."""
    written = CompactRange()

    def ours() -> None:
        nonlocal written
        with out.open("wb") as file:
            written = write_list(file, _lines(made, opened, in_force))

    def theirs() -> None:
        tally(eligible(made, opened, in_force, as_of=AS_OF))

    taken, counting = seconds(ours, times=1), seconds(theirs, times=1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = out.stat().st_size / 1e6
    print(f"    {written.size:,} planned in {taken:.1f} s; list of {size:,.0f} MB, {memory:,.0f} MiB", flush=True)
    records = written.size
    return Row(f"a plan of {records:,} records", "records/s", records / taken, records / counting, "counting them")


def _lines(made: Archive, opened: Search, in_force: InForce) -> Iterator[PlannedRecords]:
    for name in ACCOUNTS:
        places = {f"{name}/{number}": _place(name, number) for number in range(PARTITIONS)}
        judged = eligible(made, opened, in_force, as_of=AS_OF, accounts=(name,))
        chosen = choose(judged, places, transferred=(), produced=(), most=MOST_RECORDS)
        yield from chosen.lines()


def _place(account: str, number: int) -> Place:
    key = layout.partition(account=account, series="any", period="2020-01", name=f"{number:032x}")
    stored = StoredObject(key=key, sha256=Digest.of(b""), size=0)
    partition = Partition(
        account=account, series="any", period="2020-01", rows=_each(), root=Digest.of(b""), stored=stored
    )
    return Place(partition, 0, stored, _each())


def _judged(one: dict[str, Any], in_force: InForce) -> list[Any]:
    subject = Subject(
        account="city", platform="x", kind=one["subject"], author_class="official" if one["official"] else "public"
    )
    assert in_force.classification is not None
    found = find_rule(in_force.classification, subject)
    days = {
        name: None if one[column] is None else day_of(Instant(one[column]), CALENDAR)
        for name, column in (("created", "created"), ("captured", "captured"), ("last_activity", "last-activity"))
    }
    series = found[1].series if found else ()
    return [reckon(in_force.schedules.resolve(name).series, Facts(**days), CALENDAR).due for name in series]


def _archive(home: Path) -> Archive:
    made = create_archive(
        home, organisation="Bench", timezone="UTC", bates_prefix="B", tag="0", now=system_clock, actor="bench"
    )
    for act in _acts():
        made.append(lambda _history, act=act: (act,))
    return made


def _acts() -> Iterator[Act]:
    for name in ACCOUNTS:
        officials = ("17", "4711") if name in ("city", "schools") else ()
        url = f"https://{name}.example/"
        yield AccountRegistered(account=Account(name=name, platform="x", url=url, title=name, officials=officials))
    terms = {
        "posts": Term(trigger="created", period=Period(years=2)),
        "threads": Term(trigger="last-activity", period=Period(years=3), cutoff="fiscal-year-end"),
        "answers": Term(trigger="captured", period=Period(years=5)),
    }
    several = tuple(Series(item=item, title=item, disposal="destroy", terms=(one,)) for item, one in terms.items())
    yield ScheduleAdopted(
        schedule=Schedule(
            name="bench",
            title="Bench",
            authority="Bench",
            edition="1",
            zone=CALENDAR.zone,
            fiscal_year=CALENDAR.fiscal_year,
            effective=AS_OF,
            series=several,
        )
    )
    rules = (
        Rule(match=Match(kinds=("post",)), series=("bench/posts",)),
        Rule(match=Match(classes=("official",)), series=("bench/answers",)),
        Rule(match=Match(kinds=("comment",)), series=("bench/threads",)),
    )
    yield ClassificationAdopted(classification=Classification(title="Bench", rules=rules))
    month = {edge: Instant.from_text(f"2020-{edge}-01T00:00:00.000000Z") for edge in ("03", "04")}
    yield HoldPlaced(hold="h", reason="h", scope=Scope(accounts=("police",), since=month["03"], until=month["04"]))


def _each() -> int:
    return max(ROWS // len(ACCOUNTS) // PARTITIONS, 1)


def _sources(folder: Path) -> Iterator[Source]:
    """Partitions as ``storage.parquet`` writes them, made in bulk."""
    with duckdb.connect() as making:
        for name in ACCOUNTS:
            for number in range(PARTITIONS):
                start = number * _each()
                asked = {"account": name, "start": start, "stop": start + _each(), "rows": PARTITIONS * _each()}
                path = folder / f"{name}-{number}"
                _write(path, making.execute(MADE, asked).to_arrow_table())
                yield Source(path=path, key=f"{name}/{number}", account=name, entry=number, rows=_each())


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(
        table.cast(PARTITION),
        path,
        row_group_size=GROUP,
        compression="zstd",
        compression_level=3,
        use_dictionary=False,
        write_statistics=["kind", "item", "created", "captured"],
        store_schema=False,
    )
