"""The page for records officers names every format, every platform, every refusal, and shows the report as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.import_reports import lines_of
from archiver.imports import refusals
from archiver.imports.known import FORMATS, ImportMismatchedError
from archiver.imports.native import COLLECTOR
from archiver.reconciling import FileReport, Part, Reconciliation
from schemas.errors import InputError
from tests.docs.typed import prompted, take

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "IMPORTS.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a title."""
    section = re.split(r"^##+ ", PAGE.split(title, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:] if not line.startswith("---")]


def test_every_format_is_listed_with_its_platforms() -> None:
    listed = {cells[0].strip("`"): set(re.findall(r"`([^`]+)`", cells[1])) for cells in rows("## What is read")}
    expected = {one.collector: set(one.platforms) for one in FORMATS}

    assert listed == expected | {COLLECTOR: set()}


def test_every_refusal_is_listed() -> None:
    raised = {
        one.code
        for one in (*vars(refusals).values(), ImportMismatchedError)
        if isinstance(one, type) and issubclass(one, InputError) and one is not InputError
    }

    assert {cells[0].strip("`") for cells in rows("## What is refused")} == raised


def test_the_report_is_shown_as_it_is_printed() -> None:
    files = (
        FileReport("z", "data/tweets.js", "imported", "posts", 4102, {"post": 4102}, {"post": 4100}),
        FileReport(
            *("z", "data/deleted-tweets.js", "imported", "deleted posts", 20, {"post": 18}, {"post": 18}),
            refusals={"IMPORT_REFUSED": 1},
        ),
        FileReport("z", "data/direct-messages.js", "imported", "messages", None, {"message": 31}, {"message": 31}),
    )
    part = Part("twitter-2026-03-01.zip", "zip", 1_200_000_000)
    printed = list(lines_of(Reconciliation("district-x", "c", "an archive of X", (part,), files)))

    for line in printed[:9]:
        assert line.rstrip() in PAGE or "kept whole" in line, line


@pytest.mark.parametrize("line", prompted(PAGE))
def test_every_command_of_the_page_is_taken(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in line.split("#", maxsplit=1)[0].split():
        if name.endswith((".zip", ".xml", ".mbox")):
            (tmp_path / name).touch()
    (tmp_path / "folder-with-the-export").mkdir()
    take(line)
