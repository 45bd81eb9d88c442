"""Decisions that people sign before a machine may act on them: that a hold is released, that records are destroyed."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.instant import Instant


class HoldRelease(Canonical, frozen=True, tag_field="decides", tag="hold-release"):
    """A hold is over, for this reason."""

    hold: str
    reason: str


class Disposition(Canonical, frozen=True, tag_field="decides", tag="disposition"):
    """A plan is carried out, whose act has the SHA-256 ``digest`` (FORMAT 4.13); the rest is its own."""

    plan: str
    digest: Digest
    records: Natural
    as_of: date


Decidable: TypeAlias = HoldRelease | Disposition


class Decision(Canonical, frozen=True):
    """What is to be decided, who proposed it, and until when it may be approved and carried out."""

    what: Decidable
    proposer: str
    proposed: Instant
    expires: Instant


class DecisionFile(Canonical, frozen=True):
    """A decision on its way from one person to the next: ``text`` is what is signed, ``signatures`` lines of a note."""

    text: str
    signatures: tuple[str, ...] = ()
