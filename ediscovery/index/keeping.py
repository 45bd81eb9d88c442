"""The index of an archive on this machine: made from evidence, brought up to date before every search.

It lies in the home's state and may be deleted at any time. A segment is named by what it was made of, so that one over
records of which some were destroyed since is another, and the old one goes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import unicodedata
from collections import deque
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ediscovery.evidence import stored_at
from ediscovery.index.building import build
from ediscovery.index.tiles import tiles
from ediscovery.search import Source
from manifests.workspaces import workspace
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.index.tiles import Tile
    from manifests.archive import Archive
    from manifests.history import Place

FORMAT = f"holdfast-index/v1 {unicodedata.unidata_version}\n".encode()
"""What a word is, is a matter of Unicode's tables, and those come with Python."""

MEMORY = 1_500_000_000  # bytes


def silent(_step: str, _done: int, _of: int) -> None:
    """Tell nobody."""


@contextmanager
def segments(
    archive: Archive, held: Iterable[Place], *, size: int, tell: Callable[[str, int, int], None] = silent
) -> Iterator[list[Path]]:
    """Give the folders of the segments over partitions, which stay until the block ends; those that lack are made.

    ``held`` are all partitions of the ledger's first ``size`` entries (``evidence.places``). ``tell`` is told how many
    records are indexed, of how many that were not.

    Raises:
        IntegrityError: a partition is missing, altered or malformed.
        StoreUnavailableError: store or disk could not be read or written.
    """
    home = archive.home / "state" / "index"
    wanted = _wanted(held, size)
    with disk.refusals(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home, set(wanted))
        claim = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with disk.refusals(home):
            fcntl.flock(claim, fcntl.LOCK_SH)
        # Nothing is swept while we have our claim.
        missing = {name: own for name, own in wanted.items() if not (home / name).is_dir()}
        done, of = 0, sum(place.rows for own in missing.values() for place in own)
        for name, own in missing.items():
            _make(archive, home / name, own, partial(_told, tell, done, of))
            done += sum(place.rows for place in own)
        yield [home / name for name in wanted]
    finally:
        os.close(claim)


def _told(tell: Callable[[str, int, int], None], before: int, of: int, done: int) -> None:
    tell("records indexed", before + done, of)


def _wanted(held: Iterable[Place], size: int) -> dict[str, list[Place]]:
    """Return the partitions that each segment is made of, by the segment's name; there is none over nothing."""
    found: dict[str, list[Place]] = {}
    waiting = deque(held)  # in the order of entries
    for tile in tiles(size):
        own: list[Place] = []
        while waiting and waiting[0].entry < tile.end:
            own.append(waiting.popleft())
        if own:
            found[_name(tile, own)] = own
    return found


def _name(tile: Tile, held: Sequence[Place]) -> str:
    made = hashlib.sha256(FORMAT)
    for place in held:
        stored = stored_at(place)
        made.update(f"{place.partition.stored.key}\n{stored.sha256.hex}\n".encode())
    return f"{tile.first:x}-{tile.end - tile.first:x}-{made.hexdigest()[:32]}"


def _make(archive: Archive, target: Path, held: Sequence[Place], tell: Callable[[int], None]) -> None:
    sources = [
        Source(archive.cache.path_of(archive.store, stored_at(place)), stored_at(place).key, place.partition.account)
        for place in held
    ]
    with workspace(archive.home) as folder:
        made = folder / "segment"
        made.mkdir()
        build(sources, made, threads=os.cpu_count() or 1, memory_limit=MEMORY, spill=folder, tell=tell)
        with disk.refusals(target):
            for file in made.iterdir():
                disk.synchronise(file)
            try:
                made.rename(target)
            except OSError:
                # Somebody else made the same.
                if not target.is_dir():
                    raise


def _sweep(home: Path, wanted: set[str]) -> None:
    """Remove segments that nobody wants any more; where somebody has some open, whoever comes next removes them."""
    stale = [one for one in home.iterdir() if one.name not in wanted]
    if not stale:
        return
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for one in stale:
            shutil.rmtree(one, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(folder)
