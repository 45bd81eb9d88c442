"""Every command that KEYS.md and the ceremony's help tell an officer to type is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from cli import holdfast

PAGE = (Path(__file__).parents[2] / "docs" / "KEYS.md").read_text(encoding="utf-8")


def typed(text: str) -> list[str]:
    """The lines that begin with a prompt, and commands in running text that come with arguments."""
    joined = re.sub(r"\\\n\s*", "", text)
    return re.findall(r"^\s*\$ (holdfast .+)$", joined, re.MULTILINE) + re.findall(
        r"`(holdfast \w+ [^`]*-[^`]*)`", joined
    )


def test_the_page_has_commands() -> None:
    assert len(typed(PAGE)) > 15


@pytest.mark.parametrize("line", typed(PAGE))
def test_a_command_of_the_page_is_taken(line: str) -> None:
    name, *arguments = shlex.split(line)
    command: click.Command = holdfast
    while isinstance(command, click.Group):
        name, *arguments = arguments
        command = command.commands[name]
    with command.make_context(name, arguments, obj=None) as context:
        assert context.command is command


def test_every_command_about_keys_is_on_the_page() -> None:
    group = holdfast.commands["keys"]
    assert isinstance(group, click.Group)
    for name in group.commands:
        assert f"holdfast keys {name}" in PAGE, name
