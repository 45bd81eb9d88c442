"""The index of an archive on this machine: made from evidence, brought up to date before every search.

It lies in the home's state and may be deleted at any time. A segment is named by what it was made of, so that one over
records of which some were destroyed since is another, and the old one goes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ediscovery.evidence import places, stored_at
from ediscovery.index.building import build
from ediscovery.index.tiles import tiles
from ediscovery.search import Source
from manifests.workspaces import workspace
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ediscovery.index.tiles import Tile
    from manifests.archive import Archive
    from manifests.history import Place

FORMAT = b"holdfast-index/v1\x00"
MEMORY = 1_500_000_000  # bytes


@contextmanager
def segments(archive: Archive, *, tell: Callable[[int, int], None] = lambda _done, _of: None) -> Iterator[list[Path]]:
    """Bring the index up to date and give the folders of its segments, which stay until the block ends.

    ``tell`` is told how many partitions are indexed, of how many that were not.

    Raises:
        IntegrityError: a partition is missing, altered or malformed.
        StoreUnavailableError: store or disk could not be read or written.
    """
    home = archive.home / "state" / "index"
    wanted = _wanted(archive)
    with disk.refusals(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home, set(wanted))
        claim = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with disk.refusals(home):
            fcntl.flock(claim, fcntl.LOCK_SH)
        _complete(archive, home, wanted, tell)
        yield [home / name for name in wanted]
    finally:
        os.close(claim)


def _complete(archive: Archive, home: Path, wanted: dict[str, list[Place]], tell: Callable[[int, int], None]) -> None:
    """Make the segments that are not here. Nothing is swept while we have our claim."""
    missing = {name: held for name, held in wanted.items() if not (home / name).is_dir()}
    done, of = 0, sum(len(held) for held in missing.values())
    for name, held in missing.items():
        tell(done, of)
        _make(archive, home / name, held)
        done += len(held)
    if of:
        tell(done, of)


def _wanted(archive: Archive) -> dict[str, list[Place]]:
    """Return the partitions that each segment is made of, by the segment's name; there is none over nothing."""
    found: dict[str, list[Place]] = {}
    waiting = list(places(archive))
    for tile in tiles(archive.ledger.head.size):
        own = [place for place in waiting if tile.first <= place.entry < tile.end]
        if own:
            found[_name(tile, own)] = own
    return found


def _name(tile: Tile, held: Sequence[Place]) -> str:
    made = hashlib.sha256(FORMAT)
    for place in held:
        stored = stored_at(place)
        made.update(f"{place.partition.stored.key}\n{stored.sha256.hex}\n".encode())
    return f"{tile.first:x}-{tile.end - tile.first:x}-{made.hexdigest()[:32]}"


def _make(archive: Archive, target: Path, held: Sequence[Place]) -> None:
    sources = [
        Source(archive.cache.path_of(archive.store, stored_at(place)), stored_at(place).key, place.partition.account)
        for place in held
    ]
    with workspace(archive.home) as folder:
        made = folder / "segment"
        made.mkdir()
        build(sources, made, threads=os.cpu_count() or 1, memory_limit=MEMORY, spill=folder)
        with disk.refusals(target):
            for file in made.iterdir():
                _sync(file)
            try:
                made.rename(target)
            except OSError:
                # Somebody else made the same.
                if not target.is_dir():
                    raise


def _sync(file: Path) -> None:
    opened = os.open(file, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


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
