"""What is known outside the index, and is asked for while it is searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from schemas.digest import Digest


@dataclass(frozen=True, slots=True)
class Known:
    """What is known outside the index: who speaks for an account, and which records were handed over under numbers."""

    officials: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbered: Callable[[str], Iterable[Digest]] = lambda _: ()

    def once(self) -> Known:
        """Return what is known, where nothing is asked for a second time; for several threads."""
        asking, answers = Lock(), cache(lambda numbers: tuple(self.numbered(numbers)))

        def numbered(numbers: str) -> Iterable[Digest]:
            with asking:
                return answers(numbers)

        return Known(self.officials, numbered)
