"""Where a word stands in a document of the index: in which field, and as which of its words.

A place is one number. Each field has a room of its own in the numbers, and the values of a field that has several
stand apart, so that neither a phrase nor ``w/999`` reaches from one into another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.query import TEXT_FIELDS

if TYPE_CHECKING:
    from schemas.query import TextField

ROOM_BITS = 20
ROOM = 1 << ROOM_BITS
"""Words of one field of one document."""

APART = 1_000
"""Numbers left free between two values of a field: one more than words can be said to be apart."""

PLACE_BITS = 24
"""Bits of a place: what is left of the number of a word in a segment is the document."""

HASH_DIGITS = 16
"""Hexadecimal digits of a SHA-256 that the index keeps: enough that nobody makes a second one that has them."""

SIGN = "\x1f"
"""What the terms begin with that are no words but facts of a document: no word holds it."""


def room(field: TextField) -> tuple[int, int]:
    """Return the first place of a field and the first after it."""
    number = TEXT_FIELDS.index(field)
    return number << ROOM_BITS, (number + 1) << ROOM_BITS


LINKED = "\x1e"
"""What words of addresses begin with that an item points to: they count only where links are searched."""


def fact(name: str, value: str) -> str:
    """Return the term that documents have of which the fact has this value."""
    return f"{SIGN}{name}{SIGN}{value}"
