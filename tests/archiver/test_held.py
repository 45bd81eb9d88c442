"""What is held of an account: read once, noted, read again when the note is missing, foreign or damaged."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
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


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 9_999, b"SQLite format 3\x00" + bytes(9_999)])
def test_notes_that_do_not_fit_are_made_anew(archive: Archive, content: bytes):
    before = dict(held_of(archive, "x").versions.items())
    path = archive.home / "state" / "held" / "x.sqlite"
    path.write_bytes(content)
    assert held_of(archive, "x").versions == before
    path.unlink()
    assert held_of(archive, "x").versions == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE note SET acts = 9",
        "UPDATE note SET last = 'another'",
        "UPDATE note SET condemned = 1",
        "DELETE FROM note",
        "PRAGMA user_version = 1",
    ],
)
def test_notes_of_another_ledger_or_that_were_being_extended_are_made_anew(archive: Archive, change: str):
    before = dict(held_of(archive, "x").versions.items())
    path = archive.home / "state" / "held" / "x.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(change)
        database.execute("UPDATE version SET url = 'https://false.example/'")
    assert held_of(archive, "x").versions == before


def test_who_reads_notes_sees_what_they_knew_while_another_one_extends_them(archive: Archive, tmp_path: Path):
    before = held_of(archive, "x")
    imported(archive, tmp_path, "three")
    held_of(archive, "x")
    assert len(before.versions) == len(list(before.versions.values())) == 2
    assert len(held_of(archive, "x").versions) == 3


def test_an_account_that_was_never_captured_holds_nothing(archive: Archive):
    assert not held_of(archive, "nobody").versions
