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


def test_any_two_sizes_of_the_ledger_are_proved_to_be_of_one(office, stranger, tmp_path) -> None:
    head = office.json("status")["entries"]
    assert head > 2
    for first in range(1, head + 1):
        for second in range(first, head + 1):
            path = str(tmp_path / f"{first}-{second}.proof")
            office.json("prove", "--since", str(first), "--until", str(second), "--out", path)
            (said, *_) = stranger.json("check", path, "--key", office.json("status")["checkpoint_key"])["statements"]
            assert f"has {second} entries; its first {first} entries are those" in said
    assert office.run("verify").status == 0


@pytest.mark.parametrize(("checkpoints", "code"), [(True, "LOG_FORKED"), (False, "CONTINUITY_NOT_PROVED")])
def test_an_archive_that_was_rolled_back_cannot_prove_that_it_continues_what_it_signed(
    office, tmp_path, checkpoints, code
) -> None:
    office.json("checkpoint", "make")
    kept = tmp_path / "march.note"
    shutil.copy(max((office.home / "archive" / "checkpoints").iterdir()), kept)
    max((office.home / "archive" / "ledger").iterdir()).unlink()
    if not checkpoints:
        shutil.rmtree(office.home / "archive" / "checkpoints")
    (office.home / "state" / "ledger.db").unlink()
    answer = office.run("prove", "--since", str(kept))
    assert answer.status == 7
    assert code in answer.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "PROOF_OF_WHAT"),
        (("--until", "2"), "PROOF_OF_WHAT"),
        (("ffffffffffff", "--until", "2"), "PROOF_OF_WHAT"),
        (("--since", "0"), "PROOF_OF_WHAT"),
        (("--since", "1", "--until", "999"), "PROOF_OF_WHAT"),
        (("--since", "2", "--until", "1"), "PROOF_OF_WHAT"),
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
