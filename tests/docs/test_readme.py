"""Every command that the README shows is one that the program takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.typed import page, prompted, take

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("line", prompted(page("README.md")))
def test_a_command_of_the_readme_is_taken(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("last.json", "twitter-2026-03-01.zip"):
        (tmp_path / name).touch()
    take(line)
