"""A search as data: a closed tree of conditions over records, and the filters beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from schemas.instant import Instant
    from schemas.record import Kind


@dataclass(frozen=True, slots=True)
class Word:
    """The word as a whole, in any case, with or without accents."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that starts so."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words one after the other."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever the term does not find."""

    term: Term


@dataclass(frozen=True, slots=True)
class And:
    """What all terms find."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What at least one term finds."""

    terms: tuple[Term, ...]


Term: TypeAlias = Word | Prefix | Phrase | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """Filters that all must hold; ``term`` absent means every record that the filters let through.

    ``start`` is included, ``end`` is not; they are compared with the item's date, or where it has none, with the
    instant of its capture. ``versions`` asks for every version instead of each item's latest.
    """

    term: Term | None = None
    start: Instant | None = None
    end: Instant | None = None
    kinds: frozenset[Kind] = field(default_factory=frozenset)
    accounts: frozenset[str] = field(default_factory=frozenset)
    author: str | None = None
    versions: bool = False
