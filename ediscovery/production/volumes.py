"""What a search found, parted into volumes: productions of a size that people open. Each names what is in others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ediscovery.production.manifest import ElsewhereRecord, Volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ediscovery.search import Hit


class Part(NamedTuple):
    """The hits of a volume, and which one it is; of an only one that is not said."""

    hits: Sequence[Hit]
    volume: Volume | None


def volumes(hits: Sequence[Hit], withheld: Sequence[Hit], *, most: int) -> Iterator[Part]:
    """Yield what is produced, at most so many records a volume, in order; what is withheld is in the last one."""
    cut = [hits[start : start + most] for start in range(0, len(hits), most)]
    if len(cut) < 2:  # noqa: PLR2004 - one is no volume of several
        yield Part(hits, None)
        return
    places = [(hit, number) for number, some in enumerate(cut, 1) for hit in some]
    places += [(hit, len(cut)) for hit in withheld]
    for number, some in enumerate(cut, 1):
        elsewhere = tuple(
            ElsewhereRecord(record=hit.record, volume=place, matched=hit.matched if hit.matched != hit.record else None)
            for hit, place in places
            if place != number
        )
        yield Part(some, Volume(number=number, of=len(cut), elsewhere=elsewhere))
