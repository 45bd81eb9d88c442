"""What is looked at, and decided, of all volumes of a production before the first of them is made."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from ediscovery.evidence import read_hits
from ediscovery.production.withholding import refuse_within
from ediscovery.redaction.applying import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ediscovery.evidence import Sealed
    from ediscovery.production.making import Order
    from ediscovery.search import Hit, Search
    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.record import Author


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around one produced record: all versions of its item, oldest first, and its conversation."""

    versions: tuple[Hit, ...]
    thread: tuple[Hit, ...]


class Read(NamedTuple):
    """The records of a volume, and those around them: other versions of their items, and their conversations."""

    sealed: Mapping[Digest, Sealed]
    others: Mapping[Digest, Sealed]
    contexts: Mapping[Digest, Context]

    @property
    def all(self) -> Iterator[Sealed]:
        """All of them."""
        return chain(self.sealed.values(), self.others.values())


class Reader:
    """Reads volumes from evidence; the last one that was read stays in memory."""

    def __init__(self, archive: Archive, search: Search) -> None:
        self._archive, self._search = archive, search
        self._last: tuple[Sequence[Hit], Read] | None = None

    def read(self, hits: Sequence[Hit]) -> Read:
        """Return the records of hits, and those around them."""
        if self._last is None or self._last[0] is not hits:
            self._last = None
            sealed = read_hits(self._archive, hits)
            contexts = {hit.record: _context(self._search, sealed[hit.record]) for hit in hits}
            around = [one for context in contexts.values() for one in (*context.versions, *context.thread)]
            self._last = hits, Read(sealed, read_hits(self._archive, around), contexts)
        return self._last[1]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was decided of all volumes before the first one is made.

    ``unpictured`` are media of what is withheld or redacted, by digest: no picture of them is shown with anything.
    """

    reader: Reader
    redactor: Redactor
    unpictured: frozenset[Digest]


def prepare(archive: Archive, search: Search, volumes: Sequence[Sequence[Hit]], order: Order) -> Prepared:
    """Look through all volumes of an order, and refuse what cannot be handed over, before anything is numbered.

    Raises:
        TableUnreadableError: a rule finds nothing where it must.
        RedactedInSearchError: what is redacted everywhere stands in the search, or in what is said of the production.
        NotInPartsError: records that were sealed whole are to be redacted.
        WithheldWithinError: what would be handed over holds something that is not.
        IntegrityError: a record is not in evidence as it was found.
    """
    reader, review = Reader(archive, search), order.review
    if review is None:
        return Prepared(reader, Redactor((), {}, ()), frozenset())
    held_back = read_hits(archive, [hit for hit, _ in review.withheld])
    authors = set(_authors(held_back.values()))
    for hits in volumes if review.rules else ():
        authors |= set(_authors(reader.read(hits).all))
    redactor = Redactor(review.rules, review.items, authors)
    redactor.demand_unsaid(_said(order))
    for hits in volumes if review.rules else ():
        sealed = reader.read(hits).sealed
        held_back |= {one.id: one for one in sealed.values() if redactor.parts(one) is not None}
    redactor.demand_in_parts(review.items)
    redactor.demand_found(review.items)
    for hits in volumes if held_back else ():
        whole = (one for one in reader.read(hits).sealed.values() if one.id not in held_back)
        refuse_within(whole, held_back.values())
    unpictured = {picture.sha256 for one in held_back.values() for picture in one.view.attachments if picture.sha256}
    return Prepared(reader, redactor, frozenset(unpictured))


def _authors(several: Iterable[Sealed]) -> Iterator[Author]:
    return (author for one in several if (author := one.view.author) is not None)


def _said(order: Order) -> dict[str, str]:
    """Return what is said of a production in its papers, by what people call it."""
    review = order.review
    withheld = "\n".join(f"{one.reason}\n{one.description}" for _, one in (review.withheld if review else ()))
    return {
        "the search": f"{order.query_typed}\n{order.query_words}",
        "the matter": order.matter,
        "the requester's name": order.requester,
        "what is said of withheld records": withheld,
    }


def _context(search: Search, sealed: Sealed) -> Context:
    account, view = sealed.provenance.account, sealed.view
    return Context(search.versions(account, view.item), search.thread(account, view.thread or view.item))
