"""pywb over one WARC file as a proxy of this machine: a judge of captures that is not ours, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from urllib3 import PoolManager, Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parents[2] / ".lanes" / "pywb" / "bin"


@contextmanager
def replaying(warc: Path, folder: Path) -> Iterator[str]:
    """Replay a WARC file; gives the address of the proxy. The test is skipped where the lane is not installed."""
    if not PROGRAMS.exists():
        pytest.skip("pywb is not installed (./run lane pywb)")
    for arguments in (("init", "judged"), ("add", "judged", str(warc))):
        command = [PROGRAMS / "wb-manager", *arguments]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [PROGRAMS / "wayback", "--proxy", "judged", "--bind", "127.0.0.1", "--port", port]
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            PoolManager().request("GET", address, retries=Retry(connect=12, backoff_factor=0.1, backoff_max=10))
            yield address
        finally:
            server.kill()
