"""Receipts of searches as counsel and auditors use them: repeated later, after captures, and after destruction."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from manifests.archive import SETTINGS_FILE, make_home, settings_text
from manifests.keys import load_or_make
from schemas.settings import DirectoryPlace
from storage.directory import DirectoryStore
from tests.e2e.holdfast import Holdfast
from tests.manifests.archives import ORIGIN, Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive with a capture of six items."""
    home = tmp_path / "home"
    make_home(home)
    text = settings_text(
        origin=ORIGIN, organisation="X", timezone="America/Chicago", bates_prefix="X", place=DirectoryPlace()
    )
    (home / SETTINGS_FILE).write_text(text)
    checkpoint_key = load_or_make(home / "keys" / "checkpoint.pem", name=ORIGIN)
    made = Undertaker(tmp_path, Writer(store=DirectoryStore(home / "archive"), checkpoint_key=checkpoint_key))
    made.seal("a", records=6)
    return made


@pytest.fixture
def clerk(one: Undertaker) -> Holdfast:
    """Whoever runs the program there."""
    return Holdfast(one.folder / "home")


def test_a_receipt_is_repeated_after_captures_and_explained_after_destruction(
    one: Undertaker, clerk: Holdfast, tmp_path: Path
):
    receipt = tmp_path / "receipt.json"
    answer = clerk.run("search", "Item -nothing", "--from", "2026-01-01", "--receipt", str(receipt))
    assert "Understood as: (item AND NOT nothing) AND date:>=2026-01-01" in answer.out
    said = json.loads(receipt.read_text())
    assert f"Searched 6 records in 1 partition, of the ledger's first {said['ledger_size']} entries." in answer.out
    assert (said["typed"], said["options"], said["zone"]) == (
        "Item -nothing",
        {"from": "2026-01-01"},
        "America/Chicago",
    )
    assert (said["hits"], said["records"], said.get("withheld", 0)) == (6, 6, 0)

    act = one.seal("b", records=2)
    assert "The answer is the same: 6 hits" in clerk.run("repeat", str(receipt)).out
    assert clerk.json("search", "item", "--as-of", str(said["ledger_size"]))["receipt"]["digest"] == said["digest"]

    (lost,) = ids_of(one.rows(act), 1)
    one.carry_out("p", [(act, (lost,))])
    assert clerk.json("repeat", str(receipt))["same"]  # of what the receipt is about nothing was destroyed

    first = next(act for _, act in one.ledger.history.sealed("blog"))
    one.carry_out("q", [(first, ids_of(one.rows(first), 2, 4))])
    again = clerk.run("repeat", str(receipt), "--receipt", str(tmp_path / "now.json"))
    assert again.status == 0
    assert "differs where records were destroyed since: 6 hits then, 4 now" in again.out
    assert "blog: 6 hits then, 4 now; 2 of its records were destroyed since" in again.out
    assert "Not among it: 2 records destroyed as the schedule says." in again.out
    assert clerk.json("repeat", str(tmp_path / "now.json"))["same"]


def test_an_answer_that_nothing_explains_is_said_to_be_another(clerk: Holdfast, tmp_path: Path):
    receipt = tmp_path / "receipt.json"
    clerk.json("search", "item", "--receipt", str(receipt))
    said = json.loads(receipt.read_text())
    said["digest"] = "0" * 64
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(said))
    assert "contradicts itself" in clerk.run("repeat", str(forged)).err
    said["accounts"][0]["digest"] = "0" * 64
    forged.write_text(json.dumps(said))
    answer = clerk.run("repeat", str(forged))
    assert (answer.status, "The answer is NOT the same" in answer.out) == (7, True)
    for name, value, status, code in (
        ("ledger_size", 99, 2, "SEARCH_RECEIPT_FOREIGN"),
        ("origin", "other/1", 2, "SEARCH_RECEIPT_FOREIGN"),
        ("ledger_root", "0" * 64, 7, "SEARCH_RECEIPT_LEDGER"),
        ("query", "item OR", 2, "SEARCH_RECEIPT_UNREADABLE"),
        ("zone", "../etc/passwd", 2, "SEARCH_RECEIPT_UNREADABLE"),
        ("format", "holdfast-search-receipt/v9", 2, "SEARCH_RECEIPT_UNREADABLE"),
    ):
        forged.write_text(json.dumps({**said, name: value}))
        answer = clerk.run("repeat", str(forged))
        assert (answer.status, code in answer.err) == (status, True), name


def test_all_hits_are_exported_and_their_digest_can_be_made_of_the_list(clerk: Holdfast, tmp_path: Path):
    lists = {name: tmp_path / f"hits.{name}" for name in ("csv", "jsonl", "parquet")}
    receipts = [clerk.json("search", "item", "--export", str(path))["receipt"] for path in lists.values()]
    rows = [json.loads(line) for line in lists["jsonl"].read_text().splitlines()]
    with lists["csv"].open(encoding="utf-8-sig", newline="") as file:
        assert [row["record"] for row in csv.DictReader(file)] == [row["record"] for row in rows]
    table = pq.read_table(lists["parquet"]).to_pylist()
    assert [row["text"] for row in table] == [row["text"] for row in rows]
    assert {row["text"] for row in rows} == {f"<item>a {number}</item>" for number in range(6)}
    listed = "".join(sorted(f"{row['record']} {row['matched']}\n" for row in rows))
    made = hashlib.sha256(b"holdfast-hits/v1\n" + listed.encode()).hexdigest()
    assert {receipt["digest"] for receipt in receipts} == {made}
    assert clerk.run("search", "item", "--export", str(lists["csv"])).status == 2
    printed = clerk.run("search", "item", "--export", "-", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(printed.out.removeprefix("\ufeff"))))) == 6
    assert "6 items" in printed.err
    assert "OUTPUT_TWICE" in clerk.run("search", "item", "--export", "-", "--format", "csv", "--json").out
    assert "LIST_FORMAT" in clerk.run("search", "item", "--export", str(tmp_path / "hits.xlsx")).err


def test_a_list_of_terms_is_reported_and_one_that_cannot_be_read_is_refused_by_line(clerk: Holdfast, tmp_path: Path):
    terms, report = tmp_path / "terms.csv", tmp_path / "report.csv"
    terms.write_text("Name,Query\nfirst,a w/2 0\n=1+1,0 OR 1\nnone,budget\n", encoding="utf-8-sig")
    answer = clerk.run("terms", str(terms), "--out", str(report))
    assert answer.status == 0, answer.err
    assert [line.split() for line in answer.out.splitlines()[1:5]] == [
        ["first", "1", "0", "1", "a", "w/2", "0"],
        ["=1+1", "2", "1", "2", "0", "OR", "1"],
        ["none", "0", "0", "0", "budget"],
        ["All", "terms", "2", "2"],
    ]
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["hits"], row["unique_hits"]) for row in rows] == [
        ("first", "1", "0"),
        ("'=1+1", "2", "1"),
        ("none", "0", "0"),
        ("All terms", "2", ""),
    ]
    receipts = tmp_path / "receipts.jsonl"
    assert clerk.json("terms", str(terms), "--receipts", str(receipts))["all"] == {"hits": 2, "with_threads": 2}
    again = clerk.json("repeat", str(receipts))
    assert (again["same"], [one["receipt"]["hits"] for one in again["repeated"]]) == (True, [1, 2, 0])
    receipts.write_bytes(receipts.read_bytes().replace(b'"hits":2', b'"hits":3'))
    assert clerk.run("repeat", str(receipts)).status == 7
    terms.write_text("query\nfine\nbudget OR\n\ntown hall w/5 levy\n")
    refused = clerk.run("terms", str(terms))
    assert (refused.status, "TERMS_UNREADABLE" in refused.err) == (2, True)
    assert "Line 3 (budget OR): Column 10" in refused.err
    assert "Line 5 (town hall w/5 levy): Column 6" in refused.err
