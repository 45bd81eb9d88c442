"""What terms are made of, and whether they say what to find. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from schemas.query import And, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.query import Term

Leaf: TypeAlias = Word | Prefix | Wildcard
"""What is looked for in postings: a word, or what stands for several."""


def words_in(term: Term) -> frozenset[str]:
    """Return the words that a term names whole, but for those that are looked for in addresses."""
    match term:
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(words_in, terms))
        case Not(inner):
            return words_in(inner)
        case Within(name, inner):
            return frozenset() if name == "link" else words_in(inner)
        case Near(first, second):
            return words_in(first) | words_in(second)
        case Phrase(words):
            return frozenset(one for one in words if isinstance(one, str))
        case Word(text):
            return frozenset({text})
        case _:
            return frozenset()


def parted(terms: Sequence[Term]) -> tuple[tuple[Word, ...], tuple[Term, ...]]:
    """Return the words among terms, which are looked for together, and the others."""
    single = tuple(one for one in terms if isinstance(one, Word))
    return single, tuple(one for one in terms if not isinstance(one, Word))


def is_one_word(leaves: Sequence[Leaf]) -> bool:
    """Return whether it is a single word: each document has one posting of it."""
    return len(leaves) == 1 and isinstance(leaves[0], Word)


def leaf_of(part: str | Prefix | Wildcard) -> Leaf:
    """Return a part of a phrase as what is looked for."""
    return Word(part) if isinstance(part, str) else part


def finds(term: Term) -> bool:
    """Return whether a term says what to find, and not only what not to."""
    match term:
        case Not():
            return False
        case And(terms):
            return any(finds(one) for one in terms)
        case Or(terms):
            return all(finds(one) for one in terms)
        case Within(_, inner):
            return finds(inner)
        case Is("class", "official") | Is("moderation", "visible"):
            return False
        case _:
            return True
