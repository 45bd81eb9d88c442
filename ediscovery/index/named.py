"""What is looked up by name: records, items, threads. Sets of documents of a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.index import sets
from schemas.query import Is

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ediscovery.index.evaluating import Evaluator
    from ediscovery.index.sets import Numbers
    from schemas.digest import Digest


def records_from(prefix: str, found: Evaluator) -> Numbers:
    """Return the documents of records whose ids begin so, in hexadecimal digits."""
    return found.of_records(prefix)


def records(ids: Sequence[Digest], found: Evaluator) -> Numbers:
    """Return the documents of these records."""
    return found.of_ids(ids)


def items(account: str, names: Sequence[str], found: Evaluator) -> Numbers:
    """Return the documents of all records about some items."""
    return found.documents(Is("account", account), sets.joined([found.of_item(name) for name in names]))


def threads(account: str, names: Sequence[str], found: Evaluator) -> Numbers:
    """Return the documents of all records of some threads, and of the items that these are named after."""
    told = [docs for name in names for docs in (found.documents(Is("thread", name)), found.of_item(name))]
    return found.documents(Is("account", account), sets.joined(told))
