"""What is said to people of an answer: what it is about, and how it compares with an earlier one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.console import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.answers.asking import Basis
    from ediscovery.answers.comparing import Comparison
    from ediscovery.answers.receipt import SearchReceipt


def basis_line(basis: Basis) -> str:
    """Return what a search was about, in a line."""
    partitions = plural(basis.partitions, "partition")
    entries = f"the ledger's first {plural(basis.ledger_size, 'entry', 'entries')}"
    return f"Searched {plural(basis.records, 'record')} in {partitions}, of {entries}.{_not_searched(basis)}"


def _not_searched(basis: Basis) -> str:
    parts = [f"{plural(number, WORDS[reason][0], WORDS[reason][1])}" for reason, number in basis.not_indexed.items()]
    destroyed = sum(basis.withheld.values())
    if destroyed:
        parts.append(f"{destroyed:,} destroyed as their schedule says")
    return f" Not searched: {'; '.join(parts)}." if parts else ""


WORDS: dict[str, tuple[str, str]] = {}


def comparison_lines(before: SearchReceipt, now: SearchReceipt, found: Comparison) -> Iterator[str]:
    """Yield what came of asking again."""
    yield f"Asked at {before.asked_at} of the first {plural(before.ledger_size, 'entry', 'entries')} of the ledger:"
    yield f"  {before.query or '(everything)'}"
    if found.same:
        yield f"The answer is the same: {plural(now.hits, 'hit')}, SHA-256 {now.digest}"
    elif found.explained:
        yield f"The answer differs by what was destroyed since: {before.hits:,} hits then, {now.hits:,} now."
    else:
        yield f"The answer is NOT the same: {before.hits:,} hits then, {now.hits:,} now."
    yield from (f"  {one.words}" for one in found.differences)
    if found.differences:
        same = len(now.accounts) - len(found.differences)
        yield f"  In {plural(max(same, 0), 'other account')} the hits are the same."
    yield from (f"  {one}" for one in found.circumstances)
