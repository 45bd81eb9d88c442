"""How the lanes' servers are started: where they are installed, by which script, on which ports."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".lanes"


def run(script: str, place: Path, *ports: int, **variables: str) -> None:
    """Start a server by its script.

    Raises:
        subprocess.CalledProcessError: it did not start.
    """
    subprocess.run(
        [HERE / script, "start", place, *map(str, ports)],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        start_new_session=True,  # an interrupt at the keyboard ends the tests, and they the servers
    )


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listened on just now."""
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports
