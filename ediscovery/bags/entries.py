"""Entries of ZIP files that are the same bytes whenever and wherever they are written. Pure."""

from __future__ import annotations

from zipfile import ZIP_STORED, ZipInfo

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""A ZIP knows no earlier day: what is in it is of no particular one."""
UNIX, READABLE = 3, 0o644 << 16


def entry(name: str, *, compression: int = ZIP_STORED) -> ZipInfo:
    """Return what a ZIP says of a file of that name."""
    made = ZipInfo(name, date_time=EARLIEST)
    made.create_system, made.external_attr, made.compress_type = UNIX, READABLE, compression
    return made
