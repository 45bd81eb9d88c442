"""What was found is looked through, some of it is withheld, and nothing of that is anywhere in what is handed over."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pikepdf
import pytest

from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def review(desk: Holdfast, tmp_path: Path) -> Path:
    """A review of every comment and post about the budget."""
    told = desk.json("review", "type:post OR type:comment", "--into", str(tmp_path / "review"))
    assert told["records"] > 8
    return tmp_path / "review"


def rows_of(review: Path) -> list[dict[str, str]]:
    with (review / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        return list(csv.DictReader(file, delimiter=";" if ";" in head else ","))


def decide(review: Path, decided: Mapping[str, tuple[str, str, str]], *, otherwise: str = "produce") -> None:
    """Decide as a person does in a spreadsheet, records by their ids; it is saved with semicolons, as in Europe."""
    rows = rows_of(review)
    for row in rows:
        row["decision"], row["reason"], row["description"] = decided.get(row["record"], (otherwise, "", ""))
    with (review / "review.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0], delimiter=";")
        table.writeheader()
        table.writerows(rows)


def everything_in(pdf: Path) -> bytes:
    """All bytes of a PDF, and of all its streams decoded."""
    found = [pdf.read_bytes()]
    with pikepdf.open(pdf) as opened:
        for one in opened.objects:
            if isinstance(one, pikepdf.Stream):
                try:
                    found.append(one.read_bytes())
                except (pikepdf.PdfError, zlib.error):
                    found.append(one.read_raw_bytes())
    return b"\0".join(found)


def test_what_is_withheld_has_a_page_and_is_nowhere_else(desk: Holdfast, review: Path, tmp_path: Path):
    comment = next(row for row in rows_of(review) if row["kind"] == "comment" and len(row["text"]) > 30)
    decide(review, {comment["record"]: ("withhold", "attorney-client", "A comment about counsel")})
    out, package = tmp_path / "out.pdf", tmp_path / "package"
    made = desk.json("produce", "--review", str(review), "--matter", "M", "--out", str(out))
    assert (made["records"], made["withheld"]) == (len(rows_of(review)) - 1, 1)
    desk.json("package", made["production"], "--to", str(package))
    # Not a word of it is in any byte, wherever it stands: in pages, conversations, natives, lists, proofs.
    words = comment["text"].encode()
    handed = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    handed[out] = everything_in(out)
    for sign in (words, words[:25], comment["author"].encode() if comment["author"] else words):
        others = [row for row in rows_of(review) if row["author"] == comment["author"]]
        if sign.startswith(words[:25]) or len(others) == 1:
            assert [path for path, content in handed.items() if sign in content] == []
    told = json.loads((package / "data/production.json").read_bytes())
    assert told["query_words"].startswith("type:(post OR comment), each item's latest version")
    # Its page and its line in the list are all.
    with (package / "data/DATA/withheld.csv").open(encoding="utf-8-sig") as file:
        (listed,) = csv.DictReader(file)
    assert (listed["REASON"], listed["DESCRIPTION"], listed["LEAF_HASH"]) == (
        "attorney-client", "A comment about counsel", comment["record"],
    )  # fmt: skip
    stranger = Holdfast(tmp_path / "nowhere")
    assert stranger.json("verify", str(package))["sound"]
    checker = [sys.executable, "-I", package / "data/verify.py", "--json"]
    told = json.loads(subprocess.run(checker, stdout=subprocess.PIPE, check=True).stdout)
    assert (told["sound"], len(told["records"])) == (True, made["records"])
    assert any(notice.startswith("1 record(s) that the search found are withheld") for notice in told["notices"])
    assert desk.json("repeat", str(package / "data/receipt.json"))["same"] is True
    assert desk.json("verify")["findings"] == []


def test_nothing_is_produced_before_all_is_decided(desk: Holdfast, review: Path, tmp_path: Path):
    given = ("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"))
    entries = desk.json("status")["entries"]
    undecided = desk.run(*given, "--json")
    assert (undecided.status, undecided.json["error"]["code"]) == (2, "UNDECIDED")
    decide(review, {rows_of(review)[0]["record"]: ("maybe", "", "")})
    assert desk.run(*given, "--json").json["error"]["code"] == "TABLE_UNREADABLE"
    decide(review, {}, otherwise="withhold")
    assert desk.run(*given, "--json").json["error"]["code"] == "TABLE_UNREADABLE"
    both = desk.run("produce", "budget", "--review", str(review), "--matter", "M")
    assert (both.status, "leave out the search" in both.err) == (2, True)
    assert desk.json("status")["entries"] == entries
    assert not (tmp_path / "out.pdf").exists()


def test_what_is_captured_meanwhile_is_not_in_it(office: Holdfast, desk: Holdfast, review: Path, tmp_path: Path):
    from demo.site import BlogSite  # noqa: PLC0415

    with BlogSite() as site:
        desk.json("account", "register", site.feed, "--name", "later", "--allow-private-network")
        desk.capture("later")
    decide(review, {})
    made = desk.json("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"))
    assert (made["records"], made["withheld"]) == (len(rows_of(review)), 0)
    assert desk.json("search", "type:post OR type:comment")["total"] > made["records"]
