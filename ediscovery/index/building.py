"""From partitions to a segment of the index, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.index.documents import Origin, Seen, document_of
from ediscovery.index.places import LINKED
from ediscovery.partitions import unreadable
from manifests.processes import spread
from schemas.canonical import NotCanonicalError, unspell
from schemas.errors import IntegrityError, UnavailableError
from storage.parquet import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.engine import Means
    from ediscovery.partitions import Source

TOGETHER = 20_000
"""Records whose words are handed to the engine at once, if that is not within a partition."""

WORTH_STARTING = 40_000
"""Records from which on it is worth to start processes."""

LARGEST = 5 * TOGETHER
"""Records of one partition that are read at once, if they are short."""

SHORT = 2_048
"""Bytes of a partition's file that a record has at most to be a short one: longer ones count for several."""

MOST_PROCESSES = 8

BINARY = pa.large_binary()
SIGNED = [f"{linked}{sign}" for linked in ("", LINKED) for sign in "#@"]
NONE, ONE = pa.scalar(0, pa.int32()), pa.scalar(1, pa.int32())
COLUMNS = ("record", "native_sha256", "normalised", "provenance", "item", "kind", "created", "captured")
PREPARE = (
    "CREATE TABLE vocabulary (id INTEGER, term VARCHAR)",
    "CREATE TABLE occurrences (id INTEGER, doc INTEGER, place INTEGER)",
    """
    CREATE TABLE docs (doc INTEGER, record BLOB, entry BIGINT, date BIGINT, dated BOOLEAN, captured BIGINT,
        account VARCHAR, kind VARCHAR, item VARCHAR, verdict VARCHAR, key VARCHAR)
    """,
)
# Terms are numbered as they come, and sorted once: to sort numbers takes a fifth of the time that words take.
KEEP = "INSERT INTO docs SELECT * REPLACE (doc + {arrived:d} AS doc) FROM given"
ADD = """
INSERT INTO vocabulary SELECT (SELECT count(*) FROM vocabulary) + row_number() OVER () - 1, term
FROM words ANTI JOIN vocabulary USING (term)
"""
IDS = "SELECT id FROM words JOIN vocabulary USING (term) ORDER BY code"
STAND = "INSERT INTO occurrences FROM standing"
RANK = "CREATE TABLE ranks AS SELECT id, term, (row_number() OVER (ORDER BY term) - 1)::INTEGER AS rank FROM vocabulary"
TERMS = "SELECT term FROM ranks ORDER BY rank"
# Documents are numbered as they come, too, and then by date.
NUMBER = """
CREATE TABLE numbers AS
SELECT doc, (row_number() OVER (ORDER BY date, captured, record) - 1)::INTEGER AS number FROM docs
"""
OCCURRENCES = """
SELECT rank AS term, number AS doc, place FROM occurrences JOIN ranks USING (id) JOIN numbers USING (doc)
ORDER BY rank, number, place
"""
DOCS = "SELECT * EXCLUDE (number) REPLACE (number + $first AS doc) FROM docs JOIN numbers USING (doc) ORDER BY number"
NAMES = """
SELECT md5_number_lower(item) AS name, number + $first AS doc FROM docs JOIN numbers USING (doc) ORDER BY name, number
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of a partition."""

    source: Source
    rows: range


@dataclass(frozen=True, slots=True)
class _Words:
    """What parts hold: documents (``docs``), words by their code (``words``), and where each stands (``standing``)."""

    docs: pa.Table
    words: pa.Table
    standing: pa.Table


@dataclass(slots=True)
class _Gathered:
    """Records on their way to the engine, by column."""

    docs: list[pa.Table] = field(default_factory=list)
    run_docs: list[int] = field(default_factory=list)
    run_places: list[int] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    fact_docs: list[int] = field(default_factory=list)
    facts: list[Sequence[str]] = field(default_factory=list)


def build(
    sources: Sequence[Source],
    folder: Path,
    *,
    first: int,
    means: Means,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the segment over some partitions to ``folder``: ``docs``, ``names`` and ``postings``, as Parquet.

    ``first`` is the number of its first document. ``tell`` is told how many records are read. Returns how many
    documents it has.

    Raises:
        PartitionUnreadableError: a file is no partition, or a record's view is none.
        SearchTooLargeError: neither memory nor the folder to spill into are enough.
        ProcessLostError: a process that read records ended before it had.
    """
    records = sum(source.rows for source in sources)
    arrived = 0
    with Engine((), means, prepare=[(sql, {}) for sql in PREPARE]) as engine:
        processes = min(means.threads, MOST_PROCESSES) if records >= WORTH_STARTING else 1
        for found in _read(_jobs(sources), processes=processes):
            engine.run(KEEP.format(arrived=arrived), given=found.docs)
            engine.run(ADD, words=found.words)
            ids = pa.chunked_array([one.column("id") for one in engine.batches(IDS, {}, words=found.words)], pa.int32())
            engine.run(STAND, standing=_numbered(found.standing, ids, arrived))
            arrived += found.docs.num_rows
            tell(arrived)
        engine.run(NUMBER)
        segments.write_docs(folder / "docs.parquet", engine.batches(DOCS, {"first": first}))
        segments.write_names(folder / "names.parquet", engine.batches(NAMES, {"first": first}))
        engine.run(RANK)
        terms = pa.chunked_array([batch.column("term") for batch in engine.batches(TERMS, {})], pa.string())
        listed = segments.postings_of(engine.batches(OCCURRENCES, {}), terms, first=first)
        segments.write_postings(folder / "postings.parquet", listed)
    return arrived


def _read(jobs: Iterable[Sequence[_Part]], *, processes: int) -> Iterator[_Words]:
    """Yield what each job holds."""
    for job, found in spread(_words_of, jobs, processes=processes) if processes > 1 else _in_turn(jobs):
        if isinstance(found, int):
            raise unreadable(job[found].source)
        yield found


def _in_turn(jobs: Iterable[Sequence[_Part]]) -> Iterator[tuple[Sequence[_Part], _Words | int]]:
    return ((job, _words_of(job)) for job in jobs)


def _jobs(sources: Iterable[Source]) -> Iterator[list[_Part]]:
    """Yield partitions, together or in parts, of about ``TOGETHER`` short records, and the rest."""
    job: list[_Part] = []
    room = TOGETHER
    for source in sources:
        start, each = 0, _weight(source)
        while start < source.rows:
            end = min(start + max(room // each, 1), source.rows) if source.rows * each > LARGEST else source.rows
            job.append(_Part(source, range(start, end)))
            room -= (end - start) * each
            start = end
            if room <= 0:
                yield job
                job, room = [], TOGETHER
    if job:
        yield job


def _weight(source: Source) -> int:
    """Return for how many short records each record of a partition counts."""
    try:
        size = source.path.stat().st_size
    except OSError as error:
        raise unreadable(source) from error
    return 1 + size // max(source.rows, 1) // SHORT


def _date(table: pa.Table) -> pa.ChunkedArray[Any]:
    return pc.coalesce(table.column("created"), table.column("captured")).cast(pa.int64())


def _words_of(job: Sequence[_Part]) -> _Words | int:
    """Return what parts hold, or which of them cannot be read: an error of ours is not sent between processes."""
    gathered = _Gathered()
    for number, part in enumerate(job):
        rows = 0
        try:
            # Of the last rows one more is asked for: there must be none.
            last = part.rows.stop == part.source.rows
            for table in read_tables(part.source.path, COLUMNS, rows=range(part.rows.start, part.rows.stop + last)):
                rows += table.num_rows
                _gather(gathered, part.source, table)
        except (IntegrityError, UnavailableError, NotCanonicalError):
            return number
        if rows != len(part.rows):
            return number
    return _coded(gathered)


def _gather(gathered: _Gathered, source: Source, table: pa.Table) -> None:
    """Gather the records of a table; raises NotCanonicalError where a view is none."""
    numbers = range(len(gathered.facts), len(gathered.facts) + table.num_rows)
    verdicts: list[str | None] = []
    cells = (table.column(name).cast(BINARY).to_pylist() for name in ("normalised", "provenance", "native_sha256"))
    for number, normalised, provenance, native in zip(numbers, *cells, strict=True):
        view, origin = unspell(normalised, Seen), unspell(provenance, Origin)
        document = document_of(view, origin, source.account, native)
        for place, words in document.runs:
            gathered.run_docs.append(number)
            gathered.run_places.append(place)
            gathered.runs.append(words)
        gathered.fact_docs.append(number)
        gathered.facts.append(document.facts)
        verdicts.append(view.absence.verdict if view.absence else None)
    rows = table.num_rows
    gathered.docs.append(
        pa.table(
            {
                "doc": pa.array(numbers, pa.int32()),
                "record": table.column("record").cast(pa.binary()),
                "entry": pa.repeat(pa.scalar(source.entry, pa.int64()), rows),
                "date": _date(table),
                "dated": pc.is_valid(table.column("created")),
                "captured": table.column("captured").cast(pa.int64()),
                "account": pa.repeat(source.account, rows),
                "kind": table.column("kind"),
                "item": table.column("item"),
                "verdict": pa.array(verdicts, pa.string()),
                "key": pa.repeat(source.key, rows),
            }
        )
    )


def _coded(gathered: _Gathered) -> _Words:
    """Return records with their words as numbers."""
    parted = pc.split_pattern(pa.array(gathered.runs, pa.string()), " ")
    run = pc.list_parent_indices(parted)
    starts = pc.subtract(pa.array(gathered.run_places, pa.int32()), parted.offsets[:-1])
    terms: Any = parted.flatten()
    docs = pa.array(gathered.run_docs, pa.int32()).take(run)
    places = pc.add(starts.take(run), _counted(len(terms)))
    # A word with its sign is one without it, too.
    signed = pc.indices_nonzero(reduce(pc.or_, (pc.starts_with(terms, start) for start in SIGNED)))
    facts: Any = pa.array(gathered.facts, pa.list_(pa.string()))
    of_facts = pa.array(gathered.fact_docs, pa.int32()).take(pc.list_parent_indices(facts))
    spelled = [terms, pc.replace_substring_regex(terms.take(signed), "[#@]", "", max_replacements=1), facts.flatten()]
    coded = pa.concat_arrays(spelled).dictionary_encode()
    words = pa.table({"code": _counted(len(coded.dictionary)), "term": coded.dictionary})
    standing = pa.table(
        {
            "code": coded.indices,
            "doc": pa.concat_arrays([docs, docs.take(signed), of_facts]),
            "place": pa.concat_arrays([places, places.take(signed), pa.repeat(NONE, len(of_facts))]),
        }
    )
    return _Words(pa.concat_tables(gathered.docs), words, standing)


def _numbered(standing: pa.Table, ids: pa.ChunkedArray[Any], arrived: int) -> pa.Table:
    """Return where words stand, by their numbers in the vocabulary, after so many documents."""
    docs = pc.add(standing.column("doc"), pa.scalar(arrived, pa.int32()))
    return pa.table({"id": ids.take(standing.column("code")), "doc": docs, "place": standing.column("place")})


def _counted(number: int) -> pa.Array[Any]:
    """Return the numbers from 0 up to, and without, ``number``."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(ONE, number)), ONE)
