"""Words, a person and a field are redacted, are in no byte of what is handed over, and one part is disclosed later."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pikepdf
import pytest

from tests.e2e.holdfast import Holdfast
from tests.e2e.test_reviews import decide, everything_in, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.fixture
def review(desk: Holdfast, tmp_path: Path) -> Path:
    """A review of every comment and post, all of which are produced."""
    desk.json("review", "type:post OR type:comment", "--into", str(tmp_path / "review"))
    decide(tmp_path / "review", {})
    return tmp_path / "review"


def redact(review: Path, *rows: tuple[str, str, str, str]) -> None:
    """Fill in the table as a person does, who leaves its columns where they are."""
    path = review / "redactions.csv"
    assert path.read_text(encoding="utf-8-sig").strip() == "what,value,reason,record"
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def holding(signs: Iterable[bytes], *places: Path) -> list[tuple[bytes, str]]:
    """Which signs are in which files, also within what is compressed in a PDF, in capitals or not."""
    paths = [path for place in places for path in (place.rglob("*") if place.is_dir() else [place]) if path.is_file()]
    found = []
    for path in paths:
        content = (everything_in(path) if path.suffix == ".pdf" else path.read_bytes()).lower()
        found += [(sign, path.name) for sign in signs if sign.lower() in content]
    return found


def jpegs_in(pdf: Path) -> set[bytes]:
    """The pictures in a PDF that are photographs."""
    with pikepdf.open(pdf) as opened:
        return {
            one.read_raw_bytes()
            for one in opened.objects
            if isinstance(one, pikepdf.Stream)
            and one.get("/Subtype") == "/Image"
            and one.get("/Filter") == "/DCTDecode"
        }


def plain(desk: Holdfast, folder: Path) -> Path:
    """The same records, with nothing redacted."""
    desk.json("produce", "type:post OR type:comment", "--matter", "M", "--out", str(folder / "plain.pdf"))
    return folder / "plain.pdf"


def test_what_is_redacted_is_nowhere_and_what_is_shown_is_proved(desk: Holdfast, review: Path, tmp_path: Path):
    rows = rows_of(review)
    written = next(row for row in rows if row["kind"] == "comment" and row["author"])
    quoted = next(row for row in rows if row["kind"] == "post" and len(row["text"].split(". ")) > 1)
    sentence = quoted["text"].split(". ")[1].split(", ")[0].strip(" .")
    redact(
        review,
        ("person", written["author"], "FERPA", ""),
        ("words", sentence, "personnel", quoted["record"]),
        ("field", "title", "draft", quoted["record"][:12]),
        ("phones", "", "private", ""),
    )
    out, package, zipped = tmp_path / "out.pdf", tmp_path / "package", tmp_path / "package.zip"
    made = desk.json("produce", "--review", str(review), "--matter", "M", "--out", str(out))
    assert made["records"] == len(rows)
    assert 2 <= made["redacted"] < len(rows)
    assert [one["records"] for one in made["redactions"]][1:3] == [1, 1]
    desk.json("package", made["production"], "--to", str(package))
    desk.json("package", made["production"], "--to", str(zipped))
    signs = [written["author"].encode(), sentence.encode(), quoted["title"].encode()]
    assert holding(signs, review) != []
    assert holding(signs, out, package) == []
    shutil.unpack_archive(zipped, tmp_path / "unzipped")
    assert holding(signs, tmp_path / "unzipped") == []
    # Pictures are shown of records that have some, and of none of which they are hidden.
    shown, captured = (len(jpegs_in(pdf)) for pdf in (out, plain(desk, tmp_path)))
    assert 0 < shown < captured
    # Nor what would let somebody guess: the salts and native digests of these records.
    manifest = json.loads((package / "data/production.json").read_bytes())
    redacted = [one for one in manifest["records"] if "native" not in one]
    assert len(redacted) == made["redacted"]
    proofs = {one["record"]: json.loads((package / "data/PROOFS" / one["proof"]).read_bytes()) for one in redacted}
    assert all(
        proof.keys().isdisjoint({"salt", "native_sha256", "normalised", "provenance"}) for proof in proofs.values()
    )
    assert len(list((package / "data/NATIVES").iterdir())) == len(rows) - made["redacted"]
    # Both lists, and three checkers, agree.
    with (package / "data/DATA/redactions.csv").open(encoding="utf-8-sig") as file:
        listed = [row for row in csv.DictReader(file) if row["LEAF_HASH"] == quoted["record"]]
    assert {(row["NAME"], row["REASON"]) for row in listed} == {
        ("normalised.title", "draft"),
        ("normalised.text", "personnel"),
        ("normalised.attachments", "draft"),  # the picture is described by the title
        ("native", "personnel"),
    }
    stranger = Holdfast(tmp_path / "nowhere")
    assert stranger.json("verify", str(package))["sound"]
    report = stranger.json("verify", str(out))
    assert report["sound"]
    said = next(one for one in report["records"] if one["record"] == quoted["record"])
    assert any(words.startswith("It is redacted") for words in said["proved"])
    checker = [sys.executable, "-I", package / "data/verify.py", "--json"]
    told = json.loads(subprocess.run(checker, stdout=subprocess.PIPE, check=True).stdout)
    assert told["sound"]
    assert any(notice.startswith(f"{made['redacted']} record(s) are redacted") for notice in told["notices"])
    assert desk.json("repeat", str(package / "data/receipt.json"))["same"] is True
    refused = desk.run("package", made["production"], "--to", str(tmp_path / "more"), "--exchanges", "--json")
    assert refused.json["error"]["code"] == "EXCHANGES_WITHHELD"
    assert desk.json("verify")["findings"] == []


def test_one_part_is_disclosed_later_and_the_others_stay_hidden(desk: Holdfast, review: Path, tmp_path: Path):
    quoted = next(row for row in rows_of(review) if row["kind"] == "post" and len(row["text"].split(". ")) > 1)
    redact(review, ("field", "title", "draft", quoted["record"]), ("field", "text", "personnel", quoted["record"]))
    made = desk.json("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"))
    desk.json("package", made["production"], "--to", str(tmp_path / "package"))
    manifest = json.loads((tmp_path / "package/data/production.json").read_bytes())
    (name,) = (one["proof"] for one in manifest["records"] if one["record"] == quoted["record"])
    proof, opened = tmp_path / "package/data/PROOFS" / name, tmp_path / "opened.proof"
    unknown = desk.run("disclose", str(proof), "--part", "autor", "--out", str(opened), "--json")
    assert (unknown.json["error"]["code"], "title" in unknown.json["error"]["do"]) == ("PART_UNKNOWN", True)
    desk.json("disclose", str(proof), "--part", "title", "--out", str(opened))
    stranger = Holdfast(tmp_path / "nowhere")
    before, after = (stranger.json("check", str(path)) for path in (proof, opened))
    assert (before["proves"], after["proves"]) == ("redacted-record", "redacted-record")
    title = {one["name"]: one for one in after["parts"]}["normalised.title"]
    assert json.loads(title["value"]) == quoted["title"]
    assert "value" not in {one["name"]: one for one in before["parts"]}["normalised.title"]
    assert holding([quoted["text"].split(". ")[1].encode()], opened, proof) == []
    assert json.loads(opened.read_bytes())["record"] == quoted["record"]
    assert quoted["title"] in stranger.run("check", str(opened)).out
    whole = next(one["proof"] for one in manifest["records"] if "native" in one)
    refused = desk.run("disclose", str(proof.with_name(whole)), "--part", "title", "--json")
    assert refused.json["error"]["code"] == "PROOF_OF_WHAT"


def test_a_row_that_finds_nothing_or_says_nothing_is_named_before_anything_is_produced(
    desk: Holdfast, review: Path, tmp_path: Path
):
    record = rows_of(review)[0]["record"]
    given = ("produce", "--review", str(review), "--matter", "M", "--out", str(tmp_path / "out.pdf"), "--json")
    entries = desk.json("status")["entries"]
    redact(review, ("words", "xyzzy plugh", "FERPA", record))
    refused = desk.run(*given).json["error"]
    assert (refused["code"], "row 2" in refused["what"]) == ("TABLE_UNREADABLE", True)
    (review / "redactions.csv").write_text("what,value,reason,record\nwords,a,FERPA,00000000\n")
    assert "0 such are produced" in desk.run(*given).json["error"]["what"]
    assert desk.json("status")["entries"] == entries
    (review / "redactions.csv").unlink()
    assert desk.json(*given[:-1])["redacted"] == 0
