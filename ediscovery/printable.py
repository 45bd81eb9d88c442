"""Texts of strangers as people are shown them: nothing in them steers a terminal. Pure."""

from __future__ import annotations

JOINERS = "\u200c\u200d"  # in emoji and in Indic and Persian words


def printable(text: str) -> str:
    """Return a text of the same length without what would steer a terminal."""
    return "".join(c if c.isprintable() or c in JOINERS else " " for c in text)


def one_line(text: str) -> str:
    """Return a text in one line, without what would steer a terminal."""
    return " ".join(printable(text).split())
