"""The servers of one session of tests: started once for all its workers, and stopped with it.

A session has a folder of its own among the temporary files. Its controlling process holds a lock on the folder's
``owner`` file for as long as it lives. A folder whose lock nobody holds belonged to a session that was killed: the
next session, of any checkout, stops what still runs there.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROCESSES = Path(__file__).with_name("processes.sh")
FOLDER = "HOLDFAST_LANES"
PREFIX = f"holdfast-lanes-{os.getuid()}-"


class NotStartedError(Exception):
    """A server did not start; the message is what it wrote last."""


@contextmanager
def session() -> Iterator[None]:
    """Be the session that ``shared`` starts servers in, also for the processes that are started meanwhile."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _sweep(folder)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / "new").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        (folder / "new").rename(folder / "owner")  # from here on a sweeper sees it, and sees it locked
        os.environ[FOLDER] = str(folder)
        try:
            yield
        finally:
            del os.environ[FOLDER]
            _stop(folder)


def shared(name: str, start: Callable[[Path], Mapping[str, str]]) -> Mapping[str, str]:
    """Return what ``start`` told when it started the server in its folder, for the first who asked in this session.

    Raises:
        NotStartedError: it did not start, now or when it was asked for first.
    """
    place = Path(os.environ[FOLDER]) / name
    place.mkdir(exist_ok=True)
    told = place / "told.json"
    with (place / "asked").open("w") as asked:
        fcntl.flock(asked, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(_started(place, start)))
        facts = json.loads(told.read_text())
    if "failed" in facts:
        raise NotStartedError(facts["failed"])
    return facts


def _started(place: Path, start: Callable[[Path], Mapping[str, str]]) -> dict[str, str]:
    try:
        return dict(start(place))
    except subprocess.CalledProcessError as error:
        return {"failed": error.stderr or str(error)}


def _sweep(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return  # planted by somebody else
    try:
        owner = (folder / "owner").open("r+")
    except FileNotFoundError:
        return  # just being made, or gone
    with owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its session lives
        _stop(folder)


def _stop(folder: Path) -> None:
    for running in folder.glob("*/run"):
        subprocess.run([PROCESSES, "stop", running.parent], stdin=subprocess.DEVNULL, check=True)
    shutil.rmtree(folder, ignore_errors=True)
