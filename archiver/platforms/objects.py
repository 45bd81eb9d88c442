"""From an object in its bytes to an item: its slice, and what its platform's dialect makes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from archiver.parsing.text import REPLACED, cleaned
from schemas.digest import Digest
from schemas.record import Normalised

if TYPE_CHECKING:
    from archiver.parsing.json_objects import Located
    from archiver.parsing.json_slices import Buffer
    from archiver.platforms.dialect import Context, Dialect

UNRECOGNISED = "unrecognised"
"""The flag of an object of which its platform's dialect makes nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object: its native bytes are ``length`` at ``offset`` of what it was read from."""

    offset: int
    length: int
    normalised: Normalised


def find_view(value: Any, dialect: Dialect, context: Context) -> Normalised | None:  # noqa: ANN401 - any JSON
    """Return what a value says, or ``None`` where the dialect does not know its shape."""
    if not isinstance(value, dict):
        return None
    return dialect.view(value, context) or dialect.list_view(value)


def item_of(content: Buffer, found: Located, view: Normalised | None) -> Item:
    """Return a value of ``content`` as an item; one that nothing is known of goes by the digest of its bytes."""
    readable = found.readable[found.place[0] : sum(found.place)]
    return item_at(content, found.place[0] + found.shift, found.place[1], view, readable=readable)


def item_at(
    content: Buffer, offset: int, length: int, view: Normalised | None, *, readable: bytes | None = None
) -> Item:
    """Return ``length`` bytes at ``offset`` of ``content`` as an item.

    ``readable`` is what was read in their place, if they had to be changed for that. A view without an id, and bytes of
    which nothing is known, go by their digest.
    """
    native = content[offset : offset + length]
    flags: tuple[str, ...] = ()
    if view is None:
        view, flags = Normalised(kind="event", type="Object", item=""), (UNRECOGNISED,)
    if readable is not None and native != readable:
        flags = (*flags, REPLACED)
    item = view.item or f"sha256:{Digest.of(native)}"
    return Item(offset, length, cleaned(msgspec.structs.replace(view, item=item, flags=(*view.flags, *flags))))
