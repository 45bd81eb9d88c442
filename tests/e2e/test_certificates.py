"""A certificate of disposition as its receiver checks it: from the file alone, and where the archive is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.archive import SETTINGS_FILE, settings_text
from schemas.settings import DirectoryPlace
from storage.directory import DirectoryStore
from tests.e2e.holdfast import Holdfast
from tests.ediscovery.disposition.certificates import Destruction, printed, signer_of
from tests.manifests.archives import ORIGIN, Writer
from tests.manifests.officers import Office

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def handed(tmp_path_factory) -> Path:
    """A folder with a certificate, its authority's root, and the archive that it tells of."""
    folder = tmp_path_factory.mktemp("handed")
    home = folder / "home"
    (home / "archive").mkdir(parents=True)
    place = DirectoryPlace()
    text = settings_text(origin=ORIGIN, organisation="Maple Grove USD", timezone="UTC", bates_prefix="MG", place=place)
    (home / SETTINGS_FILE).write_text(text)
    office = Office(writer=Writer(store=DirectoryStore(home / place.path))).hold_ceremony()
    destruction, (signer, root) = Destruction(office=office), signer_of()
    certificate = destruction.certificate()
    pdf = printed(certificate, signer)
    destruction.certify(certificate, pdf)
    (folder / "certificate.pdf").write_bytes(pdf)
    (folder / "root.pem").write_bytes(root)
    (folder / "key").write_text(certificate.claims.verifier)
    return folder


def test_whoever_is_handed_a_certificate_checks_it_without_the_archive(handed: Path, tmp_path: Path):
    key = (handed / "key").read_text()
    stranger = Holdfast(tmp_path / "nowhere")
    answer = stranger.run("verify", str(handed / "certificate.pdf"), "--key", key)
    assert answer.status == 0, answer.out + answer.err
    assert "Certificate of disposition: sound" in answer.out
    assert "90 records of 2016-01 to 2016-03" in answer.out
    assert "jane (records-officer), omar (legal-reviewer)" in answer.out
    assert "– 9. The archive's ledger agrees: 0 checked, not checked (the archive is not here" in answer.out
    said = stranger.json("verify", str(handed / "certificate.pdf"))
    assert said["sound"] is True
    assert said["certified"]["plan"] == "2026-spring"
    wrong = stranger.run("verify", str(handed / "certificate.pdf"), "--key", key.replace("+A", "+B", 1), "--json")
    assert wrong.status != 0


def test_where_the_archive_is_its_ledger_is_asked(handed: Path):
    said = Holdfast(handed / "home").json("verify", str(handed / "certificate.pdf"))
    assert said["steps"][8]["verdict"] == "sound"
    assert said["sound"] is True


def test_an_altered_certificate_is_not_sound(handed: Path, tmp_path: Path):
    content = bytearray((handed / "certificate.pdf").read_bytes())
    content[len(content) // 2] ^= 1
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(content)
    answer = Holdfast(tmp_path / "nowhere").run("verify", str(altered))
    assert answer.status == 7
    assert "NOT SOUND" in answer.out
