"""What is put into every package as it is: the checkers that need no Holdfast."""

from __future__ import annotations

from importlib.resources import files


def checker(name: str) -> bytes:
    """Return one of ``naming.HANDED``."""
    return files("ediscovery.packages.handed").joinpath(name).read_bytes()
