"""Derived files of a fixed production, to the byte: with a change here packages that are out there look altered."""

from __future__ import annotations

import pytest

from ediscovery.packages import concordance, opticon
from ediscovery.packages.fields import HandedOver, fields_of
from ediscovery.packages.rsmf import conversations
from ediscovery.packages.texts import text_of
from ediscovery.production.manifest import MANIFEST_FORMAT, ManifestRecord, ProductionManifest
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.production import BatesRange
from schemas.record import Attachment, Author, Normalised, Provenance, Slice

AT = Instant.from_text("2026-03-09T12:05:00.000000Z")
NOTHING = Digest.of(b"")


def record(number: int, kind: str, **said) -> HandedOver:
    view = Normalised(**{"kind": kind, "type": "Note", "item": f"i{number}", "created": AT.plus(seconds=number)} | said)
    bates = BatesRange(prefix="MG", first=10 * number, last=10 * number + 1)
    name = bates.spell(bates.first)
    listed = ManifestRecord(
        record=Digest.of(name.encode()),
        account="blog",
        kind=kind,
        item=view.item,
        bates=bates,
        native=f"{name}-native.json",
        native_media_type="application/json",
        native_size=2,
        native_sha256=NOTHING,
        proof=f"{name}-proof.json",
        proof_size=3,
        proof_sha256=NOTHING,
    )
    provenance = Provenance(
        account="blog",
        platform="mastodon",
        capture="c1",
        captured=AT.plus(seconds=3600),
        method="api",
        collector="mastodon/1",
        claim=1,
        source=Slice(exchange="urn:uuid:1", uri="https://social.example/api", offset=0, length=2),
    )
    return HandedOver(listed, view, provenance, 2, AT.plus(seconds=7200), {})


RECORDS = (
    record(
        1,
        "post",
        title="=Snow day",
        text="No school.\r\n\u05e9\u05dc\u05d5\u05dd \u00fe\u00ae\x14\x00 \U0001f328\ufe0f",
        author=Author(name="Schulbezirk Nördliche Höhen", handle="@maplegroveusd"),
        url="https://social.example/1",
        tags=("snow", "a;b"),
        counts={"likes": 3},
        attachments=(Attachment(url="https://social.example/m/1.jpg", role="image", alt="A bus"),),
    ),
    record(2, "comment", text="Thank you!", author=Author(id="7"), thread="i1", parent="i1", flags=("truncated",)),
)
PRODUCTION = ProductionManifest(
    format=MANIFEST_FORMAT,
    production="0b7e4c1d",
    organisation="Schulbezirk Nördliche Höhen",
    matter="M",
    requester="R",
    prepared_by="clerk",
    prepared_at=AT.plus(seconds=86_400),
    query_typed="bus",
    query_words="bus",
    origin="o/1",
    ledger_size=3,
    ledger_root=NOTHING,
    checkpoint="",
    claims=Claims(verifier="v"),
    software="holdfast/0.1.0",
    signer="S",
    bates=BatesRange(prefix="MG", first=1, last=30),
    records=tuple(one.listed for one in RECORDS),
)
FILES = {
    "TEXT/MG0000010.txt": text_of(RECORDS[0].view).encode(),
    "dat": concordance.dat(map(fields_of, RECORDS)).content,
    "csv": concordance.csv(map(fields_of, RECORDS)).content,
    "opt": opticon.opt(PRODUCTION, dict.fromkeys(range(1, 31), "tif"), volume="VOL001"),
} | {one.name: one.content for one in conversations(PRODUCTION, RECORDS)}
DIGESTS = {
    "TEXT/MG0000010.txt": "599dfa1b70d25c36931ec4d1c05a3b192ceb550ef5b2b30cde3b60dc208b4efa",
    "dat": "adb1d2730190636f79b222e3918adacc4ede2529579bd7d83b30f113b395456a",
    "csv": "4b1b56aaeb5c37821ab7f7aecfd2776e2f77f5be1d085ecd35eaf857524b8b8d",
    "opt": "14e4c1fa2f77ceaf3679d208602e8a7ee05083970207061e06b6081830c6fb23",
    "MG0000010.rsmf": "dfbe318b26d7e25ddcef15153d954fc88b339fc3ec7fbdbc08d9d3cb1340fb67",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_made_of_the_same_records_in_the_same_bytes_for_ever(name: str):
    assert str(Digest.of(FILES[name])) == DIGESTS[name]


def test_all_of_these_files_are_known():
    assert FILES.keys() == DIGESTS.keys()


def test_the_lines_of_images_are_those_of_the_form():
    assert FILES["opt"].decode() == (
        "MG0000010,VOL001,IMAGES\\MG0000010.tif,Y,,,2\r\n"
        "MG0000011,VOL001,IMAGES\\MG0000011.tif,,,,\r\n"
        "MG0000020,VOL001,IMAGES\\MG0000020.tif,Y,,,2\r\n"
        "MG0000021,VOL001,IMAGES\\MG0000021.tif,,,,\r\n"
    )
