"""Offices with the index in the store, machines that have nothing, and what these read of the store."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ediscovery.commands import searchable
from ediscovery.index import putting
from manifests.archive import open_archive
from schemas.query import Query, Word
from storage import layout
from storage.directory import DirectoryStore
from tests.ediscovery.disposition.offices import Office

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from demo.site import BlogSite
    from manifests.archive import Archive

WORDS = ("budget", "snow", "volcano", "the", "quorum")


def office_with_index(home: Path, site: BlogSite) -> Office:
    """An office whose blog was captured three times, with its index in the store."""
    made = Office.founded(home)
    made.register("blog", site.feed)
    made.capture()
    for slug, text in (("bus-routes", "Earthquake drill."), ("graduation", "Postponed: earthquake.")):
        site.edit(slug, paragraphs=(text,))
        made.capture()
    putting.put(made.archive)
    return made


@dataclass
class Watched(DirectoryStore):
    """A store that notes what is read of it, in bytes by key."""

    root: Path
    read: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__(self.root)

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Open an object, all of which counts as read."""
        self._note(key, self.root.joinpath(key).stat().st_size if self.exists(key) else 0)
        return super().open(key, version=version)

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        """Read a part."""
        content = DirectoryStore(self.root).read_part(key, start, end, version=version)
        self._note(key, len(content))
        return content

    def _note(self, key: str, size: int) -> None:
        self.asked[key] += 1
        self.read[key] = self.read.get(key, 0) + size

    def under(self, prefix: str) -> set[str]:
        """The keys under a prefix that were read."""
        return {key for key in self.read if key.startswith(prefix)}


def fresh(there: Archive, home: Path) -> tuple[Archive, Watched]:
    """The same archive on a machine that has its settings and keys alone, and what is read of its store."""
    store = there.home / "archive"
    shutil.copytree(there.home, home, ignore=shutil.ignore_patterns("state", "archive"))
    (home / "state").mkdir()
    home.joinpath("archive").symlink_to(store)
    archive = open_archive(home, now=there.now, actor="clerk@office")
    watched = Watched(store)
    return replace(archive, store=watched), watched


def answers(archive: Archive) -> dict[str, list[object]]:
    """What some queries find."""
    with searchable(archive) as opened:
        return {word: list(opened.hits(Query(term=Word(word)))) for word in WORDS}


def in_store(office: Office) -> dict[str, Path]:
    """The objects of the index in the store."""
    root = office.archive.home / "archive"
    return {key: root / key for key in office.archive.store.keys(layout.INDEX)}


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)
