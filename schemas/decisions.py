"""Decisions that people sign before a machine may act on them: that a hold is released."""

from __future__ import annotations

from typing import TypeAlias

from schemas.canonical import Canonical
from schemas.instant import Instant


class HoldRelease(Canonical, frozen=True, tag_field="decides", tag="hold-release"):
    """A hold is over, for this reason."""

    hold: str
    reason: str


Matter: TypeAlias = HoldRelease


class Decision(Canonical, frozen=True):
    """What is to be decided, who proposed it, and until when it may be approved and carried out."""

    what: Matter
    proposer: str
    proposed: Instant
    expires: Instant


class DecisionFile(Canonical, frozen=True):
    """A decision on its way from one person to the next: ``text`` is what is signed, ``signatures`` lines of a note."""

    text: str
    signatures: tuple[str, ...] = ()
