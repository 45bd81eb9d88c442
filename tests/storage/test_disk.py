"""Removing what may be removed by somebody else at the same time, and saying so where it stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from storage import disk

if TYPE_CHECKING:
    from pathlib import Path


def test_files_and_folders_are_discarded_and_what_is_gone_is_gone(tmp_path: Path):
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.write_text("x")
    (folder / "within").mkdir(parents=True)
    (folder / "within" / "file").write_text("x")
    kept = tmp_path / "kept"
    kept.mkdir()
    link.symlink_to(kept)
    for one in (file, folder, link, tmp_path / "never"):
        disk.discard(one)
    assert list(tmp_path.iterdir()) == [kept]


def test_a_folder_that_somebody_else_empties_meanwhile_is_discarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("x")
    unlink = os.unlink

    def late(path: str, **where: int) -> None:
        unlink(path, **where)
        unlink(path, **where)  # ours comes second

    monkeypatch.setattr(os, "unlink", late)
    disk.discard(folder)
    assert not folder.exists()


def test_what_cannot_be_removed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("x")

    def refused(path: str, **_: int) -> None:
        raise PermissionError(1, "not permitted", path)

    monkeypatch.setattr(os, "unlink", refused)
    with pytest.raises(PermissionError):
        disk.discard(folder)
