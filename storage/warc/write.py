"""Writing a WARC 1.1 file that survives its process: every record has left it before the call returns."""

from __future__ import annotations

import os
import re
import threading
import uuid
from contextlib import suppress
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Self

from schemas.errors import ConflictError, UnavailableError
from storage.disk import synchronise
from storage.warc.coding import STEP
from storage.warc.digests import spelled
from storage.warc.exchange import field
from storage.warc.spelling import Block, packed, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from schemas.instant import Instant
    from storage.warc.exchange import Exchange, Headers

CONFORMS_TO = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
REVISIT_FROM = 256
LINE_ENDS = re.compile(r"[\r\n]+[ \t]*")
UNSYNCED_RECORDS, UNSYNCED_BYTES = 64, 8 << 20
"""How much may wait for the disk. To wait for it after each record would take longer than most servers to answer."""
MASKED = "credentials, at the same length, before digests were computed"
FIELDS = "application/warc-fields"
REQUEST, RESPONSE = "application/http; msgtype=request", "application/http; msgtype=response"


class WarcTakenError(ConflictError):
    """The file exists already."""

    code = "WARC_TAKEN"


class WarcUnwritableError(UnavailableError):
    """The file could not be written: disk full, no permission. What was written before is kept."""

    code = "WARC_UNWRITABLE"


class WarcWriter:
    """One new WARC file, for any number of threads.

    Each record is a gzip member of its own. A payload of 256 bytes or more that the file holds already is kept as a
    revisit. A call that returned survives the loss of the process; one that raised left nothing. Power may cost the
    last ``UNSYNCED_RECORDS`` records or ``UNSYNCED_BYTES`` bytes until the file is closed: then it is on the disk.
    ``salt`` is 32 random bytes: the file carries them, so that its digest confirms no guess at what is in it.

    Raises:
        WarcTakenError: ``path`` exists.
        WarcUnwritableError: nothing can be written there.
    """

    def __init__(
        self,
        path: Path,
        *,
        software: str,
        operator: str,
        salt: bytes,
        now: Callable[[], Instant],
        user_agent: str = "",
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self._new_id = new_id
        self._lock = threading.Lock()
        self._seen: dict[tuple[bytes, str | None], Mapping[str, str]] = {}
        self._warcinfo: str | None = None
        self._kept = 0
        self._synced, self._unsynced = 0, 0
        try:
            self._file = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise WarcTakenError(f"{path} exists already.", do="Choose another name, or salvage the file.") from error
        except OSError as error:
            raise _unwritable(error) from error
        about = {
            "software": software,
            "format": "WARC File Format 1.1",
            "conformsTo": CONFORMS_TO,
            "operator": operator,
            "http-header-user-agent": user_agent,
            "salt": salt.hex(),
        }
        info, self._warcinfo = self._fields_record(
            "warcinfo", {"WARC-Date": str(now()), "WARC-Filename": path.name}, about.items()
        )
        self._append(info)
        self._sync()
        synchronise(path.parent)

    def exchange(self, exchange: Exchange) -> str:
        """Record a request and its response; return the response's record id, ``urn:uuid:…``.

        Raises:
            WarcUnwritableError: it is not recorded.
        """
        answer, request, name = exchange.answer, exchange.request, self._name()
        head = _http(f"{answer.version} {answer.status} {answer.reason}", answer.headers)
        received = Block.of(head, answer.body)
        common = _common(exchange)
        own = {"WARC-Record-ID": f"<{name}>", **common, "WARC-Payload-Digest": spelled(received.payload)}
        if exchange.truncated:
            own["WARC-Truncated"] = exchange.truncated
        asked = Block.of(
            _http(f"{request.method} {request.target} {request.version}", request.headers), BytesIO(request.body)
        )
        about = {"WARC-Record-ID": f"<{self._name()}>", **common, "WARC-Concurrent-To": f"<{name}>"}
        sent = self._record("request", about, asked, REQUEST)
        # Two bodies with one digest are one payload only under one content coding.
        key = (received.payload, field(answer.headers, "Content-Encoding"))
        with self._lock:
            earlier = self._seen.get(key) if received.length >= REVISIT_FROM and not exchange.truncated else None
            if earlier:
                own |= {"WARC-Profile": SAME_PAYLOAD, **earlier}
                self._append(self._record("revisit", own, Block.of(head, BytesIO()), RESPONSE), sent)
            else:
                self._append(self._record("response", own, received, RESPONSE), sent)
                if not exchange.truncated:
                    self._seen[key] = {
                        "WARC-Refers-To": f"<{name}>",
                        "WARC-Refers-To-Target-URI": exchange.uri,
                        "WARC-Refers-To-Date": str(exchange.at),
                    }
        return name

    def note(
        self, *, at: Instant, fields: Iterable[tuple[str, str]], uri: str | None = None, about: str | None = None
    ) -> str:
        """Record what no exchange shows (a request without an answer, a gap); return the record id.

        A name may come several times. ``about`` is the id of a record that the note belongs to.

        Raises:
            WarcUnwritableError: it is not recorded.
        """
        headers = {"WARC-Date": str(at)}
        if uri:
            headers["WARC-Target-URI"] = uri
        if about:
            headers["WARC-Refers-To"] = f"<{about}>"
        record, name = self._fields_record("metadata", headers, fields)
        with self._lock:
            self._append(record)
        return name

    def resource(self, *, uri: str, at: Instant, content_type: str, body: BinaryIO) -> str:
        """Record a file that was not fetched over HTTP, from its current position; return the record id.

        Raises:
            WarcUnwritableError: it is not recorded.
        """
        name = self._name()
        block = Block.of(b"", body)
        headers = {
            "WARC-Record-ID": f"<{name}>",
            "WARC-Date": str(at),
            "WARC-Target-URI": uri,
        }
        record = self._record("resource", headers, block, content_type)
        with self._lock:
            self._append(record)
        return name

    def close(self) -> None:
        """Close the file, with its records on the disk.

        Raises:
            WarcUnwritableError: the disk did not take them.
        """
        if self._file.closed:
            return
        try:
            self._sync()
        except OSError as error:
            raise _unwritable(error) from error
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _name(self) -> str:
        return f"urn:uuid:{self._new_id()}"

    def _fields_record(
        self, kind: str, headers: Mapping[str, str], fields: Iterable[tuple[str, str]]
    ) -> tuple[Iterator[bytes], str]:
        name = self._name()
        block = Block.of(b"", BytesIO(spell_fields(fields)))
        return self._record(kind, {"WARC-Record-ID": f"<{name}>", **headers}, block, FIELDS), name

    def _record(self, kind: str, headers: Mapping[str, str], block: Block, media_type: str) -> Iterator[bytes]:
        own = {"WARC-Type": kind} | {name: _line(value) for name, value in headers.items()}
        if self._warcinfo:
            own["WARC-Warcinfo-ID"] = f"<{self._warcinfo}>"
        if kind != "warcinfo":
            own.setdefault("WARC-Payload-Digest", spelled(block.payload))
        own["WARC-Block-Digest"] = spelled(block.digest)
        if media_type:
            own["Content-Type"] = media_type
        own["Content-Length"] = str(len(block.head) + block.length)
        return packed(spell("WARC/1.1", own.items(), block.head, block.body))

    def _append(self, *records: Iterator[bytes]) -> None:
        try:
            self._rewind()
            gathered = bytearray()
            for piece in chain(*records):
                gathered += piece
                if len(gathered) >= STEP:
                    self._put(bytes(gathered))
                    gathered.clear()
            self._put(bytes(gathered))
            self._unsynced += 1
            if self._unsynced >= UNSYNCED_RECORDS or self._file.tell() - self._synced >= UNSYNCED_BYTES:
                self._sync()
        except OSError as error:
            # At this point the file may end in a part of a record: cut now or, where even that fails, before the next
            # record; if we crash here, ``salvage`` cuts it.
            with suppress(OSError):
                self._rewind()
            raise _unwritable(error) from error
        self._kept = self._file.tell()

    def _put(self, content: bytes) -> None:
        while content:
            content = content[self._file.write(content) :]

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced, self._unsynced = self._file.tell(), 0

    def _rewind(self) -> None:
        if self._file.tell() != self._kept:
            self._file.truncate(self._kept)
            self._file.seek(self._kept)


def _common(exchange: Exchange) -> dict[str, str]:
    headers = {"WARC-Date": str(exchange.at), "WARC-Target-URI": exchange.uri}
    if exchange.ip:
        headers["WARC-IP-Address"] = exchange.ip
    if exchange.masked:
        headers["WARC-X-Masked"] = MASKED
    return headers


def _http(first: str, headers: Headers) -> bytes:
    """Return an HTTP header as it is sent (RFC 9110 section 5.5), its fields each on one line."""
    # The chunk framing is gone, so its header must not claim that it is there.
    names = (f"X-Archive-Orig-{name}" if name.lower() == "transfer-encoding" else name for name, _ in headers)
    lines = (f"{name}: {_line(value)}" for name, (_, value) in zip(names, headers, strict=True))
    return "\r\n".join((first, *lines, "", "")).encode("latin-1")


def spell_fields(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the block of a record that says ``fields``; those without a value are left out."""
    return "".join(f"{key}: {_line(value)}\r\n" for key, value in fields if value).encode()


def _line(value: str) -> str:
    return LINE_ENDS.sub(" ", value)


def _unwritable(error: OSError) -> WarcUnwritableError:
    return WarcUnwritableError(
        f"The WARC file cannot be written: {error.strerror or error}.",
        do="Make room or give permission, then try again.",
    )
