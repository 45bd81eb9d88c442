"""The records of a partition: each recomputed from its parts, in groups, and the root over them or what is left."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import root_of
from schemas.record import Normalised, Provenance, commitment
from storage import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from manifests.audit.found import Found
    from schemas.disposition import Replaced
    from schemas.partition import Partition

IMPOSSIBLE = -1
NUMBER = rb"(0|[1-9][0-9]{0,14})"  # below 2^53
PLACE = re.compile(rb'"length":' + NUMBER + rb',"offset":' + NUMBER)
PLACE_TEXT = b'"length":%d,"offset":%d'


class Wanted(NamedTuple):
    """A native slice to be found in the payload of ``exchange``: where, its SHA-256, and whose it is.

    ``length`` is ``IMPOSSIBLE`` where the native bytes are not as many as are said to lie there.
    """

    offset: int
    length: int
    native: bytes
    record: bytes
    exchange: str
    key: str


def check_records(source: parquet.Source, partition: Partition, capture: str, found: Found) -> Iterator[list[Wanted]]:
    """Yield where records' native bytes must lie, group by group, after checking the records; note what is wrong.

    ``partition`` may be what is left of one. Whether these are all the records is for others to check.

    Raises:
        PartitionMalformedError, UnknownFormatError: it cannot be read.
        NotCanonicalError: a record's derived view or provenance is not in its one spelling.
    """
    for group in parquet.read_groups(source):
        yield _check_group(group, group.ids(), partition, capture, found)


def check_root(ids: Sequence[bytes], partition: Partition, found: Found) -> None:
    """Check that records, by their ids in order, are all that the ledger names in a partition; note it if not."""
    if len(ids) != partition.rows or root_of([Digest(one) for one in ids]) != partition.root:
        what = "The records do not make the root that the ledger names."
        found.fault("ROOT_DIFFERS", partition.stored.key, what)


def gone_since(
    ids: Sequence[bytes], partition: Partition, replaced: Replaced, leaves: bytes, found: Found
) -> tuple[Digest, ...] | None:
    """Return the ids of the records that a partition lost, from those that are left (FORMAT 3.8).

    ``None``: what is left is not what it must be, which is noted.
    """
    key = replaced.now.key if replaced.now else partition.stored.key
    try:
        gone = parquet.gone_from([Digest(one) for one in ids], leaves, partition.root)
    except parquet.SurvivorsDifferError as error:
        found.error(error, key)
        return None
    if len(ids) != replaced.rows:
        found.fault("ROOT_DIFFERS", key, "The records that are left are not as many as the ledger says.")
        return None
    return gone


def _check_group(
    group: parquet.Group, ids: list[bytes], partition: Partition, capture: str, found: Found
) -> list[Wanted]:
    sha256, key = hashlib.sha256, partition.stored.key
    wanted: list[Wanted] = []
    views: list[Normalised] = []
    provenances: list[Provenance] = []
    alike = Alike()
    altered: set[int] = set()
    for row, (salt, native, normalised, provenance) in enumerate(group.evidence()):
        digest = sha256(native).digest()
        leaf = commitment(
            salt=salt, native=Digest(digest), normalised=normalised, provenance=provenance, version=group.version
        )
        if leaf.raw != ids[row]:
            altered.add(row)
        views.append(Normalised.from_bytes(normalised))
        origin, offset, length = alike.read(provenance)
        provenances.append(origin)
        fitting = length if length == len(native) else IMPOSSIBLE
        wanted.append(Wanted(offset, fitting, digest, ids[row], origin.source.exchange, key))
    differing = group.differing(
        {"native_sha256": [one.native for one in wanted], **parquet.derived(views, provenances)}
    )
    for row in sorted(altered):
        found.fault("RECORD_ALTERED", key, f"Record {ids[row].hex()} is not what its parts commit to.")
    for row in sorted(differing - altered):
        what = f"The search columns of record {ids[row].hex()} do not follow from it."
        found.fault("COLUMNS_DIFFER", key, what)
    for row in _misplaced(provenances, partition, capture):
        found.fault("RECORD_MISPLACED", key, f"Record {ids[row].hex()} is of another account or capture.")
    for row in _of_other_months(views, provenances, partition.period):
        found.fault("PERIOD_DIFFERS", key, f"Record {ids[row].hex()} does not belong into {partition.period}.")
    return wanted


def _misplaced(provenances: list[Provenance], partition: Partition, capture: str) -> Iterator[int]:
    """Yield the rows that are of another account or capture; provenances that are alike are one object."""
    wrong = {
        id(origin)
        for origin in {id(origin): origin for origin in provenances}.values()
        if (origin.account, origin.capture) != (partition.account, capture)
    }
    if wrong:
        yield from (row for row, origin in enumerate(provenances) if id(origin) in wrong)


def _of_other_months(views: list[Normalised], provenances: list[Provenance], period: str) -> Iterator[int]:
    """Yield the rows whose month is another; months stand in their order as texts do."""
    instants = [view.created or origin.captured for view, origin in zip(views, provenances, strict=True)]
    micros = [instant.micros for instant in instants]
    ends = [str(Instant(one))[:7] for one in (min(micros), max(micros))] if micros else []
    if any(end != period for end in ends):
        yield from (row for row, instant in enumerate(instants) if str(instant)[:7] != period)


class Alike:
    """Provenances that differ in their slice's place alone, as those of one exchange do: the rest is read once."""

    def __init__(self) -> None:
        self._origin: Provenance | None = None
        self._before = self._after = b""

    def read(self, content: bytes) -> tuple[Provenance, int, int]:
        """Return a provenance whose slice may be another's, and the slice's own offset and length.

        Raises:
            IntegrityError: it is not in its one spelling.
        """
        if self._origin is not None and content.startswith(self._before) and content.endswith(self._after):
            # Between two parts of a canonical spelling, two numbers in their one spelling make another.
            place = PLACE.fullmatch(content, len(self._before), len(content) - len(self._after))
            if place is not None:
                return self._origin, int(place[2]), int(place[1])
        origin = self._origin = Provenance.from_bytes(content)
        source = origin.source
        place_text = PLACE_TEXT % (source.length, source.offset)
        self._before, found, self._after = content.rpartition(place_text)
        if not found:
            self._origin = None
        return origin, source.offset, source.length
