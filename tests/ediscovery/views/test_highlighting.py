"""Where stands what was asked for: exact stretches of the values, and nothing that matches goes without."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediscovery.folding import words
from ediscovery.language.parsing import parse
from ediscovery.views.highlighting import MOST, highlights
from ediscovery.views.snippets import snippet
from ediscovery.views.standing import composed, standing
from schemas.query import Near, Or, Phrase, Prefix, Wildcard, Within, Word
from schemas.record import Attachment, Author, Normalised
from tests.corpora import corpus
from tests.ediscovery import oracle
from tests.ediscovery.test_search import terms

MIXED = oracle.ALPHABET + "#@#@" + "éй각가\u1100\u1161\u11a8\u3099か\u0f73\u0323q"
texts = st.text(st.sampled_from(oracle.ALPHABET), max_size=20)
torture = st.text(st.sampled_from(MIXED) | st.characters(), max_size=30)


def view(text: str | None = None, **given) -> Normalised:
    return Normalised(kind="post", type="Note", item="1", text=text, **given)


def marked(query: str, text: str) -> list[str]:
    """What of a text a query marks."""
    term = parse(query, UTC)
    assert term is not None
    return [text[one.start : one.end] for one in highlights(term, view(text))]


@given(torture)
def test_words_stand_where_they_fold_to_themselves(text: str):
    found = list(standing(text))
    assert tuple(one.word for one in found) == words(text)
    for one in found:
        assert one.word in words(text[one.start : one.end])
        assert one.word.lstrip("#@") in [word.lstrip("#@") for word in words(text[one.bare : one.end])]
    if unicodedata.is_normalized("NFC", text):
        assert all(words(text[one.start : one.end]) == (one.word,) for one in found)


@given(torture)
def test_characters_are_composed_each_in_its_own_stretch(text: str):
    found = list(composed(text))
    assert "".join(character for character, _, _ in found) == unicodedata.normalize("NFC", text)
    stretches = sorted({(start, end) for _, start, end in found})
    assert "".join(text[start:end] for start, end in stretches) == text


def test_naughty_strings_are_marked_where_they_stand_and_shown_in_a_line():
    naughty = corpus("conformance", "text", "minimaxir+big-list-of-naughty-strings", "blns.json").read_text()
    for text in json.loads(naughty):
        own = words(text)
        found = highlights(Phrase(own), view(text)) if own else ()
        assert [words(text[one.start : one.end]) for one in found] == [own] * bool(own)
        shown = "".join(part.text for part in snippet(view(text), found, 100))
        assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)


def parts(term):
    """The parts of a term that stand somewhere, each with its field."""
    match term:
        case Within(name, inner):
            yield from ((part, name) for part, _ in parts(inner))
        case Word() | Prefix() | Wildcard() | Phrase() | Near():
            yield term, None
        case Or(terms) | oracle.And(terms):
            for one in terms:
                yield from parts(one)


def leaves(term):
    match term:
        case Near(first, second):
            yield from leaves(first)
            yield from leaves(second)
        case Or(terms):
            for one in terms:
                yield from leaves(one)
        case _:
            yield term


@st.composite
def asked(draw: st.DrawFn):
    values = draw(st.fixed_dictionaries({"text": texts, "title": texts, "author": texts, "media": texts, "tag": texts}))
    own = [word for value in values.values() for word in words(value)]
    return values, draw(terms(own or ["a"]))


@settings(max_examples=40, deadline=None)
@given(asked())
def test_all_that_the_oracle_finds_is_marked_and_what_is_marked_was_asked_for(case):
    values, term = case
    record = view(
        values["text"] or None,
        title=values["title"] or None,
        author=Author(name=values["author"]) if values["author"] else None,
        attachments=(Attachment(url="/1.png", role="image", alt=values["media"]),) if values["media"] else (),
        tags=(values["tag"],),
    )
    at = {"/text": values["text"], "/title": values["title"], "/author/name": values["author"]}
    at |= {"/attachments/0/alt": values["media"], "/tags/0": values["tag"]}
    held = values | {"tag": "#" + values["tag"].lstrip("#")}
    for part, field in parts(term):
        only = Within(field, part) if field else part
        found = highlights(only, record)
        for name, value in held.items():
            own = [one for one in found if one.field == name]
            spans = oracle._spans(part, oracle.tokens(value)) if field in (None, name) else set()
            assert bool(own) == bool(spans), (name, own, spans)
        for one in found:
            if one.field == "tag":
                continue  # a tag is one without its sign
            stretch = oracle.tokens(at[one.at][one.start : one.end])
            whole = (0, len(stretch) - 1)
            assert any(whole in oracle._spans(leaf, stretch) for leaf in leaves(part)), (one, stretch)


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("budget", "The BUDGET, the #Budget", ["BUDGET", "Budget"]),
        ("#budget", "The budget, the #Budget", ["#Budget"]),
        ("cafe", "Un cafe\u0301! Café", ["cafe\u0301", "Café"]),
        ("budg*", "budgets: budge, #budgeting", ["budgets", "budge", "budgeting"]),
        ("wom?n", "women and woman", ["women", "woman"]),
        ('"town hall"', "Town-hall; town, hall; hall town", ["Town-hall", "town, hall"]),
        ("budget w/2 levy", "budget, a levy. We have no budget of the new levy", ["budget", "levy"]),
        ("levy pre/1 budget", "budget levy budget", ["levy", "budget"]),
        ('"a b" w/2 (c OR d*)', "a b x dd. a. c", ["a b", "dd"]),
        ("客服", "我们的客服很好", ["客服"]),
        ("#客", "#客服", ["#客"]),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8 x", ["\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
        ("🏫", "👩🏽\u200d🏫!", ["🏫"]),
        ("👩", "👩🏽\u200d🏫!", ["👩🏽\u200d"]),
        ("ﬁle", "ﬁle", ["ﬁle"]),
        ("budget NOT levy", "budget, levy", ["budget"]),
        ("budget AND type:page", "budget", ["budget"]),
    ],
)
def test_what_is_asked_for_is_marked_where_it_stands(query, text, found):
    assert marked(query, text) == found


def test_each_value_of_a_field_has_its_own_place():
    record = view(
        "text",
        title="Snow day",
        author=Author(name="Jane Snow", handle="@snow"),
        attachments=(Attachment(url="/1.png"), Attachment(url="/2.png", alt="yellow snow")),
        tags=("Snow", "#snow"),
        mentions=("snow",),
        links=("https://snow.example/day",),
    )
    term = parse("snow OR link:snow.example OR #snow OR @snow", UTC)
    assert term is not None
    plain = json.loads(record.to_bytes())
    found = []
    for one in highlights(term, record):
        value = plain
        for step in one.at[1:].split("/"):
            value = value[int(step)] if isinstance(value, list) else value[step]
        found.append((one.at, value[one.start : one.end]))
    assert found == [
        ("/title", "Snow"),
        ("/author/name", "Snow"),
        ("/author/handle", "@snow"),
        ("/author/handle", "snow"),
        ("/attachments/1/alt", "snow"),
        ("/tags/0", "Snow"),
        ("/tags/1", "#snow"),
        ("/tags/1", "snow"),
        ("/mentions/0", "snow"),
        ("/links/0", "snow.example"),
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a w/999 a w/999 a", "a " * 20_000),
        ("a*a*a*a*a*a*a*a*b", "a" * 200_000),
        ("a*?a*?a*?b", "a" * 20_000 + " " + "ab" * 20_000),
        ("e\u0301", "e\u0301" * 100_000),
    ],
)
def test_hostile_texts_take_a_bounded_time_and_yield_a_bounded_number(query, text):
    term = parse(query, UTC)
    assert term is not None
    started = time.monotonic()
    assert len(highlights(term, view(text))) <= MOST
    assert time.monotonic() - started < 20
