"""Web archives of many makers: counted as others count them, each page byte for byte, damage refused where it lies."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver import importing, registry, rounds
from archiver.imports.format import Asked, Counted, Said, Unpacked
from archiver.imports.known import format_of
from archiver.imports.refusals import Refused
from ediscovery.evidence import places
from manifests.archive import create_archive
from manifests.audit import audit
from manifests.console import system_clock
from schemas.account import Account
from schemas.errors import InputError
from schemas.record import Normalised
from storage import parquet
from storage.objects import read_stored
from storage.warc import read_warc

if TYPE_CHECKING:
    from archiver.imports.format import Found
    from manifests.archive import Archive

CORPORA = Path(os.environ.get("HOLDFAST_CORPORA", "corpora"))
HERE = (CORPORA / "EXPECTED.json").is_file()
EXPECTED = json.loads((CORPORA / "EXPECTED.json").read_text())["warc_files"] if HERE else {}
needed = pytest.mark.skipif(not HERE, reason="the corpora are not here")
WARCS = [name for name in EXPECTED if not name.endswith(".wacz")]
REFUSED_AT = {
    # Cut off, or of false lengths, which warcio reads over; our reader names the place.
    "slyrz+warc/test.warc": 0,
    "slyrz+warc/test.warc.gz": 0,
    "jhove/invalid/invalid-warcfile-fields-empty.warc": 0,
    "jhove/invalid/invalid-warcfile-fields-invalidformat.warc": 0,
    "jhove/invalid/invalid-warcfile-lonely-continuation.warc": 0,
    "jhove/invalid/invalid-warcfile-lonely-revisit.warc": 0,
    "jhove/invalid/invalid-warcrecord-1.warc": 0,
    "jhove/invalid/invalid-warcrecord-3.warc": 2142,
    "jhove/invalid/invalid-warcheaderfieldpolicy-3.warc": 0,
    "jhove/invalid/invalid-warcheaderfieldpolicy-8.warc": 0,
    "jhove/invalid/invalid-warcheaderfieldpolicy-11.warc": 0,
    "jhove/invalid/invalid-warcheaderfieldpolicy-16.warc": 0,
    "jhove/invalid/invalid-warcreader-diagnosis-1.warc": 0,
    "warcio.js/example-bad-length.warc": 2561,
    "warcio/bad.arc": 0,
    "warcio/example-bad-non-chunked.warc.gz": 0,
    "warcio/example-space-in-url.arc": 151,
    "warcio/example-trunc.warc": 2560,
    "warcio/example-wrong-chunks.warc.gz": 0,
}


def read(path: str, content: bytes, platform: str = "website") -> list[Found]:
    """What the reader of a web archive finds."""
    account = Account(name="a", platform=platform, url="https://x.example/", title="a")
    return list(format_of([path], platform).find_file(path).read(content, Asked(path, account)))


def refused_at(name: str) -> int | None:
    """Where a file of the corpora is refused, if it is."""
    if "jhove/invalid/invalid-warcheaderversion-" in name:
        return 0
    return next((at for end, at in REFUSED_AT.items() if name.endswith(end)), None)


@needed
@pytest.mark.parametrize("name", WARCS, ids=lambda name: "-".join(name.split("/")[-2:]))
def test_every_web_archive_has_the_records_that_others_count_or_is_refused_by_its_place(name: str) -> None:
    content = (CORPORA / name).read_bytes()
    if not content:
        with pytest.raises(InputError, match="empty"):
            read(name, content)
        return
    found = read(name, content)
    counted = {one.what: one.number for one in found if isinstance(one, Counted)}
    places_of_damage = [one.offset for one in found if isinstance(one, Refused) and one.length]
    at = refused_at(name)

    assert places_of_damage == ([] if at is None else [at])
    expected: Counter[str] = Counter()
    for kind, number in EXPECTED[name]["records"].items():
        if kind != "body_error":
            expected[f"{kind.strip().lower()} records"] += number
    records = {what: number for what, number in counted.items() if what.endswith(" records")}
    if at is None:
        assert records == expected
    else:
        assert all(number <= expected[what] for what, number in records.items())


@needed
@pytest.mark.parametrize(
    "name", [name for name in WARCS if "jhove" not in name and ".arc" not in name and refused_at(name) is None]
)
def test_pages_are_those_that_another_reader_sees_byte_for_byte(name: str) -> None:
    unpacked = [one for one in read(name, (CORPORA / name).read_bytes()) if isinstance(one, Unpacked)]
    theirs = Counter()
    with (CORPORA / name).open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response | WarcRecordType.resource):
            http = record.http_headers
            kind = (http.get("Content-Type") if http else record.headers.get("Content-Type")) or ""
            coded = {key.lower() for key, _ in http} & {"content-encoding", "transfer-encoding"} if http else set()
            body = record.reader.read()
            if kind.lower().startswith(("text/html", "application/xhtml+xml")) and body and not coded:
                theirs[body] += 1
    ours = Counter(one.content for one in unpacked)

    assert all(ours[body] >= number for body, number in theirs.items())
    for one in unpacked:
        (item,) = one.items
        assert (item.offset, item.length, item.normalised.kind) == (0, len(one.content), "page")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return create_archive(
        tmp_path / "home", organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="test"
    )


def registered(archive: Archive, platform: str = "website") -> Account:
    """An account on a platform."""
    account = Account(name="account", platform=platform, url="https://x.example/", title="account")
    return registry.register(archive, account)


def views(archive: Archive) -> list[Normalised]:
    """What every record says."""
    return [
        Normalised.from_bytes(row.record.normalised)
        for place in places(archive, ["account"])
        for row in parquet.read_rows(io.BytesIO(read_stored(archive.store, place.partition.stored)))
    ]


def wacz(name: str) -> Path:
    """A WACZ of the corpora."""
    return next((CORPORA / "warc" / "wacz").rglob(name))


@needed
def test_a_signed_package_is_imported_checked_and_found_again(archive: Archive) -> None:
    account, path = registered(archive), wacz("valid_signed_example_1.wacz")
    result = importing.import_file(archive, account, path, rounds.system_chance())

    assert dict(result.report.refusals) == {}
    assert dict(result.report.new) == {"page": 2}  # the page, and what was answered for its icon
    said = " ".join(sentence for one in result.report.files for sentence in one.said)
    assert "fits the certificate for btrix-sign-test.webrecorder.net" in said
    assert "time stamp by www.freetsa.org fits: the signature was there at 2022-01-18T19:00:12.000000Z" in said
    assert "whether anybody trusts that one" in said
    assert "was not valid" not in said
    assert any("Example Domain" in (view.text or "") for view in views(archive))
    assert importing.import_file(archive, account, path, rounds.system_chance()).new == 0
    assert audit(archive.store, now=archive.now()).sound


@needed
def test_packages_without_signatures_say_so_and_an_invalid_one_is_refused_by_name(archive: Archive) -> None:
    account = registered(archive)
    result = importing.import_file(archive, account, wacz("example.com.wacz"), rounds.system_chance())
    assert dict(result.report.refusals) == {}
    assert "The package is not signed." in [sentence for one in result.report.files for sentence in one.said]

    result = importing.import_file(archive, account, wacz("invalid_example_1.wacz"), rounds.system_chance())
    assert dict(result.report.refusals) == {"IMPORT_UNREADABLE": 1}  # it names an index that it does not hold
    assert result.act.poll.outcome == "partial"


def repacked(path: Path, to: Path, changed: dict[str, tuple[bytes, bytes]]) -> Path:
    """A package with some bytes of some of its files replaced."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            old, new = changed.get(name, (b"", b""))
            assert old in body
            target.writestr(name, body.replace(old, new, 1) if old else body)
    return to


@needed
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"pages/pages.jsonl": (b"Example Domain", b"Another Domain")}, "IMPORT_DAMAGED"),
        ({"datapackage.json": (b'"bytes": 397', b'"bytes": 398')}, "IMPORT_DAMAGED"),
        ({"datapackage-digest.json": (b'"signature": "MEYCIQCf', b'"signature": "MEYCIQCg')}, "IMPORT_FORGED"),
        ({"datapackage-digest.json": (b"btrix-sign-test.web", b"city-of-elsewhere.web")}, "IMPORT_FORGED"),
        ({"datapackage-digest.json": (b"NcNOzM/a9kcu", b"NcNOzM/a9kcA")}, "IMPORT_FORGED"),
    ],
)
def test_a_package_that_was_changed_is_told_and_its_pages_are_kept(
    archive: Archive, tmp_path: Path, changed: dict[str, tuple[bytes, bytes]], code: str
) -> None:
    path = repacked(wacz("valid_signed_example_1.wacz"), tmp_path / "changed.wacz", changed)
    result = importing.import_file(archive, registered(archive), path, rounds.system_chance())

    assert code in result.report.refusals
    assert result.report.new["page"] == 2


@needed
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"timestampCert": ""}, "Its time stamp is kept and could not be checked"),
        ({"timeSignature": "AAAA"}, "Its time stamp is kept and could not be checked"),
        ({"created": "2022-01-18T19:20:12Z"}, "was signed at 2022-01-18T19:20:12.000000Z, and not when its time stamp"),
        ({"timeSignature": "", "created": "2023-01-01T00:00:00Z"}, "was not valid when it was signed"),
        ({"timeSignature": ""}, "It has no time stamp"),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else "",
)
def test_what_a_packages_time_stamp_does_not_show_is_said(changed: dict[str, str], said: str) -> None:
    with zipfile.ZipFile(wacz("valid_signed_example_1.wacz")) as package:
        digest = json.loads(package.read("datapackage-digest.json"))
    digest["signedData"] |= changed
    found = read("datapackage-digest.json", json.dumps(digest).encode())

    assert not [one for one in found if isinstance(one, Refused)]
    assert said in " ".join(one.what for one in found if isinstance(one, Said))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda one: one.name)
@pytest.mark.parametrize("spelling", ["browser", "der"])
def test_a_signature_by_a_key_without_a_name_is_checked_and_trusted_no_further(
    curve: ec.EllipticCurve, spelling: str
) -> None:
    key, digest = ec.generate_private_key(curve), "sha256:" + "ab" * 32
    signature = key.sign(digest.encode(), ec.ECDSA(SHA256()))
    if spelling == "browser":
        size = (curve.key_size + 7) // 8
        signature = b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))
    spelled = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = {
        "hash": digest,
        "signature": base64.b64encode(signature).decode(),
        "publicKey": base64.b64encode(spelled).decode(),
    }
    good = read("datapackage-digest.json", json.dumps({"hash": digest, "signedData": signed}).encode())
    assert any(isinstance(one, Said) and "nobody vouches for whose key it is" in one.what for one in good)

    for wrong in ({"signature": base64.b64encode(bytes(64)).decode()}, {"publicKey": "AAAA"}, {"signature": "é"}):
        found = read("datapackage-digest.json", json.dumps({"hash": digest, "signedData": signed | wrong}).encode())
        assert [one.error.code for one in found if isinstance(one, Refused)] == ["IMPORT_FORGED"]
    other = json.dumps({"hash": "sha256:" + "cd" * 32, "signedData": signed}).encode()
    assert [one.error.code for one in read("datapackage-digest.json", other) if isinstance(one, Refused)] == [
        "IMPORT_FORGED"
    ]


@given(noise=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["resources", "path", "hash", "bytes", "stats", "signedData", "signature", "domainCert"]), inner
    ),
))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_json_in_the_place_of_a_package_is_read_or_refused(noise: object) -> None:
    for name in ("datapackage.json", "datapackage-digest.json"):
        with contextlib.suppress(InputError):
            read(name, json.dumps(noise).encode())


def warc_of(*pages: tuple[str, bytes, bytes], packed: bool) -> bytes:
    """A WARC file with answers: address, HTTP header fields, body."""
    content = b""
    for number, (uri, fields, body) in enumerate(pages):
        block = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body
        head = (
            f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:032d}>\r\n"
            f"WARC-Date: 2020-01-0{number + 1}T00:00:00Z\r\nWARC-Target-URI: {uri}\r\n"
            f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        ).encode()
        record = head + block + b"\r\n\r\n"
        content += gzip.compress(record, mtime=0) if packed else record
    return content


HTML = b"Content-Type: text/html; charset=utf-8\r\n"
PAGES = (
    ("https://x.example/", HTML, "<title>Über uns</title><p>Schools".encode()),
    ("https://x.example/b", HTML + b"Content-Encoding: gzip\r\n", gzip.compress(b"<p>Second page", mtime=0)),
    ("https://x.example/c.png", b"Content-Type: image/png\r\n", b"\x89PNG"),
    ("https://x.example/d", HTML, b"<p>Fourth page"),
)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_breaks_off_anywhere_keeps_the_pages_before_the_place(packed: bool) -> None:
    content = warc_of(*PAGES, packed=packed)
    starts = [len(warc_of(*PAGES[:number], packed=packed)) for number in range(len(PAGES) + 1)]
    for cut in range(1, len(content), 7):
        found = read("a.warc", content[:cut])
        whole = sum(1 for start in starts[1:] if start - (0 if packed else 4) <= cut)
        pages = [one for one in found if isinstance(one, Unpacked)]
        damage = [one.offset for one in found if isinstance(one, Refused)]

        assert len(pages) == sum(PAGES[number][1] is not PAGES[2][1] for number in range(whole)), cut
        assert damage in ([starts[whole]], [])
        assert damage or cut - starts[whole] in range(-4, 1)


@given(at=st.integers(0, 2_000), change=st.binary(max_size=5), packed=st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_file_that_was_changed_anywhere_is_read_or_refused(at: int, change: bytes, packed: bool) -> None:
    content = bytearray(warc_of(*PAGES, packed=packed))
    at = min(at, len(content))
    content[at : at + len(change)] = change
    for one in read("a.warc", bytes(content)):
        if isinstance(one, Refused):
            assert one.offset >= 0
            assert one.offset + one.length <= len(content)


@given(noise=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_an_arc_file_with_any_bytes_in_it_is_read_or_refused(noise: bytes) -> None:
    start = b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 8\n1 0 a\nx\n\n"
    answer = b"HTTP/1.0 200 OK\nContent-Type: text/html\n\n<p>Hello, town"
    page = b"http://x.example/ 192.0.2.1 20200101000000 text/html %d\n%s\n" % (len(answer), answer)
    found = read("a.arc", start + page + noise)

    assert any(isinstance(one, Unpacked) and one.content == b"<p>Hello, town" for one in found)


def test_a_record_that_claims_to_be_enormous_is_refused_before_it_is_unpacked() -> None:
    record = warc_of(PAGES[0], packed=False).replace(b"Content-Length: ", b"Content-Length: 99999999999")
    (refused, *_) = read("a.warc.gz", gzip.compress(record))

    assert "more than are taken" in refused.error.what


def test_answers_of_a_platform_in_json_are_its_items() -> None:
    body = b'{"id_str":"7","full_text":"Snow day","created_at":"Wed Sep 09 12:00:00 +0000 2020"}'
    content = warc_of(("https://api.x.example/7", b"Content-Type: application/json\r\n", body), packed=True)
    (unpacked,) = [one for one in read("a.warc.gz", content, "x") if isinstance(one, Unpacked)]

    assert [item.normalised.text for item in unpacked.items] == ["Snow day"]
    assert not [one for one in read("a.warc.gz", content) if isinstance(one, Unpacked | Said)]


class Trickling(io.BytesIO):
    """A file that gives two bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 2))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_page_is_one_wherever_the_blocks_end_in_which_its_file_is_read(packed: bool) -> None:
    found = list(read_warc(Trickling(warc_of(*PAGES, packed=packed))))

    assert [one.status for one in found] == [200] * len(PAGES)


def test_every_page_of_a_file_that_is_larger_than_a_block_is_found() -> None:
    for size in range(7_300, 8_000, 4):
        first = ("https://x.example/", HTML, b"x" * size)
        assert sum(isinstance(one, Unpacked) for one in read("a.warc", warc_of(first, PAGES[3], packed=False))) == 2


def revisit(day: int) -> bytes:
    """A record that says that an answer was what it had been."""
    return (
        f"WARC/1.1\r\nWARC-Type: revisit\r\nWARC-Record-ID: <urn:uuid:{day:032d}>\r\n"
        f"WARC-Date: 2020-02-{day:02}T00:00:00Z\r\nWARC-Target-URI: https://x.example/\r\n"
        "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest\r\nContent-Length: 0\r\n\r\n"
        "\r\n\r\n"
    ).encode()


def test_answers_that_were_what_they_had_been_are_told_with_their_days() -> None:
    content = warc_of(*PAGES, packed=False) + revisit(7) + revisit(5) + revisit(6)
    found = read("a.warc", content)
    (said,) = [one.what for one in found if isinstance(one, Said)]

    assert Counted("revisit records", 3) in found
    assert "Between 2020-02-05T00:00:00.000000Z and 2020-02-07T00:00:00.000000Z" in said
    assert sum(isinstance(one, Unpacked) for one in found) == 3


def test_types_of_records_that_nobody_knows_are_counted_within_bounds() -> None:
    record = warc_of(PAGES[3], packed=False)
    content = b"".join(record.replace(b"Type: response", b"Type: %d%s" % (n, b"x" * 500), 1) for n in range(70))
    counted = [one for one in read("a.warc", content) if isinstance(one, Counted)]

    assert sum(one.number for one in counted) == 70
    assert len(counted) < 60
    assert max(len(one.what) for one in counted) < 120


def test_what_comes_before_damage_is_in_the_archive_with_the_file_as_it_is(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "cut.warc.gz"
    path.write_bytes(warc_of(*PAGES, packed=True)[:-10])
    result = importing.import_file(archive, registered(archive), path, rounds.system_chance())

    assert dict(result.report.new) == {"page": 2}
    assert dict(result.report.refusals) == {"IMPORT_REFUSED": 1}
    assert {view.title for view in views(archive)} == {"Über uns", None}
    assert {view.text for view in views(archive)} >= {"Second page"}
    assert result.act.poll.outcome == "partial"
