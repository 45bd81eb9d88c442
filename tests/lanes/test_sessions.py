"""A session's servers are started once, stopped with it, and stopped by the next one when it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lanes import sessions

ROOT = Path(__file__).parents[2]
SERVER = f"""\
#!/usr/bin/env bash
. {sessions.PROCESSES}
start() {{ spawn sleeper sleep 600; wait_for 10 sleeper test -s "$DIR/run/sleeper.pid"; }}
serve "$@"
"""
SESSION = """
import subprocess, sys
from tests.lanes import sessions

def start(place):
    subprocess.run([sys.argv[1], "start", place], check=True)
    return {"id": (place / "run/sleeper.pid").read_text().split()[0]}

with sessions.session():
    print(*(sessions.shared("sleeper", start)["id"] for _ in range(2)), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_session(tmp_path):
    """A process that is a session of its own, with one server, until its standard input ends."""
    script = tmp_path / "server.sh"
    script.write_text(SERVER)
    script.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", SESSION, script],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def lives(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_is_started_once_and_stopped_with_its_session(other_session, tmp_path):
    first, second = other_session.stdout.readline().split()
    lived = lives(first)

    other_session.communicate()

    assert first == second
    assert (lived, lives(first)) == (True, False)
    assert not list(tmp_path.glob(f"{sessions.PREFIX}*"))


def test_the_next_session_stops_what_a_killed_one_left_and_nothing_else(other_session, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(sessions.FOLDER, "the one of this test itself, to be put back")
    server, _ = other_session.stdout.readline().split()
    with sessions.session():
        beside_a_living_session = lives(server)
    other_session.kill()
    other_session.wait()
    after_its_death = lives(server)

    with sessions.session():
        after_the_next_began = lives(server)

    assert (beside_a_living_session, after_its_death, after_the_next_began) == (True, True, False)
    assert not list(tmp_path.glob(f"{sessions.PREFIX}*"))


def test_the_children_of_a_server_are_stopped_with_it(tmp_path):
    parent = """bash -c 'sleep 600 & echo $! >"$0"; wait' "$DIR/child\""""
    script = tmp_path / "server.sh"
    script.write_text(SERVER.replace("sleep 600", parent).replace("run/sleeper.pid", "child"))
    subprocess.run(["bash", script, "start", tmp_path / "server"], check=True)
    child = (tmp_path / "server/child").read_text().strip()
    lived = lives(child)

    subprocess.run([sessions.PROCESSES, "stop", tmp_path / "server"], check=True)

    assert (lived, lives(child)) == (True, False)


def test_a_server_that_does_not_start_says_why_to_everyone_who_asks(tmp_path, monkeypatch):
    attempts = []

    def start(place):
        attempts.append(place)
        subprocess.run(["bash", "-c", "echo no memory >&2; exit 3"], check=True, stderr=subprocess.PIPE, text=True)

    monkeypatch.setenv(sessions.FOLDER, str(tmp_path))

    for _ in range(2):
        with pytest.raises(sessions.NotStartedError, match="no memory"):
            sessions.shared("broken", start)

    assert len(attempts) == 1
