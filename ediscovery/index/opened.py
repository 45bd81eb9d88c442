"""The files of a segment, opened: rows are found by what they are sorted by, and no more is read than is asked for.

A Parquet file is read by row group and column. Which row groups can have what is looked for say their statistics.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ediscovery.engine import encoded
from ediscovery.index.places import PLACE_BITS
from ediscovery.index.segments import DOCS, NAMES, POSTINGS, about
from ediscovery.index.sets import NONE, among, joined, ranges
from ediscovery.index.stored import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ediscovery.index.sets import Mask, Numbers

COLUMNS_KEPT = 64
"""Columns of row groups that stay decoded while a question is answered: what one word needs, the next may need too."""

LEAST, MOST = -(1 << 63), (1 << 63) - 1
"""Of numbers of 64 bits."""

MANY = 64
"""A set of more than this part of all documents is marked among them, and not sorted."""

WORDS = ["term", "account", "kind", "verdict", "key"]
"""Columns that are read as numbers of their different values."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a row group, from ``start`` up to, and without, ``stop``."""

    group: int
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.stop - self.start


class Columns:
    """A Parquet file by row groups and columns; its rows are sorted by the first column. For one thread."""

    def __init__(self, source: Path | StoredFile, schema: pa.Schema) -> None:
        """Open it; nothing but its footer is read.

        Raises, as all that reads does:
            ArrowException, OSError: a file on this machine cannot be read, or has other columns.
            IndexDamagedError: so it is with one in the store; its part is not used again.
        """
        self._source, self._by = source, schema.names[0]
        file = cast("BinaryIO", source) if isinstance(source, StoredFile) else source
        with self._readable():
            self._about = about(file, schema)
            self._file = pq.ParquetFile(
                file,
                metadata=self._about,
                read_dictionary=[name for name in schema.names if name in WORDS],
                page_checksum_verification=True,
                pre_buffer=False,
            )
        self._numbers = {self._about.schema.column(at).path: at for at in range(self._about.num_columns)}
        self.column = lru_cache(COLUMNS_KEPT)(self._column)
        self._edges = lru_cache(None)(self._edges_of)

    def _read(self, groups: Sequence[int], names: Sequence[str]) -> pa.Table:
        """Return columns of row groups, one after the other."""
        with self._readable():
            read = self._file.read_row_groups(list(groups), columns=list(names), use_threads=False)
            if read.num_rows != sum(self._about.row_group(group).num_rows for group in groups):
                raise pa.ArrowInvalid(f"{self._source.name} has fewer rows than it says")
        return read

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Refuse a part that the store holds as it was signed, and that cannot be read all the same."""
        try:
            yield
        except pa.ArrowMemoryError:
            raise
        except (pa.ArrowException, OSError) as error:
            if isinstance(self._source, StoredFile):
                raise self._source.part.refused() from error
            raise

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._about.num_rows

    @property
    def groups(self) -> int:
        """How many row groups there are."""
        return self._about.num_row_groups

    @cached_property
    def starts(self) -> Numbers:
        """The number of each row group's first row, and of the row after the last."""
        counts = [self._about.row_group(group).num_rows for group in range(self.groups)]
        return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]) if counts else np.zeros(1, np.int64)

    def forget(self) -> None:
        """Release the columns that are decoded."""
        self.column.cache_clear()

    def edges(self, group: int, name: str) -> tuple[Any, Any] | None:
        """Return the least and the most value of a column in a row group, as far as that is known."""
        said = self._about.row_group(group).column(self._numbers[name]).statistics
        return (said.min, said.max) if said is not None and said.has_min_max else None

    def stretches(self, low: Any, high: Any) -> Iterator[Stretch]:  # noqa: ANN401 - of the column's type
        """Yield the rows whose value is ``low`` or more, and less than ``high``."""
        group = bisect_left(range(self.groups), low, key=lambda one: self._edges(one)[1])
        while group < self.groups:
            least, most = self._edges(group)
            if least >= high:
                return
            start = 0 if least >= low else self._row(group, low)
            stop = self._about.row_group(group).num_rows if most < high else self._row(group, high)
            if start < stop:
                yield Stretch(group, start, stop)
            group += 1

    def each(self, values: Sequence[str]) -> Iterator[tuple[str, Stretch]]:
        """Yield the rows of each of some values, which are sorted; of one that is in several row groups, several."""
        at = 0
        while at < len(values):
            group = bisect_left(range(self.groups), values[at], key=lambda one: self._edges(one)[1])
            if group == self.groups:
                return
            most = self._edges(group)[1]
            end = bisect_right(values, most, at)
            yield from self._each_in(group, values[at:end])
            if values[end - 1] == most and group + 1 < self.groups:
                # It may go on in the next one.
                yield from ((most, one) for one in self.stretches(most, most + "\0") if one.group > group)
            at = end

    def _each_in(self, group: int, values: Sequence[str]) -> Iterator[tuple[str, Stretch]]:
        column = self.column(group, self._by)
        codes = pc.index_in(pa.array(values, pa.string()), value_set=column.dictionary).fill_null(-1).to_numpy()
        indices = column.indices.to_numpy()
        starts, stops = (np.searchsorted(indices, codes.astype(np.int32), side) for side in ("left", "right"))
        for at in map(int, np.flatnonzero(codes >= 0)):
            yield values[at], Stretch(group, int(starts[at]), int(stops[at]))

    def _edges_of(self, group: int) -> tuple[Any, Any]:
        """Return the first and the last value of what rows are sorted by; very long ones are in no statistics."""
        said = self.edges(group, self._by)
        if said is None:
            values = self.column(group, self._by)
            said = values[0].as_py(), values[-1].as_py()
        return said

    def _row(self, group: int, value: Any) -> int:  # noqa: ANN401 - of the column's type
        """Return the number of the first row of a group whose value is this or more."""
        column = self.column(group, self._by)
        if not isinstance(column, pa.DictionaryArray):
            # With a number of another type numpy compares both as floats, which are the same for many.
            values = column.to_numpy()
            return int(np.searchsorted(values, values.dtype.type(value)))
        code = bisect_left(range(len(column.dictionary)), value, key=lambda at: column.dictionary[at].as_py())
        return int(np.searchsorted(column.indices.to_numpy(), np.int32(code)))

    def _column(self, group: int, name: str) -> Any:  # noqa: ANN401 - an array of whatever type
        read = self._read([group], (name,)).column(0)
        if isinstance(read.type, pa.DictionaryType):
            # As rows are sorted, so is what their values are told apart by.
            read = read.unify_dictionaries()
        return read.combine_chunks() if read.num_chunks != 1 else read.chunk(0)

    def whole(self, groups: Numbers, name: str) -> Numbers:
        """Return a column of numbers of row groups, one after the other, which is not kept."""
        numbers: Numbers = self._read(groups.tolist(), (name,)).column(0).to_numpy()
        return numbers

    def values(self, name: str) -> NDArray[Any]:
        """Return a column of all rows."""
        values: NDArray[Any] = self._read(range(self.groups), (name,)).column(0).to_numpy()
        return values

    def table(self, group: int, names: Sequence[str]) -> pa.Table:
        """Return columns of a row group, which are not kept."""
        return self._read([group], names)


class Segment:
    """The documents of a segment, numbered from ``first`` up to, and without, ``end``, and their postings."""

    def __init__(self, folder: Path, opened: Callable[[Path], Path | StoredFile]) -> None:
        """Open it; nothing but footers is read. ``opened`` gives what is read as a file in the folder."""
        self.docs = Columns(opened(folder / "docs.parquet"), DOCS)
        self._postings = Columns(opened(folder / "postings.parquet"), POSTINGS)
        self._names_opened = partial(opened, folder / "names.parquet")
        edges = self.docs.edges(0, "doc") if self.docs.groups else None
        self.first: int = edges[0] if edges else 0
        self.end = self.first + self.docs.rows

    def forget(self) -> None:
        """Release what is decoded."""
        self.docs.forget()
        self._postings.forget()
        if "names" in self.__dict__:
            self.names.forget()

    @cached_property
    def names(self) -> Columns:
        """The numbers of items' identifiers (``NAMES``), which few questions ask for."""
        return Columns(self._names_opened(), NAMES)

    @property
    def all(self) -> Numbers:
        """The set of all documents."""
        return np.arange(self.first, self.end)

    def term(self, term: str) -> list[Stretch]:
        """Return the postings of a term.

        Raises:
            NotTextError: it is no text.
        """
        return self.terms(term, term + "\0")

    def each_term(self, terms: Iterable[str]) -> dict[str, list[Stretch]]:
        """Return the postings of each of some terms. Raises what ``term`` raises."""
        found: dict[str, list[Stretch]] = {term: [] for term in sorted(terms, key=encoded)}
        for term, stretch in self._postings.each(list(found)):
            found[term].append(stretch)
        return found

    def terms(self, low: str, high: str) -> list[Stretch]:
        """Return the postings of the terms from ``low`` up to, and without, ``high``. Raises what ``term`` raises."""
        encoded(low)
        return list(self._postings.stretches(low, high))

    def set_of(self, several: Iterable[Numbers]) -> Numbers:
        """Return the set of the documents in several arrays; where they are many, no more than one is in memory."""
        few: list[Numbers] = []
        count, there = 0, None
        for docs in several:
            few.append(docs)
            count += len(docs)
            if there is None and count > self.docs.rows // MANY:
                there = np.zeros(self.docs.rows, np.bool_)
            if there is not None:
                for some in few:
                    there[some - self.first] = True
                few = []
        return joined(few) if there is None else np.flatnonzero(there) + self.first

    def may_have(self, stretch: Stretch, within: Numbers) -> bool:
        """Return whether postings may be of documents of a set, as far as is known without reading them."""
        edges = self._postings.edges(stretch.group, "doc")
        return edges is None or bool(edges[0] <= within[-1] and within[0] <= edges[1])

    def documents(self, stretch: Stretch) -> Numbers:
        """Return the documents of postings: of one term they are a set."""
        docs: Numbers = self._postings.column(stretch.group, "doc").to_numpy()[stretch.start : stretch.stop]
        return docs

    def spelled(self, stretch: Stretch) -> tuple[pa.StringArray, Numbers]:
        """Return the terms of postings, and the number of each posting's term among them."""
        column = self._postings.column(stretch.group, "term").slice(stretch.start, stretch.rows)
        codes = column.indices.to_numpy()
        first = int(codes[0])
        return column.dictionary.slice(first, int(codes[-1]) - first + 1), codes - first

    def counted(self, low: str, high: str, within: Numbers | None) -> Iterator[tuple[str, int]]:
        """Yield the terms in a range that documents of ``within`` have, or any, and how many; some in two parts."""
        for stretch in self.terms(low, high):
            terms, codes = self.spelled(stretch)
            if within is not None:
                codes = codes[among(self.documents(stretch), within)]
            counts = np.bincount(codes, minlength=len(terms))
            yield from ((terms[int(at)].as_py(), int(counts[at])) for at in np.flatnonzero(counts))

    def keys(self, stretch: Stretch, chosen: Mask) -> Numbers:
        """Return where the words of the chosen postings stand: of one term it is a set."""
        lists = self._postings.column(stretch.group, "places")
        offsets = lists.offsets.to_numpy()[stretch.start : stretch.stop + 1].astype(np.int64)
        starts, lengths, docs = offsets[:-1], np.diff(offsets), self.documents(stretch)
        starts, lengths, docs = starts[chosen], lengths[chosen], docs[chosen]
        keys: Numbers = np.repeat(docs << PLACE_BITS, lengths) | lists.values.to_numpy()[ranges(starts, lengths)]
        return keys

    def named(self, name: int) -> Numbers:
        """Return the set of the documents whose items' identifiers have this number."""
        stretches = self.names.stretches(name, name + 1)
        found = [self.names.column(one.group, "doc").to_numpy()[one.start : one.stop] for one in stretches]
        docs: Numbers = np.concatenate([NONE, *found])
        return docs

    def names_among(self, wanted: NDArray[np.uint64]) -> pa.Table:
        """Return those rows of ``NAMES`` whose number is one of these, which are sorted."""
        names = self.names.values("name")
        at = np.minimum(np.searchsorted(wanted, names), len(wanted) - 1)
        found = wanted[at] == names
        return pa.table([names[found], self.names.values("doc")[found]], schema=NAMES)

    def between(self, column: str, low: int | None, high: int | None, within: Numbers | None) -> Numbers:
        """Return the set of the documents in ``within``, or of all, with a value from ``low`` to before ``high``.

        Either may be open.
        """
        low, high = LEAST if low is None else low, MOST if high is None else high
        found = [NONE]
        for group, docs in self._by_group(within):
            least, most = self.docs.edges(group, column) or (LEAST, MOST)
            if low <= least and most < high:
                found.append(docs)
            elif least < high and low <= most:
                values = self.docs.column(group, column).to_numpy()[self._rows(group, docs)]
                found.append(docs[(values >= low) & (values < high)])
        return np.concatenate(found)

    def whose(self, column: str, said: Callable[[Any], pa.BooleanArray], within: Numbers | None) -> Numbers:
        """Return the set of the documents in ``within``, or of all, of which something is so."""
        found = [NONE]
        for group, own in self._by_group(within):
            so = said(self.docs.column(group, column)).to_numpy(zero_copy_only=False)
            found.append(own[so[self._rows(group, own)]])
        return np.concatenate(found)

    def _by_group(self, within: Numbers | None) -> Iterator[tuple[int, Numbers]]:
        """Yield row groups of documents, with those of ``within`` that are in each, or all."""
        docs = self.all if within is None else within
        at = np.searchsorted(docs, self.docs.starts + self.first)
        for group in map(int, np.flatnonzero(np.diff(at))):
            yield group, docs[at[group] : at[group + 1]]

    def _rows(self, group: int, docs: Numbers) -> Numbers:
        rows: Numbers = docs - self.first - self.docs.starts[group]
        return rows

    def numbers(self, name: str, docs: Numbers) -> Numbers:
        """Return a column of numbers of a set of documents."""
        rows = docs - self.first
        group = np.searchsorted(self.docs.starts, rows, side="right") - 1
        wanted = group[np.flatnonzero(np.diff(group, prepend=-1))]
        sizes = np.diff(self.docs.starts)[wanted]
        # From where a row stands in the file to where it stands in what is read of it.
        moved = np.cumsum(sizes) - sizes - self.docs.starts[wanted]
        numbers: Numbers = self.docs.whole(wanted, name)[rows + moved[np.searchsorted(wanted, group)]]
        return numbers

    def described(self, docs: Numbers, names: Sequence[str]) -> pa.Table:
        """Return columns of a set of documents, in their order."""
        parts = []
        for group, own in self._by_group(docs):
            table = self.docs.table(group, names)
            rows = self._rows(group, own)
            # One row, or all of them, need not be gathered.
            if len(rows) == 1:
                parts.append(table.slice(int(rows[0]), 1))
            else:
                parts.append(table if len(rows) == table.num_rows else table.take(pa.array(rows, pa.int64())))
        return pa.concat_tables(parts)
