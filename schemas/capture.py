"""What a collector hands over: observations, listings and the outcome of one attempt to read one account."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from schemas.canonical import Canonical, Name, Natural
from schemas.instant import Instant
from schemas.record import Method, Normalised, Slice

Outcome: TypeAlias = Literal["captured", "unchanged", "partial", "failed", "interrupted"]
Sanity: TypeAlias = Literal["plausible", "suspect", "unread"]


class Observation(Canonical, frozen=True):
    """One item as it was seen once: the derived view, where its native bytes lie, and when they were read.

    ``vouched`` are the exchanges by which its origin vouches for it with a signature (``schemas.record.Provenance``).

    The native bytes travel beside it (``archiver.spool``), so that no structure ever re-encodes them.
    """

    normalised: Normalised
    source: Slice
    observed: Instant
    vouched: tuple[str, ...] = ()


class Poll(Canonical, frozen=True):
    """One attempt, also an empty or failed one. ``cursor`` is opaque to all but the collector; ``code`` an error code.

    ``requests`` counts exchanges; ``listed`` counts the items that the account showed. ``counts`` is what an import
    came to (``archiver.reconciling``), and how often it refused something with which code. Times are UTC.
    """

    capture: str
    account: str
    method: Method
    collector: str
    planned: Instant
    started: Instant
    ended: Instant
    outcome: Outcome
    sanity: Sanity
    status: Natural | None = None
    code: str | None = None
    reason: str | None = None
    requests: Natural = 0
    listed: Natural = 0
    counts: dict[Name, Natural] = msgspec.field(default_factory=dict)
    cursor_before: dict[Name, str] = msgspec.field(default_factory=dict)
    cursor_after: dict[Name, str] = msgspec.field(default_factory=dict)
