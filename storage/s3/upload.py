"""A large content on its way under one key, in parts. What arrived outlives its sender, and the next one goes on."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from schemas.errors import ArchiveError, IntegrityError
from storage.s3 import parts as plan
from storage.s3.parts import Arrived
from storage.s3.refusals import StoreAccessRefusedError, StoreRefusedError, UploadLostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from storage.objects import Content
    from storage.s3.client import Answer, Bucket
    from storage.s3.parts import Part
    from storage.s3.patience import Patience

IN_FLIGHT = 2  # parts in memory: these, and the one that is being read


class Upload:
    """``content`` under ``key``. It is checked while it is sent, and becomes an object only if it is what it says.

    An upload that is pending at the key is continued if everything that arrived of it is a part of this content: its
    sender died, or sends the same. Whatever else happens to it, completing names the MD5 of every part, so that the
    server puts together these bytes or nothing.
    """

    def __init__(self, bucket: Bucket, patience: Patience, key: str, content: Content) -> None:
        self._bucket, self._patience, self._key, self._content = bucket, patience, key, content
        self._id: str | None = None
        self._lost: set[str] = set()

    def commit(self) -> str | None:
        """Send what is missing, make an object of it, and return its version if the server says it.

        Raises:
            KeyContestedError: the server says that the key is taken.
            UploadLostError: somebody else completed, ended or changed the upload; another call begins a new one.
            StoreUnavailableError: it was not done; another call goes on where this one stopped.
            WriteOutcomeUnknownError: it may have been done.
            ObjectAlteredError: the content is not what its digest says; nothing of it stays.
        """
        self._id, arrived = self._pending() or (self._begun(), {})
        try:
            sent = self._send(self._id, arrived)
            answer = self._bucket.call(
                "complete_multipart_upload",
                Key=self._key,
                UploadId=self._id,
                IfNoneMatch="*",
                MultipartUpload={"Parts": sent},
            )
        except UploadLostError:
            self._lost.add(self._id)
            raise
        except IntegrityError:
            self.abandon()
            raise
        version: str | None = answer.get("VersionId")
        return version

    def abandon(self) -> None:
        """Remove what was sent, as far as the store lets us; a rule of the bucket's life cycle removes the rest."""
        if self._id is not None:
            with suppress(ArchiveError):
                self._bucket.call("abort_multipart_upload", Key=self._key, UploadId=self._id)

    def _pending(self) -> tuple[str, Mapping[int, Arrived]] | None:
        """Return the upload that can be continued and has come farthest, with what arrived of it."""
        try:
            found = [
                (name, self._arrived(name))
                for name in uploads_of(self._bucket, self._patience, self._key)
                if name not in self._lost
            ]
            parts = [part for part, _ in plan.in_parts(self._key, self._content)] if found else []
        except (StoreAccessRefusedError, StoreRefusedError, UploadLostError):
            return None  # these rights are not needed, they only save work
        ours = [(name, arrived) for name, arrived in found if plan.is_ours(parts, arrived)]
        return max(ours, key=lambda one: len(one[1]), default=None)

    def _begun(self) -> str:
        answer = self._ask(
            "create_multipart_upload",
            ChecksumAlgorithm="SHA256",
            Metadata={"sha256": self._content.sha256.hex},
        )
        name: str = answer["UploadId"]
        return name

    def _send(self, name: str, arrived: Mapping[int, Arrived]) -> list[dict[str, str | int]]:
        """Send the parts that have not arrived, and return what completing says of all."""
        sent: list[dict[str, str | int]] = []
        flying: deque[Future[dict[str, str | int]]] = deque()
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for part, body in plan.in_parts(self._key, self._content):
                if len(flying) == IN_FLIGHT:
                    sent.append(flying.popleft().result())
                there = arrived.get(part.number)
                if there is not None and there != part.arrived:
                    raise plan.changed(self._key)
                flying.append(pool.submit(self._sent, name, part, body if there is None else None))
            sent += [future.result() for future in flying]
        return sent

    def _sent(self, name: str, part: Part, body: bytes | None) -> dict[str, str | int]:
        """Send a part unless it is there (``body`` is absent), and return what completing says of it."""
        etag = part.arrived.etag
        if body is not None:
            answer = self._ask("upload_part", UploadId=name, PartNumber=part.number, Body=body, **part.checksums)
            etag = answer["ETag"].strip('"')
        return {
            "PartNumber": part.number,
            "ETag": f'"{etag}"',
            "ChecksumSHA256": part.checksums["ChecksumSHA256"],
        }

    def _arrived(self, name: str) -> dict[int, Arrived]:
        """Return what arrived of an upload, by the parts' numbers."""
        arrived: dict[int, Arrived] = {}
        after = 0
        while True:
            answer = self._ask("list_parts", UploadId=name, PartNumberMarker=after)
            for part in answer.get("Parts", ()):
                arrived[part["PartNumber"]] = Arrived(part["Size"], part["ETag"].strip('"'))
            following = int(answer.get("NextPartNumberMarker") or 0)
            if not answer.get("IsTruncated") or following <= after:
                return arrived
            after = following

    def _ask(self, operation: str, **parameters: object) -> Answer:
        """Make a request about the key that may be made twice."""
        return self._patience.repeat(lambda: self._bucket.call(operation, Key=self._key, **parameters))


def uploads_of(bucket: Bucket, patience: Patience, key: str) -> Iterator[str]:
    """Yield the names of the uploads that are pending at a key."""
    place: dict[str, str] = {}
    while True:
        answer = patience.repeat(lambda: bucket.call("list_multipart_uploads", Prefix=key, **place))  # noqa: B023
        yield from (upload["UploadId"] for upload in answer.get("Uploads", ()) if upload["Key"] == key)
        following = {
            "KeyMarker": answer.get("NextKeyMarker", ""),
            "UploadIdMarker": answer.get("NextUploadIdMarker", ""),
        }
        if not answer.get("IsTruncated") or following == place or following["KeyMarker"] > key:
            return
        place = following
