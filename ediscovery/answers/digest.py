"""The digest of a search's hits: over all of them and for each account, so that two answers can be compared.

It is the SHA-256 of text, which anybody can make of an export: the line ``holdfast-hits/v1``, then a line for each hit,
sorted, with the id of the record that is shown, a space, and the id of the record that matched, both in hexadecimal.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ediscovery.index.reading import Index
    from schemas.query import Query

DOMAIN = b"holdfast-hits/v1\n"

# One binary text a hit: the order of bytes is that of their hexadecimal digits.
HITS = "SELECT account, record || matched AS ids FROM seen ORDER BY ids"


@dataclass(frozen=True, slots=True)
class Digested:
    """How many hits there are, and their digest."""

    hits: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Answered:
    """The hits of a search, all of them and by account; an account without hits is not named."""

    all: Digested
    accounts: Mapping[str, Digested]


@dataclass(slots=True)
class _Growing:
    hits: int = 0
    made: hashlib._Hash = field(default_factory=lambda: hashlib.sha256(DOMAIN))

    def add(self, line: bytes) -> None:
        self.hits += 1
        self.made.update(line)

    @property
    def digested(self) -> Digested:
        return Digested(self.hits, Digest(self.made.digest()))


def digested(hits: Iterable[tuple[str, bytes]]) -> Answered:
    """Return the digests of hits: of each its account, and the two ids after one another; they come sorted by these."""
    everything, accounts = _Growing(), defaultdict[str, _Growing](_Growing)
    for account, ids in hits:
        line = f"{ids[: len(ids) // 2].hex()} {ids[len(ids) // 2 :].hex()}\n".encode()
        everything.add(line)
        accounts[account].add(line)
    return Answered(everything.digested, {name: one.digested for name, one in sorted(accounts.items())})


def answered(index: Index, query: Query) -> Answered:
    """Return the digests of what a query finds. Raises what ``Index.find`` raises."""
    with index.kept(query) as kept:
        rows: Iterable[tuple[str, bytes]] = () if kept is None else kept.rows(lambda _: HITS)
        return digested(rows)


NOTHING = digested(()).all
