"""WARC files without the native bytes that are destroyed, every other slice where it lay (FORMAT 3.9).

Which natives and payloads go, and which parts survive, is for disposition to say.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from storage.warc.changes import Outcome, Rule
from storage.warc.clearing import STEP, Clearing
from storage.warc.holders import find_referred
from storage.warc.members import MAGIC
from storage.warc.read import IN_MEMORY, read_warc
from storage.warc.write import Member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from storage.warc.changes import Change
    from storage.warc.holders import Referred
    from storage.warc.record import WarcRecord


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What was done to a WARC file, by record ids in the file's order.

    ``changed`` are the records that were written anew, ``octets`` how many of their bytes were overwritten or dropped.
    ``quoting`` are those where natives still occur, in what is kept or in what makes an HTTP header one. ``unread`` are
    those that may hold natives where none can be found: of an unknown or broken content coding, cut off, or a part of
    a payload.
    """

    changed: tuple[str, ...]
    quoting: tuple[str, ...]
    unread: tuple[str, ...]
    octets: int


def overwrite(
    source: BinaryIO,
    target: BinaryIO,
    *,
    natives: Collection[bytes],
    drop: Collection[str] = (),
    kept: Mapping[str, Iterable[tuple[int, int]]] | None = None,
) -> Overwritten:
    """Copy a WARC file with every occurrence of ``natives`` overwritten at its length (FORMAT 3.9).

    Exact bytes are looked for: in payloads, in the values of HTTP headers, in addresses. The records ``drop`` lose
    their payload. ``kept`` gives the slices that survive, offset and length, by exchange: nothing in them is touched,
    not even a native that they quote, and of a payload that is dropped they stay where they are. An id of a revisit
    stands for the record that it refers to. Records in which nothing changes are copied byte for byte.

    ``source`` must be seekable and is read from where it stands, two times or three. Payloads are in memory up to 1 MiB
    and in temporary files beyond; the natives are in memory.

    Raises:
        WarcDamagedError, WarcUnsupportedError: it cannot be read; nothing is written then.
        NativesCoverAllError: nothing can be written over these natives.
    """
    start = source.tell()
    referred = find_referred(source)
    rule = _rule(Clearing(natives), drop, kept or {}, referred)
    digests = dict(_digests_ahead(source, rule, referred))
    copy = _Copy(source, target, start)
    changed, quoting, unread, octets = list[str](), list[str](), list[str](), 0
    for record in read_warc(source):
        shared = digests.get(referred.holders.get(record.id, ""))
        with _outcome(rule, record, shared) as outcome:
            if outcome.quoting:
                quoting.append(record.id)
            if outcome.unread:
                unread.append(record.id)
            copy.put(record, outcome.change)
        if outcome.change:
            changed.append(record.id)
            octets += outcome.change.octets
            if outcome.change.digest:
                digests[record.id] = outcome.change.digest
    copy.end()
    return Overwritten(tuple(changed), tuple(quoting), tuple(unread), octets)


def _rule(
    clearing: Clearing, drop: Collection[str], kept: Mapping[str, Iterable[tuple[int, int]]], referred: Referred
) -> Rule:
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, slices in kept.items():
        holder = spans.setdefault(referred.holders.get(name, name), [])
        holder += [(offset, offset + length) for offset, length in slices if length]
    return Rule(clearing, frozenset(referred.holders.get(name, name) for name in drop), spans)


def _digests_ahead(source: BinaryIO, rule: Rule, referred: Referred) -> Iterator[tuple[str, str]]:
    """Yield the new digests of changed payloads that a revisit before them refers to."""
    start = source.tell()
    if referred.ahead:
        for record in read_warc(source, keep=referred.ahead):
            if record.id in referred.ahead:
                with _outcome(rule, record, None) as outcome:
                    if outcome.change and outcome.change.digest:
                        yield record.id, outcome.change.digest
        source.seek(start)


@contextmanager
def _outcome(rule: Rule, record: WarcRecord, shared: str | None) -> Iterator[Outcome]:
    if record.type == "warcinfo":
        yield Outcome(None, quoting=False, unread=False)
        return
    with SpooledTemporaryFile(IN_MEMORY) as scratch:
        yield rule.outcome(record, cast("BinaryIO", scratch), shared=shared)


class _Copy:
    """A copy in the making: what is not changed is taken over as it lies in the source, from record to record."""

    def __init__(self, source: BinaryIO, target: BinaryIO, start: int) -> None:
        self._source = source
        self._target = target
        self._start = start
        self._unchanged: int | None = None
        self._gzipped = source.read(len(MAGIC)) == MAGIC
        source.seek(start)

    def put(self, record: WarcRecord, change: Change | None) -> None:
        """Take over a record or what it was changed into; records come in their order."""
        if change is None:
            if self._unchanged is None:
                self._unchanged = record.offset
            return
        self._take_over(record.offset)
        if not self._gzipped:
            _write(self._target, record.version, change)
            return
        member = Member(self._target)
        _write(member, record.version, change)
        member.flush()

    def end(self) -> None:
        """Take over what is left."""
        self._take_over(None)

    def _take_over(self, end: int | None) -> None:
        if self._unchanged is None:
            return
        reading = self._source.tell()
        self._source.seek(self._start + self._unchanged)
        left = -1 if end is None else end - self._unchanged
        while chunk := self._source.read(STEP if left < 0 else min(left, STEP)):
            self._target.write(chunk)
            left -= len(chunk) if left > 0 else 0
        self._source.seek(reading)
        self._unchanged = None


def _write(target: BinaryIO | Member, version: str, change: Change) -> None:
    lines = (version, *(f"{name}: {value}" for name, value in change.headers), "", "")
    target.write("\r\n".join(lines).encode("utf-8", "surrogateescape"))
    target.write(change.head)
    change.body.seek(0)
    while chunk := change.body.read(STEP):
        target.write(chunk)
    target.write(b"\r\n\r\n")
