"""From partitions to a segment of the index, in bounded memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
from schemas.canonical import NotCanonicalError, unspell
from schemas.errors import IntegrityError, UnavailableError
from storage.parquet import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.engine import Means
    from ediscovery.partitions import Source

TOGETHER = 20_000
"""Records whose words are handed to the engine at once."""

BINARY = pa.large_binary()
SIGNED = [f"{linked}{sign}" for linked in ("", LINKED) for sign in "#@"]
NONE, ONE = pa.scalar(0, pa.int32()), pa.scalar(1, pa.int32())
COLUMNS = ("record", "native_sha256", "normalised", "provenance", "item", "kind", "created", "captured")
PREPARE = (
    "CREATE TABLE vocabulary (id INTEGER, term VARCHAR)",
    "CREATE TABLE occurrences (id INTEGER, doc INTEGER, place INTEGER)",
    """
    CREATE TABLE docs (doc BIGINT, record BLOB, entry BIGINT, date BIGINT, dated BOOLEAN, captured BIGINT,
        account VARCHAR, kind VARCHAR, item VARCHAR, verdict VARCHAR, key VARCHAR)
    """,
)
# Terms are numbered as they come, and sorted once: to sort numbers takes a fifth of the time that words take.
KEEP = "INSERT INTO docs FROM arrived"
NUMBER = """
INSERT INTO vocabulary SELECT (SELECT count(*) FROM vocabulary) + row_number() OVER () - 1, term
FROM words ANTI JOIN vocabulary USING (term)
"""
STAND = """
INSERT INTO occurrences SELECT id, doc, place
FROM standing JOIN (SELECT code, id FROM words JOIN vocabulary USING (term)) USING (code)
"""
RANK = "CREATE TABLE ranks AS SELECT id, term, (row_number() OVER (ORDER BY term) - 1)::INTEGER AS rank FROM vocabulary"
TERMS = "SELECT term FROM ranks ORDER BY rank"
OCCURRENCES = "SELECT rank AS term, doc, place FROM occurrences JOIN ranks USING (id) ORDER BY rank, doc, place"
DOCS = "FROM docs ORDER BY doc"
NAMES = "SELECT md5_number_lower(item) AS name, doc FROM docs ORDER BY name, doc"


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
    """
    numbers = _numbers(sources)
    arrived = 0
    with (
        Engine((), means, prepare=[(sql, {}) for sql in PREPARE]) as engine,
        ThreadPoolExecutor(1) as beside,
    ):
        # The engine takes in what was gathered while we gather what is next.
        taken = beside.submit(_take_in, engine, _Gathered())
        gathered = _Gathered()
        for source, table in _tables(sources, COLUMNS):
            own = numbers.slice(arrived, table.num_rows)
            _gather(gathered, source, table, own, first)
            arrived += table.num_rows
            if len(gathered.facts) >= TOGETHER:
                taken.result()
                taken = beside.submit(_take_in, engine, gathered)
                gathered = _Gathered()
                tell(arrived)
        taken.result()
        _take_in(engine, gathered)
        tell(arrived)
        segments.write_docs(folder / "docs.parquet", engine.batches(DOCS, {}))
        segments.write_names(folder / "names.parquet", engine.batches(NAMES, {}))
        engine.run(RANK)
        terms = pa.chunked_array([batch.column("term") for batch in engine.batches(TERMS, {})], pa.string())
        listed = segments.postings_of(engine.batches(OCCURRENCES, {}), terms, first=first)
        segments.write_postings(folder / "postings.parquet", listed)
    return arrived


def _numbers(sources: Sequence[Source]) -> pa.Array[Any]:
    """Return the number, from 0, that each record of the partitions has as a document, as the records come."""
    tables = [
        pa.table([_date(table), table.column("captured").cast(pa.int64()), table.column("record")], ["d", "c", "r"])
        for _, table in _tables(sources, ("record", "created", "captured"))
    ]
    if not tables:
        return pa.array([], pa.int32())
    order = pc.sort_indices(pa.concat_tables(tables), [("d", "ascending"), ("c", "ascending"), ("r", "ascending")])
    return pc.sort_indices(order).cast(pa.int32())


def _date(table: pa.Table) -> pa.ChunkedArray[Any]:
    return pc.coalesce(table.column("created"), table.column("captured")).cast(pa.int64())


def _tables(sources: Sequence[Source], names: Sequence[str]) -> Iterator[tuple[Source, pa.Table]]:
    for source in sources:
        try:
            for table in read_tables(source.path, names):
                yield source, table
        except (IntegrityError, UnavailableError) as error:
            raise unreadable(source) from error


def _gather(gathered: _Gathered, source: Source, table: pa.Table, numbers: pa.Array[Any], first: int) -> None:
    """Gather the records of a table."""
    verdicts: list[str | None] = []
    cells = (table.column(name).cast(BINARY).to_pylist() for name in ("normalised", "provenance", "native_sha256"))
    for number, normalised, provenance, native in zip(numbers.to_pylist(), *cells, strict=True):
        try:
            view, origin = unspell(normalised, Seen), unspell(provenance, Origin)
        except NotCanonicalError as error:
            raise unreadable(source) from error
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
                "doc": pc.add(numbers.cast(pa.int64()), first),
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


def _take_in(engine: Engine, gathered: _Gathered) -> None:
    if not gathered.docs:
        return
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
    engine.run(KEEP, arrived=pa.concat_tables(gathered.docs))
    engine.run(NUMBER, words=words)
    engine.run(STAND, words=words, standing=standing)


def _counted(number: int) -> pa.Array[Any]:
    """Return the numbers from 0 up to, and without, ``number``."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(ONE, number)), ONE)
