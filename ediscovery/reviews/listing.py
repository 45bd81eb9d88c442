"""``review.csv``: the hits of a search, for people who decide of each in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.answers.exporting import evidence_of
from ediscovery.evidence import author_of
from ediscovery.sheets import sheet
from manifests.console import local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO
    from zoneinfo import ZoneInfo

    from ediscovery.search import Committed

DECIDED = ("decision", "reason", "description")
COLUMNS = (*DECIDED, "date", "account", "kind", "author", "title", "text", "url", "absence", "record")
TOGETHER = 1_000


def write_list(file: BinaryIO, hits: Iterable[Committed], zone: ZoneInfo, *, tell: Callable[[int], None]) -> int:
    """Write a row for each hit, with nothing decided, and return how many; ``tell`` is told how many are written.

    Raises:
        EvidenceDiffersError: a record is not what its id commits to.
    """
    number = 0
    with sheet(file, COLUMNS) as write:
        for number, hit in enumerate(hits, 1):
            view, provenance = evidence_of(hit)
            date = local(view.created or provenance.captured, zone)
            said = (author_of(view), view.title, view.text, view.url, hit.absence)
            write((*([None] * len(DECIDED)), date, provenance.account, view.kind, *said, hit.record.hex))
            if not number % TOGETHER:
                tell(number)
    return number
