"""The values in JSON that a path leads to, each with where it lies. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from archiver.parsing.json_slices import elements, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.json_slices import Decoded, Place

Path: TypeAlias = "tuple[str, ...]"
"""Names of members. An array on the way, or at the end, stands for each of its elements."""


@dataclass(frozen=True, slots=True)
class Located:
    """A value in JSON: at ``place`` in ``readable``, which stands ``shift`` bytes into what it was cut from.

    ``readable`` is as ``json_slices.decode`` gave it.
    """

    value: Any
    readable: bytes
    place: Place
    shift: int = 0

    @classmethod
    def whole(cls, decoded: Decoded, *, shift: int = 0) -> Located:
        """Return the value that was decoded."""
        return cls(decoded.value, decoded.readable, (0, len(decoded.readable)), shift)

    def elements(self) -> Iterator[Located]:
        """Yield the elements of an array."""
        for value, place in zip(self.value, elements(self.readable, self.place), strict=True):
            yield Located(value, self.readable, place, self.shift)

    def find_elements(self, name: str) -> list[Located] | None:
        """Return the elements of the array ``name`` in an object; ``None`` where none is there, or no key is sure."""
        array = self.value.get(name) if isinstance(self.value, dict) else None
        fields = members(self.readable, self.place) if isinstance(array, list) else None
        return list(Located(array, self.readable, fields[name], self.shift).elements()) if fields else None

    def at(self, path: Path) -> Iterator[Located]:
        """Yield the objects, and whatever is in arrays, that ``path`` leads to, in order.

        It leads nowhere where a member is not there, is no object or array, or occurs twice.
        """
        if isinstance(self.value, list):
            for one in self.elements():
                yield from one.at(path) if path else (one,)
        elif isinstance(self.value, dict):
            if not path:
                yield self
            elif path[0] in self.value:
                fields = members(self.readable, self.place)
                if fields is not None:
                    inner = Located(self.value[path[0]], self.readable, fields[path[0]], self.shift)
                    yield from inner.at(path[1:])
