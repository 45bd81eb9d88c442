"""A local copy of accepted entries, so that a start reads one entry from the store and not all of them.

It is not trusted: the chain's hashes tie every entry in it to the last one, and that one is compared with the store's.
So it also shows a store whose newest entries were cut off or exchanged since this machine read them.
"""

from __future__ import annotations

import fcntl
import os
import struct
from typing import TYPE_CHECKING

from manifests.notes import NOTE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LENGTH = struct.Struct(">I")


class RecalledEntries:
    """Entries in a file that only ever grows, each after its length; safe among processes.

    What cannot be written is not copied: nothing depends on the copy but speed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0
        self._stopped = False

    def read(self) -> Iterator[bytes]:
        """Yield the entries from 0; a torn end is left out."""
        try:
            stream = self._path.open("rb")
        except OSError:
            return
        with stream:
            while len(header := stream.read(LENGTH.size)) == LENGTH.size:
                (size,) = LENGTH.unpack(header)
                content = stream.read(size) if size <= NOTE_LIMIT else b""
                if len(content) != size or not size:
                    return
                self._end += LENGTH.size + size
                yield content

    def extend(self, contents: Iterable[bytes]) -> None:
        """Add the entries that follow those that were read or added last."""
        fresh = b"".join(LENGTH.pack(len(content)) + content for content in contents)
        if not fresh or self._stopped:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                # Another process that read further has written these bytes already: there is one ledger.
                if os.fstat(stream.fileno()).st_size < self._end + len(fresh):
                    stream.truncate(self._end)
                    stream.write(fresh)
        except OSError:
            self._stopped = True
        self._end += len(fresh)

    def forget(self) -> None:
        """Remove the copy: it is not of this ledger, or damaged."""
        self._path.unlink(missing_ok=True)
        self._end = 0
