"""Making and opening an archive's home: resumed creation, keys that are missing, exposed or locked, broken settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from manifests import keys
from manifests.archive import ArchiveExistsError, create_archive, open_archive
from manifests.ledger import ArchiveMissingError
from manifests.signing import KeyMalformedError
from schemas.errors import ArchiveError
from schemas.settings import SettingsError
from storage import layout
from storage.objects import read
from tests.manifests.archives import Clock, registered

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive


def made(home: Path, **changes: str) -> Archive:
    """Create an archive with these arguments changed."""
    arguments = {
        "organisation": "Maple Grove USD",
        "timezone": "America/Chicago",
        "bates_prefix": "MG",
        "tag": "0a1b2c3d",
        **changes,
    }
    return create_archive(home, now=Clock(), actor="clerk@office", **arguments)


def test_a_new_archive_can_be_opened_and_written(tmp_path: Path) -> None:
    made(tmp_path)
    archive = open_archive(tmp_path, now=Clock(), actor="clerk@office")
    assert archive.ledger.origin == "maple-grove-usd/0a1b2c3d"
    archive.append(lambda _history: (registered(),))
    assert open_archive(tmp_path, now=Clock(), actor="x").ledger.head.size == 2


def test_creating_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ArchiveExistsError):
        made(tmp_path, organisation="Somebody else")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_creation_that_was_cut_short_is_continued(tmp_path: Path) -> None:
    archive = made(tmp_path)
    (tmp_path / "archive" / layout.entry(0)).unlink()
    again = made(tmp_path, organisation="Ignored: the settings are there already")
    assert again.ledger.origin == archive.ledger.origin
    assert again.ledger.history.created is not None


def test_an_organisation_with_quotes_and_control_characters_survives_the_settings(tmp_path: Path) -> None:
    name = 'St. "Mary\'s"\t\\ Schule für 学区 \x7f'
    assert made(tmp_path, organisation=name).settings.archive.organisation == name


@pytest.mark.parametrize("change", [{"timezone": "Mars/Olympus"}, {"bates_prefix": "lower"}])
def test_an_impossible_argument_makes_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        made(tmp_path, **change)
    assert not list(tmp_path.rglob("*.pem"))


def test_a_folder_without_archive_is_refused_with_the_command_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArchiveMissingError, match="holdfast init"):
        open_archive(tmp_path, now=Clock(), actor="x")


def test_corrupted_settings_are_refused_by_name(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "holdfast.toml").write_bytes(b"\xff\xfe[archive")
    with pytest.raises(SettingsError):
        open_archive(tmp_path, now=Clock(), actor="x")


def test_another_archive_in_the_store_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "two", tag="ffffffff")
    (tmp_path / "one" / "archive").rename(tmp_path / "one" / "aside")
    (tmp_path / "two" / "archive").rename(tmp_path / "one" / "archive")
    with pytest.raises(ArchiveMissingError):
        open_archive(tmp_path / "one", now=Clock(), actor="x")


def test_a_missing_key_stops_writing_but_not_reading(tmp_path: Path) -> None:
    archive = made(tmp_path)
    (tmp_path / "keys" / "entry.pem").unlink()
    assert open_archive(tmp_path, now=Clock(), actor="x").ledger.head.size == 1
    with pytest.raises(keys.KeyMissingError):
        archive.append(lambda _history: (registered(),))


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    archive = made(tmp_path)
    os.chmod(tmp_path / "keys" / "entry.pem", 0o644)  # noqa: PTH101
    with pytest.raises(keys.KeyExposedError):
        archive.entry_key()


def test_keys_are_encrypted_when_a_passphrase_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "correct horse")
    archive = made(tmp_path)
    assert b"ENCRYPTED" in (tmp_path / "keys" / "entry.pem").read_bytes()
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "wrong")
    with pytest.raises(KeyMalformedError) as caught:
        archive.entry_key()
    assert "wrong" not in str(caught.value)


def test_no_private_key_is_in_the_store(tmp_path: Path) -> None:
    archive = made(tmp_path)
    assert b"PRIVATE" not in read(archive.store, layout.entry(0))


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArchiveError):
        made(tmp_path / "file")
