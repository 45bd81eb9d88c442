"""The files of an index, here or in the store, and the engine over them; what cannot be read here is removed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.sql import listed
from schemas.errors import UnavailableError
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from ediscovery.engine import Means
    from ediscovery.index.stored import StoredFile, StoredPart

SCHEMAS = {"docs": segments.DOCS, "postings": segments.POSTINGS, "names": segments.NAMES}
FILES = tuple(SCHEMAS)
"""The files of a segment (``segments``)."""


class IndexDamagedError(UnavailableError):
    """A part of the index cannot be read; it was removed, and is made anew by the next search."""

    code = "INDEX_DAMAGED"


@dataclass(frozen=True, slots=True)
class Files:
    """The folders of segments, and the file of what they say together of items (``versions``), if there is one.

    ``stored`` has the folders of those that are read from the store: in these, files lack until they are copied.
    ``without_store`` says that the store's index could not be read, and what lacked was made from the records.
    """

    segments: Sequence[Path]
    items: Path | None = None
    stored: Mapping[Path, StoredPart] = field(default_factory=dict)
    without_store: bool = False

    @property
    def named(self) -> dict[str, list[Path]]:
        """The files by their names, one of each segment."""
        found = {name: [folder / f"{name}.parquet" for folder in self.segments] for name in FILES}
        return found | ({"items": [self.items]} if self.items else {})

    @property
    def all(self) -> list[Path]:
        """All files."""
        return [path for several in self.named.values() for path in several]

    @property
    def here(self) -> list[Path]:
        """All files but those that are read from the store."""
        return [path for path in self.all if path.parent not in self.stored or path.exists()]

    def opened(self, path: Path) -> Path | StoredFile:
        """Return what is read as one of the files: itself, or what the store holds of it."""
        part = self.stored.get(path.parent)
        return path if part is None or path.exists() else part.opened(path.name)

    def fetched(self, path: Path) -> Path:
        """Return one of the files, copied from the store if it lacks; raises what ``StoredPart`` raises."""
        part = self.stored.get(path.parent)
        return path if part is None else part.fetch(path.name)


def engine_over(files: Files, means: Means) -> Engine:
    """Return an engine over files of the index; when a statement failed and one is damaged, it is removed.

    Statements of it raise IndexDamagedError, too.
    """
    return Engine(files.all, means, damaged=lambda _: remove_damaged(files))


def remove_damaged(
    files: Files,
    *,
    within: Collection[str] | None = None,
    among: Collection[str] = (*FILES, "items"),
    pages: bool = True,
) -> None:
    """Remove the first part of the index that cannot be read.

    It looks ``within`` all parts, or those of these names, at those files alone that are ``among`` these; at their
    footers, and at their ``pages``.

    Raises:
        IndexDamagedError: there is one.
    """
    for path in files.here:
        name = "items" if path == files.items else path.stem
        looked_at = name in among and (within is None or path.parent.name in within)
        if looked_at and not segments.is_whole(path, SCHEMAS.get(name, segments.ITEMS), pages=pages):
            stored = files.stored.get(path.parent)
            if stored is not None and stored.holds(path.name):
                raise stored.refused()
            disk.discard(path.parent)
            raise IndexDamagedError(
                f"A part of the index is damaged: {path.parent.name}. It was removed.",
                do="Search again: it is made anew from the records, which are not concerned.",
            )


def tables(files: Files, sql: str, *, size: int | None = None) -> list[str]:
    """Return the definitions of those tables over files that SQL names; see ``parameters``.

    With ``size``, ``docs`` has those alone that the ledger's first entries sealed.
    """
    earlier = {} if size is None else {"docs": f" WHERE entry < {size:d}"}
    return [
        f"{name} AS NOT MATERIALIZED (FROM read_parquet({listed(f'${name}')}){earlier.get(name, '')})"
        for name in files.named
        if re.search(rf"\b{name}\b", sql)
    ]


def parameters(files: Files, sql: str) -> Mapping[str, list[str]]:
    """Return the parameters of ``tables`` that a statement has; the files that it reads are here then."""
    return {
        name: [str(files.fetched(path)) for path in paths] for name, paths in files.named.items() if f"${name}" in sql
    }
