"""An archive's records as they are searched: what queries find, by the index, and what is known of a record or item.

What a record is, is read from partitions (``ediscovery.plan`` says with which statements); the index only says which.
"""

from __future__ import annotations

import string
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import pyarrow as pa

from ediscovery import plan
from ediscovery.engine import Engine
from ediscovery.index import named
from ediscovery.plan import NO_HITS
from ediscovery.sql import listed
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError
from schemas.record import Normalised
from schemas.tables import PARTITION_V1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ediscovery.engine import Means
    from ediscovery.index.kept import Kept
    from ediscovery.index.reading import Found, Index
    from ediscovery.sql import Statement, Values
    from schemas.instant import Instant
    from schemas.query import Query
    from schemas.record import AbsenceClass, Kind

    OpenIndex: TypeAlias = Callable[[], AbstractContextManager[Index]]

JOINERS = "\u200c\u200d"  # in emoji and in Indic and Persian words
TOGETHER = 20_000
"""Hits that are looked up in partitions at once."""

FOUND = ("record", "matched", "account", "item", "kind", "created", "captured", "key", "versions", "absence")
SHORTEST_PREFIX = 4  # hexadecimal digits of a record's id
FULL_ID = 64

RECORDS = f"""
CREATE MACRO records(paths) AS TABLE
SELECT file.*, sources.account, sources.key
FROM read_parquet({listed("paths")}, filename = true, file_row_number = true, hive_partitioning = false) AS file
JOIN sources ON sources.path = file.filename
"""  # noqa: S608 - names of ours
SOURCES = (
    f"INSERT INTO sources SELECT {', '.join(f'unnest({listed(name)})' for name in ('$paths', '$keys', '$accounts'))}"
)
# The records that hits show, for statements over what partitions hold of them.
SHOWN = "SELECT record, matched, key, account, date, versions, verdict FROM seen"
WANTED = "(record BLOB, matched BLOB, key VARCHAR, account VARCHAR, date BIGINT, versions BIGINT, verdict VARCHAR)"
OWN = f"""
own AS NOT MATERIALIZED (
    SELECT file.*, matched, key, account, date, versions, verdict
    FROM read_parquet({listed("$paths")}, file_row_number = true, hive_partitioning = false) AS file
    JOIN {{wanted}} USING (record)
)"""  # noqa: S608 - names of ours
COMMITTED = """
SELECT record, matched, versions, verdict, key, file_row_number, salt, native_sha256, normalised, provenance
FROM own ORDER BY date, captured, record"""
# Reads every column, and the derived view as what it should be: a file may be whole and hold no JSON.
WHOLE_FILE = f"""
SELECT max(hash({", ".join(PARTITION_V1.names)})), max(hash(decode(normalised)::JSON)) FROM read_parquet($path)
"""  # noqa: S608


class PartitionUnreadableError(IntegrityError):
    """A file that should hold a partition cannot be read as one."""

    code = "PARTITION_UNREADABLE"


class IndexDiffersError(IntegrityError):
    """The index names what is not there."""

    code = "INDEX_DIFFERS"


class RecordNameError(InputError):
    """The beginning of a record's id names no single record."""

    code = "RECORD_NAME"


@dataclass(frozen=True, slots=True)
class Source:
    """A partition as a local file, with its key in the store, its account and the entry as the ledger names them."""

    path: Path
    key: str
    account: str
    entry: int


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
    ) -> None:
        """Open the search over partitions; nothing is read yet.

        ``open_index`` gives the index over them, with the first query.

        Raises:
            SearchSettingError: there are no threads, too little memory, or a path that cannot be used.
        """
        self._sources = {str(source.path.absolute()): source for source in sources}
        self._paths = {source.key: path for path, source in self._sources.items()}
        self._open_index = open_index
        self._held = ExitStack()
        self._number = count()
        columns = {
            "paths": list(self._sources),
            "keys": [source.key for source in sources],
            "accounts": [source.account for source in sources],
        }
        self._engine = self._held.enter_context(
            Engine(
                [source.path for source in sources],
                means,
                prepare=(
                    ("CREATE TABLE sources (path VARCHAR, key VARCHAR, account VARCHAR)", {}),
                    (SOURCES, columns),
                    (RECORDS, {}),
                ),
                damaged=self._refuse_damaged,
            )
        )

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
        found = iter(self.index.find(query, limit=limit))
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
                    do="Delete the folder state/index of the archive's home: it is made again.",
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
        paths = {str(path) for key in keys if (path := self._paths.get(key))}
        statement = plan.views([one.hex for one in sorted(wanted)])
        rows = self._engine.rows(statement.sql, {**statement.parameters, "paths": sorted(paths)}) if paths else ()
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
        name = f"wanted_{next(self._number)}"
        self._engine.run(f"CREATE TABLE {name} {WANTED}")
        try:
            for batch in kept.batches(lambda _: SHOWN):
                self._engine.run(f"INSERT INTO {name} FROM given", given=pa.Table.from_batches([batch]))
            keys = self._engine.rows(f"SELECT DISTINCT key FROM {name}", {})  # noqa: S608 - a name of ours
            paths = [str(path) for (key,) in keys if (path := self._paths.get(key))]
            own = OWN.format(wanted=name)
            yield self._engine.rows(f"WITH {own} {statement}", {"paths": paths}) if paths else iter(())
        finally:
            self._engine.run(f"DROP TABLE {name}")

    def described(self, found: Sequence[Found]) -> Iterator[Hit]:
        """Yield what was found, in its order, with what is shown of it. Raises what ``hits`` raises."""
        paths = [self._paths.get(key) for key in {one.key for one in found}]
        statement = plan.described([one.record.hex for one in found])
        rows = self._engine.rows(statement.sql, {**statement.parameters, "paths": [path for path in paths if path]})
        said = {row[0]: row[1:] for row in rows} if any(paths) else {}
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
        return tuple(self._known(partial(named.item, account, item)))

    def at_addresses(self, addresses: Iterable[str]) -> tuple[Hit, ...]:
        """Return every version of items at any of these addresses, or named by one, in all accounts."""
        wanted = tuple(addresses)
        if not wanted or not self._sources:
            return ()
        statement = plan.at_addresses(wanted)
        rows = self._engine.rows(statement.sql, {**statement.parameters, "paths": list(self._sources)})
        ids = [record.hex() for (record,) in rows]
        return tuple(self._known(partial(named.records, ids), beside=NO_HITS)) if ids else ()

    def thread(self, account: str, thread: str) -> tuple[Hit, ...]:
        """Return the latest versions of the items of a thread, the item that it is named after included, by date."""
        return tuple(self._known(partial(named.thread, account, thread), beside=NO_HITS, folded=True))

    def _known(
        self, documents: Callable[[Values], str], *, beside: Sequence[str] = (), folded: bool = False
    ) -> Iterator[Hit]:
        """Yield what is known of documents, in the partitions that are searched. Raises what ``hits`` raises."""
        found = self.index.look_up(documents, beside=beside, folded=folded)
        own = (one for one in found if one.key in self._paths)
        while together := list(islice(own, TOGETHER)):
            yield from self.described(together)

    def batches(self, statement: Statement, account: str) -> Iterator[pa.RecordBatch]:
        """Yield what a statement finds in the partitions of an account, as it is found, in batches.

        Raises:
            PartitionUnreadableError: a file is damaged; it is named.
            SearchTooLargeError: it needs more memory, and more room where it may spill.
        """
        paths = self._paths_of(frozenset({account}))
        if paths:
            yield from self._engine.batches(statement.sql, {**statement.parameters, "paths": paths})

    def _paths_of(self, accounts: frozenset[str]) -> list[str]:
        """Return the partitions of accounts, of all if none is named."""
        return [path for path, source in self._sources.items() if not accounts or source.account in accounts]

    def _refuse_damaged(self, engine: Engine) -> None:
        """Read every file by itself and name the first that cannot be read."""
        for path, source in self._sources.items():
            if not engine.is_readable(WHOLE_FILE, {"path": path}):
                raise unreadable(source)


def unreadable(source: Source) -> PartitionUnreadableError:
    """Return the error that a file is no partition."""
    return PartitionUnreadableError(
        f"The partition {source.key} cannot be read as one, from {source.path}.",
        do="Delete that copy if it lies in the cache and search again; then run 'holdfast verify'.",
        key=source.key,
    )


def _not_there(record: Digest, where: str) -> IndexDiffersError:
    return IndexDiffersError(
        f"The index names record {record}, which is not in {where}.",
        do="Delete the folder state/index of the archive's home: it is made again.",
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


def printable(text: str) -> str:
    """Return a text of the same length without what would steer a terminal."""
    return "".join(c if c.isprintable() or c in JOINERS else " " for c in text)


def one_line(text: str) -> str:
    """Return a text in one line, without what would steer a terminal."""
    return " ".join(printable(text).split())
