"""Which objects a sample holds, how many it takes, and what it then proves.

Objects are drawn without putting back. If d of m objects were at fault, n drawn ones would miss all of them with a
probability of C(m-d, n) / C(m, n) <= (1 - d/m)^n. The bound is used, so that what is stated holds for every m
(Ateniese et al., Provable Data Possession at Untrusted Stores, CCS 2007).
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from math import ceil, log, log1p
from typing import TYPE_CHECKING

from schemas.errors import InputError
from schemas.findings import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable

MILLION = 1_000_000


class SampleUnusableError(InputError):
    """A sample cannot be drawn as asked."""

    code = "SAMPLE_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Draw:
    """What is asked for: how many objects, drawn by ``seed``, and the confidence to be stated for that many.

    The seed must not be known to whoever keeps the store before the objects are read.
    """

    seed: str
    objects: int
    confidence: float

    def __post_init__(self) -> None:
        if self.objects < 1 or not self.seed:
            raise SampleUnusableError("A sample needs a seed and one object at least.", do="Ask for more objects.")
        _check_share(self.confidence, "confidence")

    def stated(self, population: int) -> Sample:
        """Return what this many objects prove of ``population``; the share is rounded up, never down."""
        drawn = min(self.objects, population)
        share = 0.0 if drawn == population else 1 - (1 - self.confidence) ** (1 / drawn)
        return Sample(
            seed=self.seed,
            objects=drawn,
            population=population,
            tolerated=ceil(share * MILLION),
            confidence=int(self.confidence * MILLION),
        )


def enough(*, confidence: float, tolerate: float) -> int:
    """Return how many objects show with ``confidence`` that no more than the share ``tolerate`` is at fault.

    Raises:
        SampleUnusableError: one of the two is no share between 0 and 1.
    """
    _check_share(confidence, "confidence")
    _check_share(tolerate, "tolerate")
    return ceil(log(1 - confidence) / log1p(-tolerate))


def drawn(keys: Iterable[str], draw: Draw) -> list[str]:
    """Return the keys of the sample: those with the smallest SHA-256 of seed, zero byte and key (FORMAT 8.4)."""
    salt = draw.seed.encode() + b"\x00"
    return heapq.nsmallest(draw.objects, keys, key=lambda key: hashlib.sha256(salt + key.encode()).digest())


def in_words(sample: Sample) -> str:
    """Return what a sample proves, for people."""
    if sample.objects == sample.population:
        return f"All {sample.population:,} objects were read."
    return (
        f"Not everything was read: {sample.objects:,} of {sample.population:,} objects were drawn at random (seed "
        f"{sample.seed}), and their captures read. If more than {_percent(sample.tolerated)} % of all objects were at "
        f"fault, this sample would have shown it with a probability of {_percent(sample.confidence)} % at least."
    )


def _percent(million: int) -> str:
    return f"{million / 10_000:.4f}".rstrip("0").rstrip(".")


def _check_share(share: float, name: str) -> None:
    if not 0 < share < 1:
        raise SampleUnusableError(
            f"{share} cannot be the {name} of a sample.", do=f"Give a {name} between 0 and 1, such as 0.95 or 0.01."
        )
