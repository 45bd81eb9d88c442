"""A package of records for an archives: what goes and what stays, every byte, names that nobody captured."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tracemalloc

import bagit
import pytest
from lxml import etree

from ediscovery.bags import names
from ediscovery.bags.writing import BagUnwritableError
from ediscovery.sheets import OutputExistsError
from ediscovery.transfer import naming
from ediscovery.transfer.choosing import TransferEmptyError
from ediscovery.transfer.manifest import read_transfer
from ediscovery.transfer.markup import CSIP
from ediscovery.transfer.premis import CHECKED, PACKED
from manifests.proofs import record
from manifests.proofs.file import read_record_proof
from manifests.proofs.vouching import Trust
from schemas.errors import ArchiveError, IntegrityError
from schemas.merkle import root_of
from tests.ediscovery.bags import files
from tests.ediscovery.partitions import Version
from tests.ediscovery.transfer.packages import HOSTILE, MADE, chosen, inspected, office, packed

ON_ANY_SYSTEM = re.compile(r"[A-Za-z0-9-]{1,40}\.[a-z0-9]{2,5}|[A-Za-z0-9]{1,20}")
METS, PREMIS = "{http://www.loc.gov/METS/}", "{http://www.loc.gov/premis/v3}"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return office(tmp_path_factory.mktemp("office") / "home")


@pytest.fixture(scope="module")
def package(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages") / "package"
    packed(archive, folder)
    return folder


def records_of(chosen):
    return [(key, row) for key, rows in chosen.by_partition() for row in rows]


def items_in(folder):
    """The items of a package's records, in their order."""
    names = [name for name in files(folder) if name.endswith("-normalised.json")]
    return [json.loads((folder / name).read_text())["item"] for name in names]


def test_what_is_due_for_transfer_goes_and_nothing_else(archive, package):
    assert sorted(items_in(package)) == sorted([*HOSTILE, "other"])
    assert len(chosen(archive, "us/A", "us/B")) == len(HOSTILE) + 2


def test_permanent_records_go_as_copies_only_where_that_is_asked_for(archive, tmp_path):
    with pytest.raises(TransferEmptyError):
        chosen(archive, "us/KEPT")
    said = packed(archive, tmp_path / "kept", "us/KEPT", permanent=True)
    assert items_in(tmp_path / "kept") == ["image"]
    assert (said.transfer.permanent, said.transfer.records) == (True, 1)
    assert inspected(tmp_path / "kept").sound


@pytest.mark.parametrize("name", ["us/GONE", "us/NONE"])
def test_what_no_schedule_gives_to_an_archives_does_not_go(archive, name):
    with pytest.raises(TransferEmptyError):
        chosen(archive, name, permanent=True)


def test_records_are_in_the_order_of_their_partitions(archive):
    goes = records_of(chosen(archive, "us/A", "us/B"))
    assert goes == sorted(goes)


def test_another_program_finds_the_bag_valid(package):
    bag = bagit.Bag(str(package))
    bag.validate()
    assert bag.info["Source-Organization"] == "X"
    assert set(bag.algorithms) == {"sha256", "sha512"}
    assert len(bag.payload_entries()) == 4 * (len(HOSTILE) + 1) + 4


def test_our_own_check_finds_the_package_sound(package):
    report = inspected(package)
    assert (report.sound, report.findings) == (True, ())
    assert report.records == len(HOSTILE) + 1
    assert [step.checked for step in report.steps] == [len(files(package)) - 2, 40, 9, 1, 1]


def test_every_record_is_whole_and_proved_by_its_own_files(package):
    own = {version.record.id: version.record for version in MADE}
    transfer = read_transfer((package / naming.TRANSFER).read_bytes())
    ids = []
    for number in range(transfer.records):
        parts = {path.name.split("-", 1)[1]: path.read_bytes() for path in package.rglob(f"{number:09d}-*")}
        proof = read_record_proof(parts["proof.json"])
        proved = record.check(proof, parts["native.xml"], Trust(at=transfer.made))
        made = own[proved.record]
        assert parts["native.xml"] == made.native
        assert (parts["normalised.json"], parts["provenance.json"]) == (made.normalised, made.provenance)
        assert proved.vouched.checkpoint == transfer.ledger
        ids.append(proved.record)
    assert root_of(ids) == transfer.records_root


def test_no_file_name_holds_what_was_captured(package):
    assert all(ON_ANY_SYSTEM.fullmatch(segment) for name in files(package) for segment in name.split("/"))
    assert max(map(len, files(package))) < 80
    described = (package / naming.METS).read_bytes() + (package / naming.PREMIS).read_bytes()
    for text in (*HOSTILE, "HYPERLINK", "passwd", "wiki.example"):
        assert text.encode() not in described.replace(b"CONTENT", b"")


def test_a_spreadsheet_shows_every_cell_of_the_index_and_reckons_none(package):
    with (package / naming.INDEX).open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert len(rows) == len(HOSTILE) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r\n"))]
    assert not [cell for row in rows for cell in row if not cell.isprintable()]
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    one = next(cell for cell in cells if "HYPERLINK" in cell["title"])
    assert (one["series"], one["due"], one["disposal"]) == ("us/A", "2026-03-04", "transfer")
    native = package / names.PAYLOAD / one["native"]
    assert native.read_bytes() == MADE[0].record.native
    assert one["record"] == MADE[0].record.id.hex


def test_premis_tells_of_every_native_and_what_was_done_to_it(archive, package):
    tree = etree.parse(str(package / naming.PREMIS))
    objects = tree.findall(f"{PREMIS}object")
    assert len(objects) == 1 + len(HOSTILE) + 1
    kinds = [element.text for element in tree.iter(f"{PREMIS}eventType")]
    assert sorted(kinds) == ["capture", "capture", "fixity check", "ingestion", "ingestion", "transfer"]
    linked = {element.text for element in tree.iter(f"{PREMIS}linkingEventIdentifierValue")}
    assert linked == {element.text for element in tree.iter(f"{PREMIS}eventIdentifierValue")}
    assert f"ingestion-{archive.ledger.history.last_capture['blog'][0]}" in linked
    agents = {element.text for element in tree.iter(f"{PREMIS}linkingAgentIdentifierValue")}
    assert agents == {element.text for element in tree.iter(f"{PREMIS}agentIdentifierValue")}


def test_mets_and_premis_tell_of_nothing_that_the_package_does_not_carry(archive, tmp_path):
    packed(archive, tmp_path / "package", "us/B")  # a page; the same capture saw much else
    folder = tmp_path / "package"
    carried = {hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files(folder)}
    (page,) = (version.record for version in MADE if version.item == "page")
    for name in (naming.METS, naming.PREMIS):
        described = (folder / name).read_text()
        assert set(re.findall(r"\b[0-9a-f]{64}\b", described)) <= {*carried, page.id.hex}, name
        assert "CREATED" in described or "eventType" in described
        for version in MADE:
            assert not any(part.decode() in described for part in (version.record.native, version.record.normalised))
        # what other accounts, other captures and the captured say
        for word in ("wiki", "held", "later", "example", "http://127", "HYPERLINK"):
            assert word not in described, (name, word)
    told = etree.parse(str(folder / naming.PREMIS))
    captures = {poll.text for poll in told.iter(f"{PREMIS}eventIdentifierValue") if poll.text.startswith("capture-")}
    assert len(captures) == 1
    assert len(told.findall(f"{PREMIS}object")) == 2
    entry, act = archive.ledger.history.last_capture["blog"]
    assert {one.text for one in told.iter(f"{PREMIS}eventDetail")} == {
        f"Capture {act.poll.capture} of the account blog, method feed.",
        f"Sealed in entry {entry} of the ledger.",
        CHECKED,
        PACKED,
    }
    assert {one.text for one in told.iter(f"{PREMIS}relationshipType")} == {"structural"}


def test_mets_lists_every_other_file_and_claims_no_profile(package):
    root = etree.parse(str(package / naming.METS)).getroot()
    places = {
        element.get("{http://www.w3.org/1999/xlink}href") for element in root.iter(f"{METS}FLocat", f"{METS}mdRef")
    }
    payload = {name.removeprefix(names.PAYLOAD) for name in files(package) if name.startswith(names.PAYLOAD)}
    assert places == payload - {"METS.xml"}
    assert root.get("PROFILE") is None
    assert root.get(f"{{{CSIP}}}CONTENTINFORMATIONTYPE") == "OTHER"


def test_a_folder_that_is_there_stays_as_it_is(archive, package, tmp_path):
    before = files(package)
    with pytest.raises(OutputExistsError, match="another name") as refused:
        packed(archive, package)
    assert "draft" not in refused.value.do
    assert files(package) == before
    (tmp_path / "draft").mkdir()
    with pytest.raises(OutputExistsError, match="draft"):
        packed(archive, tmp_path / "draft")
    with pytest.raises(BagUnwritableError):
        packed(archive, tmp_path / "none" / "package")


def test_a_package_that_cannot_be_finished_is_not_left_behind(tmp_path):
    archive = office(tmp_path / "home")
    goes = [key for key, _ in chosen(archive, "us/A").by_partition()]
    damaged = archive.home / "archive" / goes[-1]
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x00")
    with pytest.raises(IntegrityError) as refused:
        packed(archive, tmp_path / "package")
    assert isinstance(refused.value, ArchiveError)
    assert not (tmp_path / "package").exists()


@pytest.mark.long
def test_ten_thousand_records_are_packed_and_checked_in_the_memory_of_a_few(tmp_path):
    versions = [Version(f"{one}", text="text " * 20, created=0, salt=one) for one in range(10_000)]
    archive = office(tmp_path / "home", versions, rows=500)
    del versions
    peaks = []
    tracemalloc.start()
    said = packed(archive, tmp_path / "package")
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.reset_peak()
    assert inspected(tmp_path / "package").sound
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert said.transfer.records == 10_000
    assert max(peaks) < 10_000_000 < said.octets / 5
