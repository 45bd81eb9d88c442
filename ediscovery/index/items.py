"""What all segments together say of items (``versions``), and what a set of documents is as hits, by it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from ediscovery.index.sets import Mask, Numbers


@dataclass(frozen=True, slots=True)
class Hits:
    """A row for each hit: the documents that are shown, sorted, and those that matched.

    ``versions`` counts the item's, ``verdict`` says what became of it, by its number among ``verdicts``; 0 for nothing.
    """

    shown: Numbers
    matched: Numbers
    versions: NDArray[np.int32]
    verdict: NDArray[np.int32]
    verdicts: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.shown)

    def take(self, rows: Numbers) -> Hits:
        """Return the hits of these rows, in their order."""
        return Hits(self.shown[rows], self.matched[rows], self.versions[rows], self.verdict[rows], self.verdicts)


class Items:
    """A row for each document that is not the only version of an item that is not missed, sorted by document."""

    def __init__(self, rows: pa.Table) -> None:
        """Know what ``rows`` say (``segments.ITEMS``)."""
        self._doc, self._latest, self._version, self._versions = (
            rows.column(name).to_numpy() for name in ("doc", "latest", "version", "versions")
        )
        self._verdict, self._verdicts = _coded(rows.column("verdict"))
        self._beside, self._besides = _coded(rows.column("beside"))

    def within(self, first: int, end: int) -> Items:
        """Return what is said of the documents from ``first`` up to, and without, ``end``."""
        made = object.__new__(Items)
        own = slice(*np.searchsorted(self._doc, (first, end)))
        for name in ("_doc", "_latest", "_version", "_versions", "_verdict", "_beside"):
            setattr(made, name, getattr(self, name)[own])
        made._verdicts, made._besides = self._verdicts, self._besides
        return made

    def judged(self, verdicts: Collection[str]) -> Numbers:
        """Return the set of the documents of items that became what one of these says."""
        return self._doc[_is_one_of(self._verdict, self._verdicts, verdicts)]

    @property
    def edited(self) -> Numbers:
        """The set of the documents of items with several versions."""
        return self._doc[self._versions > 1]

    def _told(self, docs: Numbers) -> Mask:
        """Return of which of a set of documents there is a row."""
        told = np.zeros(len(docs), np.bool_)
        if len(self._doc):
            first = int(self._doc[0])
            inside = slice(*np.searchsorted(docs, (first, first + len(self._marked))))
            told[inside] = self._marked[docs[inside] - first]
        return told

    @cached_property
    def _marked(self) -> Mask:
        """Which documents there is a row of, from the first such one to the last: a byte each."""
        marked = np.zeros(int(self._doc[-1] - self._doc[0]) + 1, np.bool_)
        marked[self._doc - self._doc[0]] = True
        return marked

    def hits(self, docs: Numbers, *, beside: Collection[str], folded: bool) -> Hits:
        """Return what a set of documents is as hits, without records of the kinds ``beside``.

        Each is a hit of its own; or if they are ``folded``, each item: its latest version is shown, and the newest one
        of ``docs`` matched.
        """
        told = self._told(docs)
        alone, rows = docs[~told], np.searchsorted(self._doc, docs[told])
        rows = rows[~_is_one_of(self._beside[rows], self._besides, beside)]
        if folded:
            # Of the rows of an item, the last one is that of the newest version.
            rows = rows[np.lexsort((self._version[rows], self._latest[rows]))]
            rows = rows[np.flatnonzero(np.diff(self._latest[rows], append=-1))]
        shown = (self._latest if folded else self._doc)[rows]
        place = np.searchsorted(alone, shown)
        return Hits(
            np.insert(alone, place, shown),
            np.insert(alone, place, self._doc[rows]),
            np.insert(np.ones(len(alone), np.int32), place, self._versions[rows]),
            np.insert(np.zeros(len(alone), np.int32), place, self._verdict[rows]),
            self._verdicts,
        )


def _coded(column: pa.ChunkedArray[Any]) -> tuple[NDArray[np.int32], tuple[str | None, ...]]:
    """Return words as their numbers, 0 for none, and the words by these numbers."""
    words: tuple[str | None, ...] = (None, *sorted(one for one in column.unique().to_pylist() if one is not None))
    codes = pc.index_in(column, value_set=pa.array(words[1:], pa.string())).fill_null(-1)
    return codes.to_numpy() + np.int32(1), words


def _is_one_of(codes: NDArray[np.int32], words: Sequence[str | None], wanted: Collection[str]) -> Mask:
    return np.isin(codes, [number for number, word in enumerate(words) if word in wanted])
