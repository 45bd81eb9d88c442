"""What of an item's native bytes makes a version of it: all but what its platform says is no part of it. Pure.

How many liked an item, its author's profile of today, or a signed address that each answer spells anew is in the native
bytes of a record, and makes no version.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from archiver.collectors.rendered.native import substance_of
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.platforms.known import find_platform
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.account import Platform

RENDERED = "rendered"

FILE = "?"
"""Stands at the end of the path of an address of which the file's name counts."""


def has_volatile(platform: Platform) -> bool:
    """Return whether anything in an item's native bytes makes no version on a platform."""
    if platform == RENDERED:
        return True
    found = find_platform(platform)
    return found is not None and bool(found.dialect.volatile)


def substance(platform: Platform, native: bytes) -> Digest:
    """Return the digest of what counts of an item's native bytes: of all of them where nothing is left out."""
    if platform == RENDERED:
        return Digest.of(substance_of(native))
    found = find_platform(platform)
    if found is None or not found.dialect.volatile:
        return Digest.of(native)
    try:
        value = decode(native).value
    except JsonMalformedError:
        return Digest.of(native)
    return Digest.of(msgspec.json.encode(_without(value, _tree(found.dialect.volatile)), order="sorted"))


@cache
def _tree(paths: tuple[str, ...]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in paths:
        *above, last = path.split(".")
        node = tree
        for name in above:
            node = node.setdefault(name, {})
        node[last.removesuffix(FILE)] = FILE if last.endswith(FILE) else None
    return tree


def _without(value: Any, leaving: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return a value without the members that ``leaving`` names; what is said of an array goes for its elements.

    Of an address that is signed anew each time, its file's name may be left.
    """
    if isinstance(value, list):
        return [_without(one, leaving) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _file(one) if leaving.get(name) == FILE else _without(one, leaving[name]) if name in leaving else one
        for name, one in value.items()
        if name not in leaving or leaving[name] is not None
    }


def _file(address: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the name of the file that an address leads to; what is no text, as it is."""
    return address.partition("?")[0].rpartition("/")[2] if isinstance(address, str) else address
