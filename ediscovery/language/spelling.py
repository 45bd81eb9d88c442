"""From a term to the one text that is its spelling: ``parsing`` reads it as the same term. Pure.

Operators are written out, parentheses stand wherever two of them meet, a field that several values share stands once.
Words are folded. So two queries that mean the same in other words of the language have one spelling, and what was typed
can be compared with what was understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ediscovery.language.after_fields import span_of
from ediscovery.language.parsing import is_plain
from schemas.query import And, During, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from schemas.query import Term

ROOM = 4
"""How many times as long and as deep as a query that is typed its spelling may be."""

BARE = re.compile("(?!(?:AND|OR|NOT)$)[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)


def spelled(term: Term, zone: ZoneInfo, field: str | None = None) -> str:
    """Return the spelling of a term that ``parse`` gave, with days of ``zone``; ``field`` is the one it stands in."""
    term = _single(term)
    if field is None and isinstance(term, And | Or) and (shared := _field_of(term)):
        return f"{shared}:({spelled(term, zone, shared)})"
    match term:
        case And(terms):
            return " AND ".join(_operand(one, zone, field) for one in terms)
        case Or(terms):
            return " OR ".join(_operand(one, zone, field) for one in terms)
        case Not(inner):
            return f"NOT {_operand(inner, zone, field)}"
        case Near(first, second, within, ordered):
            name = "pre" if ordered else "w"
            return f"{_operand(first, zone, field)} {name}/{within} {_operand(second, zone, field)}"
        case Within() | Is() | During():
            return _fielded(term, zone, field)
        case _:
            return _words(term)


def _fielded(term: Within | Is | During, zone: ZoneInfo, field: str | None) -> str:
    """Return the spelling of what stands after a field, and that field unless it was said before."""
    match term:
        case Within(name, inner):
            typed = _words(inner) if name == "link" else spelled(inner, zone, name)
            if isinstance(inner, And | Or | Not | Near):
                typed = f"({typed})"
        case Is(name, value, prefix):
            bare, star = BARE.fullmatch(value), "*" if prefix else ""
            typed = f"{value}{star}" if bare else f'"{value}{star}"'
        case During(name):
            typed = span_of(term, zone)
    return typed if field == name else f"{name}:{typed}"


def _operand(term: Term, zone: ZoneInfo, field: str | None) -> str:
    """Return the spelling of a term beside an operator."""
    term = _single(term)
    text = spelled(term, zone, field)
    joined = isinstance(term, And | Or) and (field is not None or _field_of(term) is None)
    return f"({text})" if joined or isinstance(term, Near) else text


def _single(term: Term) -> Term:
    """Return the one term that is joined with nothing, as filters are where one value is given."""
    match term:
        case And((one,)) | Or((one,)):
            return _single(one)
        case _:
            return term


def _words(term: Term) -> str:
    """Return the spelling of words, in quotes where they are several, or look like an operator."""
    match term:
        case Phrase(parts):
            return f'"{" ".join(_part(one) for one in parts)}"'
        case Word() | Prefix() | Wildcard():
            word = _part(term)
            return word if is_plain(word) else f'"{word}"'
        case _:
            raise TypeError(type(term).__name__)


def _part(part: str | Word | Prefix | Wildcard) -> str:
    match part:
        case str():
            return part
        case Prefix(text):
            return f"{text}*"
        case Word(text) | Wildcard(text):
            return text


def _field_of(term: Term) -> str | None:
    """Return the field that all of a term is about, of those that stand before a value or an address."""
    match term:
        case And(terms) | Or(terms):
            fields = {_field_of(one) for one in terms}
            return fields.pop() if len(fields) == 1 else None
        case Not(inner):
            return _field_of(inner)
        case Is(fact):
            return fact
        case During(date):
            return date
        case Within("link"):
            return "link"
        case _:
            return None
