"""What is looked up by name: a record, an item, a thread. Sets of documents of a segment."""

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


def item(account: str, name: str, found: Evaluator) -> Numbers:
    """Return the documents of all records about an item."""
    return found.documents(Is("account", account), found.of_item(name))


def thread(account: str, name: str, found: Evaluator) -> Numbers:
    """Return the documents of all records of a thread, and of the item that it is named after."""
    told = sets.joined([found.documents(Is("thread", name)), found.of_item(name)])
    return found.documents(Is("account", account), told)
