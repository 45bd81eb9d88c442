"""An export as an officer imports it: the report, the search, the audit, and what is refused by name."""

from __future__ import annotations

import csv
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.archiver.imports.exports.x import X_ARCHIVE
from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path) -> Holdfast:
    made = Holdfast(tmp_path / "home").init()
    made.register("https://x.com/district", "district-x", "--platform", "x")
    return made


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An archive of X, of which one file is cut off."""
    path = tmp_path / "twitter-2026.zip"
    files = {**X_ARCHIVE.files, "data/follower.js": X_ARCHIVE.files["data/follower.js"][:-20]}
    with zipfile.ZipFile(path, "w") as file:
        for name, body in files.items():
            file.writestr(name, body)
        file.writestr("../../evil", b"x")
    return path


def test_an_export_is_imported_reported_found_and_verified(office: Holdfast, export: Path, tmp_path: Path) -> None:
    table = tmp_path / "report.csv"
    answer = office.run("import", "district-x", str(export), "--report", str(table))

    assert answer.status == 0, answer.err
    assert "an archive of X" in answer.out
    assert "≠ data/tweets-part1.js: posts, 1 found, 1 new; the export says 2" in answer.out
    assert "(IMPORT_NAME_UNSAFE)" in answer.out
    assert "(IMPORT_REFUSED)" in answer.out
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["path"] for row in rows} == {*X_ARCHIVE.files, "../../evil"}
    assert {row["code"] for row in rows if row["code"]} == {"IMPORT_NAME_UNSAFE", "IMPORT_REFUSED"}
    assert sum(int(row["new"] or 0) for row in rows) == 7
    assert not list(tmp_path.rglob("evil"))
    (hit,) = office.json("search", "mistake")["hits"]
    assert hit["item"] == "1300000000000000002"
    assert office.run("verify").status == 0
    again = office.json("import", "district-x", str(export))
    assert again["totals"]["new"] == {}
    assert again["totals"]["refused"] == {"IMPORT_NAME_UNSAFE": 1, "IMPORT_REFUSED": 1}


def test_what_is_of_another_platform_or_cannot_be_reported_changes_nothing(
    office: Holdfast, export: Path, tmp_path: Path
) -> None:
    office.register("https://www.linkedin.com/company/d", "district-in", "--platform", "linkedin")
    entries = len(office.objects())
    for arguments, code in (
        (("district-in", str(export)), "IMPORT_MISMATCHED"),
        (("district-x", str(export), "--report", str(tmp_path / "report.pdf")), "REPORT_KIND"),
        (("nobody", str(export)), "ACCOUNT_UNKNOWN"),
    ):
        answer = office.run("import", *arguments, "--json")
        assert answer.status == 2
        assert json.loads(answer.out)["error"]["code"] == code
    assert len(office.objects()) == entries


def test_a_folder_that_holds_nothing_that_is_read_is_refused(office: Holdfast, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    answer = office.run("import", "district-x", str(folder), "--json")

    assert (answer.status, answer.json["error"]["code"]) == (2, "IMPORT_REFUSED")


def test_an_export_of_which_nothing_is_read_is_kept_and_that_is_said(office: Holdfast, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "start_here.html").write_bytes(b"<html></html>")
    answer = office.run("import", "district-x", str(folder))

    assert answer.status == 0
    assert "Nothing in it was read" in answer.out
    assert "1 file kept whole, not read" in answer.out
