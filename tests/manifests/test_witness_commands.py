"""``holdfast witness``: what a neighbouring office types."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.console import Console, system_clock
from manifests.notes import Checkpoint, SignedNote
from manifests.witness.client import (
    add_checkpoint,
)
from manifests.witness.commands import ListenError, WitnessFileError
from manifests.witness.commands import witness as commands
from manifests.witness.cosignatures import Policy, joined, require
from manifests.witness.requests import (
    WitnessConflictError,
)
from manifests.witness.witness import (
    open_witness,
)
from schemas.errors import ArchiveError
from tests.manifests.archives import ORIGIN
from tests.manifests.witnessing import NAME, Log, watching

ROOT = Path(__file__).parents[2]


def seen(witness) -> Checkpoint | None:
    """What the witness in this folder remembers, read by another who opens it."""
    return open_witness(witness.folder, now=system_clock).logs()[ORIGIN].checkpoint


def run(*arguments: str) -> str:
    done = CliRunner().invoke(commands, arguments, obj=Console(Path(), "clerk@office"))
    if isinstance(done.exception, ArchiveError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_neighbour_witnesses_with_one_command_by_mail(tmp_path) -> None:
    log, folder, cosigned = Log(), str(tmp_path / "w"), tmp_path / "cosigned.note"
    assert "is ready" in run("init", folder, "--name", NAME)
    assert "watches" in run("trust", folder, log.key.verifier.to_text())
    assert "never" in run("show", folder)
    (tmp_path / "request.txt").write_bytes(log.request(0, 10).to_bytes())
    printed = run("sign", folder, str(tmp_path / "request.txt"))
    assert run("sign", folder, str(tmp_path / "request.txt"), "--to", str(cosigned)).startswith("Cosigned")
    assert cosigned.read_bytes() == printed.encode()
    note = SignedNote.from_bytes(printed.encode())
    assert require(note, Policy(1, (open_witness(tmp_path / "w", now=system_clock).cosigner,))).enough
    assert "10 entries" in run("show", folder)
    (tmp_path / "fork.txt").write_bytes(log.forked(3).request(0, 10).to_bytes())
    with pytest.raises(WitnessConflictError):
        run("sign", folder, str(tmp_path / "fork.txt"))
    assert "A FORK" in run("show", folder)


def test_commands_say_what_is_wrong_with_what_they_were_given(tmp_path) -> None:
    log, folder = Log(), str(tmp_path / "w")
    watching(tmp_path / "w", log)
    for place in ("nonsense", "127.0.0.1:", "127.0.0.1:99999", "203.0.113.1:7380"):
        with pytest.raises(ListenError):
            run("serve", folder, "--listen", place)
    with pytest.raises(WitnessFileError):
        run("sign", folder, str(tmp_path / "nowhere"))
    request = tmp_path / "request.txt"
    request.write_bytes(log.request(0, 10).to_bytes())
    with pytest.raises(WitnessFileError):
        run("sign", folder, str(request), "--to", str(tmp_path / "nowhere" / "cosigned.note"))
    assert json.loads(run("sign", folder, str(request), "--json"))["size"] == 10
    assert json.loads(run("show", folder, "--json"))["logs"][0]["origin"] == ORIGIN


@contextmanager
def serving_process(folder: Path):
    """``holdfast witness serve`` in a process of its own: the process and its address."""
    program = (
        "from pathlib import Path; from manifests.console import Console\n"
        "from manifests.witness.commands import witness\n"
        f"witness.main(['serve', {str(folder)!r}, '--listen', '127.0.0.1:0'], obj=Console(Path(), 'clerk@office'))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    with process:
        told = itertools.takewhile(bool, iter(process.stderr.readline, None))
        place = next(line.split()[-1] for line in told if line.startswith("listens on"))
        try:
            yield process, f"http://{place}"
        finally:
            process.kill()


def test_a_served_witness_that_is_killed_goes_on_where_it_was(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log, now=system_clock)
    for old, size in ((0, 10), (10, 20)):
        with serving_process(witness.folder) as (process, url):
            lines = add_checkpoint(url, old_size=old, proof=log.proof(old, size), note=log.note(size))
            process.kill()
        assert require(joined(log.note(size), lines, [witness.cosigner]), Policy(1, (witness.cosigner,))).enough
        assert seen(witness).size == size
