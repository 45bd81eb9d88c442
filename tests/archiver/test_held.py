"""What is held of an account: read once, noted, read again when the note is missing, foreign or damaged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from archiver import importing, registry, rounds
from archiver.held import held_of
from manifests.archive import Archive, create_archive
from schemas.account import Account
from tests.manifests.archives import Clock

if TYPE_CHECKING:
    from pathlib import Path


def imported(archive: Archive, folder: Path, *texts: str) -> None:
    """Import posts with these texts, one item each."""
    path = folder / "posts.jsonl"
    path.write_text("\n".join(json.dumps({"id": str(abs(hash(text))), "text": text}) for text in texts))
    importing.import_file(archive, archive.ledger.history.accounts["x"], path, rounds.system_chance())


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive with an account and one import."""
    made = create_archive(
        tmp_path / "home", organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=Clock(), actor="test"
    )
    registry.register(made, Account(name="x", platform="x", url="https://x.example/", title="x"))
    imported(made, tmp_path, "one", "two")
    return made


def test_what_is_held_grows_with_every_capture(archive: Archive, tmp_path: Path):
    assert len(held_of(archive, "x").versions) == 2
    imported(archive, tmp_path, "three")
    assert len(held_of(archive, "x").versions) == 3


def test_a_second_look_reads_the_note_and_no_partition(archive: Archive):
    before = held_of(archive, "x")
    archive.cache.clear()
    for path in (archive.home / "archive" / "partitions").rglob("*.parquet"):
        path.unlink()
    assert held_of(archive, "x") == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"acts":9,"last":"x","lists":{},"versions":{}}'])
def test_a_note_that_does_not_fit_is_made_anew(archive: Archive, content: bytes):
    before = held_of(archive, "x")
    path = archive.home / "state" / "held" / "x.json"
    path.write_bytes(content)
    assert held_of(archive, "x") == before
    path.unlink()
    assert held_of(archive, "x") == before


def test_an_account_that_was_never_captured_holds_nothing(archive: Archive):
    assert not held_of(archive, "nobody").versions
