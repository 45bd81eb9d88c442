"""The query language: what is read, and what is refused with a word about it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.language.faults import QuerySyntaxError
from ediscovery.language.grammar import DEEPEST, LONGEST, MOST_TERMS
from ediscovery.language.parsing import parse
from schemas.instant import Instant
from schemas.query import And, During, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word
from tests.corpora import corpus


def day(month: int, number: int) -> Instant:
    """The first instant of a day of 2026."""
    return Instant.from_datetime(datetime(2026, month, number, tzinfo=UTC))


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
        ("e-mail*", Phrase(("e", Prefix("mail")))),
        ("客服", Phrase(("客", "服"))),
        ("客服*", Phrase(("客", "服"))),
        ("budg!", Prefix("budg")),
        ("#Budg*", Prefix("#budg")),
        ("wom?n b*t", And((Wildcard("wom?n"), Wildcard("b*t")))),
        ('"budg* hearing"', Phrase((Prefix("budg"), "hearing"))),
        ("budget w/5 levy", Near(BUDGET, LEVY, 5)),
        ("budget PRE/3 levy", Near(BUDGET, LEVY, 3, ordered=True)),
        ('"budget hearing" w/9 (levy OR budg*)', Near(Phrase(("budget", "hearing")), Or((LEVY, Prefix("budg"))), 9)),
        ("budget w/5 levy pre/2 hearing", Near(Near(BUDGET, LEVY, 5), HEARING, 2, ordered=True)),
        ("hearing AND budget w/5 levy", And((HEARING, Near(BUDGET, LEVY, 5)))),
        ("author:smith levy", And((Within("author", Word("smith")), LEVY))),
        ('Author:"Jane Smith"', Within("author", Phrase(("jane", "smith")))),
        (
            "title:(budget OR levy) -title:hearing",
            And((Within("title", Or((BUDGET, LEVY))), Not(Within("title", HEARING)))),
        ),
        ("hashtag:Budget mention:@district", And((Word("#budget"), Word("@district")))),
        ("link:https://A.example/x", Within("link", Phrase(("a", "example", "x")))),
        ("type:post", Is("type", "post")),
        ("type:(post OR comment)", Or((Is("type", "post"), Is("type", "comment")))),
        ("account:School-*", Is("account", "school-", prefix=True)),
        ('thread:"tag:X,2026:1"', Is("thread", "tag:X,2026:1")),
        ("is:edited has:image class:public", And((Is("is", "edited"), Is("has", "image"), Is("class", "public")))),
        (f"hash:{'AB' * 32}", Is("hash", "ab" * 32)),
        ("bates:mgu0000006", Is("bates", "MGU0000006..0000006")),
        ("bates:MGU0000006–MGU0000011", Is("bates", "MGU0000006..0000011")),
        ("created:2026-03-01", During("created", day(3, 1), day(3, 2))),
        ("captured:2026-03..2026-04", During("captured", day(3, 1), day(5, 1))),
        ("date:>2026-03-01", During("date", day(3, 2))),
        ("date:>=2026-03-01", During("date", day(3, 1))),
        ("date:<2026", During("date", None, day(1, 1))),
        ("date:<=2026-12-31T23:59", During("date", None, Instant.from_text("2027-01-01T00:00:00.000000Z"))),
        ("date:..2026-01", During("date", None, day(2, 1))),
        ("\u200eNOT budget\u200f levy", And((Not(BUDGET), LEVY))),
        ("Re: budget", And((Word("re"), BUDGET))),
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
    assert parse(text, UTC) == term


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_blank_query_has_no_term(text):
    assert parse(text, UTC) is None


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
        ("*", 1, "cannot begin with"),
        ("*get", 1, "cannot begin with"),
        ("#*", 1, "cannot begin with"),
        ("客*服", 1, "cannot begin with"),
        ("a b-*", 3, "cannot begin with"),
        ("budget w/0 levy", 8, "1 to 999"),
        ("budget w/1000 levy", 8, "1 to 999"),
        ("budget w/ levy", 8, "number of words is missing"),
        ("budget w/five levy", 8, "whole number"),
        ("budget near/5 levy", 8, "no operator"),
        ("budget w5 levy", 8, "no operator"),
        ("town hall w/5 budget", 6, "not clear"),
        ("budget w/5 town hall", 17, "not clear"),
        ("(budget AND levy) w/5 hearing", 2, "stand words"),
        ("author:smith w/5 levy", 1, "stand words"),
        ("budget w/5 -levy", 12, "missing before"),
        ("from:smith", 1, "no field from"),
        ("auther:smith", 1, "no field auther"),
        ("author:title:x", 8, "within author"),
        ("type: post", 1, "Nothing stands after"),
        ("type:posts", 6, "knows no"),
        ("type:(post comment)", 12, "one type alone"),
        ("type:po*", 6, "knows no"),
        ("id:a*", 4, "* does not stand"),
        ("hash:abc", 6, "no SHA-256"),
        ("bates:6", 7, "no Bates numbers"),
        ("bates:MGU0000011..MGU0000006", 7, "no Bates numbers"),
        ("created:99999", 9, "not a date"),
        ("created:2026-02-30", 9, "no date"),
        ("created:01/31/2026", 9, "not a date"),
        ("created:2026..2025", 9, "before it begins"),
        ("created:..", 9, "neither"),
        ("created:[2025 TO 2026]", 9, "not a date"),
        ("[2025 TO 2026]", 1, "brackets"),
        ("title:(-budget)", 1, "whole archive"),
        (f"{'a w/2 ' * 60}b", 303, "proximity operators"),
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
        parse(text, UTC)
    assert (refused.value.column, refused.value.facts) == (column, {"column": column})
    assert said in refused.value.what
    line, caret = refused.value.excerpt.splitlines()
    assert line.strip() in text
    assert caret.strip() == "^"


def test_the_caret_stands_under_the_fault_also_after_wide_characters():
    with pytest.raises(QuerySyntaxError) as refused:
        parse("客服 (", UTC)
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
        parse(text, UTC)
    assert time.perf_counter() - started < 2


def test_what_is_just_small_enough_is_read():
    assert parse("(" * DEEPEST + "a" + ")" * DEEPEST, UTC) == Word("a")
    assert parse(" OR ".join(f"a{n}" for n in range(MOST_TERMS)), UTC) is not None


PIECES = [
    "a",
    "b",
    "?",
    "w/2",
    "pre/3 ",
    "author:",
    "type:post",
    "created:",
    "2026-01",
    "..",
    '"',
    "“",
    "(",
    ")",
    "*",
    "-",
    "#",
    ":",
    " ",
    "\n",
    " OR ",
    " AND ",
    " NOT ",
    "客",
    "\u0301",
    "w/5",
]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        term = parse(text, UTC)
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
                    parse(query, UTC)
                    read += 1
                except QuerySyntaxError:
                    refused += 1
    assert read > 50
    assert refused > 50
