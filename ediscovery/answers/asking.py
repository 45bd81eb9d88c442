"""A search is asked, and its receipt made: over the ledger as it is, or over its first entries."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.answers.digest import NOTHING, answered
from ediscovery.answers.receipt import FORMAT, AccountAnswer, SearchReceipt
from ediscovery.evidence import places
from ediscovery.index.conditions import condition
from ediscovery.language.spelling import spelled
from ediscovery.search import MADE_AGAIN, IndexDiffersError
from manifests.archive import SOFTWARE
from schemas.query import Query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from ediscovery.answers.digest import Answered
    from ediscovery.search import Search
    from manifests.archive import Archive


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and how it was typed: the words, and the options beside them."""

    query: Query
    typed: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a search is about: the records that the ledger's first entries sealed and that are left.

    ``not_indexed`` counts those of which something is not searched, by reason; ``withheld`` those that were destroyed,
    by account. ``without_store`` says that the store's index could not be read, and was done without.
    """

    ledger_size: int
    partitions: int
    segments: int
    records: int
    not_indexed: Mapping[str, int]
    withheld: Mapping[str, int]
    without_store: bool = False


def basis_of(archive: Archive, opened: Search, *, size: int) -> Basis:
    """Return what a search over the ledger's first entries is about.

    Raises:
        IndexDiffersError: the index does not hold all records that the ledger names.
    """
    held = [place for place in places(archive) if place.entry < size]
    records, indexed = sum(place.rows for place in held), opened.index.documents
    if records != indexed:
        raise IndexDiffersError(
            f"The index holds {indexed} records, and the ledger names {records}.",
            do=MADE_AGAIN,
        )
    return Basis(
        ledger_size=size,
        partitions=len(held),
        segments=opened.index.segments,
        records=records,
        not_indexed=opened.index.unread,
        withheld=withheld(archive, size=size),
        without_store=opened.index.without_store,
    )


def withheld(archive: Archive, *, size: int) -> dict[str, int]:
    """Return how many of the records that the first entries sealed were destroyed since, by account, where any were."""
    history = archive.ledger.history
    if not history.replacing:
        return {}
    gone = {
        account: sum(place.partition.rows - place.rows for place in history.places(account) if place.entry < size)
        for account in history.accounts
    }
    return {account: number for account, number in sorted(gone.items()) if number}


def receipt_of(archive: Archive, opened: Search, question: Question, basis: Basis) -> SearchReceipt:
    """Return the receipt of a search. Raises what ``Search.hits`` raises."""
    zone = archive.settings.zone
    found = answered(opened.index, question.query)
    return SearchReceipt(
        format=FORMAT,
        origin=archive.ledger.origin,
        asked_at=archive.now(),
        actor=archive.actor,
        typed=question.typed,
        options=dict(question.options),
        query=spelling_of(question.query, zone),
        versions=question.query.versions,
        zone=zone.key,
        ledger_size=basis.ledger_size,
        ledger_root=archive.ledger.root_at(basis.ledger_size),
        partitions=basis.partitions,
        segments=basis.segments,
        records=basis.records,
        not_indexed=dict(basis.not_indexed),
        withheld=sum(basis.withheld.values()),
        hits=found.all.hits,
        digest=found.all.digest,
        accounts=tuple(_accounts(found, basis)),
        software=SOFTWARE,
        unicode=unicodedata.unidata_version,
    )


def _accounts(found: Answered, basis: Basis) -> list[AccountAnswer]:
    return [
        AccountAnswer(account=name, hits=one.hits, digest=one.digest, withheld=basis.withheld.get(name, 0))
        for name in sorted({*found.accounts, *basis.withheld})
        for one in (found.accounts.get(name, NOTHING),)
    ]


def spelling_of(query: Query, zone: ZoneInfo) -> str:
    """Return the spelling of a query with its filters; it is empty where all records are asked for.

    Raises:
        InputError: a filter holds what cannot be searched for.
    """
    return "" if query == Query(versions=query.versions) else spelled(condition(query), zone)
