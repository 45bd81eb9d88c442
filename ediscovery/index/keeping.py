"""The index of an archive on this machine: made from evidence, brought up to date before every search.

It lies in the home's state and may be deleted at any time. A segment is named by what it was made of, so that one over
records of which some were destroyed since is another, and the old one goes. What lacks here is read from the store,
where somebody may have put it (``putting``), and is made where it lacks there, too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import unicodedata
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

import pyarrow as pa

from ediscovery.engine import Means
from ediscovery.evidence import sealed_places, stored_at
from ediscovery.index import versions
from ediscovery.index.building import build
from ediscovery.index.files import FILES, Files
from ediscovery.index.merging import merge
from ediscovery.index.regathering import regather
from ediscovery.index.segments import items_over
from ediscovery.index.stored import SUFFIX, Shelf, StoredPart
from ediscovery.index.tiles import Tile, tiles
from ediscovery.partitions import Source, silent
from manifests.workspaces import workspace
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.history import Place

FORMAT = f"holdfast-index/v8 {unicodedata.unidata_version}\n".encode()
"""What a word is, is a matter of Unicode's tables, and those come with Python."""

MEMORY = 1_500_000_000  # bytes

RECENT = 64
"""How many entries that sealed something a reader may be behind, whose segments stay in the store."""

SEGMENT = tuple(f"{name}.parquet" for name in FILES)
ITEMS = "items-"
BORROWED = ".borrowed"
"""How the names end of what was made here of parts that others made, and put into the store."""


@contextmanager
def segments(
    archive: Archive,
    sealed: Iterable[Place],
    *,
    size: int,
    own: bool = False,
    tell: Callable[[str, int, int], None] = silent,
) -> Iterator[Files]:
    """Give the files of the index over partitions, which stay until the block ends; what lacks everywhere is made.

    With ``own`` all of it is made on this machine from evidence, and nothing relied on that others made.

    ``sealed`` are all partitions of the ledger's first ``size`` entries (``evidence.sealed_places``). ``tell`` is told
    how many records are indexed, of how many that were not.

    Raises:
        IntegrityError: a partition is missing, altered or malformed.
        StoreUnavailableError: store or disk could not be read or written.
        IndexDamagedError: what the store holds is not what was signed; it is not used again.
    """
    home = home_of(archive)
    making = _Making(archive, home, tuple(sealed), tell, own=own)
    wanted = making.wanted(size)
    with disk.refusals(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        claim = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with disk.refusals(home):
            fcntl.flock(claim, fcntl.LOCK_SH)
        # Nothing is swept while we have our claim.
        yield making.made(wanted)
    finally:
        os.close(claim)
        with disk.refusals(home):
            _sweep(home, set(_kept(home, wanted)))


def _kept(home: Path, wanted: Iterable[str]) -> Iterator[str]:
    """Yield the names of what stays in a home's folder: where something was made from evidence, nothing borrowed."""
    for name in (*wanted, items_of(wanted)):
        yield name
        yield from () if (home / name).exists() else (f"{name}{SUFFIX}", f"{name}{BORROWED}")


def _is_borrowed(folder: Path) -> bool:
    return folder.suffix in (SUFFIX, BORROWED)


def home_of(archive: Archive) -> Path:
    """Return the folder of an archive's index on this machine."""
    return archive.home / "state" / "index"


def items_of(wanted: Iterable[str]) -> str:
    """Return the name of what segments of these names say together of items."""
    return f"{ITEMS}{_digest(name.encode() for name in wanted)}"


def files_of(part: str) -> tuple[str, ...]:
    """Return the names of the files of a part of the index: a segment, or what all of them say of items."""
    return (f"{part}.parquet",) if part.startswith(ITEMS) else SEGMENT


def wanted_lately(archive: Archive) -> set[str]:
    """Return the names of all parts that readers of this ledger want, or did when it had sealed a little less."""
    making = _Making(archive, home_of(archive), tuple(sealed_places(archive)), silent)
    found: set[str] = set()
    for end in making.ends[-RECENT:]:
        wanted = making.wanted(end)
        found |= {*wanted, items_of(wanted)}
    return found


class _Making:
    """Makes segments over tiles of a ledger, from partitions or from what is there of their parts.

    Documents are numbered through all records that were ever sealed: so a number stays, whatever is destroyed.
    """

    def __init__(
        self,
        archive: Archive,
        home: Path,
        sealed: Sequence[Place],
        tell: Callable[[str, int, int], None],
        *,
        own: bool = False,
    ) -> None:
        self._archive, self._home, self._sealed, self._tell = archive, home, sealed, tell
        self._shelf = None if own else Shelf(archive, home, needed=False)
        self._stored: dict[Path, StoredPart] = {}
        self._entries = [place.entry for place in sealed]
        self._before = [0, *accumulate(place.partition.rows for place in sealed)]
        self._done = self._of = 0
        self._held, self._name = lru_cache(None)(self._held_in), lru_cache(None)(self._name_of)

    @property
    def ends(self) -> list[int]:
        """The sizes that the ledger had when something had just been sealed."""
        return [entry + 1 for entry in dict.fromkeys(self._entries)]

    def wanted(self, size: int) -> dict[str, Tile]:
        """Return the tiles of a ledger of that size by the names of their segments; there is none over nothing.

        What comes after the last partition counts for nothing: so that entries that seal none leave all as it is.
        """
        last = bisect_left(self._entries, size)
        end = self._entries[last - 1] + 1 if last else 0
        return {self._name(tile): tile for tile in tiles(end) if self._held(tile)}

    def made(self, wanted: Mapping[str, Tile]) -> Files:
        """Return the files of segments and of what they say of items, made where they lack here and in the store."""
        missing = {name: tile for name, tile in wanted.items() if self._find(name) is None}
        self._of = sum(place.rows for tile in missing.values() for place in self._held(tile))
        there = self._there() if missing else []
        files = Files([self._make(tile, there) for tile in wanted.values()], stored=self._stored)
        files = replace(files, items=self._items(items_of(wanted), files)) if wanted else files
        return replace(files, without_store=self._shelf is not None and self._shelf.unavailable)

    def _items(self, name: str, files: Files) -> Path:
        """Return the file of what segments say of items."""
        own, (file,) = self._home / name, files_of(name)
        is_own = not any(map(_is_borrowed, files.segments))
        part = self._shelf.find(name, (file,)) if self._shelf and not (is_own or own.is_dir()) else None
        if part is not None:
            self._stored[part.folder] = part
            return part.fetch(file)
        found = own if is_own or own.is_dir() else self._home / f"{name}{BORROWED}"
        if not found.is_dir():
            with _made(self._archive, found) as (made, folder):
                made.mkdir()
                gather = self._gather if is_own else versions.gather
                gather(files, made / file, means=_means(folder))
        return found / file

    def _gather(self, files: Files, target: Path, *, means: Means) -> None:
        """Write what segments say of items, from what they said before if that is here."""
        before, kept = self._said_before([folder.name for folder in files.segments])
        if before is not None:
            try:
                return regather(before, files.segments[:kept], files.segments[kept:], target, means=means)
            except (pa.ArrowException, OSError):
                # One of the files is damaged. If it is a segment, that is found now.
                disk.discard(before.parent)
        return versions.gather(files, target, means=means)

    def _said_before(self, wanted: Sequence[str]) -> tuple[Path | None, int]:
        """Return what was said of items when most of the wanted segments were there, and how many of them were.

        Of what it is about nothing was destroyed since.
        """
        found: tuple[Path | None, int] = (None, 0)
        for folder in self._home.glob(f"{ITEMS}*"):
            path = folder / f"{folder.name}.parquet"  # what is borrowed lies in folders of other names
            try:
                over = items_over(path)
            except (pa.ArrowException, OSError):
                continue  # what cannot be read is swept away
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(over, wanted, strict=False)))
            if found[1] < same < len(wanted) and all(map(self._still, over)):
                found = path, same
        return found

    def _still(self, name: str) -> Tile | None:
        """Return the tile of a segment if one of that name would still be made over it."""
        tile = Tile.named(name)
        return tile if tile and self._held(tile) and self._name(tile) == name else None

    def _find(self, name: str) -> Path | None:
        """Return the folder of a segment that is here or in the store, if it is."""
        for folder in (self._home / name, self._home / f"{name}{BORROWED}"):
            if folder.is_dir() and (self._shelf or not _is_borrowed(folder)):
                return folder
        part = self._shelf.find(name, SEGMENT) if self._shelf else None
        if part is None:
            return None
        self._stored[part.folder] = part
        return part.folder

    def _there(self) -> list[Tile]:
        """Return the tiles of which there are segments that are still right, here or in the store."""
        names = {one.stem for one in self._home.iterdir()} | set(self._shelf.parts if self._shelf else ())
        return [tile for name in names if (tile := self._still(name)) and self._find(name)]

    def _make(self, tile: Tile, there: Sequence[Tile]) -> Path:
        """Return the folder of a segment, made if it lacks: where parts come from the store, it counts as borrowed."""
        name, before = self._name(tile), self._done
        found = self._find(name)
        if found is None:
            within = [one for one in there if tile.holds(one)]
            parts = [self._make(part, within) for part in tile.parts if self._held(part)] if within else []
            found = self._home / f"{name}{BORROWED if any(map(_is_borrowed, parts)) else ''}"
            with _made(self._archive, found) as (made, folder):
                made.mkdir()
                first = self._before[bisect_left(self._entries, tile.first)]
                if parts:
                    merge(Files(parts, stored=self._stored), made, first=first, means=_means(folder))
                else:
                    build(self._sources(tile), made, first=first, means=_means(folder), tell=self._told)
            self._done = before + sum(place.rows for place in self._held(tile))
        return found

    def _held_in(self, tile: Tile) -> list[Place]:
        """Return the partitions sealed by the entries of a tile of which something is left."""
        own = self._sealed[bisect_left(self._entries, tile.first) : bisect_left(self._entries, tile.end)]
        return [place for place in own if place.stored is not None]

    def _name_of(self, tile: Tile) -> str:
        lines = [f"{self._before[bisect_left(self._entries, tile.first)]}\n"]
        for place in self._held(tile):
            stored = stored_at(place)
            lines.append(f"{place.entry} {place.partition.stored.key} {stored.sha256.hex}\n")
        return f"{tile.name}-{_digest(line.encode() for line in lines)}"

    def _sources(self, tile: Tile) -> list[Source]:
        return [
            Source(
                path=self._archive.cache.path_of(self._archive.store, stored_at(place)),
                key=stored_at(place).key,
                account=place.partition.account,
                entry=place.entry,
                rows=place.rows,
            )
            for place in self._held(tile)
        ]

    def _told(self, read: int) -> None:
        self._tell("records indexed", self._done + read, self._of)


def _digest(parts: Iterable[bytes]) -> str:
    made = hashlib.sha256(FORMAT)
    for part in parts:
        made.update(part)
    return made.hexdigest()[:32]


def _means(spill: Path) -> Means:
    return Means(threads=os.cpu_count() or 1, memory_limit=MEMORY, spill=spill)


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
            disk.discard(one)
    except BlockingIOError:
        pass
    finally:
        os.close(folder)
