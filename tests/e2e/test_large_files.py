"""Files of any size, given where a small one belongs: refused by name, in a process that could not hold them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.holdfast import ROOT, Holdfast

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = 4 << 30
HUGE = 6 << 30
CONFINED = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY})); import cli; cli.main()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive, a witness, and two files of six gigabytes that take no room: of nothing, and of a PDF's beginning."""
    folder = tmp_path_factory.mktemp("large")
    office = Holdfast(folder / "home").init()
    office.json("checkpoint", "make")
    office.json("witness", "init", str(folder / "witness"), "--name", "witness.example")
    for name, beginning in (("huge", b""), ("huge.pdf", b"%PDF-1.7\n")):
        with (folder / name).open("wb") as stream:
            stream.write(beginning)
            stream.truncate(HUGE)
    return folder


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "huge"), "NOT_CANONICAL"),
        (("prove", "--since", "huge"), "NOTE_MALFORMED"),
        (("checkpoint", "accept", "huge"), "NOTE_MALFORMED"),
        (("witness", "sign", "witness", "huge"), "WITNESS_REQUEST_MALFORMED"),
        (("keys", "sign", "huge", "--with", "huge"), "FILE_CARRIED"),
        (("keys", "adopt", "huge"), "FILE_CARRIED"),
        (("keys", "propose", "--root", "huge", "--to", "new.json"), "FILE_CARRIED"),
        (("approve", "huge", "--with", "huge"), "FILE_CARRIED"),
        (("hold", "release", "huge"), "FILE_CARRIED"),
        (("retention", "adopt", "huge"), "SCHEDULE"),
        (("verify", "--since", "huge"), "KEPT_UNREADABLE"),
        (
            ("verify", "--store", "home/archive", "--signing-key", "huge", "--report", "a.json"),
            "KEY_MALFORMED_OR_LOCKED",
        ),
        (("verify", "huge"), "NOT_A_PRODUCTION"),
        (("verify", "huge.pdf"), "PRODUCTION_UNREADABLE"),
        (("verify", "huge.pdf", "--root", "huge"), "PRODUCTION_UNREADABLE"),
    ],
)
def test_a_file_of_any_size_is_refused_by_name(folder: Path, arguments: tuple[str, ...], code: str):
    (folder / "huge").chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, "--home", str(folder / "home"), *arguments, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert json.loads(done.stdout)["error"]["code"] == code, done.stderr
