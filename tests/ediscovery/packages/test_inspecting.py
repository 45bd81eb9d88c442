"""Packages as the command makes them, and copies that somebody changed: whatever is not the production is named."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import bagit
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from demo.site import BlogSite
from ediscovery.bags import names
from ediscovery.bags.reading import NotAPackageError
from ediscovery.packages import naming
from ediscovery.packages.inspecting import inspect
from ediscovery.packages.sealed import Sealed
from ediscovery.production.checking import unlike
from ediscovery.production.manifest import ProductionManifest
from manifests.console import system_clock
from manifests.notes import SignedNote
from manifests.proofs.vouching import Trust
from manifests.signing import SigningKey, Verifier
from schemas.digest import Digest
from tests.e2e.holdfast import Holdfast
from tests.ediscovery.bags import copied, files, name_again, rewrite
from tests.ediscovery.packages.readers import read_opt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ediscovery.packages.report import PackageReport
    from ediscovery.production.manifest import ManifestRecord


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with two productions, of which there are packages."""
    folder = tmp_path_factory.mktemp("office")
    made = Holdfast(folder / "home").init()
    with BlogSite() as site:
        made.capture(site.feed, "--allow-private-network")
    for words, name in (("budget OR volcano OR buses", "whole"), ("budget", "other")):
        told = made.json("produce", words, "--matter", "Ökonomie ®þ", "--out", str(folder / f"{name}.pdf"))
        made.json("package", told["production"], "--to", str(folder / name))
    return made


@pytest.fixture(scope="module")
def whole(office: Holdfast) -> Path:
    return office.home.with_name("whole")


@pytest.fixture(scope="module")
def other(office: Holdfast) -> Path:
    return office.home.with_name("other")


@pytest.fixture
def package(whole: Path, tmp_path: Path) -> Path:
    """A package that may be changed."""
    return copied(whole, tmp_path / "package")


def inspected(folder: Path, **trust: Any) -> PackageReport:
    return inspect(folder, Trust(at=system_clock(), **trust))


def found(folder: Path) -> set[tuple[str, str | None]]:
    """Code and file of everything that is found."""
    report = inspected(folder)
    all_found = (*report.findings, *(report.production.findings if report.production else ()))
    faults = {(one.code, one.key) for one in all_found if one.severity == "fault"}
    assert report.sound is not bool(faults)
    return faults


def manifest_of(folder: Path) -> ProductionManifest:
    return ProductionManifest.from_bytes((folder / naming.MANIFEST).read_bytes())


def test_a_package_is_whole_and_a_bag_for_others_too(whole: Path):
    report = inspected(whole)
    assert report.sound
    assert [step.verdict for step in report.steps] == ["sound"] * 4
    assert bagit.Bag(str(whole)).validate()
    assert report.production is not None
    assert report.production.bates == str(manifest_of(whole).bates)
    for record in manifest_of(whole).records:
        native = (whole / naming.native(record.native)).read_bytes()
        assert (Digest.of(native), len(native)) == (record.native_sha256, record.native_size)
        assert (whole / naming.text(record)).read_text()


def test_two_packages_of_a_production_say_the_same(office: Holdfast, whole: Path, tmp_path: Path):
    office.json("package", manifest_of(whole).production, "--to", str(tmp_path / "again"))
    for name in files(whole):
        if name.startswith(names.PAYLOAD) and name != naming.SEALED:
            assert (tmp_path / "again" / name).read_bytes() == (whole / name).read_bytes(), name
    assert inspected(tmp_path / "again").sound


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_byte_that_was_changed_anywhere_is_named(whole: Path, data: st.DataObject):
    path = whole / data.draw(st.sampled_from(files(whole)))
    before = path.read_bytes()
    at, flip = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(1, 255))
    try:
        path.write_bytes(before[:at] + bytes([before[at] ^ flip]) + before[at + 1 :])
        assert found(whole)
    finally:
        path.write_bytes(before)


def test_every_file_that_is_removed_is_named(whole: Path, tmp_path: Path):
    for number, name in enumerate(files(whole)):
        changed = copied(whole, tmp_path / str(number))
        (changed / name).unlink()
        if name == names.LAST:
            with pytest.raises(NotAPackageError):
                inspected(changed)
            continue
        assert name in {key for _, key in found(changed)}
        if name.startswith(names.PAYLOAD):
            name_again(changed)
            assert found(changed), f"{name} was left out, and the manifests written anew"
        shutil.rmtree(changed)


def _text(folder: Path) -> Path:
    return folder / naming.text(manifest_of(folder).records[0])


def _first(folder: Path, part: Callable[[Any], str]) -> Path:
    return folder / part(manifest_of(folder).records[0])


def _native(record: ManifestRecord) -> str:
    return naming.native(str(record.native))


CHANGES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a text": (lambda own, _: rewrite(_text(own), lambda was: was + b"not"), "DERIVED_DIFFERS"),
    "a load file": (
        lambda own, _: rewrite(next((own / "data/DATA").glob("*.dat")), lambda was: was.replace(b"post", b"note", 1)),
        "DERIVED_DIFFERS",
    ),
    "the draft": (lambda own, _: rewrite(own / naming.CERTIFICATION, lambda was: was + b" "), "DERIVED_DIFFERS"),
    "a native": (lambda own, _: rewrite(_first(own, _native), lambda was: was + b" "), "PACKAGE_DIFFERS"),
    "a proof": (lambda own, _: rewrite(_first(own, naming.proof), lambda was: was + b" "), "PACKAGE_DIFFERS"),
    "another file": (lambda own, _: (own / "data/NATIVES/more.json").write_bytes(b"{}"), "PACKAGE_DIFFERS"),
    "a text more": (lambda own, _: (own / "data/TEXT/MG9999999.txt").write_bytes(b"x"), "PACKAGE_DIFFERS"),
    "the document": (lambda own, _: rewrite(own / naming.DOCUMENT, lambda was: was + b"\n"), "TRAILING_BYTES"),
    "the list of records": (
        lambda own, _: rewrite(own / naming.MANIFEST, lambda was: was.replace(b"post", b"note", 1)),
        "PACKAGE_DIFFERS",
    ),
    "the document of another production": (
        lambda own, other: shutil.copy(other / naming.DOCUMENT, own / naming.DOCUMENT),
        "PACKAGE_DIFFERS",
    ),
    "the seal of another production": (
        lambda own, other: shutil.copy(other / naming.SEALED, own / naming.SEALED),
        "SEALED_DIFFERS",
    ),
    "whose package it is": (
        lambda own, _: rewrite(own / names.INFO, lambda was: was.replace(b"Identifier: ", b"Identifier: 0", 1)),
        "PACKAGE_DIFFERS",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_together_with_the_manifests_is_named(change: str, package: Path, other: Path):
    make, code = CHANGES[change]
    make(package, other)
    name_again(package)
    assert code in {code for code, _ in found(package)}


def test_a_seal_that_somebody_else_signed_is_refused(package: Path):
    """Whoever makes a ledger of his own may seal what he likes in it, but not under the archive's key."""
    said = Sealed.from_bytes((package / naming.SEALED).read_bytes())
    forger = SigningKey.generate(said.claims.verifier.split("+")[0])
    lines = said.checkpoint.split("\n\n")[0] + "\n"
    forged = msgspec.structs.replace(
        said,
        checkpoint=SignedNote.sign(lines, forger).to_bytes().decode(),
        claims=msgspec.structs.replace(said.claims, verifier=forger.verifier.to_text()),
    )
    published = said.claims.verifier
    (package / naming.SEALED).write_bytes(forged.to_bytes())
    name_again(package)
    report = inspected(package, verifier=Verifier.from_text(published))
    assert not report.sound
    assert [step.verdict for step in report.steps] == ["sound", "sound", "faulty", "sound"]


@pytest.mark.parametrize("field", ["index", "line", "line_path", "path", "entry"])
def test_an_act_that_is_proved_otherwise_is_refused(field: str, package: Path):
    said = json.loads((package / naming.SEALED).read_bytes())
    proved = said["produced"]
    match proved[field]:
        case int(number):
            proved[field] = number + 1
        case [first, *rest]:
            proved[field] = [first[::-1], *rest]
        case []:
            proved[field] = ["0" * 64]
        case str(text):
            proved[field] = text.replace("holdfast", "holdfest", 1)
    (package / naming.SEALED).write_text(json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    name_again(package)
    assert naming.SEALED in {key for _, key in found(package)}


def test_what_another_version_derived_is_not_compared_and_that_is_said(package: Path):
    rewrite(package / names.INFO, lambda was: was.replace(b"holdfast/", b"holdfast/9."))
    rewrite(_text(package), lambda was: was + b"more")
    name_again(package)
    report = inspected(package)
    assert report.sound
    assert [step.verdict for step in report.steps] == ["sound", "sound", "sound", "not checked"]
    assert "another version" in report.to_text()
    (package / "data/more.txt").write_text("What does not belong there does not belong there in any version.")
    name_again(package)
    assert ("PACKAGE_DIFFERS", "data/more.txt") in found(package)


def test_a_receipt_is_that_of_exactly_these_records(whole: Path, other: Path):
    manifest, receipt = manifest_of(whole), manifest_of(whole).receipt
    assert receipt is not None
    assert unlike(receipt, manifest) is None
    for records in (manifest.records[1:], (*manifest.records, manifest.records[0])):
        assert unlike(receipt, msgspec.structs.replace(manifest, records=records))
    first, *rest = manifest.records
    swapped = msgspec.structs.replace(first, matched=rest[0].record)
    assert unlike(receipt, msgspec.structs.replace(manifest, records=(swapped, *rest)))
    assert unlike(receipt, msgspec.structs.replace(manifest, origin="x/y"))
    assert unlike(msgspec.structs.replace(receipt, ledger_size=manifest.ledger_size + 1), manifest)
    another = manifest_of(other).receipt
    assert another is not None
    assert unlike(another, manifest)


@pytest.fixture(scope="module")
def pictured(office: Holdfast, whole: Path) -> Path:
    """The same package, with pictures of its pages."""
    folder = office.home.with_name("pictured")
    office.json("package", manifest_of(whole).production, "--images", "--to", str(folder))
    return folder


def test_each_page_has_a_picture_and_each_record_leads_to_its_own(pictured: Path):
    manifest = manifest_of(pictured)
    assert inspected(pictured).sound
    shown = {path.stem: Image.open(path) for path in (pictured / "data/IMAGES").iterdir()}
    assert set(shown) == {manifest.bates.spell(n) for n in range(manifest.bates.first, manifest.bates.last + 1)}
    for image in shown.values():
        with image:
            assert (image.format, image.mode) in {("TIFF", "1"), ("JPEG", "RGB")}
            inches = [round(side / dots, 1) for side, dots in zip(image.size, image.info["dpi"], strict=True)]
            assert inches == [8.5, 11.0]
            assert image.convert("L").getextrema() == (0, 255) or image.format == "JPEG"
    documents = read_opt((pictured / "data/DATA" / f"{manifest.production}.opt").read_bytes())
    assert [(one[0].key, len(one)) for one in documents] == [
        (one.bates.spell(one.bates.first), one.bates.pages) for one in manifest.records
    ]
    for page in (page for one in documents for page in one):
        assert (pictured / "data" / page.path.replace("\\", "/")).exists()


def test_a_picture_that_lacks_or_is_called_otherwise_is_named(pictured: Path, tmp_path: Path):
    changes = {
        "gone": lambda folder, image: image.unlink(),
        "other": lambda folder, image: image.rename(image.with_suffix(".jpg" if image.suffix == ".tif" else ".tif")),
        "more": lambda folder, image: shutil.copy(image, folder / "data/IMAGES/MG9999999.tif"),
        "list": lambda folder, image: rewrite(next((folder / "data/DATA").glob("*.opt")), lambda was: was[::-1]),
    }
    for name, change in changes.items():
        folder = copied(pictured, tmp_path / name)
        page = manifest_of(folder).records[0].bates
        change(folder, next((folder / "data/IMAGES").glob(f"{page.spell(page.first)}.*")))
        name_again(folder)
        assert {code for code, _ in found(folder)} <= {"PACKAGE_DIFFERS", "DERIVED_DIFFERS"}, name
        assert found(folder), name
