"""What is said of a query that cannot be read: where, why, and what to write instead."""

from __future__ import annotations

import unicodedata

from schemas.errors import InputError

SHOWN = 35  # characters on each side of the fault


class QuerySyntaxError(InputError):
    """A query cannot be read. ``column`` counts characters from 1; ``excerpt`` is its neighbourhood over a caret."""

    code = "QUERY_SYNTAX"

    def __init__(self, what: str, *, do: str, text: str, at: int) -> None:
        self.column = at + 1
        self.excerpt = _excerpt(text, at)
        super().__init__(f"Column {self.column}: {what}\n{self.excerpt}\n", do=do, column=self.column)


def _excerpt(text: str, at: int) -> str:
    """Return one line of the text around a fault and, on a second, a caret under it."""
    start = max(0, at - SHOWN)
    shown = [c if c.isprintable() else " " for c in text[start : at + SHOWN]]
    width = sum(_width(c) for c in shown[: at - start])
    return f"  {''.join(shown)}\n  {' ' * width}^"


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "FW" else 1
