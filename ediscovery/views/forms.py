"""Looking for other forms of a query's words, of those that are in the index, and saying which those are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from ediscovery.language.forms import LANGUAGES, forms_among, in_forms, range_of, with_forms
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ediscovery.language.forms import Language
    from ediscovery.search import Search
    from schemas.query import Query

MOST_CANDIDATES = 200_000
"""Words of the index that are held against one of a query."""


class FormsTooManyError(InputError):
    """Too many words of the index may be forms of one that is searched for."""

    code = "FORMS_TOO_MANY"


@dataclass(frozen=True, slots=True)
class Formed:
    """A query that looks for all ``forms`` of its words in a language, which are told."""

    query: Query
    language: Language | None = None
    forms: Mapping[str, tuple[str, ...]] | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """What was looked for, for programs; nothing where no forms were asked for."""
        if self.forms is None:
            return {}
        return {
            "forms": {"language": self.language, "words": {word: list(found) for word, found in self.forms.items()}}
        }

    @property
    def lines(self) -> Iterator[str]:
        """What was looked for, for people."""
        for word, found in (self.forms or {}).items():
            others = [one for one in found if one != word]
            yield f"{word}: looked for {', '.join(others)}, too." if others else f"{word}: no other form is there."


def forms_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the choice to look for other forms of words."""
    option = click.option(
        "--forms",
        type=click.Choice(LANGUAGES),
        help="Look for other forms of the words in this language, too: hearings for hearing; it says for which.",
    )
    return option(command)


def formed(search: Search, query: Query, language: Language | None) -> Formed:
    """Return a query with the forms of its words that are in the index, if a language is given.

    Raises:
        FormsTooManyError: too many words begin as one of them.
        SearchTooLargeError: it needs more memory.
    """
    if language is None or query.term is None:
        return Formed(query)
    forms = {word: _forms(search, word, language) for word in sorted(with_forms(query.term))}
    return Formed(replace(query, term=in_forms(query.term, forms)), language, forms)


def _forms(search: Search, word: str, language: Language) -> tuple[str, ...]:
    start, longest = range_of(word, language)
    candidates = search.words(start, longest=longest, limit=MOST_CANDIDATES + 1)
    if len(candidates) > MOST_CANDIDATES:
        raise FormsTooManyError(
            f"More than {MOST_CANDIDATES:,} words begin with {start}, and might be forms of {word}.",
            do="Search without --forms, and write the forms with OR.",
        )
    return forms_among(word, candidates, language)
