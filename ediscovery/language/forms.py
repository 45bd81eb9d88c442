"""Other forms of words that are searched for, where somebody asks for them: those with the same stem. Pure.

Stems are those of the Snowball project (snowballstemmer; this is its only door), of words as they are folded. Only
languages are here whose endings are told without accents.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import snowballstemmer

from schemas.query import And, Near, Not, Or, Within, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schemas.query import Term

Language: TypeAlias = Literal["english", "french", "german", "italian", "spanish"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

LONGER = 10
"""By how many letters a form may be longer than its stem."""

SHORTEST_BEGINNING = 2
NAMES = ("author", "link")
"""The fields in which words have no forms."""


@cache
def stem(word: str, language: Language) -> str:
    """Return the stem of a folded word."""
    found: str = snowballstemmer.stemmer(language).stemWord(word)
    return found


def range_of(word: str, language: Language) -> tuple[str, int]:
    """Return how every form begins that is looked for, and how many letters it has at most.

    A stem may differ from its forms in its last letter: ``citi`` is that of ``city``.
    """
    own = stem(word, language)
    return own[: max(SHORTEST_BEGINNING, len(own) - 1)], len(own) + LONGER


def forms_among(word: str, others: Iterable[str], language: Language) -> tuple[str, ...]:
    """Return those of some words that are forms of one, itself included, in their order."""
    own = stem(word, language)
    of_language = snowballstemmer.stemmer(language)
    return tuple(sorted({word, *(one for one in others if of_language.stemWord(one) == own)}))


def with_forms(term: Term) -> frozenset[str]:
    """Return the words of a term of which other forms may be looked for: not those of phrases, names and hashtags."""
    match term:
        case Word(text):
            return frozenset({text} if text.isalpha() else ())
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(with_forms, terms))
        case Near(first, second):
            return with_forms(first) | with_forms(second)
        case Not(inner):
            return with_forms(inner)
        case Within(field, inner) if field not in NAMES:
            return with_forms(inner)
        case _:
            return frozenset()


def in_forms(term: Term, forms: Mapping[str, Sequence[str]]) -> Term:
    """Return a term that looks for all forms of its words."""
    match term:
        case Word(text) if len(found := forms.get(text, ())) > 1:
            return Or(tuple(map(Word, found)))
        case And(terms):
            return And(tuple(in_forms(one, forms) for one in terms))
        case Or(terms):
            return Or(tuple(in_forms(one, forms) for one in terms))
        case Near(first, second, within, ordered):
            return Near(in_forms(first, forms), in_forms(second, forms), within, ordered)
        case Not(inner):
            return Not(in_forms(inner, forms))
        case Within(field, inner) if field not in NAMES:
            return Within(field, in_forms(inner, forms))
        case _:
            return term
