"""Reading native JSON in tests, with what must hold of every item that is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from archiver.imports.json_lines import read
from archiver.imports.refusals import Refused
from schemas.record import Normalised

if TYPE_CHECKING:
    from archiver.platforms.objects import Item
    from schemas.account import Platform


def read_all(content: bytes | str, platform: Platform = "x") -> tuple[list[Item], list[Refused]]:
    """Read everything; each item's native bytes are JSON, but those of a list, and its view is canonical."""
    octets = content.encode() if isinstance(content, str) else content
    items, refused = [], []
    for found in read(octets, platform):
        assert 0 <= found.offset <= found.offset + found.length <= len(octets)
        if isinstance(found, Refused):
            refused.append(found)
            continue
        items.append(found)
        assert Normalised.from_bytes(found.normalised.to_bytes()) == found.normalised
        if found.normalised.kind != "list":
            json.loads(octets[found.offset : found.offset + found.length])
    return items, refused


def view_of(value: Any, platform: Platform) -> Normalised:
    items, refused = read_all(json.dumps(value), platform)
    assert (len(items), refused) == (1, [])
    return items[0].normalised


def natives(content: bytes, items: list[Item]) -> list[bytes]:
    return [content[item.offset : item.offset + item.length] for item in items]


def wholes(content: bytes, items: list[Item]) -> list[bytes]:
    """The objects that items are; of a list, whose native bytes end where its first item begins, all of it."""
    found = []
    for item, native in zip(items, natives(content, items), strict=True):
        if item.normalised.kind != "list":
            found.append(native)
            continue
        text = content[item.offset :].decode()
        _, end = json.JSONDecoder().raw_decode(text)
        found.append(text[:end].encode())
        assert found[-1].startswith(native)
    return found
