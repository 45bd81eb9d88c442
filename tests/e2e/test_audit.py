"""Audits as an auditor asks for them: kept and gone on from, sampled, resumed, with a signed report in two forms."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


def key_of(office: Holdfast) -> str:
    """The archive's published key."""
    return office.json("status")["checkpoint_key"]


def steps(report: dict) -> dict[int, str]:
    """The verdict of each step."""
    return {step["number"]: step["verdict"] for step in report["steps"]}


def test_an_auditor_keeps_what_the_next_audit_goes_on_from(office: Holdfast, tmp_path: Path):
    kept = tmp_path / "kept.json"
    first = office.json("verify", "--keep", str(kept))
    assert first["mode"] == "full"
    assert first["read"] == first["objects"] > 0
    assert steps(first)[11] == "not checked"
    second = office.json("verify", "--since", str(kept), "--keep", str(kept))
    assert second["mode"] == "incremental"
    assert steps(second)[2] == steps(second)[11] == "sound"
    assert second["read"] == 0
    assert "that the audit of" in office.run("verify", "--since", str(kept)).out


def test_a_sample_can_be_drawn_again_by_its_seed(office: Holdfast):
    drawn = office.json("verify", "--sample", "2")
    again = office.json("verify", "--sample", "2", "--seed", drawn["sample"]["seed"])
    assert drawn == again
    assert drawn["sample"]["confidence"] == 950_000
    few = office.json("verify", "--tolerate", "0.5", "--confidence", "0.75")
    assert few["sample"]["objects"] == 2


def test_a_signed_report_is_checked_without_the_archive_and_its_pdf_carries_it(office: Holdfast, tmp_path: Path):
    plain, pdf = tmp_path / "audit.json", tmp_path / "audit.pdf"
    key = key_of(office)
    office.json("verify", "--key", key, "--report", str(plain), "--report", str(pdf))
    elsewhere = Holdfast(tmp_path / "nowhere")
    said = elsewhere.json("verify", str(plain), "--key", key)
    assert said["signed_by"] == key
    assert said["statement"]["sound"] is True
    assert said["statement"]["auditor"] == "clerk@office"
    with pikepdf.open(pdf) as opened:
        assert bytes(opened.attachments["audit.json"].get_file().read_bytes()) == plain.read_bytes()
    (signature,) = PdfFileReader(io.BytesIO(pdf.read_bytes())).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[], allow_fetching=False))
    assert (status.intact, status.valid) == (True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    stranger = elsewhere.run("verify", str(plain), "--key", other_key(tmp_path), "--json")
    assert (stranger.status, stranger.json["error"]["code"]) == (7, "NOTE_UNSIGNED")
    keyless = elsewhere.run("verify", str(plain), "--json")
    assert (keyless.status, keyless.json["error"]["code"]) == (2, "REPORT_KEY_MISSING")


def other_key(folder: Path) -> str:
    """The key of another archive."""
    other = Holdfast(folder / "other").init()
    return key_of(other)


def test_a_report_is_also_written_when_the_archive_is_not_sound(office: Holdfast, tmp_path: Path):
    broken = Holdfast(tmp_path / "home")
    shutil.copytree(office.home, broken.home)
    (broken.home / "archive" / "ledger" / f"{2:020d}.entry").unlink()
    plain, pdf, kept = (tmp_path / name for name in ("audit.json", "audit.pdf", "kept.json"))
    arguments = ("--report", str(plain), "--report", str(pdf), "--keep", str(kept))
    answer = broken.run("verify", *arguments, "--json")
    assert answer.status == 7
    assert answer.json["sound"] is False
    assert not kept.exists()
    assert broken.run("verify", str(plain), "--key", key_of(office)).status == 7
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_an_outsider_signs_with_a_key_of_their_own(office: Holdfast, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(office.home / "archive", copy)
    auditor = Holdfast(tmp_path / "auditor")
    plain, pem = tmp_path / "audit.json", tmp_path / "auditor.pem"
    arguments = ("verify", "--store", str(copy), "--key", key_of(office), "--report", str(plain))
    assert auditor.run(*arguments, "--json").json["error"]["code"] == "REPORT_UNSIGNED"
    answer = auditor.run(*arguments, "--signing-key", str(pem))
    assert answer.status == 0
    (signed_by,) = [line.split()[-1] for line in answer.out.splitlines() if line.startswith("  Signed by")]
    assert signed_by.startswith("clerk@office+")
    assert pem.stat().st_mode & 0o077 == 0
    assert auditor.json("verify", str(plain), "--key", signed_by)["statement"]["report"]["mode"] == "full"


def test_an_audit_that_is_done_leaves_nothing_to_resume(office: Holdfast, tmp_path: Path):
    state = tmp_path / "state"
    assert office.json("verify", "--resume", str(state))["sound"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("gone", ["ledger", "."])
def test_an_archive_without_a_ledger_is_not_sound(office: Holdfast, tmp_path: Path, gone: str):
    shutil.copytree(office.home, tmp_path / "home")
    shutil.rmtree(tmp_path / "home" / "archive" / gone)
    answer = Holdfast(tmp_path / "home").run("verify")
    assert (answer.status, "LEDGER_MISSING" in answer.out) == (7, True)
    assert Holdfast(tmp_path / "home").run("verify", "--store", str(tmp_path / "typo")).status == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--sample", "3", "--keep", "kept.json"), "AUDIT_OPTIONS"),
        (("--sample", "3", "--tolerate", "0.1"), "AUDIT_OPTIONS"),
        (("--seed", "x"), "AUDIT_OPTIONS"),
        (("--replica", "vault", "--report", "x.json"), "AUDIT_OPTIONS"),
        (("--tolerate", "7"), "SAMPLE_UNUSABLE"),
        (("--report", "audit.txt"), "REPORT_UNSIGNED"),
        (("--report", "pyproject.toml"), "OUTPUT_EXISTS"),
        (("--since", "README.md"), "KEPT_UNREADABLE"),
        (("--resume", "README.md"), "RESUME_UNUSABLE"),
        (("--resume", "/nonexistent/state"), "RESUME_UNUSABLE"),
        (("--key", "nonsense"), "KEY_MALFORMED_OR_LOCKED"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(office: Holdfast, arguments: tuple, code: str):
    answer = office.run("verify", *arguments, "--json")
    assert answer.status == 2
    assert answer.json["error"]["code"] == code
