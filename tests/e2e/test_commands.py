"""The program's commands, each loaded when it is called."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from cli import COMMANDS, holdfast


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_called_what_the_program_calls_it(name: str):
    command = holdfast.get_command(click.Context(holdfast), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_help_names_all_of_them_and_what_is_none_is_refused():
    said = subprocess.run([sys.executable, "-m", "cli", "--help"], capture_output=True, text=True, check=True).stdout
    assert [name for name in COMMANDS if f"\n  {name} " not in said] == []
    wrong = subprocess.run([sys.executable, "-m", "cli", "serch"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "serch" in wrong.stderr


def test_a_command_loads_nothing_that_it_does_not_need():
    loaded = "[name for name in sys.modules if name in ('duckdb', 'archiver', 'weasyprint')]"
    asked = f"import sys, cli; cli.holdfast.get_command(None, 'log'); print({loaded})"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
