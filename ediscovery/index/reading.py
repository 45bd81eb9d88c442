"""Answers from segments of the index: which items a query finds, in which version, and how many."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ediscovery.engine import Engine
from ediscovery.folding import words
from ediscovery.index.compiling import Compiler, Known, counting, words_in
from ediscovery.plan import NO_HITS
from ediscovery.sql import Values, listed
from schemas.digest import Digest
from schemas.errors import InputError, UnavailableError
from schemas.instant import Instant
from schemas.query import And, During, Is, Or, Phrase, Within, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from schemas.query import Query, Term
    from schemas.record import AbsenceClass, Kind

SEGMENT_BITS = 32

FILES = ("docs.parquet", "postings.parquet")
WHOLE_FILE = "SELECT max(hash(COLUMNS(*))) FROM read_parquet($path)"
BASE = (
    f"""
docs AS NOT MATERIALIZED (
    SELECT *, file_index::BIGINT << {SEGMENT_BITS} | file_row_number AS doc FROM read_parquet({listed("$docs")})
)""",
    f"""
postings AS NOT MATERIALIZED (
    SELECT term, file_index::BIGINT << {SEGMENT_BITS} | doc AS doc, places FROM read_parquet({listed("$postings")})
)""",
)
OWN = """
own AS MATERIALIZED (
    SELECT doc, account, kind, item, captured, record FROM docs SEMI JOIN {found} USING (doc)
    WHERE NOT list_contains({beside}, kind)
)"""
MATCHING_VERSIONS = "SELECT account, kind, item, record AS matched, max(doc) AS shown FROM own GROUP BY ALL"
MATCHING_ITEMS = """
    SELECT account, kind, item, max({'at': captured, 'record': record}).record AS matched, NULL::BIGINT AS shown
    FROM own GROUP BY ALL"""
FOLDED = """
matching AS MATERIALIZED ({matching}),
about AS MATERIALIZED (
    SELECT account, kind, item, count(*) AS versions,
        max({{'at': captured, 'record': record, 'doc': doc, 'verdict': verdict}}) AS last
    FROM docs SEMI JOIN matching USING (account, item) GROUP BY ALL
),
hits AS MATERIALIZED (
    SELECT coalesce(matching.shown, about.last.doc) AS shown, matching.matched, about.versions,
        CASE WHEN gone.last.at >= about.last.at THEN gone.last.verdict END AS verdict
    FROM matching JOIN about USING (account, kind, item)
    LEFT JOIN about AS gone
        ON gone.kind = 'absence' AND gone.account = matching.account AND gone.item = matching.item
)"""
ROWS = """
SELECT r.record, hits.matched, r.account, r.item, r.kind, r.created, r.captured, r.key, hits.versions, hits.verdict
FROM docs AS r JOIN hits ON r.doc = hits.shown
ORDER BY r.date, r.captured, r.record"""


class NothingToSearchError(InputError):
    """A term holds no letter, digit or emoji."""

    code = "NOTHING_TO_SEARCH"


class KindNotSearchableError(InputError):
    """Absences are asked for as if they were items."""

    code = "KIND_NOT_SEARCHABLE"


class IndexDamagedError(UnavailableError):
    """A segment of the index cannot be read; it was removed, and is made anew by the next search."""

    code = "INDEX_DAMAGED"


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
def indexed(
    segments: Sequence[Path], known: Known, *, threads: int, memory_limit: int, spill: Path | None = None
) -> Iterator[Index]:
    """Open the index over the folders of segments, which must not change meanwhile; see ``Engine``.

    What of them cannot be read is removed, so that it is made anew.
    """

    def remove_damaged(engine: Engine) -> None:
        for folder in segments:
            if not all(engine.is_readable(WHOLE_FILE, {"path": str(folder / name)}) for name in FILES):
                shutil.rmtree(folder, ignore_errors=True)
                raise IndexDamagedError(
                    f"A part of the index is damaged: {folder.name}. It was removed.",
                    do="Search again: it is made anew from the records, which are not concerned.",
                )

    with Engine(
        [folder / name for folder in segments for name in FILES],
        threads=threads,
        memory_limit=memory_limit,
        spill=spill,
        damaged=remove_damaged,
    ) as engine:
        yield Index(engine, segments, known)


class Index:
    """Answers from segments; for one thread."""

    def __init__(self, engine: Engine, segments: Sequence[Path], known: Known) -> None:
        self._engine, self._known = engine, known
        docs, postings = ([str(folder / name) for folder in segments] for name in FILES)
        self._files = {"docs": docs, "postings": postings}

    def find(self, query: Query, *, limit: int | None = None) -> Iterator[Found]:
        """Yield what a query finds, the oldest first (by date, then capture, then record id), at most ``limit``.

        Raises:
            InputError: the query holds what cannot be searched for, or too much.
            SearchTooLargeError: it needs more memory.
        """
        values = Values()
        matching = MATCHING_VERSIONS if query.versions else MATCHING_ITEMS
        tables = [*self._matching(query, values), FOLDED.format(matching=matching)]
        sql = f"WITH {','.join(tables)} {ROWS}"
        if limit is not None:
            sql += f" LIMIT {values.add(limit)}"
        return map(_found, self._rows(sql, values))

    def count(self, query: Query) -> int:
        """Return how many hits a query has. Raises what ``find`` raises."""
        values = Values()
        counted = "DISTINCT record" if query.versions else "DISTINCT (account, kind, item)"
        sql = f"WITH {','.join(self._matching(query, values))} SELECT count({counted}) FROM own"
        return sum(row[0] for row in self._rows(sql, values))

    def items(self, query: Query) -> frozenset[str]:
        """Return the identifiers of the items that a query finds. Raises what ``find`` raises."""
        values = Values()
        sql = f"WITH {','.join(self._matching(query, values))} SELECT DISTINCT item FROM own"
        return frozenset(row[0] for row in self._rows(sql, values))

    def _matching(self, query: Query, values: Values) -> list[str]:
        term = condition(query)
        compiler = Compiler(values, self._known, self._common(words_in(term)))
        found = compiler.documents(term)
        beside = [kind for kind in NO_HITS if kind != "list" or not _asks_for_lists(query)]
        return [*BASE, *compiler.tables, OWN.format(found=found, beside=values.add(beside))]

    def _common(self, words: frozenset[Word]) -> dict[str, int]:
        if len(words) < 2:  # noqa: PLR2004 - there is no order of one
            return {}
        values = Values()
        sql = f"WITH {BASE[1]} {counting(sorted(words, key=attrgetter('text')), values)}"
        return dict(self._rows(sql, values))

    def _rows(self, sql: str, values: Values) -> Iterator[tuple[Any, ...]]:
        if not self._files["docs"]:
            return iter(())
        used = {name: paths for name, paths in self._files.items() if f"${name}" in sql}
        return self._engine.rows(sql, {**values.named, **used})


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


def _found(row: tuple[Any, ...]) -> Found:
    record, matched, account, item, kind, created, captured, key, versions, verdict = row
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
