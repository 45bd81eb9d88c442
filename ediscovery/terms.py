"""From a term to a SQL condition over one column of text. Pure; the place where an index takes over from the scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ediscovery.folding import words
from ediscovery.patterns import LAST_ASCII, LAST_UNICODE, any_of, sequence, weight
from schemas.errors import InputError
from schemas.query import And, Not, Or, Phrase, Prefix, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ediscovery.patterns import Pattern
    from schemas.query import Term

Parameter: TypeAlias = "str | int | list[str]"

# RE2 leaves its fast automaton above the first (measured: a hundred times slower), and refuses at twice the second.
FAST_WEIGHT = 4_000
MOST_WEIGHT = 100_000


class NothingToSearchError(InputError):
    """A term holds no letter, digit or emoji."""

    code = "NOTHING_TO_SEARCH"


class TermTooLongError(InputError):
    """A phrase or word is longer than can be looked for at once."""

    code = "TERM_TOO_LONG"


class Values:
    """The parameters of one statement as it grows."""

    def __init__(self) -> None:
        self.named: dict[str, Parameter] = {}

    def add(self, value: Parameter) -> str:
        """Return the name, as SQL spells it, of a new parameter."""
        name = f"p{len(self.named)}"
        self.named[name] = value
        return f"${name}"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Folded words one after the other; with ``prefix`` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    def pattern(self, last: int) -> Pattern | None:
        return sequence(self.words, last=last, prefix=self.prefix)


def _words_of(text: str) -> tuple[str, ...]:
    found = words(text)
    if not found:
        raise NothingToSearchError(
            f"There is nothing to search for in {text[:80]!r}.", do="Give letters, digits or emoji."
        )
    if weight(found) > MOST_WEIGHT:
        raise TermTooLongError(f"{text[:40]!r} … is too long to look for at once.", do="Look for a part of it.")
    return found


def _leaf(term: Word | Prefix | Phrase) -> _Leaf:
    if isinstance(term, Phrase):
        return _Leaf(_words_of(" ".join(term.words)))
    return _Leaf(_words_of(term.text), prefix=isinstance(term, Prefix))


def condition(term: Term, column: str, values: Values) -> str:
    """Return the SQL condition that the words of a column, a text in NFC, satisfy the term.

    Raises:
        NothingToSearchError: a part of the term holds nothing to search for.
        TermTooLongError: a phrase has more than some hundred words.
    """
    match term:
        case Word() | Prefix() | Phrase():
            return _has_any((_leaf(term),), column, values)
        case Not(inner):
            return f"(NOT {condition(inner, column, values)})"
        case And(terms):
            return f"({' AND '.join(condition(one, column, values) for one in terms)})"
        case Or(terms):
            leaves = tuple(_leaf(one) for one in terms if isinstance(one, Word | Prefix | Phrase))
            others = [condition(one, column, values) for one in terms if isinstance(one, Not | And | Or)]
            return f"({' OR '.join([_has_any(leaves, column, values), *others] if leaves else others)})"


def _has_any(leaves: tuple[_Leaf, ...], column: str, values: Values) -> str:
    """Return the condition that a column has at least one of the leaves.

    Texts that are ASCII throughout take one small pattern; the others as many as keep each within what RE2 is fast at.
    """
    plain = [pattern for leaf in leaves if (pattern := leaf.pattern(LAST_ASCII)) is not None]
    small = _matches(column, plain, values) if plain else "false"
    large = " OR ".join(_large(group, column, values) for group in _groups(leaves))
    return f"(CASE WHEN strlen({column}) = length({column}) THEN {small} ELSE ({large}) END)"


def _groups(leaves: Iterable[_Leaf]) -> Iterator[list[_Leaf]]:
    group: list[_Leaf] = []
    total = 0
    for leaf in leaves:
        one = weight(leaf.words)
        if group and total + one > FAST_WEIGHT:
            yield group
            group, total = [], 0
        group.append(leaf)
        total += one
    yield group


def _large(group: list[_Leaf], column: str, values: Values) -> str:
    whole = _matches(column, [p for leaf in group if (p := leaf.pattern(LAST_UNICODE)) is not None], values)
    # A phrase too long for the fast automaton: that one looks for its beginning, and few texts are left for the slow.
    start = group[0].words
    while weight(start) > FAST_WEIGHT and len(start) > 1:
        start = start[: len(start) // 2]
    beginning = sequence(start, last=LAST_UNICODE)
    if beginning is None or start == group[0].words:
        return whole
    return f"CASE WHEN {_matches(column, [beginning], values)} THEN {whole} ELSE false END"


def _matches(column: str, patterns: list[Pattern], values: Values) -> str:
    return f"regexp_matches({column}, {values.add(any_of(patterns))})"
