"""Whether a search that was asked again gave the same answer, and what explains it where it did not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ediscovery.answers.digest import NOTHING
from ediscovery.answers.receipt import SearchReceiptUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ediscovery.answers.receipt import AccountAnswer, SearchReceipt
    from schemas.digest import Digest

CIRCUMSTANCES = ("software", "unicode")


@dataclass(frozen=True, slots=True)
class Difference:
    """An account of which the hits are others now; ``destroyed`` records of it were destroyed between the two."""

    account: str
    before: int
    now: int
    destroyed: int

    @property
    def explained(self) -> bool:
        """Whether destruction can account for it."""
        return self.destroyed > 0

    @property
    def words(self) -> str:
        """The difference in a line."""
        change = f"{self.account}: {self.before:,} hits then, {self.now:,} now"
        if not self.explained:
            return f"{change}; none of its records were destroyed since"
        return f"{change}; {self.destroyed:,} of its records were destroyed since"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of asking again: accounts whose hits differ, and what else is not as it was."""

    differences: tuple[Difference, ...]
    circumstances: tuple[str, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "same": self.same,
            "explained": self.explained,
            "differences": [
                {"account": one.account, "before": one.before, "now": one.now, "destroyed": one.destroyed}
                for one in self.differences
            ],
            "circumstances": list(self.circumstances),
        }

    @property
    def same(self) -> bool:
        """Whether all hits are the same."""
        return not self.differences

    @property
    def explained(self) -> bool:
        """Whether all differences are in accounts of which records were destroyed since."""
        return all(one.explained for one in self.differences)


def compare(before: SearchReceipt, now: SearchReceipt) -> Comparison:
    """Compare two answers to one question about the same entries of one ledger.

    Raises:
        SearchReceiptUnreadableError: one contradicts itself.
    """
    differences = tuple(_differences(_by_account(before), _by_account(now)))
    if not differences and (before.hits, before.digest) != (now.hits, now.digest):
        raise SearchReceiptUnreadableError(
            "The receipt contradicts itself: the hits of its accounts are not those of the whole.",
            do="Ask whoever made it for another.",
        )
    return Comparison(
        differences=differences,
        circumstances=tuple(
            f"{name} was {getattr(before, name)} then, and is {getattr(now, name)}"
            for name in CIRCUMSTANCES
            if getattr(before, name) != getattr(now, name)
        ),
    )


def _by_account(receipt: SearchReceipt) -> Mapping[str, AccountAnswer]:
    return {one.account: one for one in receipt.accounts}


def _differences(then: Mapping[str, AccountAnswer], after: Mapping[str, AccountAnswer]) -> Iterator[Difference]:
    for account in sorted({*then, *after}):
        before, now = then.get(account), after.get(account)
        if _hits(before) != _hits(now):
            destroyed = (now.withheld if now else 0) - (before.withheld if before else 0)
            yield Difference(account, _hits(before)[0], _hits(now)[0], destroyed)


def _hits(one: AccountAnswer | None) -> tuple[int, Digest]:
    return (one.hits, one.digest) if one else (NOTHING.hits, NOTHING.digest)
