"""Matters: cases and records requests. What the ledger may say of one, and the text about it that lies apart."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from schemas.canonical import Canonical

MatterName: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")]
"""What a matter is called, for ever: its name is in the ledger, and a part of keys."""
MatterKind: TypeAlias = Literal["case", "request"]
Jurisdiction: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
"""Whose law sets the deadlines of a request; which there are is no matter of the format."""
Step: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,40}\Z")]
Outcome: TypeAlias = Literal[
    "granted", "granted-in-part", "denied", "no-records", "withdrawn", "dismissed", "settled", "decided", "other"
]

TITLE_LIMIT = 500
NOTES_LIMIT = 20_000
TEXT_LIMIT = 1 << 18
"""How many bytes the object with a matter's text may have."""


class MatterText(Canonical, frozen=True):
    """What people write about a matter, as it is stored beside the entry that names it; it may name persons.

    ``salt`` is 32 random bytes, so that the digest in the ledger confirms no guess at the rest. ``without_hold`` says
    why the matter needs no hold.
    """

    matter: MatterName
    salt: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    title: Annotated[str, Meta(max_length=TITLE_LIMIT)] = ""
    requester: Annotated[str, Meta(max_length=TITLE_LIMIT)] = ""
    notes: Annotated[str, Meta(max_length=NOTES_LIMIT)] = ""
    without_hold: Annotated[str, Meta(max_length=TITLE_LIMIT)] = ""
