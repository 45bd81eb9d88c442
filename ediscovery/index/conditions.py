"""From a query to the term that says all of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.folding import words
from schemas.errors import InputError
from schemas.query import And, During, Is, Or, Phrase, Within, Word

if TYPE_CHECKING:
    from schemas.query import Query, Term


class NothingToSearchError(InputError):
    """A term holds no letter, digit or emoji."""

    code = "NOTHING_TO_SEARCH"


class KindNotSearchableError(InputError):
    """Absences are asked for as if they were items."""

    code = "KIND_NOT_SEARCHABLE"


def condition(query: Query) -> Term:
    """Return a query's term with its filters in it.

    Raises:
        NothingToSearchError: the author holds nothing to search for.
        KindNotSearchableError: absences are asked for.
    """
    terms: list[Term] = []
    if "absence" in query.kinds:
        raise KindNotSearchableError(
            "An absence is a mark on an item and no item.", do="Search for the items; those that went away are marked."
        )
    if query.term is not None:
        terms.append(query.term)
    if query.author is not None:
        terms.append(Within("author", _phrase(query.author)))
    if query.accounts:
        terms.append(Or(tuple(Is("account", name) for name in sorted(query.accounts))))
    if query.kinds:
        terms.append(Or(tuple(Is("type", kind) for kind in sorted(query.kinds))))
    if query.start is not None or query.end is not None or not terms:
        terms.append(During("date", query.start, query.end))
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _phrase(text: str) -> Term:
    found = words(text)
    if not found:
        raise NothingToSearchError(
            f"There is nothing to search for in {text[:80]!r}.", do="Give letters, digits or emoji."
        )
    return Word(found[0]) if len(found) == 1 else Phrase(found)


def asks_for_lists(query: Query) -> bool:
    """Return whether lists of what a feed showed are asked for: they are no items, and found only then."""
    return "list" in query.kinds or (query.term is not None and _names_lists(query.term))


def _names_lists(term: Term) -> bool:
    match term:
        case Is("type", "list"):
            return True
        case And(terms) | Or(terms):
            return any(_names_lists(one) for one in terms)
        case _:
            return False
