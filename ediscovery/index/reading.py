"""Answers from segments of the index: which items a query finds, in which version, and how many."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.engine import SearchFailedError
from ediscovery.index.conditions import asks_for_lists, condition
from ediscovery.index.evaluating import LAST, Evaluator
from ediscovery.index.files import Files, remove_damaged
from ediscovery.index.items import Hits, Items
from ediscovery.index.kept import KEPT, Kept
from ediscovery.index.opened import Segment
from ediscovery.index.ordering import ORDER, Documents
from ediscovery.index.places import fact
from ediscovery.index.segments import ITEMS, read_items
from ediscovery.index.sets import NONE, among, joined
from ediscovery.index.tables import Tables
from ediscovery.index.versions import BESIDE
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.query import And

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ediscovery.engine import Means
    from ediscovery.index.known import Known
    from ediscovery.index.sets import Numbers
    from schemas.query import Query, Term
    from schemas.record import AbsenceClass, Kind

DESCRIBED = ("record", "account", "item", "kind", "dated", "date", "captured", "key")
"""What is read of the documents that hits show."""

COLUMNS = ("record", "matched", "account", "item", "kind", "created", "captured", "key", "versions", "verdict")
"""What is told of hits, in the order of ``found_of``."""

OPENED_TOGETHER = 16

TOGETHER = 20_000
"""Hits that are told together."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item that was found: its latest version, which version matched, and what became of it.

    ``matched`` is the newest version that matched; another than ``record`` when the words were edited out since.
    ``versions`` counts the item's. ``absence`` is set when the item was missing at its last look-up. ``key`` is the
    partition in which the record was sealed.
    """

    record: Digest
    matched: Digest
    account: str
    item: str
    kind: Kind
    created: Instant | None
    captured: Instant
    key: str
    versions: int
    absence: AbsenceClass | None


@contextmanager
def indexed(files: Files, known: Known, means: Means, *, size: int | None = None) -> Iterator[Index]:
    """Open the index over its files, which must not change meanwhile.

    With ``size`` it answers as if the ledger had as many entries: no later record is known of.
    """
    with closing(Tables(files, means, size=size)) as tables:
        yield Index(files, tables, known, means, size=size)


class Index:
    """Answers from segments; for one thread.

    Where a file is damaged, it is removed, and IndexDamagedError raised.
    """

    def __init__(self, files: Files, tables: Tables, known: Known, means: Means, *, size: int | None) -> None:
        self._files, self._known, self._means, self._size = files, known.once(), means, size
        self.tables = tables

    @cached_property
    def _segments(self) -> tuple[Segment, ...]:
        # What is read from a store is waited for, side by side.
        with self._readable(), ThreadPoolExecutor(OPENED_TOGETHER) as workers:
            return tuple(workers.map(lambda folder: Segment(folder, self._files.opened), self._files.segments))

    @cached_property
    def _documents(self) -> Documents:
        return Documents(self._segments)

    @cached_property
    def _items(self) -> Items:
        if self._size is not None:
            said = [pa.Table.from_batches([one]).cast(ITEMS) for one in self.tables.batches("FROM items ORDER BY doc")]
            return Items(pa.concat_tables([ITEMS.empty_table(), *said]))
        with self._readable():
            return Items(read_items(self._files.items) if self._files.items else ITEMS.empty_table())

    def hits(self, query: Query) -> Hits:
        """Return what a query finds, the oldest first (by date, then capture, then record id).

        Raises:
            InputError: the query holds what cannot be searched for, or too much.
            SearchTooLargeError: it needs more memory.
        """
        hits = self._hits(query)
        with self._readable():
            return hits.take(self._documents.by_date(hits.shown))

    def find(self, query: Query) -> Iterator[Found]:
        """Yield what a query finds, the oldest first. Raises what ``hits`` raises."""
        return self._found(self.hits(query))

    def page(self, query: Query, *, limit: int) -> tuple[int, tuple[Found, ...]]:
        """Return how many hits a query has, and the first of them (``hits``)."""
        hits = self._hits(query)
        with self._readable():
            first = hits.take(self._documents.earliest(hits.shown, limit))
            first = first.take(self._documents.by_date(first.shown)[:limit])
        return len(hits), tuple(self._found(first))

    def shown(self, query: Query) -> Numbers:
        """Return the set of the documents that a query's hits show. Raises what ``hits`` raises."""
        return self._hits(query).shown

    def count(self, query: Query) -> int:
        """Return how many hits a query has. Raises what ``hits`` raises."""
        return len(self._hits(query))

    def items(self, query: Query) -> frozenset[str]:
        """Return the identifiers of the items that a query finds. Raises what ``hits`` raises."""
        shown = self._hits(query).shown
        with self._readable():
            items: list[Any] = self._documents.described(shown, ("item",)).column("item").unique().to_pylist()
        return frozenset(items)

    def partitions(self, items: Sequence[str]) -> dict[Digest, str]:
        """Return all records about items of these identifiers, with the key of the partition that each is in."""
        docs = self._evaluated(lambda found: joined([found.of_item(item) for item in items]))
        with self._readable():
            told = self._documents.described(docs, ("record", "key"))
        return {Digest(one["record"]): one["key"] for one in told.to_pylist()}

    def look_up(
        self, documents: Callable[[Evaluator], Numbers], *, beside: Collection[str] = (), folded: bool = False
    ) -> Iterator[Found]:
        """Yield what is known of documents (``named``), but of kinds ``beside``: every record, in the order of capture.

        If they are folded, it is the latest versions of their items, by date. Raises what ``hits`` raises.
        """
        hits = self._items.hits(self._evaluated(documents), beside=beside, folded=folded)
        order = ORDER if folded else ORDER[1:]
        with self._readable():
            told = self._documents.described(hits.shown, order).append_column("row", pa.array(np.arange(len(hits))))
        rows = told.sort_by([(name, "ascending") for name in order]).column("row").to_numpy()
        return self._found(hits.take(rows))

    def words(self, start: str, *, longest: int, limit: int) -> list[str]:
        """Return the words that begin so, of at most so many letters, and not more of them than ``limit``."""
        found: set[str] = set()
        for word, _ in self._counted(start):
            if len(found) == limit:
                break
            if len(word) <= longest:
                found.add(word)
        return sorted(found)

    @property
    def documents(self) -> int:
        """How many records it holds."""
        return len(self._evaluated(lambda found: found.documents(And(()))))

    @property
    def unread(self) -> dict[str, int]:
        """How many records there are of which something is not searched, by reason (``documents``)."""
        start, counts = fact("unread", ""), Counter[str]()
        for term, number in self._counted(start):
            counts[term.removeprefix(start)] += number
        return dict(sorted(counts.items()))

    @property
    def segments(self) -> int:
        """Of how many segments it is."""
        return len(self._files.segments)

    @property
    def without_store(self) -> bool:
        """Whether the store's index could not be read, and what lacked was made from the records."""
        return self._files.without_store

    @contextmanager
    def kept(self, query: Query) -> Iterator[Kept | None]:
        """Keep what a query finds for the length of a block; ``None`` where there is no document.

        Raises what ``hits`` raises.
        """
        if not self._files.segments:
            yield None
            return
        hits = self._hits(query)
        with self.tables.holding(KEPT, self._rows(hits)) as name:
            yield Kept(self.tables, name, len(hits), partial(self._shown, hits))

    def _rows(self, hits: Hits) -> Iterator[pa.Table]:
        """Yield rows of ``KEPT``."""
        for rows in _together(hits):
            told = self._told(rows)
            yield told.append_column("doc", pa.array(rows.shown)).select(KEPT.names)

    def _shown(self, hits: Hits, term: Term) -> int:
        """Return of how many hits a term finds what is shown."""
        return int(among(hits.shown, self._evaluated(lambda found: found.documents(term))).sum())

    def _hits(self, query: Query) -> Hits:
        """Return what a query finds, by the numbers of the documents that are shown."""
        term = condition(query)
        beside = [kind for kind in BESIDE if kind != "list" or not asks_for_lists(query)]
        docs = self._evaluated(lambda found: found.documents(term))
        return self._items.hits(docs, beside=beside, folded=not query.versions)

    def _evaluated(self, documents: Callable[[Evaluator], Numbers]) -> Numbers:
        """Return the set of the documents that are found in all segments."""
        work = partial(self._evaluated_in, documents, self._items)
        with self._readable(), ThreadPoolExecutor(self._means.threads) as workers:
            return np.concatenate([NONE, *workers.map(work, self._segments)])

    def _evaluated_in(self, documents: Callable[[Evaluator], Numbers], items: Items, segment: Segment) -> Numbers:
        share = self._means.memory_limit // min(self._means.threads, len(self._segments))
        try:
            found = documents(Evaluator(segment, items, self._known, memory=share))
            return found if self._size is None else segment.between("entry", None, self._size, found)
        finally:
            segment.forget()

    def _counted(self, start: str) -> Iterator[tuple[str, int]]:
        """Yield the terms that begin so, and how many documents have each; some in several parts."""
        with self._readable():
            for segment in self._segments:
                own = None if self._size is None else segment.between("entry", None, self._size, None)
                yield from segment.counted(start, start + LAST, own)

    def _found(self, hits: Hits) -> Iterator[Found]:
        for some in _together(hits):
            told = self._told(some)
            yield from map(found_of, zip(*(told.column(name).to_pylist() for name in COLUMNS), strict=True))

    def _told(self, hits: Hits) -> pa.Table:
        """Return the columns ``COLUMNS`` of hits, and their dates."""
        with self._readable():
            told = self._documents.described(hits.shown, DESCRIBED)
            other = np.flatnonzero(hits.shown != hits.matched)
            matched = told.column("record").combine_chunks()
            if len(other):
                own = self._documents.described(hits.matched[other], ("record",)).column("record").combine_chunks()
                mask = np.zeros(len(hits), np.bool_)
                mask[other] = True
                matched = pc.replace_with_mask(matched, pa.array(mask, pa.bool_()), own)
        created = pc.if_else(told.column("dated"), told.column("date"), pa.scalar(None, pa.int64()))
        verdict = pa.array(hits.verdicts, pa.string()).take(pa.array(hits.verdict, pa.int32()))
        return (
            told.append_column("matched", matched)
            .append_column("created", created)
            .append_column("versions", pa.array(hits.versions))
            .append_column("verdict", verdict)
        )

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Say what cannot be read in our words."""
        try:
            yield
        except pa.ArrowMemoryError:
            raise
        except (pa.ArrowException, OSError) as error:
            remove_damaged(self._files)
            raise SearchFailedError(f"The search failed: {error}", do="Try again; if it stays, report it.") from error


def _together(hits: Hits) -> Iterator[Hits]:
    """Yield hits in parts."""
    for start in range(0, len(hits), TOGETHER):
        yield hits.take(np.arange(start, min(start + TOGETHER, len(hits))))


def found_of(row: Sequence[Any]) -> Found:
    """Return what was found, from a row of its columns; others may follow."""
    record, matched, account, item, kind, created, captured, key, versions, verdict = row[:10]
    return Found(
        record=Digest(record),
        matched=Digest(matched),
        account=account,
        item=item,
        kind=kind,
        created=None if created is None else Instant(created),
        captured=Instant(captured),
        key=key,
        versions=versions,
        absence=verdict,
    )
