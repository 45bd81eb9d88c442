"""How well a record is corroborated: by which independent ways its text was seen (ADR 0027). Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.exports import is_export

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.digest import Digest
    from schemas.record import Author, Method, Normalised, Provenance

EXPORTED = 3
LEVELS = {
    0: "imported from a file; nobody here knows who made it",
    1: "captured over the network in one way",
    2: "independent ways agree",
    3: "a file in the form of the platform's own export agrees",
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
COMPARED = (
    "Compared with exports: the text, or the title where there is no text, but for white space; the time of creation,"
    " to the second; the author by handle, address or id, as far as both name one. That a file is the platform's own is"
    " shown by its form alone: platforms do not sign exports."
)
NEEDED = frozenset({"text", "time of creation"})
"""What of an export and a capture must be the same, at least, where nothing differs."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What one record says of a post: its ``words``, empty where it has none, and by which way, in which entry.

    A post is told by its ``names``: account and identifier, and every address. ``second`` is when it was created, in
    seconds since 1970. An ``export`` was in a file in the form of the platform's own.
    """

    record: Digest
    names: frozenset[tuple[str, ...]]
    words: str
    method: Method
    claim: int
    entry: int
    item: str
    second: int | None
    author: Author | None
    export: bool

    @classmethod
    def of(cls, record: Digest, view: Normalised, provenance: Provenance, *, entry: int) -> Saying:
        """Return what a record says; ``entry`` is the ledger's that sealed it."""
        said = "" if view.kind in SILENT else view.text or view.title or ""
        names = {(provenance.account, view.item), *((address,) for address in addresses_of(view))}
        return cls(
            record=record,
            names=frozenset(names),
            words=folded(said),
            method=provenance.method,
            claim=provenance.claim,
            entry=entry,
            item=view.item,
            second=view.created.micros // 1_000_000 if view.created else None,
            author=view.author,
            export=is_export(provenance),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a capture and a platform's export say of one item: what ``agrees`` and what ``differs``, in words.

    ``record`` is the one of the two that is not asked about. The export came ``first``: nothing of the account had been
    captured when it was imported, so it was not made from what was captured here.
    """

    record: Digest
    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    first: bool

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        return not self.differs and set(self.agrees) >= NEEDED

    @property
    def words(self) -> str:
        """What was found, in plain words."""
        when = "before any capture" if self.first else "after a capture, of which it may have been made"
        said = (("agrees", self.agrees), ("differs", self.differs))
        found = "; ".join(f"{word}: {', '.join(parts)}" for word, parts in said if parts)
        return f"{found or 'nothing to compare'}; the export was imported {when}"


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The level that a record reaches, by which ``ways``, and ``by`` which other records, one for each other way.

    ``uncounted`` are imported records that say the same and may have been made from what was captured here.
    ``compared`` is an export with every capture of its item, or a capture with every export, those first that agree.
    """

    level: int
    ways: tuple[Method, ...]
    by: tuple[Digest, ...]
    uncounted: tuple[Digest, ...]
    compared: tuple[Comparison, ...] = ()

    @property
    def words(self) -> str:
        """The level, in plain words."""
        named = self.compared[0].words if self.level == EXPORTED else ", ".join(WAYS[way] for way in self.ways)
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


def compared(own: Saying, others: Iterable[Saying], *, first_look: int | None) -> tuple[Comparison, ...]:
    """Return what comes of holding an export against each capture of its item, or a capture against each export.

    An item is the same where its identifier and its account or address are: identifiers of their own are what exports
    and APIs of one platform share. Those that agree come first, of these the ones whose export came first.
    """
    if not own.words or not (own.export or own.method != "import"):
        return ()
    found: list[Comparison] = []
    for one in sorted(others, key=lambda one: (one.entry, one.record)):
        opposite = one.method != "import" if own.export else one.export
        if opposite and one.words and one.item == own.item and one.names & own.names:
            pairs = {
                "text": one.words == own.words,
                "time of creation": None if None in (one.second, own.second) else one.second == own.second,
                "author": same_author(one.author, own.author),
            }
            entry = own.entry if own.export else one.entry
            found.append(
                Comparison(
                    record=one.record,
                    agrees=tuple(name for name, same in pairs.items() if same),
                    differs=tuple(name for name, same in pairs.items() if same is False),
                    first=first_look is not None and entry < first_look,
                )
            )
    return tuple(sorted(found, key=lambda one: (not one.holds, not one.first)))


def same_author(one: Author | None, other: Author | None) -> bool | None:
    """Return whether two are the same, or ``None`` where they are not named in one manner: names of people are none."""
    if one is None or other is None:
        return None
    pairs = ((_handle(one), _handle(other)), (one.url, other.url), (one.id, other.id))
    named = [(here, there) for here, there in pairs if here and there]
    return any(here == there for here, there in named) if named else None


def _handle(author: Author) -> str:
    return (author.handle or "").removeprefix("@").lower()


def corroboration(own: Saying, others: Iterable[Saying], *, first_look: int | None) -> Corroboration:
    """Return the level that a record reaches together with others of the archive.

    Others count that are about the same post and say the same words. What came by one way twice is one way. An imported
    file is one only where it was sealed before ``first_look``, the entry that first sealed a capture over the network
    of an account of these: a later one may be made from what we captured. A platform's export is held against captures
    whenever it was imported, and what it came after is said.
    """
    others = tuple(others)
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
    held = compared(own, others, first_look=first_look)
    exported = {one.record for one in held if one.holds}
    level = max(
        2 if len(ways) > 1 else 1 if network else 0,
        EXPORTED if exported else 0,
        *(one.claim for one in agreeing),
    )
    deciding = list(ways.values())
    if level == EXPORTED:
        deciding = [own, next(one for one in agreeing if one.record == held[0].record)]
    elif level > EXPORTED:
        deciding = [next(one for one in agreeing if one.claim == level)]  # it says so itself
    return Corroboration(
        level=level,
        ways=tuple(sorted(one.method for one in deciding)) if level else (),
        by=tuple(one.record for one in deciding if one.record != own.record) if level else (),
        uncounted=tuple(
            one.record for one in agreeing if one is not own and not counts(one) and one.record not in exported
        ),
        compared=held,
    )
