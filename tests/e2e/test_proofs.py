"""A record handed to a stranger with its proof, as an officer and the stranger do it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Holdfast:
    """An archive that has captured a blog twice."""
    office = Holdfast(tmp_path_factory.mktemp("office")).init()
    with BlogSite() as site:
        office.register(site.feed, "blog")
        office.capture("blog")
        office.capture("blog")
    return office


@pytest.fixture
def stranger(tmp_path: Path) -> Holdfast:
    """Somebody without any archive."""
    return Holdfast(tmp_path / "nowhere")


def record_in(office: Holdfast) -> str:
    return office.json("search", "welcome")["hits"][0]["record"]


def test_a_stranger_checks_a_record_with_its_file_alone(office, stranger, tmp_path) -> None:
    record = record_in(office)
    path = str(tmp_path / "one.proof")
    told = office.json("prove", record[:12], "--out", path)
    assert told["octets"] < 8192
    shutil.copytree(office.home, tmp_path / "gone")  # the archive itself is not needed
    seen = stranger.json("check", path, "--key", office.json("status")["checkpoint_key"])
    assert record in seen["statements"][0]
    assert seen["compare"] == []
    answer = stranger.run("check", path)
    assert answer.status == 0
    assert "compare it with what its owners publish" in answer.out


def test_a_proof_whose_text_was_altered_is_refused(office, stranger, tmp_path) -> None:
    path = tmp_path / "one.proof"
    office.json("prove", record_in(office), "--out", str(path))
    plain = json.loads(path.read_text())
    altered = plain["normalised"].replace("elcome", "ellcome")
    assert altered != plain["normalised"]
    path.write_text(
        json.dumps(plain | {"normalised": altered}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    )
    answer = stranger.run("check", str(path))
    assert answer.status == 7
    assert "RECORD_NOT_PROVED" in answer.err


def test_nothing_changed_since_a_checkpoint_that_was_kept(office, stranger, tmp_path) -> None:
    office.json("prove", record_in(office), "--out", str(tmp_path / "a.proof"))
    kept = max((office.home / "archive" / "checkpoints").iterdir())
    office.json("hold", "place", "case-1", "--reason", "lawsuit", "--account", "blog")
    path = str(tmp_path / "same.proof")
    office.json("prove", "--since", str(kept), "--out", path)
    assert "unchanged" in stranger.json("check", path)["statements"][0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "PROOF_OF_WHAT"),
        (("ffffffffffff",), "RECORD_UNKNOWN"),
        (("--since", "no-such-file"), "PROOF_UNWRITABLE"),
    ],
)
def test_what_cannot_be_proved_is_said(office, arguments, code) -> None:
    answer = office.run("prove", *arguments)
    assert answer.status == 2
    assert code in answer.err


def test_what_is_no_proof_is_refused(office, stranger, tmp_path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam")
    answer = stranger.run("check", str(path))
    assert answer.status == 7
    assert "NOT_CANONICAL" in answer.err
    assert stranger.run("check", str(tmp_path / "missing")).status == 2
