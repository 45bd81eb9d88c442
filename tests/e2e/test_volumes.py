"""What was found is handed over in volumes: each stands by itself, and says what is in the others."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.e2e.holdfast import Holdfast
from tests.e2e.test_redactions import holding
from tests.e2e.test_reviews import decide, rows_of

if TYPE_CHECKING:
    from pathlib import Path

MOST = 5


@pytest.fixture
def desk(office: Holdfast, tmp_path: Path) -> Holdfast:
    """A copy of the office, which puts few records into a volume."""
    shutil.copytree(office.home, tmp_path / "home")
    settings = tmp_path / "home/holdfast.toml"
    settings.write_text(settings.read_text().replace("[production]", f"[production]\nvolume = {MOST}", 1))
    return Holdfast(tmp_path / "home")


def manifest_in(package: Path) -> dict:
    return json.loads((package / "data/production.json").read_bytes())


def test_each_volume_stands_by_itself_and_all_are_what_was_found(desk: Holdfast, tmp_path: Path):
    review = tmp_path / "review"
    desk.json("review", "type:post OR type:comment", "--into", str(review))
    rows = rows_of(review)
    decide(review, {rows[1]["record"]: ("withhold", "attorney-client", "")})
    comment = [row for row in rows if row["kind"] == "comment" and len(row["text"]) > 20][-1]
    words = " ".join(comment["text"].split()[:4]).strip(".,!?")
    writer = next(row["author"] for row in rows if row["kind"] == "comment" and row["author"] != comment["author"])
    with (review / "redactions.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("words", words, "FERPA", comment["record"]))
        csv.writer(file).writerow(("person", writer, "FERPA", ""))
    made = desk.json("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"))
    count = -(-(len(rows) - 1) // MOST)
    assert (made["records"], made["withheld"]) == (len(rows) - 1, 1)
    assert made["redacted"] >= 2
    documents = [tmp_path / f"out-{number}.pdf" for number in range(1, count + 1)]
    assert [one["file"] for one in made["volumes"]] == [*map(str, documents)]
    assert [one["withheld"] for one in made["volumes"]] == [0] * (count - 1) + [1]
    stranger, here, packages = Holdfast(tmp_path / "nowhere"), [], []
    for number, one in enumerate(made["volumes"], 1):
        package = tmp_path / f"package-{number}"
        packages.append(package)
        desk.json("package", one["production"], "--to", str(package))
        report = stranger.json("verify", str(package))
        assert report["sound"]
        volume = manifest_in(package)["volume"]
        assert report["production"]["volume"].startswith(f"{number} of {count}: {len(volume['elsewhere'])} records")
        checker = [sys.executable, "-I", package / "data/verify.py", "--json"]
        told = json.loads(subprocess.run(checker, stdout=subprocess.PIPE, check=True).stdout)
        assert any(words.startswith(f"This is volume {number} of {count}") for words in told["notices"])
        assert (package / "data/README.txt").read_text().count(f"VOLUME {number} OF {count}") == 1
        own = manifest_in(package)
        here.append({one["record"] for one in (*own["records"], *own.get("withheld", []))})
        # Whoever has one volume knows which records are in which other.
        assert {one["record"] for one in volume["elsewhere"]} == {row["record"] for row in rows} - here[-1]
    for package, own in zip(packages, here, strict=True):
        for one in manifest_in(package)["volume"]["elsewhere"]:
            assert one["record"] in here[one["volume"] - 1]
            assert one["record"] not in own
    # Numbers go on, and what is redacted in one volume is in no other's conversations.
    ranges = [manifest_in(package)["bates"] for package in packages]
    assert all(one["last"] + 1 == two["first"] for one, two in pairwise(ranges))
    signs = [words.encode(), writer.encode()]
    assert {sign for sign, _ in holding(signs, review)} == {*signs}
    assert holding(signs, *documents, *packages) == []
    # What platforms answered is handed over with none of them: what is held back in one may be in another's.
    for one in made["volumes"]:
        given = ("package", one["production"], "--to", str(tmp_path / "more"), "--exchanges", "--json")
        assert desk.run(*given).json["error"]["code"] == "EXCHANGES_WITHHELD"
    assert desk.json("repeat", str(packages[0] / "data/receipt.json"))["same"] is True
    assert len(desk.json("productions")["productions"]) == count + 1  # that of the office, too
    assert desk.json("verify")["findings"] == []


def test_what_cannot_be_handed_over_in_one_volume_stops_all_before_anything_is_numbered(desk: Holdfast, tmp_path: Path):
    review = tmp_path / "review"
    desk.json("review", "type:post OR type:comment", "--into", str(review))
    rows = rows_of(review)
    decide(review, {})
    entries = desk.json("status")["entries"]
    given = ("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"), "--json")
    with (review / "redactions.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("words", "xyzzy plugh", "FERPA", rows[-1]["record"]))
    assert desk.run(*given).json["error"]["code"] == "TABLE_UNREADABLE"
    (review / "redactions.csv").write_text("what,value,reason,record\nwords,comment,FERPA,\n")
    refused = desk.run(*given).json["error"]
    assert (refused["code"], "the search" in refused["what"]) == ("REDACTED_IN_SEARCH", True)
    assert desk.json("status")["entries"] == entries
    assert list(tmp_path.glob("out*")) == []
