"""What pages tell a reader to type, and whether the program takes it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from cli import holdfast

PAGES = Path(__file__).parents[2]
HOME = re.compile(r"(?<=^holdfast )--home \S+ ")


def page(name: str) -> str:
    """A page of the project."""
    return (PAGES / name).read_text(encoding="utf-8")


def prompted(text: str) -> list[str]:
    """The lines that begin with a prompt."""
    return re.findall(r"^\s*\$ (holdfast .+)$", _joined(text), re.MULTILINE)


def typed(text: str) -> list[str]:
    """Those, and commands in running text that come with arguments."""
    running = re.findall(r"`(holdfast\s+\w+\s+[^`]*-[^`]*)`", _joined(text))
    return prompted(text) + [" ".join(found.split()) for found in running]


def _joined(text: str) -> str:
    """Lines that end with a backslash, joined with their next."""
    return re.sub(r"\\\n\s*", "", text)


def take(line: str) -> click.Command:
    """Parse a line as the program does, without running it, and return its command; raises what click raises."""
    name, *arguments = shlex.split(HOME.sub("", line.partition(" > ")[0]), comments=True)
    command: click.Command = holdfast
    while isinstance(command, click.Group):
        name, *arguments = arguments
        found = command.get_command(click.Context(command), name)
        assert found is not None, name
        command = found
    with command.make_context(name, arguments, obj=None) as context:
        return context.command
