"""The first contact with a bucket: whether it answers, as whom, what time it is there, and whose archive it holds."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemas.errors import ArchiveError
from schemas.instant import Instant, InstantMalformedError
from storage import layout
from storage.examination import Ailment, Looked, ailment_of
from storage.objects import read
from storage.s3.policies import DATA, RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.findings import Severity
    from storage.s3.client import Answer
    from storage.s3.probing import Probing

OURS = (*RECORD, *DATA, layout.PROBES, layout.INDEX)
SKEW_NOTICE, SKEW_FAULT = 60, 300  # seconds
HOLDS_OURS = "holds this archive"
ENTRY_LIMIT = 1 << 20  # bytes
FEW = 1000
SHOWN = 3


def look_at_connection(probing: Probing) -> tuple[Looked, Answer | None]:
    """Ask the bucket once; return what was found and the answer, if there is one."""
    place, bucket = probing.place, probing.bucket
    if place.endpoint is not None and is_exposed(place.endpoint):
        exposed = Ailment(
            code="ENDPOINT_EXPOSED",
            severity="fault",
            key=place.endpoint,
            what=f"{place.endpoint} is not encrypted: whoever is on the way reads and alters what is sent. "
            "Nothing was sent.",
            do="Give store.endpoint with https://, and a private authority's certificate as store.authority.",
        )
        return Looked(1, (exposed,)), None
    try:
        answer = bucket.call("list_object_versions", MaxKeys=1)
    except ArchiveError as error:
        return Looked(1, (ailment_of(error, key=bucket.name),)), None
    region = _headers(answer).get("x-amz-bucket-region", place.region)
    if region == place.region:
        return Looked(1), answer
    elsewhere = Ailment(
        code="BUCKET_REGION",
        severity="notice",
        key=bucket.name,
        what=f"The bucket lies in the region {region}, and store.region is {place.region}.",
        do=f"Set store.region to {region!r}.",
    )
    return Looked(1, (elsewhere,)), answer


def is_exposed(endpoint: str) -> bool:
    """Return whether what is sent to an endpoint travels unencrypted beyond this machine."""
    parts = urlsplit(endpoint)
    if parts.scheme != "http":
        return False
    host = parts.hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def look_at_clocks(probing: Probing) -> Looked:
    """Judge how far the server's clock is from ours."""
    ahead = probing.ahead
    if ahead is None:
        return Looked(0, note="the server does not tell its time")
    if abs(ahead) <= SKEW_NOTICE:
        return Looked(1)
    severity: Severity = "fault" if abs(ahead) > SKEW_FAULT else "notice"
    skewed = Ailment(
        code="CLOCK_SKEWED",
        severity=severity,
        key=probing.bucket.name,
        what=f"The server's clock is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} this machine's.",
        do="Set both by a time server (NTP): locks end by the server's clock, the ledger tells this machine's.",
    )
    return Looked(1, (skewed,))


def seconds_ahead(answer: Answer, *, began: Instant, ended: Instant) -> float | None:
    """Return by how many seconds the server's clock is ahead, to a second or so; ``None`` if it does not tell."""
    try:
        told = Instant.from_datetime(parsedate_to_datetime(_headers(answer).get("date", "")))
    except (ValueError, InstantMalformedError):
        return None
    # It tells whole seconds, and told it somewhen while we asked.
    return (told.micros + 500_000 - (began.micros + ended.micros) / 2) / 1_000_000


def _headers(answer: Answer) -> dict[str, str]:
    headers: dict[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def look_at_contents(probing: Probing, *, origin: str | None, origin_of: Callable[[bytes], str]) -> Looked:
    """Look whose archive the bucket holds, and what else lies at its top.

    Raises:
        ArchiveError: it could not be done.
    """
    store = probing.store
    first = layout.entry(0)
    if store.exists(first):
        held = _origin(read(store, first, limit=ENTRY_LIMIT), origin_of)
        if held is None or held != origin:
            taken = Ailment(
                code="BUCKET_TAKEN",
                severity="fault",
                key=first,
                what=f"The bucket holds another archive already, {held or 'with a first entry that cannot be read'!r}.",
                do="Use an empty bucket: one bucket holds one archive. Nothing was written to this one.",
            )
            return Looked(1, (taken,))
    answer = probing.bucket.call("list_objects_v2", Delimiter="/", MaxKeys=FEW)
    found = [item["Prefix"] for item in answer.get("CommonPrefixes", ())]
    foreign = [name for name in found if name not in OURS] + [item["Key"] for item in answer.get("Contents", ())]
    return Looked(len(found) + 1, _foreign(foreign), note=HOLDS_OURS if store.exists(first) else "no archive yet")


def _origin(content: bytes, origin_of: Callable[[bytes], str]) -> str | None:
    try:
        return origin_of(content)
    except ArchiveError:
        return None


def _foreign(names: Sequence[str]) -> tuple[Ailment, ...]:
    if not names:
        return ()
    shown = ", ".join(repr(name[:60]) for name in names[:SHOWN]) + (" and others" if len(names) > SHOWN else "")
    foreign = Ailment(
        code="KEYS_FOREIGN",
        severity="notice",
        key=names[0][:200],
        what=f"Something lies in the bucket that is no archive's: {shown}.",
        do="Give the archive a bucket of its own: locks, rules and permissions are for the bucket as a whole.",
    )
    return (foreign,)
