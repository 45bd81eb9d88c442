"""An archive's records as they are searched: what queries find, by the index, and what is known of a record or item.

What a record is, is read from partitions (``ediscovery.plan`` says with which statements); the index only says which.
"""

from __future__ import annotations

import string
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from ediscovery import plan
from ediscovery.index import named
from ediscovery.index.versions import BESIDE
from ediscovery.partitions import Partitions, silent
from ediscovery.printable import one_line
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from ediscovery.engine import Means
    from ediscovery.index.evaluating import Evaluator
    from ediscovery.index.kept import Kept
    from ediscovery.index.reading import Found, Index
    from ediscovery.index.sets import Numbers
    from ediscovery.partitions import Source
    from ediscovery.sql import Statement
    from schemas.instant import Instant
    from schemas.query import Query
    from schemas.record import AbsenceClass, Kind

    OpenIndex: TypeAlias = Callable[[], AbstractContextManager[Index]]

TOGETHER = 20_000
"""Hits that are looked up in partitions at once."""

FOUND = ("record", "matched", "account", "item", "kind", "created", "captured", "key", "versions", "absence")
SHORTEST_PREFIX = 4  # hexadecimal digits of a record's id
FULL_ID = 64

# What partitions are told of hits (``partitions.WANTED``).
SHOWN = "SELECT record, matched, key, account, date, versions, verdict FROM seen"
COMMITTED = """
SELECT record, matched, versions, verdict, key, file_row_number, salt, native_sha256, normalised, provenance
FROM own ORDER BY date, captured, record"""


MADE_AGAIN = (
    "Delete the folder state/index of the archive's home: it is made again. If it comes from the store, have who"
    " captures run 'holdfast index --anew'."
)


class IndexDiffersError(IntegrityError):
    """The index names what is not there."""

    code = "INDEX_DIFFERS"


class RecordNameError(InputError):
    """The beginning of a record's id names no single record."""

    code = "RECORD_NAME"


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found: its latest version, which version matched, and what became of it.

    ``matched`` is the newest version that matched; another than ``record`` when the words were edited out since.
    ``text`` is the beginning of the text, in one line of at most 300 characters. ``versions`` counts the item's.
    ``absence`` is set when the item was missing at its last look-up. ``key`` and ``row`` say where the record lies.
    """

    record: Digest
    matched: Digest
    account: str
    item: str
    kind: Kind
    created: Instant | None
    captured: Instant
    author: str | None
    title: str | None
    text: str | None
    url: str | None
    key: str
    row: int
    versions: int
    absence: AbsenceClass | None

    @property
    def date(self) -> Instant:
        """When the item was made, or where that is unknown, when it was captured."""
        return self.created or self.captured

    @property
    def absent(self) -> bool:
        """Whether the item was gone or unaccounted for at its last look-up."""
        return self.absence not in (None, "present")


@dataclass(frozen=True, slots=True)
class Committed:
    """A hit with what the id of its record commits to; the other fields are those of a ``Hit``."""

    record: Digest
    matched: Digest
    versions: int
    absence: AbsenceClass | None
    key: str
    row: int
    salt: bytes
    native_sha256: Digest
    normalised: bytes
    provenance: bytes


class Search:
    """Searches over the partitions given, which must not change meanwhile. For one thread; close it when done."""

    def __init__(
        self,
        sources: Sequence[Source],
        open_index: OpenIndex,
        means: Means,
        *,
        tell: Callable[[str, int, int], None] = silent,
    ) -> None:
        """Open the search over partitions; nothing is read yet.

        ``open_index`` gives the index over them, with the first query; ``tell`` is told how partitions are copied.

        Raises:
            SearchSettingError: there are no threads, too little memory, or a path that cannot be used.
        """
        self._open_index = open_index
        self._held = ExitStack()
        self._partitions = self._held.enter_context(closing(Partitions(sources, means, tell=tell)))

    def close(self) -> None:
        """Release memory and files."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def index(self) -> Index:
        """The index, opened and brought up to date with the first question."""
        return self._held.enter_context(self._open_index())

    def hits(self, query: Query, *, limit: int | None = None) -> Iterator[Hit]:
        """Yield what a query finds, the oldest first (by date, then capture, then record id), at most ``limit``.

        Raises:
            InputError: the query holds what cannot be searched for, or too much (see ``index.reading``).
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory.
            IndexDiffersError: the index is not that of these partitions.
        """
        found = iter(self.index.find(query) if limit is None else self.index.page(query, limit=limit)[1])
        while together := list(islice(found, TOGETHER)):
            yield from self.described(together)

    def page(self, query: Query, *, limit: int) -> tuple[int, tuple[Hit, ...]]:
        """Return how many hits a query has, and the first of them. Raises what ``hits`` raises."""
        total, found = self.index.page(query, limit=limit)
        return total, tuple(self.described(found))

    def committed(self, query: Query) -> Iterator[Committed]:
        """Yield what a query finds, as ``hits`` does, with all that its id commits to, unjudged.

        Partitions are read once, however many hits there are; what memory does not hold is spilled.

        Raises what ``hits`` raises.
        """
        with self.kept(query) as kept:
            if kept is None:
                return
            read = 0
            with self.over_records(kept, COMMITTED) as rows:
                for read, row in enumerate(rows, 1):  # noqa: B007 - the last one is how many they are
                    yield _committed(row)
            if read != kept.hits:
                raise IndexDiffersError(
                    f"The index names {kept.hits} records, and {read} of them are in the partitions that it names.",
                    do=MADE_AGAIN,
                )

    def count(self, query: Query) -> int:
        """Return how many hits a query has. Raises what ``hits`` raises."""
        return self.index.count(query)

    def items(self, query: Query) -> frozenset[str]:
        """Return the identifiers of the items that a query finds. Raises what ``hits`` raises."""
        return self.index.items(query)

    def views(self, hits: Sequence[Hit]) -> dict[Digest, Normalised]:
        """Return the derived views of the versions that matched, by record.

        Raises:
            IndexDiffersError: one is not there.
        """
        wanted = {hit.matched for hit in hits}
        edited = sorted({hit.item for hit in hits if hit.matched != hit.record})
        held = self.index.partitions(edited)
        keys = {held.get(hit.matched, hit.key) for hit in hits}
        rows = self._partitions.rows(plan.views([one.hex for one in sorted(wanted)]), keys)
        found = {Digest(record): Normalised.from_bytes(view) for record, view in rows}
        for lost in wanted - found.keys():
            raise _not_there(lost, "any partition")
        return found

    def words(self, start: str, *, longest: int, limit: int) -> list[str]:
        """Return words of the index (``Index.words``). Raises what ``hits`` raises."""
        return self.index.words(start, longest=longest, limit=limit)

    def kept(self, query: Query) -> AbstractContextManager[Kept | None]:
        """Keep what a query finds (``Index.kept``). Raises what ``hits`` raises."""
        return self.index.kept(query)

    @contextmanager
    def over_records(self, kept: Kept, statement: str) -> Iterator[Iterator[tuple[Any, ...]]]:
        """Give what a statement finds in ``own``: the records that hits show, with the columns of partitions.

        Besides, they have what ``SHOWN`` says of the hit.

        Raises:
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory.
        """
        with self._partitions.over_records(kept.batches(lambda _: SHOWN), statement) as rows:
            yield rows

    def described(self, found: Sequence[Found]) -> Iterator[Hit]:
        """Yield what was found, in its order, with what is shown of it. Raises what ``hits`` raises."""
        statement = plan.described([one.record.hex for one in found])
        said = {row[0]: row[1:] for row in self._partitions.rows(statement, {one.key for one in found})}
        for one in found:
            if one.record.raw not in said:
                raise _not_there(one.record, one.key)
            author, title, text, url, row = said[one.record.raw]
            yield Hit(
                **{name: getattr(one, name) for name in FOUND},
                author=author,
                title=title,
                text=None if text is None else one_line(text),
                url=url,
                row=row,
            )

    def find_record(self, prefix: str) -> Hit | None:
        """Return the record whose id starts with ``prefix`` (4 to 64 hexadecimal digits), of whatever kind.

        Raises:
            RecordNameError: it is no such beginning, or that of several records.
        """
        digits = prefix.lower()
        if not SHORTEST_PREFIX <= len(digits) <= FULL_ID or not set(digits) <= set(string.hexdigits):
            raise RecordNameError(
                f"{prefix[:80]!r} is not the beginning of a record's id.", do="Give 4 to 64 hexadecimal digits."
            )
        found = list(islice(self._known(partial(named.records_from, digits)), 2))
        if len(found) > 1:
            raise RecordNameError(f"More than one record starts with {digits}.", do="Give more of its digits.")
        return found[0] if found else None

    def versions(self, account: str, item: str) -> tuple[Hit, ...]:
        """Return all records about an item in the order of capture, those of kind ``absence`` included."""
        return self.all_versions(account, [item])

    def all_versions(self, account: str, items: Sequence[str]) -> tuple[Hit, ...]:
        """Return all records about some items, those of each in the order of ``versions``."""
        return tuple(self._known(partial(named.items, account, items)))

    def at_addresses(self, addresses: Iterable[str]) -> tuple[Hit, ...]:
        """Return every version of items at any of these addresses, or named by one, in all accounts."""
        wanted = tuple(addresses)
        rows = self._partitions.rows(plan.at_addresses(wanted)) if wanted else ()
        ids = [Digest(record) for (record,) in rows]
        return tuple(self._known(partial(named.records, ids), beside=BESIDE)) if ids else ()

    def thread(self, account: str, thread: str) -> tuple[Hit, ...]:
        """Return the latest versions of the items of a thread, the item that it is named after included, by date."""
        return self.all_threads(account, [thread])

    def all_threads(self, account: str, threads: Sequence[str]) -> tuple[Hit, ...]:
        """Return the latest versions of the items of some threads, those of each in the order of ``thread``."""
        return tuple(self._known(partial(named.threads, account, threads), beside=BESIDE, folded=True))

    def _known(
        self, documents: Callable[[Evaluator], Numbers], *, beside: Sequence[str] = (), folded: bool = False
    ) -> Iterator[Hit]:
        """Yield what is known of documents, in the partitions that are searched. Raises what ``hits`` raises."""
        found = self.index.look_up(documents, beside=beside, folded=folded)
        own = (one for one in found if one.key in self._partitions.keys)
        while together := list(islice(own, TOGETHER)):
            yield from self.described(together)

    def batches(self, statement: Statement, account: str) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds in the partitions of an account, as it is found, in batches.

        Raises:
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory, and more room where it may spill.
        """
        return self._partitions.batches(statement, account)


def _not_there(record: Digest, where: str) -> IndexDiffersError:
    return IndexDiffersError(
        f"The index names record {record}, which is not in {where}.",
        do=MADE_AGAIN,
    )


def _committed(row: tuple[Any, ...]) -> Committed:
    record, matched, versions, verdict, key, number, salt, native, normalised, provenance = row
    return Committed(
        record=Digest(record),
        matched=Digest(matched),
        versions=versions,
        absence=verdict,
        key=key,
        row=number,
        salt=salt,
        native_sha256=Digest(native),
        normalised=normalised,
        provenance=provenance,
    )
