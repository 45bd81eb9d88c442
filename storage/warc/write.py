"""Writing a WARC 1.1 file that survives its process: every record has left it before the call returns."""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
import uuid
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import BaseWARCWriter

from schemas.errors import ConflictError, UnavailableError
from storage.disk import synchronise
from storage.warc.coding import STEP
from storage.warc.digests import spelled
from storage.warc.exchange import field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from schemas.instant import Instant
    from storage.warc.exchange import Exchange, Headers

CONFORMS_TO = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
REVISIT_FROM = 256
COMPRESSION = 6
LINE_ENDS = re.compile(r"[\r\n]+[ \t]*")
UNSYNCED_RECORDS, UNSYNCED_BYTES = 64, 8 << 20
"""How much may wait for the disk. To wait for it after each record would take longer than most servers to answer."""
MASKED = "credentials, at the same length, before digests were computed"
FIELDS = "application/warc-fields"


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
        self._records = _Records(gzip=False, warc_version="1.1")
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str | None], Headers] = {}
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
        answer, request = exchange.answer, exchange.request
        digest, size = _digest(answer.body)
        name = self._name()
        own = _common(exchange, name) | {"WARC-Payload-Digest": digest}
        if exchange.truncated:
            own["WARC-Truncated"] = exchange.truncated
        head = _Head(f"{answer.status} {answer.reason}", _archived(answer.headers), protocol=answer.version)
        asked = _Head(f"{request.target} {request.version}", _archived(request.headers), protocol=request.method)
        # Two bodies with one digest are one payload only under one content coding.
        key = (digest, field(answer.headers, "Content-Encoding"))
        with self._lock:
            earlier = self._seen.get(key) if size >= REVISIT_FROM and not exchange.truncated else None
            if earlier:
                profile = {"WARC-Profile": self._records.REVISIT_PROFILE_1_1}
                received = self._record("revisit", own | profile | dict(earlier), http_headers=head)
            else:
                received = self._record("response", own, payload=answer.body, length=size, http_headers=head)
            sent = self._record(
                "request",
                _common(exchange, self._name()) | {"WARC-Concurrent-To": f"<{name}>"},
                payload=io.BytesIO(request.body),
                length=len(request.body),
                http_headers=asked,
            )
            self._append(received, sent)
            if not earlier and not exchange.truncated:
                self._seen[key] = (
                    ("WARC-Refers-To", f"<{name}>"),
                    ("WARC-Refers-To-Target-URI", exchange.uri),
                    ("WARC-Refers-To-Date", str(exchange.at)),
                )
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
        digest, size = _digest(body)
        name = self._name()
        headers = {
            "WARC-Record-ID": f"<{name}>",
            "WARC-Date": str(at),
            "WARC-Target-URI": uri,
            "WARC-Payload-Digest": digest,
        }
        record = self._record("resource", headers, payload=body, length=size, warc_content_type=content_type)
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
    ) -> tuple[Any, str]:
        name = self._name()
        lines = spell_fields(fields)
        headers = {"WARC-Record-ID": f"<{name}>", **headers}
        record = self._record(kind, headers, payload=io.BytesIO(lines), length=len(lines), warc_content_type=FIELDS)
        return record, name

    def _record(self, kind: str, headers: Mapping[str, str], **content: Any) -> Any:  # noqa: ANN401 -- warcio is untyped
        own = {"WARC-Type": kind} | {key: _line(value) for key, value in headers.items()}
        if self._warcinfo:
            own["WARC-Warcinfo-ID"] = f"<{self._warcinfo}>"
        return self._records.create_warc_record(own.get("WARC-Target-URI"), kind, warc_headers_dict=own, **content)

    def _append(self, *records: Any) -> None:  # noqa: ANN401 -- warcio is untyped
        try:
            self._rewind()
            for record in records:
                self._records._write_warc_record(Member(self._file), record)  # noqa: SLF001 -- the only way to give the stream
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

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced, self._unsynced = self._file.tell(), 0

    def _rewind(self) -> None:
        if self._file.tell() != self._kept:
            self._file.truncate(self._kept)
            self._file.seek(self._kept)


class _Records(BaseWARCWriter):  # type: ignore[misc] # warcio is untyped
    """warcio's builder and serialiser of records, with SHA-256 where it hard-codes SHA-1."""

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


class _Head(StatusAndHeaders):  # type: ignore[misc] # warcio is untyped
    """An HTTP header kept byte for byte; warcio would percent-encode what is not ASCII."""

    def to_ascii_bytes(self, header_filter: object = None) -> bytes:
        """Return the header as HTTP sends it (RFC 9110 section 5.5)."""
        spelling: bytes = self.to_bytes(header_filter, encoding="latin-1")
        return spelling


class Member:
    """One gzip member, written straight through: nothing lingers in a buffer after a write that failed."""

    def __init__(self, file: BinaryIO | io.FileIO) -> None:
        self._file = file
        self._deflater = zlib.compressobj(COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS + 16)

    def write(self, content: bytes) -> None:
        self._put(self._deflater.compress(content))

    def flush(self) -> None:
        self._put(self._deflater.flush())

    def _put(self, content: bytes) -> None:
        while content:
            content = content[self._file.write(content) :]


def _common(exchange: Exchange, name: str) -> dict[str, str]:
    headers = {"WARC-Record-ID": f"<{name}>", "WARC-Date": str(exchange.at), "WARC-Target-URI": exchange.uri}
    if exchange.ip:
        headers["WARC-IP-Address"] = exchange.ip
    if exchange.masked:
        headers["WARC-X-Masked"] = MASKED
    return headers


def _archived(headers: Headers) -> list[tuple[str, str]]:
    # The chunk framing is gone, so its header must not claim that it is there.
    return [
        (f"X-Archive-Orig-{name}" if name.lower() == "transfer-encoding" else name, _line(value))
        for name, value in headers
    ]


def spell_fields(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the block of a record that says ``fields``; those without a value are left out."""
    return "".join(f"{key}: {_line(value)}\r\n" for key, value in fields if value).encode()


def _line(value: str) -> str:
    return LINE_ENDS.sub(" ", value)


def _digest(body: BinaryIO) -> tuple[str, int]:
    """Return the SHA-256 of what is left of ``body``, as WARC spells it, and its size; rewind to where it stood."""
    start, hasher = body.tell(), hashlib.sha256()
    while chunk := body.read(STEP):
        hasher.update(chunk)
    size = body.tell() - start
    body.seek(start)
    return spelled(hasher.digest()), size


def _unwritable(error: OSError) -> WarcUnwritableError:
    return WarcUnwritableError(
        f"The WARC file cannot be written: {error.strerror or error}.",
        do="Make room or give permission, then try again.",
    )
