"""Bates numbers and what a production says of each record it hands over."""

from __future__ import annotations

import re

from schemas.canonical import Canonical
from schemas.errors import InputError

PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,11}", re.ASCII)
WIDTH = 7


class BatesError(InputError):
    """A Bates prefix or range is not usable."""

    code = "BATES"


class BatesRange(Canonical, frozen=True):
    """Numbers ``first`` to ``last``, both included, under one prefix; one number a page."""

    prefix: str
    first: int
    last: int

    def __post_init__(self) -> None:
        if not PREFIX.fullmatch(self.prefix):
            raise BatesError(
                f"{self.prefix[:40]!r} cannot be a Bates prefix.",
                do="Use 1 to 12 capital letters and digits, such as 'CISD'.",
            )
        if not 1 <= self.first <= self.last < 10**WIDTH:
            raise BatesError(
                f"{self.first} to {self.last} is not a range of Bates numbers.",
                do=f"Use numbers from 1 to {10**WIDTH - 1}.",
            )

    @property
    def pages(self) -> int:
        """How many numbers the range holds."""
        return self.last - self.first + 1

    def spell(self, number: int) -> str:
        """Return one number as it is printed: ``CISD0000042``."""
        return f"{self.prefix}{number:0{WIDTH}d}"

    def __str__(self) -> str:
        return f"{self.spell(self.first)}–{self.spell(self.last)}"
