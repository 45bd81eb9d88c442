"""Whether a bucket keeps what is written, lets one of many writers own a key, and refuses damaged bytes."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from schemas.digest import Digest
from storage.examination import Ailment, Looked
from storage.objects import Content, KeyTakenError, read_stored
from storage.s3.probing import BODY, refusal_of

if TYPE_CHECKING:
    from schemas.stored import StoredObject
    from storage.s3.probing import Probing

RACERS = 8
OTHER = b"not what was sent"


def look_at_writing(probing: Probing) -> Looked:
    """Write an object without a lock and read it back in its version.

    Raises:
        ArchiveError: it could not be done.
    """
    stored = probing.store.put_new(probing.key("written"), Content.of(BODY))
    read_stored(probing.store, stored)
    return Looked(1)


def look_at_race(probing: Probing) -> Looked:
    """Let writers race for one key, and see whether a second write of a key is refused at all.

    Raises:
        ArchiveError: it could not be done.
    """
    probing.put("once")
    refused = refusal_of(lambda: probing.put("once"))
    ignored = Ailment(
        code="CONDITION_IGNORED",
        severity="notice",
        key=probing.key("once"),
        what="The server writes over a key that must be new (it ignores If-None-Match in a bucket with versions).",
        do="Nothing has to be done: a key belongs to its oldest version. Writers that race may leave bytes behind.",
    )
    winners = _race(probing)
    owner = probing.store.find(probing.key("raced"))
    forked = Ailment(
        code="RACE_FORKED",
        severity="fault",
        key=probing.key("raced"),
        what=f"Of {RACERS} writers that raced for one key {len(winners)} were told that it is theirs.",
        do="Use another server, or report it to whoever makes this one: its lists of versions are not consistent.",
    )
    sound = len(winners) == 1 and owner is not None and owner.version == winners[0].version
    return Looked(RACERS + 1, (() if refused else (ignored,)) + (() if sound else (forked,)))


def look_at_checksums(probing: Probing) -> Looked:
    """Send bytes that are not those of their checksums.

    Raises:
        ArchiveError: it could not be done.
    """
    md5 = b64encode(hashlib.md5(OTHER, usedforsecurity=False).digest()).decode()
    sha256 = b64encode(Digest.of(OTHER).raw).decode()
    ailments = []
    if refusal_of(lambda: probing.put("md5", ContentMD5=md5)) is None:
        ailments.append(
            Ailment(
                code="MD5_UNCHECKED",
                severity="fault",
                key=probing.key("md5"),
                what="The server stores bytes that do not fit the MD5 checksum sent with them.",
                do="Use another server: what is damaged on the way there would be kept as if it were sound.",
            )
        )
    if refusal_of(lambda: probing.put("sha256", ChecksumAlgorithm="SHA256", ChecksumSHA256=sha256)) is None:
        ailments.append(
            Ailment(
                code="SHA256_UNCHECKED",
                severity="notice",
                key=probing.key("sha256"),
                what="The server does not check the SHA-256 checksum sent with an object.",
                do="Nothing has to be done: it checks MD5, and 'holdfast verify' computes SHA-256 from what it keeps.",
            )
        )
    return Looked(2, tuple(ailments))


def _race(probing: Probing) -> list[StoredObject]:
    """Return what was stored for the writers that were told that a key is theirs."""
    start = Barrier(RACERS)

    def write(number: int) -> StoredObject | None:
        content = Content.of(b"racer %d\n" % number)
        start.wait()
        try:
            return probing.store.put_new(probing.key("raced"), content)
        except KeyTakenError:
            return None

    with ThreadPoolExecutor(RACERS) as threads:
        return [stored for stored in threads.map(write, range(RACERS)) if stored is not None]
