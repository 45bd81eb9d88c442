"""Hits parted by what was decided of them: what is produced, and what is withheld and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.document import WithheldItem
from ediscovery.production.withholding import Review
from ediscovery.reviews.deciding import demand_decided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ediscovery.reviews.folders import Reviewed
    from ediscovery.search import Hit


def parted(hits: Sequence[Hit], reviewed: Reviewed, *, versions: bool) -> tuple[tuple[Hit, ...], Review]:
    """Return the hits that are produced, and what people decided of all.

    Raises:
        UndecidedError: there are decisions of other records, or records without one.
    """
    decided = demand_decided([hit.record for hit in hits], reviewed.decisions)
    produced = tuple(hit for hit in hits if decided[hit.record].choice == "produce")
    withheld = tuple(
        (
            hit,
            WithheldItem(
                record=hit.record,
                reason=decided[hit.record].reason,
                description=decided[hit.record].description,
                matched=hit.matched if hit.matched != hit.record else None,
            ),
        )
        for hit in hits
        if decided[hit.record].choice == "withhold"
    )
    return produced, Review.of(produced, withheld, versions=versions, rules=reviewed.rules)
