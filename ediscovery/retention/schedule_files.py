"""Schedules and classifications as files on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.retention.places import ScheduleError
from ediscovery.retention.reading import LARGEST

if TYPE_CHECKING:
    from pathlib import Path


def content_of(path: Path) -> bytes:
    """Return a file's bytes, one more than are read at most, so that a large one is known for large.

    Raises:
        ScheduleError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ScheduleError(
            f"{path} cannot be read: {error.strerror}.", do="Give the name of a file.", file=str(path), line=None
        ) from error
