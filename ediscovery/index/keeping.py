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
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ediscovery.evidence import stored_at
from ediscovery.index import versions
from ediscovery.index.building import build
from ediscovery.index.reading import Files
from ediscovery.index.tiles import tiles
from ediscovery.search import Source
from manifests.workspaces import workspace
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ediscovery.index.tiles import Tile
    from manifests.archive import Archive
    from manifests.history import Place

FORMAT = f"holdfast-index/v2 {unicodedata.unidata_version}\n".encode()
"""What a word is, is a matter of Unicode's tables, and those come with Python."""

MEMORY = 1_500_000_000  # bytes


def silent(_step: str, _done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment that is wanted: over which partitions, and the number of its first document.

    Documents are numbered through all records that were ever sealed: so a number stays, whatever is destroyed.
    """

    first: int
    held: tuple[Place, ...]

    @property
    def rows(self) -> int:
        return sum(place.rows for place in self.held)


@contextmanager
def segments(
    archive: Archive, sealed: Iterable[Place], *, size: int, tell: Callable[[str, int, int], None] = silent
) -> Iterator[Files]:
    """Give the files of the index over partitions, which stay until the block ends; those that lack are made.

    ``sealed`` are all partitions of the ledger's first ``size`` entries (``evidence.sealed_places``). ``tell`` is told
    how many records are indexed, of how many that were not.

    Raises:
        IntegrityError: a partition is missing, altered or malformed.
        StoreUnavailableError: store or disk could not be read or written.
    """
    home = archive.home / "state" / "index"
    wanted = _wanted(sealed, size)
    items = f"items-{_digest(name.encode() for name in wanted)}.parquet"
    with disk.refusals(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home, {*wanted, items})
        claim = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with disk.refusals(home):
            fcntl.flock(claim, fcntl.LOCK_SH)
        # Nothing is swept while we have our claim.
        missing = {name: one for name, one in wanted.items() if not (home / name).is_dir()}
        done, of = 0, sum(one.rows for one in missing.values())
        for name, one in missing.items():
            _make(archive, home / name, one, partial(_told, tell, done, of))
            done += one.rows
        files = Files([home / name for name in wanted], home / items)
        if wanted and not files.items.is_file():
            with _made(archive, files.items) as (target, folder):
                versions.gather(files.segments, target, threads=_threads(), memory_limit=MEMORY, spill=folder)
        yield files
    finally:
        os.close(claim)


def _told(tell: Callable[[str, int, int], None], before: int, of: int, done: int) -> None:
    tell("records indexed", before + done, of)


def _wanted(sealed: Iterable[Place], size: int) -> dict[str, _Segment]:
    """Return the segments by their names; there is none over nothing."""
    found: dict[str, _Segment] = {}
    waiting = deque(sealed)  # in the order of entries
    first = 0
    for tile in tiles(size):
        own: list[Place] = []
        while waiting and waiting[0].entry < tile.end:
            own.append(waiting.popleft())
        segment = _Segment(first, tuple(place for place in own if place.stored is not None))
        if segment.held:
            found[_name(tile, segment)] = segment
        first += sum(place.partition.rows for place in own)
    return found


def _name(tile: Tile, segment: _Segment) -> str:
    lines = [f"{segment.first}\n"]
    for place in segment.held:
        stored = stored_at(place)
        lines.append(f"{place.entry} {place.partition.stored.key} {stored.sha256.hex}\n")
    return f"{tile.first:x}-{tile.end - tile.first:x}-{_digest(line.encode() for line in lines)}"


def _digest(parts: Iterable[bytes]) -> str:
    made = hashlib.sha256(FORMAT)
    for part in parts:
        made.update(part)
    return made.hexdigest()[:32]


def _make(archive: Archive, target: Path, segment: _Segment, tell: Callable[[int], None]) -> None:
    sources = [
        Source(
            path=archive.cache.path_of(archive.store, stored_at(place)),
            key=stored_at(place).key,
            account=place.partition.account,
            entry=place.entry,
        )
        for place in segment.held
    ]
    with _made(archive, target) as (made, folder):
        made.mkdir()
        build(sources, made, first=segment.first, threads=_threads(), memory_limit=MEMORY, spill=folder, tell=tell)


def _threads() -> int:
    return os.cpu_count() or 1


@contextmanager
def _made(archive: Archive, target: Path) -> Iterator[tuple[Path, Path]]:
    """Give where to make a file or a folder of files, and a folder for what is in the way; then it gets its name."""
    with workspace(archive.home) as folder:
        made = folder / "made"
        yield made, folder
        with disk.refusals(target):
            for file in made.iterdir() if made.is_dir() else (made,):
                disk.synchronise(file)
            try:
                made.rename(target)
            except OSError:
                # Somebody else made the same.
                if not target.exists():
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
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
    except BlockingIOError:
        pass
    finally:
        os.close(folder)
