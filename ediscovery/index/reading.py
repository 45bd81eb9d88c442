"""Answers from segments of the index: which items a query finds, in which version, and how many."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ediscovery.folding import words
from ediscovery.index.compiling import LAST, Compiler, Known, counting, words_in
from ediscovery.index.files import Files, engine_over, parameters, tables
from ediscovery.index.kept import Kept
from ediscovery.index.places import fact
from ediscovery.index.versions import BESIDE, ITEMS
from ediscovery.sql import Statement, Values
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.instant import Instant
from schemas.query import And, During, Is, Or, Phrase, Within, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ediscovery.engine import Engine, Means
    from schemas.query import Query, Term
    from schemas.record import AbsenceClass, Kind

OWN = """
said AS MATERIALIZED (SELECT items.* FROM items SEMI JOIN {found} USING (doc)),
alone AS MATERIALIZED (SELECT doc FROM {found} ANTI JOIN said USING (doc)),
several AS MATERIALIZED (FROM said WHERE beside IS NULL OR NOT list_contains({beside}, beside))"""
VERSIONS = """
hits AS MATERIALIZED (
    SELECT doc AS shown, doc AS matched, 1 AS versions, NULL AS verdict FROM alone
    UNION ALL SELECT doc, doc, versions, verdict FROM several
)"""
FOLDED = """
hits AS MATERIALIZED (
    SELECT doc AS shown, doc AS matched, 1 AS versions, NULL AS verdict FROM alone
    UNION ALL
    SELECT latest, max_by(doc, version), any_value(versions), any_value(verdict) FROM several GROUP BY latest
)"""
# The first hits are found by three columns, before all that is shown of them is read.
FIRST = """,
first AS MATERIALIZED (
    SELECT doc FROM docs SEMI JOIN (SELECT shown AS doc FROM hits) USING (doc)
    ORDER BY date, captured, record LIMIT {limit}
),
page AS MATERIALIZED (SELECT * FROM hits SEMI JOIN (SELECT doc AS shown FROM first) USING (shown))"""
_SHOWN = """
FROM docs AS r JOIN {hits} AS hits ON r.doc = hits.shown
LEFT JOIN (
    SELECT doc, record FROM docs SEMI JOIN (SELECT matched AS doc FROM {hits} WHERE matched <> shown) USING (doc)
) AS m ON m.doc = hits.matched"""
SHOWN = _SHOWN.format(hits="hits")
"""The documents that hits show, ``r``; and ``m`` those that matched, where these are others."""

MATCHED = "coalesce(m.record, r.record)"
BY_DATE = "ORDER BY r.date, r.captured, r.record"
BY_CAPTURE = "ORDER BY r.captured, r.record"
ROWS = f"""
SELECT r.record, {MATCHED}, r.account, r.item, r.kind, CASE WHEN r.dated THEN r.date END, r.captured,
    r.key, hits.versions, hits.verdict"""
ALL = f"{ROWS} {SHOWN} {BY_DATE}"
PAGE = f"{ROWS}, (SELECT count(*) FROM hits) {_SHOWN.format(hits='page')} {BY_DATE}"
EARLIER = "earlier AS MATERIALIZED (SELECT doc FROM {found} SEMI JOIN docs USING (doc))"
KEPT = f"""
SELECT r.doc, r.date, r.record, {MATCHED} AS matched, r.account, r.item, r.kind,
    CASE WHEN r.dated THEN r.date END AS created, r.captured, r.key, hits.versions, hits.verdict
{SHOWN}"""


class NothingToSearchError(InputError):
    """A term holds no letter, digit or emoji."""

    code = "NOTHING_TO_SEARCH"


class KindNotSearchableError(InputError):
    """Absences are asked for as if they were items."""

    code = "KIND_NOT_SEARCHABLE"


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
    """Open the index over its files, which must not change meanwhile; see ``files.engine_over``.

    With ``size`` it answers as if the ledger had as many entries: no later record is known of.
    """
    with engine_over(files, means) as engine:
        yield Index(engine, files, known, size=size)


class Index:
    """Answers from segments; for one thread."""

    def __init__(self, engine: Engine, files: Files, known: Known, *, size: int | None = None) -> None:
        self._engine, self._files, self._known, self._size = engine, files, known, size
        self._tables = tables(files)
        if size is not None:
            # What all segments say of items knows of later versions: it is said anew.
            self._tables = f"{tables(Files(files.segments), size=size)}, items AS MATERIALIZED (WITH {ITEMS})"
        self._postings = "postings" if size is None else "postings SEMI JOIN docs USING (doc)"
        self._number = count()

    def find(self, query: Query, *, limit: int | None = None) -> Iterator[Found]:
        """Yield what a query finds, the oldest first (by date, then capture, then record id), at most ``limit``.

        Raises:
            InputError: the query holds what cannot be searched for, or too much.
            SearchTooLargeError: it needs more memory.
        """
        if limit is not None:
            return iter(self.page(query, limit=limit)[1])
        return map(found_of, self.rows(self.over_hits(query, ALL)))

    def page(self, query: Query, *, limit: int) -> tuple[int, tuple[Found, ...]]:
        """Return how many hits a query has, and the first of them (``find``)."""
        values = Values()
        tables = f"{self._hits(query, values)} {FIRST.format(limit=values.add(limit))}"
        rows = list(self._rows(f"{tables} {PAGE}", values))
        if not rows and not limit:  # none can say how many there are
            return self.count(query), ()
        return rows[0][-1] if rows else 0, tuple(map(found_of, rows))

    def over_hits(self, query: Query, select: str, *, into: str = "") -> Statement:
        """Return a statement over what a query finds, whose rows go ``into`` a table if one is named.

        There are the tables of the index, and ``hits`` with a row for each hit: the documents shown and matched.
        Raises what ``find`` raises.
        """
        values = Values()
        return Statement(f"{into} {self._hits(query, values)} {select}", values.named)

    def over_all(self, select: str, values: Values) -> Statement:
        """Return a statement over the tables of the index."""
        return Statement(f"WITH {self._tables} {select}", values.named)

    def run(self, sql: str) -> None:
        """Run a statement about a table of the caller's own."""
        self._engine.run(sql)

    def rows(self, statement: Statement) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds, in its order. Raises what ``find`` raises."""
        if not self._files.segments:
            return iter(())
        files = parameters(self._files, statement.sql)
        return self._engine.rows(statement.sql, {**statement.parameters, **files})

    @property
    def documents(self) -> int:
        """How many records it holds."""
        return sum(row[0] for row in self.rows(self.over_all("SELECT count(*) FROM docs", Values())))

    @property
    def unread(self) -> dict[str, int]:
        """How many records there are of which something is not searched, by reason (``documents``)."""
        values = Values()
        start = fact("unread", "")
        counted = f"""
            SELECT term, count(*) FROM {self._postings}
            WHERE term >= {values.add(start)} AND term < {values.add(start + LAST)} GROUP BY term ORDER BY term"""
        return {term.removeprefix(start): count for term, count in self.rows(self.over_all(counted, values))}

    @property
    def segments(self) -> int:
        """Of how many segments it is."""
        return len(self._files.segments)

    def count(self, query: Query) -> int:
        """Return how many hits a query has. Raises what ``find`` raises."""
        values = Values()
        sql = f"{self._hits(query, values)} SELECT count(*) FROM hits"
        return sum(row[0] for row in self._rows(sql, values))

    def items(self, query: Query) -> frozenset[str]:
        """Return the identifiers of the items that a query finds. Raises what ``find`` raises."""
        values = Values()
        found = "SELECT DISTINCT item FROM docs SEMI JOIN (SELECT shown AS doc FROM hits) USING (doc)"
        return frozenset(row[0] for row in self._rows(f"{self._hits(query, values)} {found}", values))

    def words(self, start: str, *, longest: int, limit: int) -> list[str]:
        """Return the words that begin so, of at most so many letters, and not more of them than ``limit``."""
        values = Values()
        begins = f"term >= {values.add(start)} AND term < {values.add(start + LAST)}"
        short = f"length(term) <= {values.add(longest)} LIMIT {values.add(limit)}"
        sql = f"WITH {self._tables} SELECT DISTINCT term FROM {self._postings} WHERE {begins} AND {short}"
        return sorted(row[0] for row in self._rows(sql, values))

    def partitions(self, items: Sequence[str]) -> dict[Digest, str]:
        """Return all records about items of these identifiers, with the key of the partition that each is in."""
        values = Values()
        names = ", ".join(f"md5_number_lower({values.add(item)})" for item in items)
        own = f"SELECT doc FROM names WHERE name IN ({names})"
        sql = f"WITH {self._tables} SELECT record, key FROM docs WHERE doc IN ({own})"
        return {Digest(record): key for record, key in self._rows(sql, values)} if items else {}

    def look_up(
        self, documents: Callable[[Values], str], *, beside: Sequence[str] = (), folded: bool = False
    ) -> Iterator[Found]:
        """Yield what is known of documents (``named``), but of kinds ``beside``: every record, in the order of capture.

        If they are folded, it is the latest versions of their items, by date. Raises what ``find`` raises.
        """
        values = Values()
        named = f"named AS MATERIALIZED ({documents(values)})"
        own = OWN.format(found="named", beside=values.add(list(beside)))
        tables, order = (FOLDED, BY_DATE) if folded else (VERSIONS, BY_CAPTURE)
        sql = f"WITH {self._tables}, {named}, {own}, {tables} {ROWS} {SHOWN} {order}"
        return map(found_of, self._rows(sql, values))

    @contextmanager
    def kept(self, query: Query) -> Iterator[Kept | None]:
        """Keep what a query finds for the length of a block; ``None`` where there is no document.

        Raises what ``find`` raises.
        """
        if not self._files.segments:
            yield None
            return
        values = Values()
        sql = f"{self._hits(query, values)} {KEPT}"
        table = f"kept_{next(self._number)}"
        self._engine.run(f"CREATE TABLE {table} AS {sql}", {**values.named, **parameters(self._files, sql)})
        try:
            yield Kept(self._engine, self._files, self._known, tables=self._tables, table=table)
        finally:
            self._engine.run(f"DROP TABLE {table}")

    def _hits(self, query: Query, values: Values) -> str:
        """Return a statement's tables up to ``hits``: a row for each, with the documents shown and matched."""
        term = condition(query)
        compiler = Compiler(values, self._known, self._common(words_in(term)))
        found = compiler.documents(term)
        beside = [kind for kind in BESIDE if kind != "list" or not _asks_for_lists(query)]
        if self._size is not None:
            compiler.tables.append(EARLIER.format(found=found))
            found = "earlier"
        own = OWN.format(found=found, beside=values.add(beside))
        defined = [self._tables, *compiler.tables, own, VERSIONS if query.versions else FOLDED]
        return f"WITH {','.join(defined)}"

    def _common(self, words: frozenset[Word]) -> dict[str, int]:
        if len(words) < 2:  # noqa: PLR2004 - there is no order of one
            return {}
        values = Values()
        sql = f"WITH {self._tables} {counting(sorted(words, key=attrgetter('text')), values)}"
        return dict(self._rows(sql, values))

    def _rows(self, sql: str, values: Values) -> Iterator[tuple[Any, ...]]:
        return self.rows(Statement(sql, values.named))


def condition(query: Query) -> Term:
    """Return a query's term with its filters in it.

    Raises:
        NothingToSearchError: the author holds nothing to search for.
        KindNotSearchableError: absences are asked for.
    """
    terms: list[Term] = []
    if "absence" in query.kinds:
        raise KindNotSearchableError(
            "An absence is a mark on an item and no item.", do="Search for the items; those that went away are marked."
        )
    if query.term is not None:
        terms.append(query.term)
    if query.author is not None:
        terms.append(Within("author", _phrase(query.author)))
    if query.accounts:
        terms.append(Or(tuple(Is("account", name) for name in sorted(query.accounts))))
    if query.kinds:
        terms.append(Or(tuple(Is("type", kind) for kind in sorted(query.kinds))))
    if query.start is not None or query.end is not None or not terms:
        terms.append(During("date", query.start, query.end))
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _phrase(text: str) -> Term:
    found = words(text)
    if not found:
        raise NothingToSearchError(
            f"There is nothing to search for in {text[:80]!r}.", do="Give letters, digits or emoji."
        )
    return Word(found[0]) if len(found) == 1 else Phrase(found)


def _asks_for_lists(query: Query) -> bool:
    return "list" in query.kinds or (query.term is not None and _names_lists(query.term))


def _names_lists(term: Term) -> bool:
    match term:
        case Is("type", "list"):
            return True
        case And(terms) | Or(terms):
            return any(_names_lists(one) for one in terms)
        case _:
            return False


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
