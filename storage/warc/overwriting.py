"""WARC files without the native bytes that are destroyed, every other slice where it lay (FORMAT 3.9).

Which natives, slices and payloads go, and which survive, is for disposition to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from storage.warc.changes import Rule, Stale, proofs_in, segmented_in
from storage.warc.copying import Copy
from storage.warc.filler import Filler
from storage.warc.finding import NOTHING, Found, find
from storage.warc.holders import find_holders
from storage.warc.parts import Going
from storage.warc.read import IN_MEMORY, read_warc
from storage.warc.salting import find_salted
from storage.warc.sought import Sought

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from storage.warc.record import WarcRecord

SHORTEST = 16
"""How many bytes a native has at least that is looked for. A shorter one is hardly more than brackets and a number: it
would be found where nothing of it was meant, and wear away what stays."""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What was done to a WARC file, by record ids in the file's order.

    ``changed`` are the records that were written anew, ``octets`` how many of their bytes were overwritten or dropped.
    ``quoting`` are those where natives still occur, in what is kept or in what makes an HTTP header one. ``unread`` are
    those that may hold natives where none can be found: of an unknown or broken content coding, cut off, or a part of
    a payload. ``short`` is how many natives are too short to be looked for. ``unsalted`` tells that something changed
    in a file without a salt, whose digest may confirm a guess at what is gone. The record about the file itself, in
    which only the salt is another one, is not among those that ``changed``.
    """

    changed: tuple[str, ...]
    quoting: tuple[str, ...]
    unread: tuple[str, ...]
    octets: int
    short: int
    unsalted: bool


class Groups(Protocol):
    """Natives in groups, asked for one after another by their numbers: one is in memory at a time."""

    def __len__(self) -> int:
        """Return how many groups there are."""

    def __getitem__(self, number: int, /) -> Collection[bytes]:
        """Return a group."""


def overwrite(
    source: BinaryIO,
    target: BinaryIO,
    *,
    natives: Groups,
    turn: str,
    gone: Mapping[str, Iterable[tuple[int, int]]] | None = None,
    drop: Collection[str] = (),
    kept: Mapping[str, Iterable[tuple[int, int]]] | None = None,
) -> Overwritten:
    """Copy a WARC file with every occurrence of ``natives`` overwritten at its length (FORMAT 3.9).

    Exact bytes are looked for: in payloads, in the values of HTTP headers, in addresses. The natives come in groups, of
    which one is in memory at a time, and for each the file is read once; how they are grouped changes nothing. Those
    shorter than ``SHORTEST`` are not looked for.

    ``gone`` gives slices that are overwritten as they lie, whatever they hold: offset and length in the payload, by
    exchange. The records ``drop`` lose their payload. ``kept`` gives the slices that survive: nothing in them is
    touched, neither what they quote nor a slice within them that goes, and of a payload that is dropped they stay where
    they are. An id of a revisit stands for the record that it refers to. Records in which nothing changes are copied
    byte for byte.

    ``turn`` names what the file is overwritten for. If anything changes, the file's salt becomes another one, which
    follows from the old one and ``turn`` and from which the old one does not follow (FORMAT 3.9.7). So the same input
    gives the same bytes, and nothing that is left confirms a guess at the file that there was.

    ``source`` must be seekable and is read from where it stands. Payloads are in memory up to 1 MiB and in temporary
    files beyond.

    Raises:
        WarcDamagedError, WarcUnsupportedError: it cannot be read; nothing is written then.
        NativesCoverAllError: nothing can be written over these natives.
    """
    holders = find_holders(source)
    dropped = frozenset(holders.get(name, name) for name in drop)
    going = Going(dropped, _by_holder(gone or {}, holders), _by_holder(kept or {}, holders))
    filler, told = Filler(), None
    with SpooledTemporaryFile(IN_MEMORY) as one, SpooledTemporaryFile(IN_MEMORY) as other:
        spare = cycle(cast("tuple[BinaryIO, BinaryIO]", (one, other)))
        while True:
            file = _File(source, source.tell(), holders, going)
            found, short = file.found(natives, filler)
            rule = Rule(going, filler.byte)
            stale = file.find_stale(rule, found)
            # Where what is written may spell a native, the copy is searched as its source was, until nothing changes.
            last = stale is None or not filler.spells
            into = target if last else _emptied(next(spare))
            done = file.copied(into, rule, found, stale, turn=None if told else turn)
            told = replace(told, octets=told.octets + done.octets) if told else replace(done, short=short)
            if last:
                return told
            into.seek(0)
            source = into


@dataclass(frozen=True, slots=True)
class _File:
    """A WARC file, from byte ``start`` on, of which something may go; ``holders`` are what its revisits refer to."""

    source: BinaryIO
    start: int
    holders: Mapping[str, str]
    going: Going

    def found(self, natives: Groups, filler: Filler) -> tuple[dict[int, Found], int]:
        """Return where natives lie, by the records' offsets, and how many are short; the others ``filler`` notes."""
        found: dict[int, Found] = {}
        short = sum(self._search(natives[number], found, filler) for number in range(len(natives)))
        return found, short

    def _search(self, group: Collection[bytes], found: dict[int, Found], filler: Filler) -> int:
        """Add what is found of a group; return how many of it are short."""
        strings = [native for native in group if len(native) >= SHORTEST]
        filler.note(strings)
        sought = Sought(strings)
        for record, scratch in self._records():
            told = find(record, scratch, sought, self.going)
            if told != NOTHING:
                found[record.offset] = found.get(record.offset, NOTHING).joined(told)
        return sum(0 < len(native) < SHORTEST for native in group)

    def find_stale(self, rule: Rule, found: Mapping[int, Found]) -> Stale | None:
        """Return what is stale after the records have changed that change by themselves; ``None`` if none does."""
        changed, digests, proofs, segmented = False, dict[str, str](), set[bytes](), set[str]()
        if found or self.going.drop or self.going.gone:
            for record, scratch in self._records():
                change = rule.find_change(record, found.get(record.offset, NOTHING), scratch)
                changed = changed or change is not None
                if change and change.anew:
                    proofs.update(proofs_in(record))
                    segmented.add(segmented_in(record) or "")
                    if change.digest:
                        digests[record.id] = change.digest
        return Stale(digests, frozenset(proofs), frozenset(segmented - {""})) if changed else None

    def copied(
        self,
        target: BinaryIO,
        rule: Rule,
        found: Mapping[int, Found],
        stale: Stale | None,
        *,
        turn: str | None,
    ) -> Overwritten:
        """Write the copy, its salt turned if there is a ``turn``, and return what was done."""
        salted = False
        copy = Copy(self.source, target, self.start)
        ids, quoting, unread, octets = list[str](), list[str](), list[str](), 0
        for record, scratch in self._records():
            seen = found.get(record.offset, NOTHING)
            change = None
            if stale:
                holder = self.holders.get(record.id)
                change = rule.find_change(record, seen, scratch, holder=holder, stale=stale)
            salting = find_salted(record, turn) if stale and turn is not None else None
            salted = salted or salting is not None
            copy.put(record, change or salting)
            if change:
                ids.append(record.id)
                octets += change.octets
            if seen.quoting:
                quoting.append(record.id)
            if seen.unread or (seen.broken and not (change and change.anew)):
                unread.append(record.id)
        copy.end()
        return Overwritten(tuple(ids), tuple(quoting), tuple(unread), octets, 0, bool(ids) and not salted)

    def _records(self) -> Iterator[tuple[WarcRecord, BinaryIO]]:
        """Yield the records, each with an empty file to work in."""
        self.source.seek(self.start)
        for record in read_warc(self.source):
            with SpooledTemporaryFile(IN_MEMORY) as scratch:
                yield record, cast("BinaryIO", scratch)
        self.source.seek(self.start)


def _emptied(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    file.truncate()
    return file


def _by_holder(
    slices: Mapping[str, Iterable[tuple[int, int]]], holders: Mapping[str, str]
) -> dict[str, list[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, those in slices.items():
        holder = spans.setdefault(holders.get(name, name), [])
        holder += [(offset, offset + length) for offset, length in those if length]
    return spans
