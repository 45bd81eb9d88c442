"""Every command that KEYS.md and the ceremony's help tell an officer to type is one that the program takes."""

from __future__ import annotations

import click
import pytest

from cli import holdfast
from tests.docs.typed import page, take, typed

PAGE = page("docs/KEYS.md")


def test_the_page_has_commands() -> None:
    assert len(typed(PAGE)) > 15


@pytest.mark.parametrize("line", typed(PAGE))
def test_a_command_of_the_page_is_taken(line: str) -> None:
    take(line)


def test_every_command_about_keys_is_on_the_page() -> None:
    group = holdfast.get_command(click.Context(holdfast), "keys")
    assert isinstance(group, click.Group)
    for name in group.commands:
        assert f"holdfast keys {name}" in PAGE, name
