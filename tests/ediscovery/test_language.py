"""The query language: what is read, and what is refused with a word about it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.language import DEEPEST, LONGEST, MOST_TERMS, QuerySyntaxError, parse
from schemas.query import And, Not, Or, Phrase, Prefix, Word
from tests.corpora import corpus

BUDGET, HEARING, LEVY = Word("budget"), Word("hearing"), Word("levy")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Budget", BUDGET),
        ("budget hearing", And((BUDGET, HEARING))),
        ("budget AND hearing", And((BUDGET, HEARING))),
        ("budget OR levy hearing", Or((BUDGET, And((LEVY, HEARING))))),
        ("(budget OR levy) hearing", And((Or((BUDGET, LEVY)), HEARING))),
        ("budget NOT levy", And((BUDGET, Not(LEVY)))),
        ("budget -levy", And((BUDGET, Not(LEVY)))),
        ("-levy budget", And((Not(LEVY), BUDGET))),
        ("budget -(levy OR hearing)", And((BUDGET, Not(Or((LEVY, HEARING)))))),
        ('"budget hearing"', Phrase(("budget", "hearing"))),
        ("“budget hearing” «levy»", And((Phrase(("budget", "hearing")), LEVY))),
        ("budg*", Prefix("budg")),
        ("e-mail*", Prefix("e mail")),
        ("客服", Phrase(("客", "服"))),
        ("客服*", Prefix("客 服")),
        ("😀", Word("😀")),
        ("#Budget @district", And((Word("#budget"), Word("@district")))),
        ("https://a.example/x-y?z=1", Phrase(("https", "a", "example", "x", "y", "z", "1"))),
        ("Don’t", Phrase(("don", "t"))),
        ('"or" ORegon', And((Word("or"), Word("oregon")))),
        ("\u200fbudget\u200e", BUDGET),
        ("budget\x00hearing", Phrase(("budget", "hearing"))),
        ('"budget"OR"levy"', Or((BUDGET, LEVY))),
        ("what?", Word("what")),
    ],
)
def test_a_query_is_read_as(text, term):
    assert parse(text) == term


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_blank_query_has_no_term(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("budget AND (hearing", 12, "not closed"),
        ("budget)", 7, "closes nothing"),
        ("()", 2, "missing before ')'"),
        ("budget AND", 11, "missing at the end"),
        ("OR budget", 1, "missing before 'OR'"),
        ("budget OR OR levy", 11, "missing before 'OR'"),
        ('say "budget', 5, "no partner"),
        ("budget or levy", 8, "upper case"),
        ("a And b", 3, "upper case"),
        ("*", 1, "* must stand"),
        ("bud*get", 4, "* must stand"),
        ("a b-*", 5, "* must stand"),
        ('"budg* hearing"', 6, "within quotes"),
        ("budget w/5 levy", 8, "Proximity"),
        ("budget PRE/3 levy", 8, "Proximity"),
        ("author:smith", 1, "Fields"),
        ("wom?n", 1, "wildcard ?"),
        ("budg!", 1, "root expander"),
        ("a && b", 3, "no operator"),
        ("budget~2", 1, "Fuzzy"),
        ('"budget levy"~3', 14, "Nearness"),
        ("budget –levy", 8, "dash"),
        ("NOT budget", 1, "whole archive"),
        ("-1", 1, "whole archive"),
        ("budget OR NOT levy", 1, "whole archive"),
        ("NOT NOT budget", 1, "whole archive"),
        ("hi , bye", 4, "nothing to search for"),
        ('" "', 1, "nothing to search for"),
        ("a -", 3, "nothing to search for"),
        ("客服 (", 4, "not closed"),
    ],
)
def test_a_query_is_refused_at_its_fault(text, column, said):
    with pytest.raises(QuerySyntaxError) as refused:
        parse(text)
    assert (refused.value.column, refused.value.facts) == (column, {"column": column})
    assert said in refused.value.what
    line, caret = refused.value.excerpt.splitlines()
    assert line.strip() in text
    assert caret.strip() == "^"


def test_the_caret_stands_under_the_fault_also_after_wide_characters():
    with pytest.raises(QuerySyntaxError) as refused:
        parse("客服 (")
    assert refused.value.excerpt == "  客服 (\n       ^"


@pytest.mark.parametrize(
    "text",
    [
        "a " * 500_000,
        "a " * (MOST_TERMS + 1),
        " OR ".join(["a"] * 10_000),
        "(" * (LONGEST - 1),
        "(" * 5_000 + "a" + ")" * 5_000,
        "NOT " * (DEEPEST + 1) + "a",
        "a " + "-(" * (DEEPEST + 1) + "b" + ")" * (DEEPEST + 1),
        '"' * (LONGEST - 1),
        "- " * (LONGEST // 2),
    ],
    ids=["1 MB", "words", "10,000 ORs", "open", "nested", "NOTs", "minuses", "quotes", "dashes"],
)
def test_what_is_too_large_is_refused_at_once(text):
    started = time.perf_counter()
    with pytest.raises(QuerySyntaxError):
        parse(text)
    assert time.perf_counter() - started < 2


def test_what_is_just_small_enough_is_read():
    assert parse("(" * DEEPEST + "a" + ")" * DEEPEST) == Word("a")
    assert parse(" OR ".join(f"a{n}" for n in range(MOST_TERMS))) is not None


PIECES = ["a", "b", '"', "“", "(", ")", "*", "-", "#", ":", " ", "\n", " OR ", " AND ", " NOT ", "客", "\u0301", "w/5"]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        term = parse(text)
    except QuerySyntaxError as refused:
        column = refused.column
    else:
        column = 1
        assert (term is None) == (not text.strip())
    assert 1 <= column <= len(text) + 1


def test_the_queries_of_other_parsers_are_read_or_refused():
    read = refused = 0
    for path in corpus("conformance", "query-syntax").rglob("*.queries.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for query in {line, line.replace('\\"', '"').replace("\\n", "\n").replace("\\r", "\r")}:
                try:
                    parse(query)
                    read += 1
                except QuerySyntaxError:
                    refused += 1
    assert read > 50
    assert refused > 50
