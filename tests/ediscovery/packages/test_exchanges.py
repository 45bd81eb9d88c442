"""What platforms answered, taken out of the archive for a package: the same bytes, which others find and replay."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from urllib3 import ProxyManager
from warcio.archiveiterator import ArchiveIterator

from demo.site import BlogSite
from ediscovery.packages import naming
from ediscovery.packages.wacz import surt
from ediscovery.production.manifest import ProductionManifest
from manifests.proofs.file import read_record_proof
from schemas.record import Normalised, Provenance
from tests.e2e.holdfast import Holdfast
from tests.lanes.pywb import replaying

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with a production, of which there is a package with exchanges."""
    folder = tmp_path_factory.mktemp("office")
    made = Holdfast(folder / "home").init()
    with BlogSite() as site:
        made.capture(site.feed, "--allow-private-network")
    told = made.json("produce", "budget OR volcano", "--matter", "M", "--out", str(folder / "out.pdf"))
    made.json("package", told["production"], "--exchanges", "--to", str(folder / "package"))
    return made


@pytest.fixture(scope="module")
def package(office: Holdfast) -> Path:
    return office.home.with_name("package")


@pytest.fixture(scope="module")
def wacz(package: Path) -> dict[str, bytes]:
    """The files in the WACZ."""
    with zipfile.ZipFile(package / naming.EXCHANGES) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def answers(wacz: dict[str, bytes]) -> dict[str, bytes]:
    """The bodies of all answers by the ids of their records, as warcio reads them."""
    records = ArchiveIterator(io.BytesIO(wacz["archive/data.warc.gz"]), check_digests="raise")
    return {
        record.rec_headers.get_header("WARC-Record-ID").strip("<>"): record.content_stream().read()
        for record in records
        if record.rec_type == "response"
    }


def test_every_native_is_cut_out_of_an_answer_that_is_here(package: Path, wacz: dict[str, bytes]):
    found = answers(wacz)
    manifest = ProductionManifest.from_bytes((package / naming.MANIFEST).read_bytes())
    media = 0
    for record in manifest.records:
        proof = read_record_proof((package / naming.proof(record)).read_bytes())
        source = Provenance.from_bytes(proof.provenance.encode()).source
        native = (package / naming.native(record.native)).read_bytes()
        assert found[source.exchange.strip("<>")][source.offset : source.offset + source.length] == native
        for one in Normalised.from_bytes(proof.normalised.encode()).attachments:
            if one.exchange:
                media += 1
                assert hashlib.sha256(found[one.exchange.strip("<>")]).hexdigest() == str(one.sha256)
    assert media


def test_nothing_else_is_handed_over(office: Holdfast, package: Path, wacz: dict[str, bytes]):
    """Of a capture only those exchanges are taken that a record names, with their requests."""
    (captured,) = (path for path in office.objects() if path.name.endswith(".warc.gz"))
    with captured.open("rb") as file:
        everything = list(ArchiveIterator(file))
    taken = list(ArchiveIterator(io.BytesIO(wacz["archive/data.warc.gz"])))
    assert 0 < len(taken) < len(everything)
    assert {one.rec_type for one in taken} == {"warcinfo", "request", "response"}
    assert len([one for one in taken if one.rec_type == "request"]) == len(answers(wacz))


def test_it_is_a_wacz_whose_digests_and_places_are_so(wacz: dict[str, bytes]):
    package = json.loads(wacz["datapackage.json"])
    assert (package["profile"], package["wacz_version"]) == ("data-package", "1.1.1")
    said = json.loads(wacz["datapackage-digest.json"])
    assert said["hash"] == f"sha256:{hashlib.sha256(wacz['datapackage.json']).hexdigest()}"
    assert {one["path"] for one in package["resources"]} == {name for name in wacz if "/" in name}
    for one in package["resources"]:
        content = wacz[one["path"]]
        assert (one["bytes"], one["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    lines = wacz["indexes/index.cdx"].decode().splitlines()
    assert lines == sorted(lines)
    for line in lines:
        key, _, about = line.split(" ", 2)
        one = json.loads(about)
        assert key == surt(one["url"])
        start = int(one["offset"])
        member = wacz["archive/data.warc.gz"][start : start + int(one["length"])]
        assert f"WARC-Target-URI: {one['url']}".encode() in gzip.decompress(member)
    pages = [json.loads(line) for line in wacz["pages/pages.jsonl"].splitlines()]
    assert pages[0]["format"] == "json-pages-1.0"
    assert {page["url"] for page in pages[1:]} <= {json.loads(line.split(" ", 2)[2])["url"] for line in lines}


def test_two_packages_have_the_same_exchanges_and_both_are_sound(office: Holdfast, package: Path, tmp_path: Path):
    manifest = ProductionManifest.from_bytes((package / naming.MANIFEST).read_bytes())
    office.json("package", manifest.production, "--exchanges", "--to", str(tmp_path / "again"))
    assert (tmp_path / "again" / naming.EXCHANGES).read_bytes() == (package / naming.EXCHANGES).read_bytes()
    assert Holdfast(tmp_path / "nowhere").json("verify", str(tmp_path / "again"))["sound"]


def test_pywb_replays_what_the_platform_answered(wacz: dict[str, bytes], tmp_path: Path):
    (tmp_path / "data.warc.gz").write_bytes(wacz["archive/data.warc.gz"])
    records = ArchiveIterator(io.BytesIO(wacz["archive/data.warc.gz"]))
    shown = {
        record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
        for record in records
        if record.rec_type == "response"
    }
    with replaying(tmp_path / "data.warc.gz", tmp_path) as proxy, ProxyManager(proxy) as client:
        for url, body in shown.items():
            # Into the head of a page pywb writes its own banner.
            start, head, rest = body.partition(b"<head>")
            replayed = client.request("GET", url).data
            assert replayed == body or (head and replayed.startswith(start + head) and replayed.endswith(rest)), url


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.com/A?b=C d", "com,example,www)/a?b=c%20d"),
        ("http://127.0.0.1:8080/feed.xml", "127.0.0.1:8080)/feed.xml"),
        ("https://example.com", "com,example)/"),
        ("http://example.com:99999/", "com,example)/"),
        ("http://[::1]/x", "::1)/x"),
    ],
)
def test_addresses_are_sorted_by_their_hosts_from_behind(url: str, key: str):
    assert surt(url) == key
