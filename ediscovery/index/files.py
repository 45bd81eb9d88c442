"""The files of an index on this machine, and the engine over them; what cannot be read is removed, to be made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.sql import listed
from schemas.errors import UnavailableError
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ediscovery.engine import Means

FILES = ("docs", "postings", "names")
"""The files of a segment (``segments``)."""


class IndexDamagedError(UnavailableError):
    """A part of the index cannot be read; it was removed, and is made anew by the next search."""

    code = "INDEX_DAMAGED"


@dataclass(frozen=True, slots=True)
class Files:
    """The folders of segments, and the file of what they say together of items (``versions``), if there is one."""

    segments: Sequence[Path]
    items: Path | None = None

    @property
    def named(self) -> dict[str, list[Path]]:
        """The files by their names, one of each segment."""
        found = {name: [folder / f"{name}.parquet" for folder in self.segments] for name in FILES}
        return found | ({"items": [self.items]} if self.items else {})

    @property
    def all(self) -> list[Path]:
        """All files."""
        return [path for several in self.named.values() for path in several]


def engine_over(files: Files, means: Means) -> Engine:
    """Return an engine over files of the index; when a statement failed and one is damaged, it is removed.

    Statements of it raise IndexDamagedError, too.
    """
    return Engine(files.all, means, damaged=lambda _: remove_damaged(files))


def remove_damaged(files: Files) -> None:
    """Remove the first part of the index that cannot be read.

    Raises:
        IndexDamagedError: there is one.
    """
    for path in files.all:
        if not segments.is_whole(path):
            part = path if path == files.items else path.parent
            disk.discard(part)
            raise IndexDamagedError(
                f"A part of the index is damaged: {part.name}. It was removed.",
                do="Search again: it is made anew from the records, which are not concerned.",
            )


def tables(files: Files, *, size: int | None = None) -> str:
    """Return the definitions of tables over files, each by its name; see ``parameters``.

    With ``size``, ``docs`` has those alone that the ledger's first entries sealed.
    """
    earlier = {} if size is None else {"docs": f" WHERE entry < {size:d}"}
    return ",".join(
        f"{name} AS NOT MATERIALIZED (FROM read_parquet({listed(f'${name}')}){earlier.get(name, '')})"
        for name in files.named
    )


def parameters(files: Files, sql: str) -> Mapping[str, list[str]]:
    """Return the parameters of ``tables`` that a statement has."""
    return {name: [str(path) for path in paths] for name, paths in files.named.items() if f"${name}" in sql}
