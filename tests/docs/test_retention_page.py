"""The page for records officers shows what is read, names every key, and lists every reason for a refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import click
import pytest

from cli import holdfast
from ediscovery.retention.durations import Refusal
from ediscovery.retention.reading import KEYS, read
from schemas.record import KINDS
from schemas.retention import DISPOSALS, Classification, Cutoff, Match, Rule, Schedule, Series
from tests.docs.typed import page, take, typed

if TYPE_CHECKING:
    from pathlib import Path

PAGE = page("docs/RETENTION.md")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def rows(title: str) -> list[str]:
    """The first cells of the table below a title."""
    section = re.split(r"^##+ ", PAGE.split(title, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| `?([^|`]+?)`? \|", section, re.MULTILINE)[1:]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_read(example: str) -> None:
    assert isinstance(read(example, name="docs/RETENTION.md"), Schedule | Classification)
    assert len(EXAMPLES) == 2


def test_every_key_is_in_its_table() -> None:
    assert sorted(rows("### In `[schedule]`")) == sorted(KEYS[Schedule])
    assert sorted(rows("### In each `[[series]]`")) == sorted(KEYS[Series])
    assert sorted(rows("## A classification")) == sorted(Match.__struct_fields__)
    for key in (*KEYS[Classification], *Rule.__struct_fields__):
        assert f"`{key}`" in PAGE


def test_every_value_that_may_be_chosen_is_named() -> None:
    for value in (*DISPOSALS, *get_args(Cutoff), *KINDS):
        assert f'`"{value}"' in PAGE, value


def test_every_reason_why_a_published_series_is_not_understood_is_listed() -> None:
    assert sorted(rows("## What a state publishes")) == sorted(get_args(Refusal))


@pytest.mark.parametrize("line", typed(PAGE))
def test_a_command_of_the_page_is_taken(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "county-ca.pem").touch()
    take(line)


def test_every_command_about_retention_is_on_the_page() -> None:
    group = holdfast.get_command(click.Context(holdfast), "retention")
    assert isinstance(group, click.Group)
    assert set(group.commands) <= set(re.findall(r"holdfast\s+retention\s+(\w+)", PAGE))
