"""A search as data: a closed tree of conditions over records, and the filters beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from schemas.instant import Instant
    from schemas.record import Kind

TextField: TypeAlias = Literal["text", "title", "author", "media", "tag", "link"]
"""What words stand in: ``media`` are the descriptions of attachments, ``link`` the addresses that an item points to.

Their order is part of the index's format. Words that are given without a field are looked for in all but ``link``.
"""

TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)

Fact: TypeAlias = Literal[
    "account",
    "platform",
    "type",
    "lang",
    "class",
    "moderation",
    "is",
    "has",
    "thread",
    "id",
    "hash",
    "bates",
]
"""What is exactly so of a record, or is not."""

FACTS: tuple[Fact, ...] = get_args(Fact)

Date: TypeAlias = Literal["created", "captured", "date"]
"""``created`` is the item's own date, ``date`` is that, or where there is none, the one of its capture."""

DATES: tuple[Date, ...] = get_args(Date)


@dataclass(frozen=True, slots=True)
class Word:
    """The word as a whole, in any case, with or without accents."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that starts so."""

    text: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every word of this form: ``?`` is one letter or digit, ``*`` any number of them; neither comes first."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words one after the other."""

    words: tuple[str | Prefix | Wildcard, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Both within so many words of each other, in one field; ``ordered``: the first one before the second.

    Words that follow on each other are within one.
    """

    first: Term
    second: Term
    within: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """What the term finds in one field alone."""

    field: TextField
    term: Term


@dataclass(frozen=True, slots=True)
class Is:
    """The fact has this value; with ``prefix``, one that starts so."""

    fact: Fact
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class During:
    """The date is not before ``start`` and before ``end``; either may be open."""

    date: Date
    start: Instant | None = None
    end: Instant | None = None


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


Term: TypeAlias = Word | Prefix | Wildcard | Phrase | Near | Within | Is | During | Not | And | Or


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
