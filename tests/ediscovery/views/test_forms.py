"""Other forms of words: looked for where they are asked for, of what is in the index, and told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ediscovery.commands import searchable_whole
from ediscovery.folding import words
from ediscovery.language.forms import LANGUAGES, forms_among, in_forms, range_of, with_forms
from ediscovery.language.parsing import parse
from ediscovery.views import forms
from ediscovery.views.forms import FormsTooManyError, formed
from schemas.query import Query
from tests.ediscovery.answers.archives import founded, seal
from tests.ediscovery.partitions import Version, opened, write

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("language", "same"),
    [
        ("english", "hearing hearings hears hear"),
        ("english", "vote votes voted voting"),
        ("english", "city cities"),
        ("spanish", "reunión reuniones"),
        ("spanish", "escuela escuelas"),
        ("french", "élève élèves"),
        ("french", "municipal municipaux municipale"),
        ("german", "Haus Häuser"),
        ("german", "Sitzung Sitzungen"),
        ("italian", "scuola scuole"),
    ],
)
def test_forms_of_a_word_are_found_by_each_of_them_among_words_that_begin_alike(language, same):
    assert language in LANGUAGES
    held = words(same)
    for word in held:
        start, longest = range_of(word, language)
        candidates = [one for one in (*held, "budget", "zebra") if one.startswith(start) and len(one) <= longest]
        assert forms_among(word, candidates, language) == tuple(sorted(held))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("hearing vote", {"hearing", "vote"}),
        ('"budget hearing" levy', {"levy"}),
        ("author:jones title:vote link:example.org", {"vote"}),
        ("#budget @district vote* 2026 covid19", set()),
        ("hearing w/5 (vote OR levy) AND NOT snow", {"hearing", "vote", "levy", "snow"}),
    ],
)
def test_what_stands_in_phrases_and_names_has_no_forms(query, found):
    term = parse(query, UTC)
    assert term is not None
    assert with_forms(term) == found
    assert in_forms(term, {}) == term


HELD = [
    Version("1", "The hearing is on Monday"),
    Version("2", "Two hearings"),
    Version("3", "She heard it"),
    Version("4", "Hearings about taxes", title="cancelled"),
    Version("5", "tax hear"),
]


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("hearing", ["1", "2", "4", "5"]),
        ('"hearing is"', ["1"]),
        ("hearing NOT taxes", ["1", "2"]),
        ("tax w/1 hear", ["5"]),
        ("tax w/2 hear", ["4", "5"]),
        ("title:cancel", ["4"]),
        ("absent", []),
    ],
)
def test_forms_are_found_only_where_they_are_asked_for_and_are_told(tmp_path, query, items):
    with opened(write(tmp_path, HELD)) as search:
        asked = formed(search, Query(term=parse(query, UTC)), "english")
        assert sorted(hit.item for hit in search.hits(asked.query)) == items
        plain = Query(term=parse(query, UTC))
        assert formed(search, plain, None).query == plain


def test_people_and_programs_are_told_which_words_were_looked_for(tmp_path):
    with opened(write(tmp_path, HELD)) as search:
        query = Query(term=parse("hearing absent", UTC))
        asked, plain = formed(search, query, "english"), formed(search, query, None)
    assert asked.plain["forms"] == {
        "language": "english",
        "words": {"absent": ["absent"], "hearing": ["hear", "hearing", "hearings"]},
    }
    assert list(asked.lines) == ["absent: no other form is there.", "hearing: looked for hear, hearings, too."]
    assert (plain.plain, list(plain.lines)) == ({}, [])


def test_an_earlier_state_has_the_forms_of_its_own_words_alone(tmp_path):
    archive = founded(tmp_path / "home", "blog")
    size = seal(archive, HELD[0])
    seal(archive, HELD[1])
    query = Query(term=parse("hearing", UTC))
    for end, found in ((size, ("hearing",)), (None, ("hearing", "hearings"))):
        with searchable_whole(archive, size=end) as search:
            assert formed(search, query, "english").forms == {"hearing": found}


def test_words_that_too_many_others_begin_with_are_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(forms, "MOST_CANDIDATES", 2)
    with opened(write(tmp_path, HELD)) as search, pytest.raises(FormsTooManyError, match="hearing"):
        formed(search, Query(term=parse("hearing", UTC)), "english")
