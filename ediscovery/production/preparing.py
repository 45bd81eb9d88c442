"""What is looked at, and decided, of all volumes of a production before the first of them is made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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

Name: TypeAlias = tuple[str, str]
"""An account, and the id of an item or thread in it."""


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
    """Reads volumes from evidence, with what stands around their records; the last that was read stays in memory."""

    def __init__(self, archive: Archive, search: Search) -> None:
        self._archive, self._search = archive, search
        self._sealed: tuple[Sequence[Hit], Mapping[Digest, Sealed]] | None = None
        self._read: Read | None = None

    def sealed(self, hits: Sequence[Hit]) -> Mapping[Digest, Sealed]:
        """Return the records of hits."""
        if self._sealed is None or self._sealed[0] is not hits:
            self._sealed = self._read = None
            self._sealed = hits, read_hits(self._archive, hits)
        return self._sealed[1]

    def read(self, hits: Sequence[Hit]) -> Read:
        """Return the records of hits, and those around them."""
        sealed = self.sealed(hits)
        if self._read is None:
            self._read = self._around(sealed)
        return self._read

    def _around(self, sealed: Mapping[Digest, Sealed]) -> Read:
        """Ask for all versions, and all conversations, of an account at once."""
        places = {record: _place(one) for record, one in sealed.items()}
        versions: dict[Name, list[Hit]] = defaultdict(list)
        turns: list[Hit] = []
        for account, items, threads in _by_account(places.values()):
            for hit in self._search.all_versions(account, items):
                versions[account, hit.item].append(hit)
            turns += self._search.all_threads(account, threads)
        others = read_hits(self._archive, [*(hit for several in versions.values() for hit in several), *turns])
        conversations: dict[Name, list[Hit]] = defaultdict(list)
        for hit in turns:
            view = others[hit.record].view
            for name in dict.fromkeys((view.thread, view.item)):
                if name is not None:
                    conversations[hit.account, name].append(hit)
        contexts = {
            record: Context(tuple(versions[account, item]), tuple(conversations[account, thread]))
            for record, (account, item, thread) in places.items()
        }
        return Read(sealed, others, contexts)


def _place(sealed: Sealed) -> tuple[str, str, str]:
    """Return the account of a record, its item, and its thread."""
    view = sealed.view
    return sealed.provenance.account, view.item, view.thread or view.item


def _by_account(places: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each account with all items and all threads of its records."""
    several = sorted(places)
    for account, own in groupby(several, key=itemgetter(0)):
        together = list(own)
        yield account, [*dict.fromkeys(item for _, item, _ in together)], [*dict.fromkeys(one for *_, one in together)]


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
        held_back |= {one.id: one for one in reader.sealed(hits).values() if redactor.parts(one) is not None}
    redactor.demand_in_parts(review.items)
    redactor.demand_found(review.items)
    for hits in volumes if held_back else ():
        whole = (one for one in reader.sealed(hits).values() if one.id not in held_back)
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
