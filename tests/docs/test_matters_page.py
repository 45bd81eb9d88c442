"""The page about matters shows commands that the program takes, and every deadline with its clause as it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from cli import holdfast
from ediscovery.matters.calendars import CALENDARS
from schemas.matters import Outcome
from schemas.settings import parse_settings
from tests.docs.test_settings import MINIMAL
from tests.docs.typed import page, take, typed

if TYPE_CHECKING:
    from pathlib import Path

PAGE = page("docs/MATTERS.md")


@pytest.mark.parametrize("line", typed(PAGE))
def test_a_command_of_the_page_is_taken(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    take(line)


def test_every_command_about_matters_is_on_the_page() -> None:
    group = holdfast.get_command(None, "matter")
    assert [name for name in group.commands if f"holdfast matter {name}" not in PAGE] == []


@pytest.mark.parametrize("law", CALENDARS)
def test_every_deadline_is_on_the_page_with_its_clause(law: str) -> None:
    calendar = CALENDARS[law]
    section = PAGE.split(f"### `{law}`: {calendar.title}\n", 1)[1].split("\n### ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    expected = []
    for one in calendar.deadlines:
        unit = {"business": "business days", "calendar": "days"}[one.unit]
        start = " or ".join(f"`{step}`" for step in reversed(one.after))
        right = ", a right" if one.right else ""
        expected.append(f"| `{one.step}` | {one.count} {unit} after {start}{right} | {one.clause} |")
    assert rows == expected


def test_its_settings_are_read() -> None:
    example = PAGE.split("```toml\n", 1)[1].split("```", 1)[0]
    assert [str(day) for day in parse_settings(MINIMAL + example).matters.closed] == ["2026-03-16", "2026-03-17"]


def test_every_outcome_is_in_the_specification() -> None:
    text = page("docs/FORMAT.md")
    assert [outcome for outcome in get_args(Outcome) if f"`{outcome}`" not in text] == []
