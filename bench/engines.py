"""Three ways to search the same posts: our index, SQLite's FTS5, and tantivy.

Ours is used through ``build``, ``gather``, ``tiles`` and ``indexed`` alone and answers with record ids. The others are
given the same words, folded already, and posts in the order of date; they answer with the posts' numbers in that order.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyarrow.parquet as pq
import tantivy

from bench.posts import DAY, Posts, folded
from ediscovery.engine import Means
from ediscovery.index.building import build
from ediscovery.index.files import Files
from ediscovery.index.known import Known
from ediscovery.index.reading import indexed
from ediscovery.index.tiles import Tile, tiles
from ediscovery.index.versions import gather
from schemas.query import And, During, Near, Not, Or, Phrase, Prefix, Query, Within, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ediscovery.index.reading import Index
    from schemas.query import Term

FIRST = 50  # hits of a page
THREADS = os.cpu_count() or 1
BUILDING, SEARCHING = 1_500_000_000, 1 << 30  # bytes that DuckDB may hold, as the program lets it
HEAP = 512_000_000  # bytes that tantivy's writers may hold


class NotAskedError(Exception):
    """An engine has nothing for a term."""


class Answers(Protocol):
    """What an opened index answers; whatever ``asked`` makes of a term may be kept."""

    def asked(self, term: Term) -> Any: ...
    def hits(self, asked: Any) -> Sequence[Any]: ...
    def first(self, asked: Any) -> Sequence[Any]: ...
    def count(self, asked: Any) -> int: ...


class Engine(Protocol):
    """An index in a folder of its own: made once, opened as often as one likes."""

    def build(self) -> None: ...
    def opened(self) -> AbstractContextManager[Answers]: ...


class Ours:
    """Segments over stretches of the ledger: those that the program makes, one over all, or one for each entry."""

    def __init__(self, posts: Posts, folder: Path, cut: Callable[[int], Iterable[Tile]] = tiles) -> None:
        self._posts, self._folder = posts, folder
        self._stretches = list(cut(len(posts.sources)))
        self._items = folder / "items.parquet"
        self._files = Files([folder / f"{one.first:x}-{one.end:x}" for one in self._stretches], self._items)

    def build(self) -> None:
        first = 0
        for tile, made in zip(self._stretches, self._files.segments, strict=True):
            made.mkdir()
            own = self._posts.sources[tile.first : tile.end]
            first += build(own, made, first=first, means=self._means(BUILDING))
        gather(self._files, self._items, means=self._means(BUILDING))

    @contextmanager
    def opened(self) -> Iterator[OurAnswers]:
        with indexed(self._files, Known(), self._means(SEARCHING)) as index:
            yield OurAnswers(index)

    def _means(self, memory: int) -> Means:
        return Means(THREADS, memory, self._folder.parent)


class OurAnswers:
    """Every version is a hit, as it is for the others; ``items`` are what people are shown."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def asked(self, term: Term) -> Query:
        return Query(term=term, versions=True)

    def hits(self, asked: Query) -> Any:
        return self._index.hits(asked).shown

    def first(self, asked: Query) -> list[bytes]:
        return [one.record.raw for one in self._index.page(asked, limit=FIRST)[1]]

    def count(self, asked: Query) -> int:
        return self._index.count(asked)

    def items(self, asked: Query) -> Any:
        return self._index.hits(Query(term=asked.term)).shown

    def records(self, asked: Query) -> list[bytes]:
        return [one.record.raw for one in self._index.find(asked)]


def whole(size: int) -> Iterator[Tile]:
    yield Tile(0, size)


def singly(size: int) -> Iterator[Tile]:
    return (Tile(entry, entry + 1) for entry in range(size))


Given: TypeAlias = tuple[int, int, str, str, str]
"""A post for the others: its number in the order of date, its date, its words, those with a sign, its author."""


def _given(texts: Path) -> Iterator[Given]:
    numbers = count()
    for batch in pq.ParquetFile(texts).iter_batches(columns=["date", "author", "text"], batch_size=10_000):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        for (date, author, text), number in zip(rows, numbers, strict=False):
            yield number, date, *folded(text), author


class FTS5:
    """One table without its texts, merged into one b-tree; a post's number is its row's."""

    def __init__(self, posts: Posts, folder: Path) -> None:
        self._posts, self._file = posts, folder / "posts.db"

    def build(self) -> None:
        days: dict[int, int] = {}

        def rows() -> Iterator[tuple[int, str, str, str]]:
            for number, date, words, signed, author in _given(self._posts.texts):
                days.setdefault(date // DAY, number)
                yield number, words, signed, author

        database = sqlite3.connect(self._file)
        with database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA cache_size = -500000")
            database.execute(
                "CREATE VIRTUAL TABLE posts USING fts5(words, signed, author, content='', columnsize=0,"
                " tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
            )
            database.execute("CREATE TABLE days (day INTEGER PRIMARY KEY, first INTEGER)")
            database.executemany("INSERT INTO posts (rowid, words, signed, author) VALUES (?, ?, ?, ?)", rows())
            database.execute("INSERT INTO posts (posts) VALUES ('optimize')")
            database.executemany("INSERT INTO days VALUES (?, ?)", days.items())
        database.close()

    @contextmanager
    def opened(self) -> Iterator[FTS5Answers]:
        database = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        try:
            yield FTS5Answers(database)
        finally:
            database.close()


FROM_DAY = "(SELECT first FROM days WHERE day >= ? ORDER BY day LIMIT 1)"
DURING = f"FROM posts WHERE posts MATCH ? AND rowid >= {FROM_DAY} AND rowid < {FROM_DAY}"


class FTS5Answers:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def asked(self, term: Term) -> tuple[str, tuple[str | int, ...]]:
        words, during = _parted(term)
        if during is None:
            return "FROM posts WHERE posts MATCH ?", (_match(words),)
        return DURING, (_match(words), during.start.micros // DAY, during.end.micros // DAY)

    def hits(self, asked: Any) -> list[int]:
        return self._rows("SELECT rowid", asked, " ORDER BY rowid")

    def first(self, asked: Any) -> list[int]:
        return self._rows("SELECT rowid", asked, f" ORDER BY rowid LIMIT {FIRST}")

    def count(self, asked: Any) -> int:
        return self._rows("SELECT count(*)", asked, "")[0]

    def _rows(self, selected: str, asked: tuple[str, tuple[Any, ...]], order: str) -> list[int]:
        sql, values = asked
        return [row for (row,) in self._database.execute(f"{selected} {sql}{order}", values)]


def _match(term: Term) -> str:
    match term:
        case Word(text) if text[0] in "#@":
            return f'signed : "{text}"'
        case Word(text):
            return f'"{text}"'
        case Phrase(words):
            return f'"{" ".join(map(str, words))}"'
        case Prefix(text):
            return f'"{text}" *'
        case And(terms):
            found = " AND ".join(_match(one) for one in terms if not isinstance(one, Not))
            return f"({found}{''.join(f' NOT {_match(one.term)}' for one in terms if isinstance(one, Not))})"
        case Or(terms):
            return f"({' OR '.join(map(_match, terms))})"
        case Near(Word(first), Word(second), within, ordered=False):
            return f'NEAR("{first}" "{second}", {within - 1})'
        case Within("author", Word(text)):
            return f'author : "{text}"'
        case _:
            raise NotAskedError


def _parted(term: Term) -> tuple[Term, During | None]:
    """Return a term without the dates that it says beside the rest, and those."""
    if not isinstance(term, And):
        return term, None
    during = next((one for one in term.terms if isinstance(one, During)), None)
    return And(tuple(one for one in term.terms if one is not during)), during


class Tantivy:
    """An index with as many segments as tantivy leaves; it sorts by the posts' numbers."""

    def __init__(self, posts: Posts, folder: Path) -> None:
        self._posts, self._folder = posts, folder

    def build(self) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("words", tokenizer_name="whitespace", index_option="position")
        schema.add_text_field("signed", tokenizer_name="whitespace", index_option="basic")
        schema.add_text_field("author", tokenizer_name="raw", index_option="basic")
        schema.add_unsigned_field("number", fast=True)
        schema.add_integer_field("date", fast=True)
        writer = tantivy.Index(schema.build(), path=str(self._folder)).writer(HEAP, THREADS)
        for number, date, words, signed, author in _given(self._posts.texts):
            post = tantivy.Document()
            post.add_text("words", words)
            post.add_text("signed", signed)
            post.add_text("author", author)
            post.add_unsigned("number", number)
            post.add_integer("date", date)
            writer.add_document(post)
        writer.commit()
        writer.wait_merging_threads()

    @contextmanager
    def opened(self) -> Iterator[TantivyAnswers]:
        index = tantivy.Index.open(str(self._folder))
        yield TantivyAnswers(index.searcher(), index.schema)


class TantivyAnswers:
    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher, self._schema = searcher, schema

    def asked(self, term: Term) -> tantivy.Query:
        query, schema = tantivy.Query, self._schema
        match term:
            case Word(text) if text[0] in "#@":
                return query.term_query(schema, "signed", text, "basic")
            case Word(text):
                return query.term_query(schema, "words", text)
            case Phrase(words):
                return query.phrase_query(schema, "words", list(words))
            case Prefix(text):
                return query.regex_query(schema, "words", f"{text}.*")
            case And(terms) | Or(terms):
                occurs = tantivy.Occur.Must if isinstance(term, And) else tantivy.Occur.Should
                return query.boolean_query(
                    [
                        (tantivy.Occur.MustNot, self.asked(one.term))
                        if isinstance(one, Not)
                        else (occurs, self.asked(one))
                        for one in terms
                    ]
                )
            case Near(Word(first), Word(second), within, ordered=False):
                # With words between, a phrase is also found turned round, but not over the same distance.
                orders = ([first, second], [second, first])
                phrases = [query.phrase_query(schema, "words", words, within - 1) for words in orders]
                return query.boolean_query([(tantivy.Occur.Should, one) for one in phrases])
            case Within("author", Word(text)):
                return query.term_query(schema, "author", text, "basic")
            case During(_, start, end):
                return query.range_query(
                    schema,
                    "date",
                    tantivy.FieldType.Integer,
                    start.micros,
                    end.micros,
                    include_upper=False,
                )
            case _:
                raise NotAskedError

    def hits(self, asked: tantivy.Query) -> list[int]:
        return self._found(asked, max(self._searcher.num_docs, 1))

    def first(self, asked: tantivy.Query) -> list[int]:
        return self._found(asked, FIRST)

    def count(self, asked: tantivy.Query) -> int:
        return self._searcher.search(asked, limit=1).count

    def _found(self, asked: tantivy.Query, limit: int) -> list[int]:
        found = self._searcher.search(asked, limit=limit, count=False, order_by_field="number", order=tantivy.Order.Asc)
        return [number for number, _ in found.hits]


ENGINES: dict[str, Callable[[Posts, Path], Engine]] = {
    "holdfast": Ours,
    "fts5": FTS5,
    "tantivy": Tantivy,
    "whole": lambda posts, folder: Ours(posts, folder, whole),
    "singly": lambda posts, folder: Ours(posts, folder, singly),
}
