"""A WARC file copied with some of its records changed, and the others byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from storage.warc.members import MAGIC
from storage.warc.spans import STEP
from storage.warc.write import Member

if TYPE_CHECKING:
    from storage.warc.changes import Change
    from storage.warc.record import WarcRecord


class Copy:
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
