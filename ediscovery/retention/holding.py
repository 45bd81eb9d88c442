"""Which holds cover a record: any that does keeps it, whatever its series says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.language.parsing import parse
from manifests.locking import accounts_of
from schemas.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from ediscovery.search import Hit, Search
    from manifests.history import History
    from schemas.holds import Hold, Scope


def holds_on(hits: Sequence[Hit], opened: Search, history: History, zone: ZoneInfo) -> Iterator[Hold]:
    """Yield the holds in force that cover at least one of some records: of a record and of the one that it is about."""
    for hold in sorted(history.holds.values(), key=lambda one: one.hold):
        if any(_covers(one.scope, hit, opened, history, zone) for one in hold.covered for hit in hits):
            yield hold


def items_found(query: str, account: str, opened: Search, zone: ZoneInfo) -> frozenset[str]:
    """Return the identifiers of an account's items that a search finds as it was typed; its days are those of ``zone``.

    Raises:
        QuerySyntaxError: it cannot be read.
        InputError: it holds what cannot be searched for, or too much.
    """
    return opened.items(Query(term=parse(query, zone), accounts=frozenset({account})))


def _covers(scope: Scope, hit: Hit, opened: Search, history: History, zone: ZoneInfo) -> bool:
    """Whether a scope covers a record (FORMAT 4.11). What its search finds in one version, it covers in all."""
    return (
        hit.account in accounts_of(scope, history)
        and (scope.since is None or scope.since <= hit.date)
        and (scope.until is None or hit.date < scope.until)
        and (not scope.records or hit.record in scope.records)
        and (scope.query is None or hit.item in items_found(scope.query, hit.account, opened, zone))
    )
