"""verify.py, as whoever gets a package runs it: alone, apart from everything that is installed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.ediscovery.packages.sealed import HANDED
from tests.ediscovery.packages.tampered import ROWS


def said(*arguments, program=HANDED / "verify.py") -> dict:
    """What verify.py says, as JSON; it says nothing else, and its exit status agrees."""
    command = [sys.executable, "-I", str(program), *map(str, arguments), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    report = json.loads(run.stdout)
    assert run.returncode == (0 if report["sound"] else 1)
    return report


def faulty(report: dict) -> set[str]:
    steps = {one["step"] for one in report["steps"] if one["verdict"] == "faulty"}
    assert steps == {one["step"] for one in report["findings"]}
    return steps


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_somebody_does_to_a_package_is_noticed(row, case) -> None:
    row.change(case)
    report = said(case.folder, *(["--key", case.key] if row.with_key else []))
    assert faulty(report) == set(row.faulty.split())
    assert sum(one["proved"] for one in report["records"]) == row.proved
    for word in row.notices:
        assert word in " ".join(report["notices"])
