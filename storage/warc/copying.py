"""A WARC file copied with some of its records changed, and the others byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from storage.warc.members import MAGIC
from storage.warc.spans import STEP
from storage.warc.spelling import packed, spell

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
        change.body.seek(0)
        spelled = spell(record.version, change.headers, change.head, change.body)
        self._target.writelines(packed(spelled) if self._gzipped else spelled)

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
