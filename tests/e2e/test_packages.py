"""A request from its opening to the package that is handed over, as an office and its receiver use it."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(office: Holdfast, tmp_path: Path) -> Holdfast:
    """A copy of the office, in which a request is open."""
    shutil.copytree(office.home, tmp_path / "home")
    desk = Holdfast(tmp_path / "home")
    about = ("--title", "Buses and roofs", "--requester", "A. Citizen", "--jurisdiction", "ma-prl")
    desk.json("matter", "open", "request-14", "--kind", "request", "--received", "2026-03-02", *about)
    return desk


def test_a_request_is_produced_packed_checked_and_repeated(desk: Holdfast, tmp_path: Path):
    made = desk.json("produce", "budget OR buses", "--matter", "request-14", "--out", str(tmp_path / "out.pdf"))
    shown = desk.json("matter", "show", "request-14")
    assert [(one["production"], one["records"]) for one in shown["productions"]] == [
        (made["production"], made["records"])
    ]
    assert f"Production {made['production']}: {made['records']} records" in desk.run("matter", "show", "request-14").out
    assert "in the matter request-14" in desk.run("log", "--limit", "1").out
    (listed,) = desk.json("productions", "--matter", "request-14")["productions"]
    assert (listed["production"], listed["records"], listed["destroyed"]) == (
        made["production"],
        made["records"],
        False,
    )
    assert len(desk.json("productions")["productions"]) == 2
    assert f"{made['production']}  " in desk.run("productions").out
    package = tmp_path / "request-14"
    told = desk.json("package", made["production"], "--to", str(package))
    assert told["bates"] == made["bates"]
    # Its receiver, who has nothing but the package:
    stranger = Holdfast(tmp_path / "nowhere")
    report = stranger.json("verify", str(package))
    assert (report["sound"], report["production"]["matter"]) == (True, "request-14: Buses and roofs")
    with (package / f"data/DATA/{made['production']}.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == made["records"]
    for row in rows:
        assert (package / "data" / row["NATIVEPATH"].replace("\\", "/")).exists()
        assert (package / "data" / row["TEXTPATH"].replace("\\", "/")).exists()
    assert "A. Citizen" in (package / "data/README.txt").read_text()
    # It is one file, too.
    desk.json("package", made["production"], "--to", str(tmp_path / "request-14.zip"))
    assert stranger.json("verify", str(tmp_path / "request-14.zip"))["sound"]
    # An auditor, who has the archive:
    repeated = desk.json("repeat", str(package / "data/receipt.json"))
    assert repeated["same"] is True
    assert desk.json("verify")["findings"] == []


def test_what_cannot_be_packed_is_said(desk: Holdfast, tmp_path: Path):
    unknown = desk.run("package", "0123", "--to", str(tmp_path / "x"), "--json")
    assert (unknown.status, unknown.json["error"]["code"]) == (2, "PRODUCTION_UNKNOWN")
    assert not (tmp_path / "x").exists()
    (name,) = {line.split()[-1] for line in desk.run("log").out.splitlines() if "given to production" in line}
    (tmp_path / "taken").mkdir()
    taken = desk.run("package", name, "--to", str(tmp_path / "taken"), "--json")
    assert (taken.status, taken.json["error"]["code"]) == (2, "OUTPUT_EXISTS")
    nowhere = desk.run("package", name, "--to", str(tmp_path / "no" / "where"), "--json")
    assert (nowhere.status, nowhere.json["error"]["code"]) == (5, "BAG_UNWRITABLE")
    nothing = desk.run("verify", str(tmp_path / "taken"), "--json")
    assert (nothing.status, nothing.json["error"]["code"]) == (2, "NOT_A_PACKAGE")


def test_a_production_in_words_is_in_no_matter(desk: Holdfast, tmp_path: Path):
    desk.json("produce", "volcano", "--matter", "request-15", "--out", str(tmp_path / "out.pdf"))
    assert desk.json("matter", "show", "request-14")["productions"] == []
    assert "in the matter" not in desk.run("log", "--limit", "1").out
