"""Where in a record's fields stands what was asked for: exact stretches of the values as evidence holds them. Pure.

Offsets count Unicode code points. Words, beginnings and forms of words, and phrases are each one stretch; of what is
near to each other, the words that take part are. What must not be there, and what is so of a record, stands nowhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from ediscovery.index.documents import SCHEME
from ediscovery.views.standing import standing
from schemas.query import TEXT_FIELDS, And, Near, Or, Phrase, Prefix, Wildcard, Within, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.query import Term, TextField
    from schemas.record import Normalised

MOST = 1_000
"""Stretches of one record that are told."""

MOST_PAIRS = 20_000
"""Pairs that are near to each other in one value, for one operator; a text may be made to have thousand millions."""

UNNAMED = tuple(field for field in TEXT_FIELDS if field != "link")

Leaf: TypeAlias = Word | Prefix | Wildcard
Stretch: TypeAlias = "tuple[int, int, bool]"
"""The first and the last of some words of a value, by number, and whether the first one's sign belongs to it."""

Spans: TypeAlias = "dict[tuple[int, int], frozenset[Stretch]]"
"""What a term finds in a value: from which word to which, and what takes part in it."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch of a value, from ``start`` up to, and without, ``end``.

    ``at`` says which value of the record's derived view, as a JSON Pointer (RFC 6901): ``/text``, ``/tags/0``.
    """

    field: TextField
    at: str
    start: int
    end: int


def highlights(term: Term, view: Normalised) -> tuple[Highlight, ...]:
    """Return where in a record stands what a term asks for, by fields and values, at most ``MOST``.

    A part of a term is looked for whether or not the rest of it holds.
    """
    asked: dict[TextField, dict[Term, None]] = {}
    for field, part in _asked(term, None):
        asked.setdefault(field, {})[part] = None
    return tuple(islice(_found(asked, view), MOST))


def value_at(view: Normalised, at: str) -> str:
    """Return the value that a highlight points at."""
    found: Any = view
    for step in at[1:].split("/"):
        found = found[int(step)] if isinstance(found, tuple) else getattr(found, step)
    return str(found)


def _asked(term: Term, own: TextField | None) -> Iterator[tuple[TextField, Term]]:
    """Yield what is looked for, and in which field."""
    match term:
        case And(terms) | Or(terms):
            for one in terms:
                yield from _asked(one, own)
        case Within(name, inner):
            yield from _asked(inner, name)
        case Word() | Prefix() | Wildcard() | Phrase() | Near():
            yield from ((field, term) for field in ((own,) if own else UNNAMED))
        case _:
            return


def _found(asked: dict[TextField, dict[Term, None]], view: Normalised) -> Iterator[Highlight]:
    for field in TEXT_FIELDS:
        if field not in asked:
            continue
        for at, text, shift in _values(field, view):
            value = _Value(text)
            stretches = {one for term in asked[field] for own in value.spans(term).values() for one in own}
            found = {(max(0, start + shift), end + shift) for start, end in map(value.offsets, stretches)}
            for start, end in sorted(found):
                yield Highlight(field, at, start, end)


def _values(field: TextField, view: Normalised) -> Iterator[tuple[str, str, int]]:
    """Yield the values of a field as they are indexed: the pointer, the text, and how far the value itself is off."""
    match field:
        case "text" | "title":
            found = view.text if field == "text" else view.title
            yield from ((f"/{field}", found, 0),) if found else ()
        case "author":
            names = (("name", view.author.name), ("handle", view.author.handle)) if view.author else ()
            yield from ((f"/author/{name}", value, 0) for name, value in names if value)
        case "media":
            yield from ((f"/attachments/{n}/alt", one.alt, 0) for n, one in enumerate(view.attachments) if one.alt)
        case "tag":
            yield from _signed("tags", "#", view.tags)
            yield from _signed("mentions", "@", view.mentions)
        case "link":
            for number, link in enumerate(view.links):
                address = SCHEME.sub("", link)
                yield f"/links/{number}", address, len(link) - len(address)


def _signed(name: str, sign: str, values: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    for number, value in enumerate(values):
        bare = value.lstrip(sign)
        yield f"/{name}/{number}", sign + bare, len(value) - len(bare) - len(sign)


class _Value:
    """The words of one value, and where each spelling stands among them."""

    def __init__(self, text: str) -> None:
        self._words = tuple(standing(text))
        self._where: dict[str, list[int]] = {}
        for number, one in enumerate(self._words):
            self._where.setdefault(one.word, []).append(number)
            if one.word[0] in "#@":
                self._where.setdefault(one.word[1:], []).append(number)
        self._spellings = sorted(self._where)

    def offsets(self, stretch: Stretch) -> tuple[int, int]:
        first, last, signed = stretch
        one = self._words[first]
        return one.start if signed else one.bare, self._words[last].end

    def spans(self, term: Term) -> Spans:
        match term:
            case Word() | Prefix() | Wildcard():
                signed = term.text[0] in "#@"
                return {(at, at): frozenset({(at, at, signed)}) for at in self._standing(term)}
            case Phrase(parts):
                return self._phrase([Word(part) if isinstance(part, str) else part for part in parts])
            case Or(terms):
                found: Spans = {}
                for one in terms:
                    _add(found, self.spans(one).items())
                return found
            case Near(first, second, within, ordered):
                before, after = self.spans(first), self.spans(second)
                near: Spans = {}
                _add(near, islice(_following(before, after, within), MOST_PAIRS))
                if not ordered:
                    _add(near, islice(_following(after, before, within), MOST_PAIRS))
                return near
            case _:
                return {}

    def _phrase(self, leaves: list[Leaf]) -> Spans:
        starts: set[int] | None = None
        for at, leaf in enumerate(leaves):
            own = {number - at for number in self._standing(leaf)}
            starts = own if starts is None else starts & own
            if not starts:
                return {}
        signed = leaves[0].text[0] in "#@"
        spans = ((start, start + len(leaves) - 1) for start in starts or ())
        return {(first, last): frozenset({(first, last, signed)}) for first, last in spans}

    def _standing(self, leaf: Leaf) -> Iterable[int]:
        if isinstance(leaf, Word):
            return self._where.get(leaf.text, ())
        start = leaf.text if isinstance(leaf, Prefix) else re.split(r"[*?]", leaf.text, maxsplit=1)[0]
        form = None if isinstance(leaf, Prefix) else _form(leaf.text)
        found: list[int] = []
        for number in range(bisect_left(self._spellings, start), len(self._spellings)):
            spelling = self._spellings[number]
            if not spelling.startswith(start):
                break
            if form is None or form.fullmatch(spelling):
                found += self._where[spelling]
        return sorted(set(found))


def _add(found: Spans, spans: Iterable[tuple[tuple[int, int], frozenset[Stretch]]]) -> None:
    for span, stretches in spans:
        found[span] = found[span] | stretches if span in found else stretches


def _following(before: Spans, after: Spans, most: int) -> Iterator[tuple[tuple[int, int], frozenset[Stretch]]]:
    """Yield what begins with one of some spans and ends with another that stands at most so many words after it."""
    ordered = sorted(after)
    for (first, end), own in sorted(before.items()):
        for number in range(bisect_left(ordered, (end + 1, 0)), len(ordered)):
            start, last = ordered[number]
            if start > end + most:
                break
            yield (first, last), own | after[start, last]


def _form(text: str) -> re.Pattern[str]:
    """Return the pattern of a form of words; what ``*`` stands for is never tried twice, however many there are."""
    first, *others = ("".join("." if c == "?" else re.escape(c) for c in part) for part in text.split("*"))
    *between, last = others or [""]
    end = f".*{last}" if others else ""
    return re.compile(f"{first}{''.join(f'(?>.*?{part})' for part in between)}{end}", re.DOTALL)
