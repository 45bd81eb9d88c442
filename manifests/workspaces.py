"""Folders in an archive's home that hold parts of it while somebody works, and nothing afterwards."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "work-"


@contextmanager
def workspace(home: Path) -> Iterator[Path]:
    """Make an empty folder of our own in the home's state, for the length of a block."""
    folder, claim = _claimed(home / "state")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(claim)


def sweep(home: Path) -> int:
    """Remove what dead workers left, and return how many folders that were; those of living ones stay."""
    swept = 0
    for folder in (home / "state").glob(f"{PREFIX}*"):
        try:
            claim = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # somebody else swept it, or it is no folder of ours
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)  # somebody else may be at it
            swept += 1
        except BlockingIOError:
            pass
        finally:
            os.close(claim)
    return swept


def _claimed(state: Path) -> tuple[Path, int]:
    while True:
        folder = Path(mkdtemp(dir=state, prefix=PREFIX))
        claim = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(claim, fcntl.LOCK_EX)
        # A sweep may have taken it for a dead worker's before it was claimed.
        if folder.exists():
            return folder, claim
        os.close(claim)
