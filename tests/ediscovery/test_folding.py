"""Words and letters: what counts as the same, what is a word, and that the oracle sees the same words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.folding import ALONE, MARKS, SYMBOLS, Character, fold, part_of, words
from tests.ediscovery import oracle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Café's CAFE\u0301", ["the", "cafe", "s", "cafe"]),
        ("_the_ snake_case", ["the", "snake", "case"]),
        ("客服很好", ["客", "服", "很", "好"]),
        ("हिन्दी", ["हिन्दी"]),
        ("#Snow @District a@b.c x#y", ["#snow", "@district", "a", "b", "c", "x", "y"]),
        ("👩🏽\u200d🏫❤\ufe0f", ["👩", "🏫", "❤"]),
        ("مُحَمَّد", ["محمد"]),
        ("שָׁלוֹם", ["שלום"]),
        ("Straße", ["straße"]),
        ("Ёлка", ["елка"]),
        ("한국어", ["한국어"]),
        ("a\x00b\u200bc\ud800d", ["a", "b", "c", "d"]),
        ("soft\u00adhyphen zero\u200dwidth", ["softhyphen", "zerowidth"]),
        ("…!?", []),
    ],
)
def test_a_text_has_these_words(text, expected):
    assert list(words(text)) == expected


@given(st.text())
def test_the_words_of_a_word_are_that_word(text):
    assert all(words(word) == (word,) for word in words(text))


@given(st.text(st.sampled_from(oracle.ALPHABET), max_size=30))
def test_the_oracle_sees_the_same_words(text):
    assert list(words(text)) == [sign + letters for sign, letters in oracle.tokens(text)]


@given(st.text(), st.text())
def test_case_does_not_matter(before, after):
    text = f"{before} Ünïted STATES {after}"
    assert {"united", "states"} <= set(words(text))


def test_every_character_folds_once_and_one_that_is_not_assigned_is_as_the_one_before():
    named = {code for spans in (MARKS, ALONE, SYMBOLS) for first, last in spans for code in range(first, last + 2)}
    for code in (*range(0x30000), *range(0xE0000, 0xE1100), 0x10FFFF):
        character = chr(code)
        if unicodedata.category(character) == "Cn" and code < 0x20000 and not {code, code - 1} & named:
            assert part_of(character) is part_of(chr(code - 1))
        assert not fold(character) or fold(fold(character)) == fold(character)


def test_vowel_signs_are_letters_and_not_accents():
    signs = [chr(c) for c in range(0x900, 0xDFF) if unicodedata.category(chr(c)) in ("Mc", "Mn")]
    assert signs
    assert {part_of(sign) for sign in signs} == {Character.LETTER}
