"""The columns of a partition: those that are evidence, and those that are derived from it. Pure, without pyarrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from schemas.digest import Digest
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.record import Kind, Normalised, Provenance, Record

Cell: TypeAlias = bytes | str | Digest | Instant | None

EVIDENCE = ("salt", "native", "normalised", "provenance")
DERIVED = (
    "record",
    "native_sha256",
    "item",
    "kind",
    "url",
    "title",
    "text",
    "author",
    "thread",
    "parent",
    "created",
    "captured",
)
DIGESTS = frozenset({"record", "native_sha256"})
INSTANTS = frozenset({"created", "captured"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the evidence (``record``), the id that the file gives it, and the columns derived for search."""

    id: Digest
    record: Record
    native_sha256: Digest
    item: str
    kind: str
    url: str | None
    title: str | None
    text: str | None
    author: str | None
    thread: str | None
    parent: str | None
    created: Instant | None
    captured: Instant

    @property
    def columns(self) -> dict[str, Cell]:
        """The row's columns as the file has them; those that ``columns_of`` gives are the right ones."""
        return {"record": self.id} | {name: getattr(self, name) for name in DERIVED[1:]}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a new look at an account is compared with: a row without its native bytes."""

    record: Digest
    native_sha256: Digest
    normalised: bytes
    item: str
    kind: Kind
    url: str | None
    thread: str | None
    created: Instant | None
    captured: Instant

    @property
    def normalised_sha256(self) -> Digest:
        """The SHA-256 of the derived view."""
        return Digest.of(self.normalised)


def columns_of(record: Record, view: Normalised, provenance: Provenance) -> dict[str, Cell]:
    """Return the columns of a record that are derived: its id, the digest of its native bytes, the search columns.

    ``view`` and ``provenance`` are what the record's own texts say.
    """
    cells = derived([view], [provenance])
    return {"record": record.id, "native_sha256": Digest.of(record.native)} | {
        name: column[0] for name, column in cells.items()
    }


def derived(views: Sequence[Normalised], provenances: Sequence[Provenance]) -> dict[str, list[Cell]]:
    """Return the search columns of many records, each with a cell a record."""
    authors = [view.author for view in views]
    return {
        "item": [view.item for view in views],
        "kind": [view.kind for view in views],
        "url": [view.url for view in views],
        "title": [view.title for view in views],
        "text": [view.text for view in views],
        "author": [(author.name or author.handle or author.id) if author else None for author in authors],
        "thread": [view.thread for view in views],
        "parent": [view.parent for view in views],
        "created": [view.created for view in views],
        "captured": [provenance.captured for provenance in provenances],
    }
