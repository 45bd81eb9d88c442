"""What is said to people of an answer: what it is about, and how it compares with an earlier one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.printable import one_line
from manifests.console import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ediscovery.answers.asking import Basis
    from ediscovery.answers.comparing import Comparison
    from ediscovery.answers.receipt import SearchReceipt


UNREAD: Mapping[str, str] = {
    "image": "with pictures that nothing describes",
    "video": "with films that nothing describes",
    "audio": "with sound that nothing describes",
    "document": "with files that nothing describes",
    "words": "with more words than are searched",
    "unread": "that could not be read",
    "unrecognised": "of an unknown form",
    "replaced-characters": "with characters that could not be read",
    "truncated": "that were cut off when they were captured",
}


def basis_line(basis: Basis) -> str:
    """Return what a search was about, in a line."""
    partitions = plural(basis.partitions, "partition")
    entries = plural(basis.ledger_size, "entry", "entries")
    said = f"Searched {plural(basis.records, 'record')} in {partitions}, of the ledger's first {entries}."
    unread = [f"{number:,} {UNREAD.get(reason, reason)}" for reason, number in basis.not_indexed.items()]
    if unread:
        said += f" Not all of it is text that is searched: {', '.join(unread)}."
    if destroyed := sum(basis.withheld.values()):
        said += f" Not among it: {plural(destroyed, 'record')} destroyed as the schedule says."
    if basis.without_store:
        said += " The index in the store could not be read: what lacked of it here was made from the records."
    return said


def comparison_lines(before: SearchReceipt, now: SearchReceipt, found: Comparison) -> Iterator[str]:
    """Yield what came of asking again."""
    yield f"Asked at {before.asked_at} of the first {plural(before.ledger_size, 'entry', 'entries')} of the ledger:"
    # A receipt may come from anybody.
    yield f"  {one_line(before.query) or '(everything)'}"
    if found.same:
        yield f"The answer is the same: {plural(now.hits, 'hit')}, SHA-256 {now.digest}"
    elif found.explained:
        yield f"The answer differs where records were destroyed since: {before.hits:,} hits then, {now.hits:,} now."
    else:
        yield f"The answer is NOT the same: {before.hits:,} hits then, {now.hits:,} now."
    yield from (f"  {one_line(one.words)}" for one in found.differences)
    if found.differences:
        same = len(now.accounts) - len(found.differences)
        yield f"  In {plural(max(same, 0), 'other account')} the hits are the same."
    yield from (f"  {one_line(one)}" for one in found.circumstances)
