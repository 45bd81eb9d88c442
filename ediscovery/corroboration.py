"""How well a record is corroborated: by which independent ways its text was seen (ADR 0027). Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.digest import Digest
    from schemas.record import Method, Normalised, Provenance

LEVELS = {
    0: "imported from a file; nobody here knows who made it",
    1: "captured over the network in one way",
    2: "independent ways agree",
    3: "the platform's own export agrees",
    4: "signed by its origin",
}
WAYS: dict[Method, str] = {
    "api": "an API",
    "feed": "a feed",
    "web": "a page",
    "import": "a file that was imported before any capture",
}
SILENT = frozenset({"absence", "list"})
"""What says nothing of a post's text."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What one record says of a post: its ``words``, empty where it has none, and by which way, in which entry.

    A post is told by its ``names``: account and identifier, and every address.
    """

    record: Digest
    names: frozenset[tuple[str, ...]]
    words: str
    method: Method
    claim: int
    entry: int

    @classmethod
    def of(cls, record: Digest, view: Normalised, provenance: Provenance, *, entry: int) -> Saying:
        """Return what a record says; ``entry`` is the ledger's that sealed it."""
        said = "" if view.kind in SILENT else view.text or view.title or ""
        names = {(provenance.account, view.item), *((address,) for address in addresses_of(view))}
        return cls(record, frozenset(names), folded(said), provenance.method, provenance.claim, entry)


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The level that a record reaches, by which ``ways``, and ``by`` which other records, one for each other way.

    ``uncounted`` are imported records that say the same and may have been made from what was captured here.
    """

    level: int
    ways: tuple[Method, ...]
    by: tuple[Digest, ...]
    uncounted: tuple[Digest, ...]

    @property
    def words(self) -> str:
        """The level, in plain words."""
        named = ", ".join(WAYS[way] for way in self.ways)
        return f"{self.level}: {LEVELS[self.level]}{f' ({named})' if named else ''}"


def addresses_of(view: Normalised) -> tuple[str, ...]:
    """Return the addresses by which a post can be told, whatever the account."""
    return tuple(
        dict.fromkeys(name for name in (view.url, view.item) if name and name.startswith(("https://", "http://")))
    )


def folded(text: str) -> str:
    """Return a text without what two ways of reading one page may differ in: white space, and how letters are composed.

    A comma, an accent or a capital more is another text.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def corroboration(own: Saying, others: Iterable[Saying], *, first_look: int | None) -> Corroboration:
    """Return the level that a record reaches together with others of the archive.

    Others count that are about the same post and say the same words. What came by one way twice is one way. An imported
    file is one only where it was sealed before ``first_look``, the entry that first sealed a capture over the network
    of an account of these: a later one may be made from what we captured.
    """
    same = (
        one
        for one in sorted(others, key=lambda one: (one.entry, one.record))
        if one.record != own.record and one.words == own.words and one.names & own.names
    )
    agreeing = [own, *same] if own.words else [own]

    def counts(one: Saying) -> bool:
        return one.method != "import" or (first_look is not None and one.entry < first_look)

    ways: dict[Method, Saying] = {}
    for one in filter(counts, agreeing):
        ways.setdefault(one.method, one)
    network = ways.keys() - {"import"}
    level = max(2 if len(ways) > 1 else 1 if network else 0, *(one.claim for one in agreeing))
    deciding = list(ways.values())
    if level > 2:  # noqa: PLR2004 - above it one record decides, and says so itself
        deciding = [next(one for one in agreeing if one.claim == level)]
    return Corroboration(
        level=level,
        ways=tuple(sorted(one.method for one in deciding)) if level else (),
        by=tuple(one.record for one in deciding if one.record != own.record) if level else (),
        uncounted=tuple(one.record for one in agreeing if one is not own and not counts(one)),
    )
