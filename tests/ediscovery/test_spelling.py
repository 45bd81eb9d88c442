"""The spelling of what was understood: it reads back as the same, and looks as people would write it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ediscovery.index.conditions import condition
from ediscovery.language.faults import QuerySyntaxError
from ediscovery.language.grammar import DEEPEST, MOST_TERMS
from ediscovery.language.parsing import parse
from ediscovery.language.spelling import ROOM, spelled
from schemas.instant import FIRST, LAST, Instant
from schemas.query import DATES, And, During, Not, Or, Query, Term, Within, Word
from tests.corpora import corpus
from tests.ediscovery.test_language import PIECES

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [CHICAGO, *map(ZoneInfo, ("UTC", "Asia/Kathmandu", "America/Havana", "Pacific/Apia", "Africa/Monrovia"))]


def again(term: Term, zone: ZoneInfo = CHICAGO) -> Term | None:
    return parse(spelled(term, zone), zone, room=ROOM)


@pytest.mark.parametrize(
    ("typed", "spelling"),
    [
        ("Budget  HEARING", "budget AND hearing"),
        ("budget OR levy hearing", "budget OR (levy AND hearing)"),
        ("budget -Café", "budget AND NOT cafe"),
        ("“Budget hearing” pre/3 (levy or* OR 'tax')", None),
        ("town w/5 (levy OR tax*) AND x", "(town w/5 (levy OR tax*)) AND x"),
        ("e-mail!", '"e mail*"'),
        ('"or" "w5"', '"or" AND "w5"'),
        ("Author:(Okafor OR jones) -title:draft", "author:(okafor OR jones) AND NOT title:draft"),
        ("type:post OR type:comment", "type:(post OR comment)"),
        ("x type:(post OR -comment page)", None),
        ("link:https://a.example/b OR link:c", 'link:("a example b" OR c)'),
        ('thread:"tag:X,2026:1"', 'thread:"tag:X,2026:1"'),
        ("account:School-* #Budget", "account:school-* AND #budget"),
        ("created:2026-03", "created:2026-03-01..2026-03-31"),
        ("created:2026-03-08", "created:2026-03-08"),
        ("date:>2026-03-01 date:<=2026", "date:(>=2026-03-02 AND <2027-01-01)"),
        ("captured:2026-03-01T09:30", "captured:2026-03-01T09:30:00..2026-03-01T09:30:59"),
        ("captured:2026-11-01T01:30..2026-11-01T01:59", "captured:2026-11-01T01:30:00..2026-11-01T01:59:59"),
        ("captured:>2026-11-01T01:59", "captured:>=2026-11-01T07:00:00.000000Z"),  # the hour that comes twice
    ],
)
def test_a_query_is_spelled(typed: str, spelling: str | None):
    if spelling is None:
        with pytest.raises(QuerySyntaxError):
            parse(typed, CHICAGO)
        return
    term = parse(typed, CHICAGO)
    assert term is not None
    assert spelled(term, CHICAGO) == spelling
    assert again(term) == term


EXACT = [
    *("thread:", "id:", "account:", "hashtag:", "link:", "date:>=", "2026-11-01T01:30", "\u200e", "!", "w5", "or"),
    *(
        "AND",
        "OR",
        "NOT",
        "\U0001f600",
        "e-mail",
        "a?b",
        "'x'",
        "thread:\u200ex",
        "has:image",
        "bates:MG1..3",
        "lang:en*",
    ),
]


@given(st.text() | st.lists(st.sampled_from([*PIECES, *EXACT, " "])).map("".join), st.sampled_from(ZONES))
@example("a OR (b (c OR (d -(e OR f))))", CHICAGO)
@example("account:x OR thread:\u200ex", CHICAGO)
@example("#? OR a", CHICAGO)
@example("#?", CHICAGO)
def test_a_spelling_is_read_as_what_was_spelled_and_is_its_own(text: str, zone: ZoneInfo):
    try:
        term = parse(text, zone)
    except QuerySyntaxError:
        return
    if term is not None:
        assert again(term, zone) == term
        assert spelled(again(term, zone), zone) == spelled(term, zone)


def leaves() -> st.SearchStrategy[Term]:
    words = st.sampled_from(
        ["budget", "#budget", '"or"', '"w5"', "客", "\U0001f600", "tax*", "wom?n", '"a b* c"', "don't"]
    )
    values = st.sampled_from(
        ["type:post", "account:a-b", 'thread:"A (b)"', "is:edited", "lang:en*", 'id:"AND"', "link:a.b/c"]
    )
    return (words | values).map(lambda typed: parse(typed, CHICAGO))


def trees() -> st.SearchStrategy[Term]:
    def grown(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        several = st.lists(inner, min_size=2, max_size=4).map(tuple)
        return several.map(And) | several.map(Or) | inner.map(Not)

    fields = st.sampled_from(["author", "title", "text"])
    texts = st.recursive(st.sampled_from([Word("a"), Word("or"), Word("b")]), grown, max_leaves=6)
    return st.recursive(leaves() | st.builds(Within, fields, texts), grown, max_leaves=20)


@given(trees())
def test_every_nesting_of_operators_and_fields_reads_back(found: Term):
    term = And((Word("budget"), found))  # so that it never asks for nearly everything
    assert again(term) == term


@given(
    st.sampled_from(DATES),
    st.none() | st.integers(FIRST, LAST),
    st.none() | st.integers(FIRST, LAST),
    st.sampled_from(ZONES),
    st.sampled_from([1, 1_000_000, 3_600_000_000, 86_400_000_000]),
)
@example("date", None, FIRST, ZoneInfo("UTC"), 1)
@example("date", LAST - 1, LAST, CHICAGO, 1)
@example("date", None, LAST, CHICAGO, 1)
def test_every_span_reads_back(date, start: int | None, end: int | None, zone: ZoneInfo, unit: int):
    edges = [None if one is None else Instant(max(FIRST, one - one % unit)) for one in (start, end)]
    assume(any(edges) and (None in edges or edges[0] < edges[1]))
    term = During(date, *edges)
    assert again(term, zone) == term


def test_what_is_as_large_as_may_be_typed_reads_back():
    for text in (
        " OR ".join(f"a{n} -b{n}" for n in range(MOST_TERMS // 2)),
        f"account:({' OR '.join(f'a{n}' for n in range(MOST_TERMS))})",
        "a " + "(b OR c " * (DEEPEST - 1) + "d" + ")" * (DEEPEST - 1),
        "a " + "NOT " * DEEPEST + "b",
        "\U0001f600" * MOST_TERMS,
    ):
        term = parse(text, CHICAGO)
        assert term is not None
        assert again(term) == term


def test_the_queries_of_other_parsers_read_back():
    for path in corpus("conformance", "query-syntax").rglob("*.queries.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                term = parse(line, CHICAGO)
            except QuerySyntaxError:
                continue
            if term is not None:
                assert again(term) == term


def test_filters_are_spelled_as_conditions_that_mean_the_same():
    query = Query(
        term=parse("budget OR levy", CHICAGO),
        start=Instant.from_text("2026-01-01T06:00:00.000000Z"),
        end=Instant.from_text("2026-04-01T05:00:00.000000Z"),
        kinds=frozenset({"post"}),
        accounts=frozenset({"blog"}),
        author="Jane  Okafor",
    )
    spelling = spelled(condition(query), CHICAGO)
    assert spelling == (
        '(budget OR levy) AND author:"jane okafor" AND account:blog AND type:post AND date:2026-01-01..2026-03-31'
    )
    read = parse(spelling, CHICAGO)
    assert spelled(condition(Query(term=read)), CHICAGO) == spelling
