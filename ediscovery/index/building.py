"""From partitions to a segment of the index, in bounded memory."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pyarrow as pa

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.index.documents import document_of
from ediscovery.search import unreadable
from schemas.canonical import NotCanonicalError, unspell
from schemas.errors import IntegrityError, UnavailableError
from schemas.record import Normalised, Provenance
from storage.parquet import read_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.search import Source
    from schemas.digest import Digest
    from schemas.instant import Instant
    from storage.parquet.columns import Cell

TOGETHER = 20_000
"""Records whose words are handed to the engine at once."""

Cells: TypeAlias = "tuple[Digest, Digest, bytes, bytes, Instant | None, Instant]"
COLUMNS = ("record", "native_sha256", "normalised", "provenance", "created", "captured")

_RUNS: list[pa.Field[Any]] = [
    pa.field("doc", pa.int32()),
    pa.field("place", pa.int32()),
    pa.field("run", pa.string()),
]
_FACTS: list[pa.Field[Any]] = [pa.field("doc", pa.int32()), pa.field("facts", pa.list_(pa.string()))]
RUNS = pa.schema(_RUNS)
FACTS = pa.schema(_FACTS)
PREPARE = (
    "CREATE TABLE occurrences (term VARCHAR, doc INTEGER, place INTEGER)",
    "CREATE TABLE runs (doc INTEGER, place INTEGER, run VARCHAR)",
    "CREATE TABLE facts (doc INTEGER, facts VARCHAR[])",
)
GATHER = (
    """
    INSERT INTO occurrences SELECT unnest(words), doc, (place + unnest(range(len(words))))::INTEGER
    FROM (SELECT doc, place, string_split(run, ' ') AS words FROM runs)
    """,
    # A word with its sign is one without it, too.
    """
    INSERT INTO occurrences SELECT substr(word, 2), doc, place FROM (
        SELECT unnest(words) AS word, doc, (place + unnest(range(len(words))))::INTEGER AS place
        FROM (SELECT doc, place, string_split(run, ' ') AS words FROM runs
            WHERE contains(run, '#') OR contains(run, '@'))
    ) WHERE word[1] IN ('#', '@')
    """,
    "INSERT INTO occurrences SELECT unnest(facts), doc, 0 FROM facts",
    "TRUNCATE runs",
    "TRUNCATE facts",
)
SORTED = "FROM occurrences ORDER BY term, doc, place"


@dataclass(frozen=True, slots=True)
class Built:
    """What a segment holds: documents, postings, and how many documents have more words than are indexed."""

    documents: int
    postings: int
    cut: int


def build(
    sources: Sequence[Source],
    folder: Path,
    *,
    threads: int,
    memory_limit: int,
    spill: Path,
    tell: Callable[[int], None] = lambda _: None,
) -> Built:
    """Write the segment over some partitions to ``folder``: ``docs.parquet`` and ``postings.parquet``.

    ``tell`` is told how many records are read.

    Raises:
        PartitionUnreadableError: a file is no partition, or a record's view is none.
        SearchTooLargeError: neither memory nor the folder ``spill`` are enough.
    """
    order = _order(sources)
    numbers = array("i", bytes(4 * len(order)))
    for number, arrived in enumerate(order):
        numbers[arrived] = number
    docs: list[pa.Table] = []
    cut = arrived = 0
    with Engine(
        (), threads=threads, memory_limit=memory_limit, spill=spill, prepare=[(sql, {}) for sql in PREPARE]
    ) as engine:
        rows = _rows(sources)
        while together := list(islice(rows, TOGETHER)):
            runs: list[tuple[int, int, str]] = []
            facts: list[tuple[int, tuple[str, ...]]] = []
            own: list[tuple[Any, ...]] = []
            for number, (source, cells) in zip(numbers[arrived : arrived + len(together)], together, strict=True):
                view, provenance = _derived(source, cells)
                document = document_of(view, provenance, cells[1])
                cut += document.cut
                runs += [(number, place, words) for place, words in document.runs]
                facts.append((number, document.facts))
                own.append(_doc(source, cells, view))
            arrived += len(together)
            tell(arrived)
            docs.append(_table(own, segments.DOCS))
            engine.insert("runs", _table(runs, RUNS))
            engine.insert("facts", _table(facts, FACTS))
            for sql in GATHER:
                engine.run(sql)
        postings = segments.write_postings(folder / "postings.parquet", engine.batches(SORTED, {}))
    ordered = pa.concat_tables(docs).take(pa.array(order, pa.int64())) if docs else segments.DOCS.empty_table()
    segments.write_docs(folder / "docs.parquet", ordered)
    return Built(documents=arrived, postings=postings, cut=cut)


def _order(sources: Sequence[Source]) -> Sequence[int]:
    """Return the records of the partitions, as they come, in the order of their documents."""
    found: list[tuple[int, int, bytes]] = []
    for source in sources:
        for record, created, captured in _columns(source, ("record", "created", "captured")):
            at = cast("Instant", captured).micros
            date = cast("Instant", created).micros if created is not None else at
            found.append((date, at, cast("Digest", record).raw))
    return sorted(range(len(found)), key=found.__getitem__)


def _rows(sources: Iterable[Source]) -> Iterator[tuple[Source, Cells]]:
    for source in sources:
        for cells in _columns(source, COLUMNS):
            yield source, cast("Cells", cells)


def _columns(source: Source, names: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    try:
        yield from read_columns(source.path, names)
    except (IntegrityError, UnavailableError) as error:
        raise unreadable(source) from error


def _derived(source: Source, cells: Cells) -> tuple[Normalised, Provenance]:
    try:
        return unspell(cells[2], Normalised), unspell(cells[3], Provenance)
    except NotCanonicalError as error:
        raise unreadable(source) from error


def _doc(source: Source, cells: Cells, view: Normalised) -> tuple[Any, ...]:
    record, _, _, _, created, captured = cells
    return (
        record.raw,
        (created or captured).micros,
        created.micros if created else None,
        captured.micros,
        source.account,
        view.kind,
        view.item,
        view.absence.verdict if view.absence else None,
        source.key,
    )


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
