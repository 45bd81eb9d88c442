"""One version of an object as a stream: in bounded memory, from any offset, whole or not at all."""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, Any

from storage.objects import CHUNK, ObjectAlteredError
from storage.s3.locking import lock_in
from storage.s3.refusals import StoreRefusedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from schemas.stored import Lock
    from storage.s3.client import Answer, Bucket
    from storage.s3.patience import Patience


BEHIND_THE_END = "InvalidRange"


class VersionStream(io.RawIOBase):
    """The bytes of one version. A connection that breaks is followed by another, from the byte where it broke.

    The version is named in every request, and every answer has to be of the same entity, size and offset: what is
    read is never a mixture, and never short without an error. ``lock`` is the version's, as the store says.
    """

    lock: Lock | None
    size: int

    def __init__(self, bucket: Bucket, patience: Patience, *, key: str, version: str) -> None:
        super().__init__()
        self._bucket, self._patience = bucket, patience
        self._key, self._version = key, version
        self._at, self._body_at = 0, 0
        self._body: Any = None
        answer = patience.repeat(self._asked)
        self._body, self._entity = answer["Body"], answer.get("ETag")
        self.size, self.lock = answer["ContentLength"], lock_in(answer)

    def readable(self) -> bool:
        """Return ``True``."""
        return True

    def seekable(self) -> bool:
        """Return ``True``; after a seek the store is asked anew."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte to be read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an offset, which may lie behind the end, and return it."""
        to = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if to < 0:
            raise ValueError(f"negative seek position {to}")
        self._at = to
        return to

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read some bytes, at least one before the end; see ``io.RawIOBase``.

        Raises:
            StoreUnavailableError: the store did not deliver them, however often it was asked.
            ObjectAlteredError: the store's answers do not fit together.
        """
        view = memoryview(buffer).cast("B")
        if not view or self._at >= self.size:
            return 0
        chunk = self._patience.repeat(lambda: self._some(len(view)))
        view[: len(chunk)] = chunk
        self._at += len(chunk)
        self._body_at = self._at
        return len(chunk)

    def close(self) -> None:
        """Close the stream and its connection."""
        self._drop()
        super().close()

    def _some(self, size: int) -> bytes:
        try:
            if self._body is None or self._body_at != self._at:
                self._drop()
                self._body, self._body_at = self._rest()
            while self._body_at < self._at:
                self._body_at += len(self._next(min(CHUNK, self._at - self._body_at)))
            return self._next(min(size, self.size - self._at))
        except BaseException:
            self._drop()
            raise

    def _next(self, size: int) -> bytes:
        return self._bucket.read(self._body, size, key=self._key)

    def _rest(self) -> tuple[Any, int]:
        """Return a body and where it begins: here, or at 0, as servers may ignore a range (RFC 9110 section 14.2)."""
        answer = self._asked(Range=f"bytes={self._at}-") if self._at else self._asked()
        begins = self._at if "ContentRange" in answer else 0
        offered = answer.get("ContentRange", f"bytes 0-{answer['ContentLength'] - 1}/{answer['ContentLength']}")
        if (answer.get("ETag"), offered) != (self._entity, f"bytes {begins}-{self.size - 1}/{self.size}"):
            answer["Body"].close()
            raise ObjectAlteredError(
                f"The store's answers about one version of {self._key} differ while it is read.",
                do="Keep it and run 'holdfast verify'; check whether a proxy stands before the store.",
                key=self._key,
            )
        return answer["Body"], begins

    def _asked(self, **parameters: str) -> Answer:
        return self._bucket.call("get_object", Key=self._key, VersionId=self._version, **parameters)

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def read_part(bucket: Bucket, patience: Patience, *, key: str, version: str, start: int, end: int) -> bytes:
    """Return the bytes of a version from ``start`` up to, and without, ``end``; see ``ObjectStore.read_part``."""

    def ask() -> bytes:
        asked = f"bytes={start}-{end - 1}"
        answer = bucket.call("get_object", Key=key, VersionId=version, Range=asked)
        # Servers may ignore a range (RFC 9110 section 14.2): then what comes before it has to be read, too.
        begins = start if "ContentRange" in answer else 0
        until, read = min(end, begins + answer["ContentLength"]), bytearray()
        with closing(answer["Body"]) as body:
            while begins + len(read) < until:
                read += bucket.read(body, until - begins - len(read), key=key)
        return bytes(read[start - begins :])

    try:
        return patience.repeat(ask)
    except StoreRefusedError as error:
        if error.facts.get("s3") == BEHIND_THE_END:
            return b""
        raise
