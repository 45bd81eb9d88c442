"""Searching for what is hostile, in what is damaged, beyond what is allowed: refused by name, or only text."""

from __future__ import annotations

import json
from datetime import UTC

import duckdb
import pytest

from ediscovery.engine import (
    LEAST_MEMORY,
    Means,
    NotTextError,
    SearchFailedError,
    SearchSettingError,
    SearchTooLargeError,
)
from ediscovery.folding import words
from ediscovery.index.conditions import NothingToSearchError
from ediscovery.language.faults import QuerySyntaxError
from ediscovery.language.parsing import parse
from ediscovery.partitions import PartitionUnreadableError, Source
from ediscovery.search import Search
from ediscovery.sql import Statement
from schemas.query import Near, Phrase, Query, Word
from tests.corpora import corpus
from tests.ediscovery.partitions import MEMORY, Version, no_index, opened, write

HOSTILE = [
    "'; DROP TABLE sources; --",
    "x' OR '1'='1",
    "$paths $p0 {condition} %s ?",
    "a\x00b",
    ".* [a-z] \\x{61} (?i)",
    "مرحبا \u202e evil",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(tmp_path, text):
    held = [Version("p", "nothing to see", author="nobody")]
    with opened(write(tmp_path, held)) as search:
        for query in (Query(term=Phrase(words(text))), Query(author=text), Query(accounts=frozenset({text}))):
            assert list(search.hits(query)) == []
        assert search.versions(text, "p") == ()
        assert search.count(Query()) == 1


def test_names_that_are_no_text_are_refused(tmp_path):
    with opened(write(tmp_path, [Version("p")])) as search, pytest.raises(NotTextError):
        search.thread("blog", "\ud800")
    with opened(write(tmp_path, [Version("p")])) as search, pytest.raises(NotTextError):
        search.count(Query(accounts=frozenset({"\ud800"})))


def test_what_holds_no_word_is_refused_and_never_finds_everything(tmp_path):
    with opened(write(tmp_path, [Version("p", "x")])) as search:
        for query in (Query(author=""), Query(author=" - ")):
            with pytest.raises(NothingToSearchError):
                search.count(query)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "missing", "foreign"])
def test_a_damaged_file_is_named(tmp_path, damage):
    sources = write(tmp_path, [Version(str(number), f"snow {number} " * 50) for number in range(30)], rows=10)
    path = sources[1].path
    content = path.read_bytes()
    path.chmod(0o600)
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("this is no Parquet file at all", encoding="utf-8")
        case "cut":
            path.write_bytes(content[:-20])
        case "flipped":
            path.write_bytes(content[:50] + bytes(255 - byte for byte in content[50:3000]) + content[3000:])
        case "missing":
            path.unlink()
        case "foreign":
            path.write_bytes(sources[0].path.read_bytes().replace(b"captured", b"capturer"))
    with opened(sources) as search, pytest.raises(PartitionUnreadableError, match=sources[1].key):
        list(search.hits(Query(term=Word("snow"))))


def test_a_search_that_needs_more_memory_than_it_may_use_says_so(tmp_path):
    held = [Version(str(number), "snow day " * 20_000) for number in range(100)]
    with opened(write(tmp_path, held), memory=LEAST_MEMORY) as search:
        # What is too much at once is looked for in fewer documents at a time.
        near = Near(Word("snow"), Word("day"), within=900)
        assert len(list(search.hits(Query(term=near)))) == len(held)
        with pytest.raises(SearchTooLargeError):
            list(search.hits(Query(term=Near(near, Word("snow"), within=900))))


def test_what_is_too_much_for_memory_is_written_where_it_may_be_and_else_refused(tmp_path):
    held = write(tmp_path, [Version("a")])
    sorting = Statement("SELECT i, hash(i) AS h FROM records($paths), range(6000000) AS numbers(i) ORDER BY h", {})
    (folder := tmp_path / "spill it's").mkdir(mode=0o700)
    with Search(held, no_index, Means(1, LEAST_MEMORY, folder)) as search:
        batches = search.batches(sorting, "blog")
        rows = next(batches).num_rows
        assert list(folder.iterdir())
        assert rows + sum(batch.num_rows for batch in batches) == 6_000_000
    assert not list(folder.iterdir())
    with Search(held, no_index, Means(1, LEAST_MEMORY)) as search, pytest.raises(SearchTooLargeError):
        list(search.batches(sorting, "blog"))


@pytest.mark.parametrize("words", ["boom", "no Out of Memory Error"])
def test_what_fails_after_the_first_batch_fails_as_a_search(tmp_path, words):
    sql = "SELECT CASE WHEN i > 500000 THEN error($words) END FROM records($paths), range(999999) AS numbers(i)"
    with Search(write(tmp_path, [Version("a")]), no_index, Means(1, MEMORY)) as search:
        batches = search.batches(Statement(sql, {"words": words}), "blog")
        assert next(batches).num_rows
        with pytest.raises(SearchFailedError, match=words):
            list(batches)


@pytest.mark.parametrize(("threads", "memory"), [(0, MEMORY), (-1, MEMORY), (1, 1_000)])
def test_impossible_settings_are_refused(threads, memory):
    with pytest.raises(SearchSettingError):
        Search([], no_index, Means(threads, memory))


def test_a_path_that_would_be_a_pattern_is_refused(tmp_path):
    with pytest.raises(SearchSettingError, match="pattern"):
        opened([Source(path=tmp_path / "*.parquet", key="k", account="a", entry=0, rows=1)])


@pytest.mark.parametrize("spill", [None, "spill"])
def test_the_engine_reaches_nothing_but_the_partitions(tmp_path, spill):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n", encoding="utf-8")
    sources, folder = write(tmp_path, [Version("p")]), spill and tmp_path / spill
    with Search(sources, no_index, Means(2, MEMORY, folder)) as search:
        for sql in (
            f"FROM read_csv('{secret}')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/other.db'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET threads = 1",
            "SET enable_external_access = true",
            "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        ):
            with pytest.raises(duckdb.Error):
                search._partitions._engine._connection.execute(sql)
    assert not (tmp_path / "out.csv").exists()


def test_the_queries_of_other_parsers_are_answered_or_refused(tmp_path):
    held = [Version("p", "foo bar baz fizz buzz", title="A phrase")]
    answered = 0
    with opened(write(tmp_path, held)) as search:
        for path in corpus("conformance", "query-syntax").rglob("*.queries.txt"):
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    term = parse(line.replace('\\"', '"'), UTC)
                except QuerySyntaxError:
                    continue
                search.count(Query(term=term))
                answered += 1
    assert answered > 50


def test_naughty_strings_are_found_by_their_own_words_and_break_nothing(tmp_path):
    naughty = json.loads(
        corpus("conformance", "text", "minimaxir+big-list-of-naughty-strings", "blns.json").read_text()
    )
    held = [Version(str(number), text) for number, text in enumerate(naughty)]
    searched = typed_in = 0
    with opened(write(tmp_path, held)) as search:
        for number, text in enumerate(naughty):
            own = words(text)[:3]
            if own:
                assert str(number) in search.items(Query(term=Phrase(own))), text
                searched += 1
            try:
                term = parse(text, UTC)
            except QuerySyntaxError:
                continue
            search.count(Query(term=term))
            typed_in += 1
    assert searched > 300
    assert typed_in > 100
