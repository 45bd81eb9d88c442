"""The records of an archive that are about the same posts, and what level each reaches by them (ADR 0027)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.corroboration import Corroboration, Saying, addresses_of, corroboration
from ediscovery.evidence import read_hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ediscovery.evidence import Sealed
    from ediscovery.search import Search
    from manifests.archive import Archive
    from schemas.digest import Digest


def corroborations(
    archive: Archive, search: Search, sealed: Sequence[Sealed], versions: Iterable[Sealed]
) -> dict[Digest, Corroboration]:
    """Return how well records are corroborated; ``versions`` are those of their items, which were read already.

    Others are looked for in all accounts, by address, with one search.

    Raises:
        IntegrityError: a record is not in evidence as it was found.
    """
    known = {one.id: one for one in (*sealed, *versions)}
    hits = search.at_addresses(address for one in sealed for address in addresses_of(one.view))
    known |= read_hits(archive, (hit for hit in hits if hit.record not in known))
    accounts = {one.id: one.provenance.account for one in known.values()}
    told = {one.id: Saying.of(one.id, one.view, one.provenance, entry=one.place.entry) for one in known.values()}
    about: dict[tuple[str, ...], list[Saying]] = {}
    for one in told.values():
        for name in one.names:
            about.setdefault(name, []).append(one)
    first = {account: _first_look(archive, account) for account in set(accounts.values())}

    def judged(own: Saying) -> Corroboration:
        others = {one.record: one for name in own.names for one in about[name]}
        looks = [first[accounts[record]] for record in others]
        return corroboration(
            own, others.values(), first_look=min((one for one in looks if one is not None), default=None)
        )

    return {one.id: judged(told[one.id]) for one in sealed}


def _first_look(archive: Archive, account: str) -> int | None:
    """Return the entry of an account's first capture over the network that kept anything."""
    captures = archive.ledger.history.captures(account)
    return next((entry for entry, act in captures if act.poll.method != "import"), None)
