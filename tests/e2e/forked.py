"""Commands in processes of their own that are forked from one that has the program loaded: a start costs milliseconds.

Only loading is shared. Each command has its own environment, folder, streams and exit status, may be killed, and ends
with its threads and exit functions. ``python -m tests.e2e.forked SOCKET`` serves until its standard input is closed.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
STREAMS = 3
FRAME = 8


def run(
    arguments: Sequence[str], *, environment: Mapping[str, str], typed: str | None, seconds: float
) -> tuple[int, str, str]:
    """Run a command to its end, and return its exit status and what it wrote to its two streams.

    Raises:
        subprocess.TimeoutExpired: it had not ended by then, and was killed.
    """
    with (
        TemporaryFile() as said,
        TemporaryFile() as out,
        TemporaryFile() as err,
        socket.socket(socket.AF_UNIX) as waiter,
    ):
        said.write((typed or "").encode())
        said.seek(0)
        waiter.connect(_server())
        order = {"arguments": list(arguments), "environment": dict(environment)}
        streams = [one.fileno() for one in (said, out, err)]
        socket.send_fds(waiter, [b"\0"], streams)
        _send(waiter, order)
        pid = _receive(waiter)
        waiter.settimeout(seconds)
        try:
            status = _receive(waiter)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(arguments), seconds) from None
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
    return status, texts[0], texts[1]


@cache
def _server() -> str:
    """Start the process from which commands are forked, once, and return its address."""
    folder = TemporaryDirectory(prefix="holdfast-forked-")
    address = f"{folder.name}/socket"
    process = subprocess.Popen([sys.executable, "-m", "tests.e2e.forked", address], cwd=ROOT, stdin=subprocess.PIPE)
    until = time.monotonic() + START_SECONDS
    with socket.socket(socket.AF_UNIX) as probe:
        while True:
            with suppress(FileNotFoundError, ConnectionRefusedError):
                probe.connect(address)
                break
            assert process.poll() is None, "the program cannot be loaded"
            assert time.monotonic() < until, "the program was not loaded in time"
            time.sleep(0.02)
    _KEPT.append((folder, process))
    return address


_KEPT: list[tuple[TemporaryDirectory[str], subprocess.Popen[bytes]]] = []


def _serve(address: str) -> list[str]:
    """Fork a process for each order; returns its arguments in that process alone, and never in this one."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                os._exit(0)  # whoever started this has ended
            orderer, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return _carry_out(orderer)
            orderer.close()


def _carry_out(orderer: socket.socket) -> list[str]:
    begun, streams, _, _ = socket.recv_fds(orderer, 1, STREAMS)
    if not begun:
        os._exit(0)  # somebody only looked whether this is there
    order = _receive(orderer)
    pid = os.fork()
    if pid:
        _send(orderer, pid)
        _, status = os.waitpid(pid, 0)
        _send(orderer, os.waitstatus_to_exitcode(status))
        os._exit(0)
    orderer.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    return list(order["arguments"])


def status_of(main: Callable[[], None]) -> int:
    """Run the program, and return its exit status as the interpreter would reckon it."""
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:  # noqa: BLE001 - what the interpreter does with it
        traceback.print_exc()
        return 1
    return 0


def end(status: int) -> NoReturn:
    """End as the interpreter does, but for the C++ libraries' own ends: their threads are not in a forked process."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def _send(to: socket.socket, what: Any) -> None:
    content = json.dumps(what).encode()
    to.sendall(len(content).to_bytes(FRAME, "big") + content)


def _receive(origin: socket.socket) -> Any:
    return json.loads(_exactly(origin, int.from_bytes(_exactly(origin, FRAME), "big")))


def _exactly(origin: socket.socket, octets: int) -> bytes:
    content = b""
    while len(content) < octets:
        piece = origin.recv(octets - len(content))
        assert piece, "the other side is gone"
        content += piece
    return content


if __name__ == "__main__":
    import click

    import cli

    for command in cli.COMMANDS:  # what a process of its own loads when it is called
        cli.holdfast.get_command(click.Context(cli.holdfast), command)
    gc.freeze()
    sys.argv = ["holdfast", *_serve(sys.argv[1])]
    end(status_of(cli.main))
