"""Twenty kinds of query over posts, beside SQLite's FTS5 and tantivy over the same words.

Each engine is built, asked again and again, and asked once with its files out of memory, in processes of their own.
``HOLDFAST_BENCH_RECORDS`` says how many records there are, ``HOLDFAST_BENCH_TEXTS`` names a Parquet file of texts
(column ``text``), and ``HOLDFAST_BENCH_FOLDER`` a folder in which posts and indexes stay and are found again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.engines import ENGINES, FIRST, NotAskedError
from bench.kinds import kinds_of
from bench.measure import Row
from bench.posts import RECORDS, Posts, posts_in
from ediscovery.language.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.engines import Answers, Engine

TIMES = {"hits": 5, "first": 3, "count": 3, "items": 3}
SPLIT, SPLIT_SIZE = 5_000, 200  # partitions, and records of each
COMPARED = {"holdfast": "Holdfast", "fts5": "FTS5", "tantivy": "tantivy"}
CUT = {"whole": "merged", "holdfast": "as they come", "singly": "none merged"}
RECORD_ID = pa.binary(32)


@dataclass(frozen=True, slots=True)
class Place:
    """Posts, and beside them the indexes over them and the queries."""

    folder: Path

    @property
    def posts(self) -> Posts:
        return posts_in(self.folder)

    @property
    def queries(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "kinds.json").read_text())
        return found

    def index(self, name: str) -> Path:
        return self.folder / "indexes" / name

    def engine(self, name: str) -> Engine:
        return ENGINES[name](self.posts, self.index(name))


def searching(folder: Path) -> list[Row]:
    """Answers, how the indexes were built, and what many small partitions cost."""
    home = Path(os.environ.get("HOLDFAST_BENCH_FOLDER") or folder)
    posts = posts_in(home / "all", RECORDS)
    place = Place(home / "all")
    if not (place.folder / "kinds.json").exists():
        (place.folder / "kinds.json").write_text(json.dumps(kinds_of(posts.texts), ensure_ascii=False))
    built = {name: _built(place, name) for name in COMPARED}
    warm = {name: _child("warm", name, place, *TIMES) for name in COMPARED}
    cold = {name: _child("cold", name, place, *warm[name]) for name in COMPARED}
    _print_posts(posts)
    _print_answers(place.queries, warm, cold)
    for difference in _child("compare", "-", place):
        print(f"    {difference}")
    return [*_answer_rows(warm, cold), *_build_rows(posts, built), *_split_rows(home, place)]


def _answer_rows(warm: Mapping[str, Any], cold: Mapping[str, Any]) -> list[Row]:
    rows = []
    for kind, ours in warm["holdfast"].items():
        for name in ("fts5", "tantivy"):
            if kind in warm[name]:
                theirs = warm[name][kind]["hits"]
                rows.append(Row(f"search: {kind}", "ms", ours["hits"], theirs, COMPARED[name], less=True))
    for name in ("fts5", "tantivy"):
        for measure, what in (("first", "first page"), ("hits", "all hits")):
            ours = [cold["holdfast"][kind][measure] for kind in cold[name]]
            theirs = [cold[name][kind][measure] for kind in cold[name]]
            won = sum(our < their for our, their in zip(ours, theirs, strict=True))
            label = f"search: cold, {what}, {won} of {len(ours)} kinds sooner"
            means = geometric_mean(ours), geometric_mean(theirs)
            rows.append(Row(label, "ms", *means, f"{COMPARED[name]}, geometric means", less=True))
    return rows


def _build_rows(posts: Posts, built: Mapping[str, dict[str, float]]) -> list[Row]:
    records, octets = posts.told["records"], posts.told["bytes"]
    ours = built["holdfast"]
    rows = []
    for name in ("fts5", "tantivy"):
        theirs, other = built[name], COMPARED[name]
        rates = records / ours["seconds"], records / theirs["seconds"]
        rows += [
            Row("search: build", "records/s", *rates, other),
            Row("search: build, processors", "s", ours["processors"], theirs["processors"], other, less=True),
            Row("search: build, memory", "MiB", ours["memory"], theirs["memory"], other, less=True),
            Row("search: index / text", "bytes", ours["size"] / octets, theirs["size"] / octets, other, less=True),
        ]
    return rows


def _split_rows(home: Path, queries: Place) -> list[Row]:
    """Many partitions of few records: in the segments that the program makes, and each by itself, beside one segment.

    There are 5,000 of them where there are ten million records besides, and fewer where there are less.
    """
    number = min(SPLIT, max(queries.posts.told["records"] // 2_000, 1))
    posts_in(home / "split", number * SPLIT_SIZE, size=SPLIT_SIZE)
    place = Place(home / "split")
    (place.folder / "kinds.json").write_text((queries.folder / "kinds.json").read_text())
    means = {}
    for name in CUT:
        _built(place, name)
        means[name] = geometric_mean(one["hits"] for one in _child("warm", name, place, "hits").values())
    return [
        Row(
            f"search: {number:,} partitions of {SPLIT_SIZE}, {CUT[name]}",
            "ms",
            means[name],
            means["whole"],
            "merged",
            less=True,
        )
        for name in ("holdfast", "singly")
    ]


def _print_posts(posts: Posts) -> None:
    told = posts.told
    print(
        f"\n{told['records']:,} records in {told['entries']:,} partitions; {told['posts']:,} of them with "
        f"{told['bytes'] / 1e6:,.0f} MB of text ({told['texts']})\n"
    )


def _print_answers(queries: Mapping[str, str], warm: Mapping[str, Any], cold: Mapping[str, Any]) -> None:
    print(f"Milliseconds of {' · '.join(COMPARED.values())}; medians of 5, and of 3 but for all hits; cold: once.\n")
    print(f"| kind | query | hits | all hits | first {FIRST} | count | items | cold, first {FIRST} | cold, all hits |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, query in queries.items():
        measures = [_cell(warm, kind, name) for name in ("hits", "first", "count")]
        items = f"{warm['holdfast'][kind]['items']:.3g}"
        beside = [_cell(cold, kind, name) for name in ("first", "hits")]
        hits = f"{warm['holdfast'][kind]['number']:,}"
        print(f"| {' | '.join((kind, f'`{query}`', hits, *measures, items, *beside))} |")
    print()


def _cell(measured: Mapping[str, Any], kind: str, name: str) -> str:
    return " · ".join(f"{measured[one][kind][name]:.3g}" if kind in measured[one] else "–" for one in COMPARED)


def _built(place: Place, name: str) -> dict[str, float]:
    """Return what a build took; one that is there already is not repeated."""
    about = place.index(name).with_suffix(".json")
    if not about.exists():
        print(f"    building {name}", file=sys.stderr, flush=True)
        place.index(name).mkdir(parents=True)
        told = _child("build", name, place)
        told["size"] = sum(one.stat().st_size for one in place.index(name).rglob("*") if one.is_file())
        about.write_text(json.dumps(told))
        os.sync()  # what is not written yet cannot be put out of memory
    found: dict[str, float] = json.loads(about.read_text())
    return found


def _child(step: str, name: str, place: Place, *more: str) -> Any:
    command = [sys.executable, "-m", "bench.searching", step, name, str(place.folder), *more]
    root = Path(__file__).parents[1]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=root).stdout)


def _build(place: Place, name: str) -> dict[str, float]:
    start, before = time.perf_counter(), _processors()
    place.engine(name).build()
    taken, processors = time.perf_counter() - start, _processors() - before
    return {"seconds": taken, "processors": processors, "memory": _peak()}


def _processors() -> float:
    """Return how long this process and those that it started and that have ended were on a processor, in seconds."""
    taken = os.times()
    return taken.user + taken.system + taken.children_user + taken.children_system


def _peak() -> float:
    """Return the most memory that this process had, in MiB; what ``getrusage`` says includes its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _warm(place: Place, name: str, *measures: str) -> dict[str, dict[str, float]]:
    found = {}
    with place.engine(name).opened() as answers:
        for kind, query in place.queries.items():
            print(f"    {name}: {kind}", file=sys.stderr, flush=True)
            try:
                asked = answers.asked(parse(query, UTC))
            except NotAskedError:
                continue
            found[kind] = {"number": len(answers.hits(asked))}
            for one in measures:
                if hasattr(answers, one):
                    found[kind][one] = _median(partial(getattr(answers, one), asked), TIMES[one])
    return found


def _median(run: Callable[[], Any], times: int) -> float:
    """Return the median of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return 1000 * median(taken)


def _cold(place: Place, name: str, *kinds: str) -> dict[str, dict[str, float]]:
    """Return what a fresh process takes whose index is not in memory, of each kind; the programs are loaded."""
    with get_context("fork").Pool(1, maxtasksperchild=1) as fresh:
        return dict(zip(kinds, fresh.imap(partial(_asked_cold, place, name), kinds), strict=True))


def _asked_cold(place: Place, name: str, kind: str) -> dict[str, float]:
    for path in place.index(name).rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
    engine, term = place.engine(name), parse(place.queries[kind], UTC)
    start = time.perf_counter()
    with engine.opened() as answers:
        asked = answers.asked(term)
        answers.first(asked)
        first = time.perf_counter() - start
        answers.hits(asked)
        return {"first": 1000 * first, "hits": 1000 * (time.perf_counter() - start)}


def _compare(place: Place, _: str) -> list[str]:
    """Return in which hits, or in what order of them, the others differ from us."""
    ids = pq.read_table(place.posts.texts, columns=["record"]).column("record").combine_chunks().cast(RECORD_ID)
    told = []
    with place.engine("holdfast").opened() as ours:
        for name in ("fts5", "tantivy"):
            with place.engine(name).opened() as theirs:
                for kind, query in place.queries.items():
                    difference = _difference(ours, theirs, parse(query, UTC), ids)
                    if difference:
                        told.append(f"{kind}: {COMPARED[name]} {difference}")
    return told


def _difference(ours: Answers, theirs: Answers, term: Any, ids: pa.Array) -> str | None:
    try:
        numbers = theirs.hits(theirs.asked(term))
    except NotAskedError:
        return "cannot be asked"
    found = pa.array(ours.records(ours.asked(term)), RECORD_ID)
    others = ids.take(pa.array(numbers, pa.int64()))
    if found.equals(others):
        return None
    own, other = set(found.to_pylist()), set(others.to_pylist())
    return f"finds {len(other - own):,} more and {len(own - other):,} less" if own != other else "has another order"


CHILDREN: dict[str, Callable[..., Any]] = {"build": _build, "warm": _warm, "cold": _cold, "compare": _compare}

if __name__ == "__main__":
    _, step, name, folder, *more = sys.argv
    print(json.dumps(CHILDREN[step](Place(Path(folder)), name, *more)))
