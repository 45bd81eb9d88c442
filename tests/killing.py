"""Killing a process at its n-th durable step: SIGKILL just before or just after a call that changes the disk.

``deaths`` runs a function in a child process again and again, each time killed one step later, until it comes
through; after each death the caller looks at what is left. A step is a call of one of ``STEPS`` through the ``os``
module (``pathlib`` goes that way too), or an opening of a file for writing, also by ``open``. What a buffered file
object writes is no step of its own: it reaches the disk between two steps. Libraries written in C are not seen.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import io
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from tests.e2e.forked import end, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

Moment: TypeAlias = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)

STEPS = (
    "write",
    "writev",
    "pwrite",
    "link",
    "symlink",
    "rename",
    "replace",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
    "truncate",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sendfile",
    "copy_file_range",
)
ROOT = Path(__file__).parents[1]
FARTHEST = 10_000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Death:
    """A child was killed just before or just after its n-th step, counted from 1."""

    step: int
    moment: Moment

    def __str__(self) -> str:
        return f"killed just {self.moment} step {self.step}"


def run_killed_at(
    step: int, target: str, arguments: Mapping[str, Any], *, moment: Moment = "before", seconds: float = 60
) -> bool:
    """Run ``target`` (``module:function``) with keyword arguments that JSON can spell; return whether it was killed.

    ``False`` means that it came through with fewer steps. ``step`` 0 never kills.

    Raises:
        AssertionError: it ended in any other way, with what it wrote to its standard error.
        subprocess.TimeoutExpired: it did not end.
    """
    module, _, function = target.partition(":")
    server = _server(module)
    assert server.stdin is not None
    assert server.stdout is not None
    with NamedTemporaryFile() as said:
        order = {"step": step, "moment": moment, "function": function, "arguments": dict(arguments)}
        order |= {"said": said.name, "environment": dict(os.environ)}
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], seconds)[0]:
            os.killpg(server.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(target, seconds)
        status = int(server.stdout.readline() or "256")
        assert status in (0, -signal.SIGKILL), f"{target} ended with {status}:\n{said.read().decode()}"
    return status != 0


def _server(module: str) -> subprocess.Popen[str]:
    """Return the process from which children are forked that run functions of a module, one for all of its tests."""
    for name, server in list(_SERVERS.items()):
        if name != module or server.poll() is not None:
            server.communicate()  # its standard input ends, and with it the process
            del _SERVERS[name]
    if module not in _SERVERS:
        _SERVERS[module] = subprocess.Popen(
            [sys.executable, "-m", "tests.killing", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    return _SERVERS[module]


_SERVERS: dict[str, subprocess.Popen[str]] = {}


def deaths(
    target: str,
    arguments: Callable[[Death], Mapping[str, Any]],
    *,
    moments: tuple[Moment, ...] = MOMENTS,
    share: tuple[int, int] = (1, 1),
) -> Iterator[Death]:
    """Kill ``target`` at its first step, its second, and so on, and yield each death after it has happened.

    ``arguments`` gives each attempt its own place. It ends when an attempt comes through. A ``share`` of (2, 5) is the
    second of five shares, which together take every step: several processes may do them.
    """
    for moment in moments:
        for step in range(share[0], FARTHEST, share[1]):
            death = Death(step, moment)
            if not run_killed_at(step, target, arguments(death), moment=moment):
                assert step > share[0], f"{target} has no durable step at all"
                break
            yield death


def arm(step: int, moment: Moment) -> None:
    """Make this process kill itself at its ``step``-th durable step from now on."""
    taken = 0

    def deadly(call: Callable[..., Any], is_step: Callable[..., bool]) -> Callable[..., Any]:
        def stepping(*args: Any, **named: Any) -> Any:
            nonlocal taken
            if not is_step(*args, **named):
                return call(*args, **named)
            taken += 1
            if taken == step and moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            now = taken
            try:
                return call(*args, **named)
            finally:  # also after a step that failed
                if now == step and moment == "after":
                    os.kill(os.getpid(), signal.SIGKILL)

        return stepping

    for name in STEPS:
        if hasattr(os, name):
            setattr(os, name, deadly(getattr(os, name), _always))
    os.open = deadly(os.open, _opens_for_writing)
    builtins.open = io.open = deadly(io.open, _has_writing_mode)


def _always(*_: Any, **__: Any) -> bool:
    return True


def _opens_for_writing(path: Any, flags: int, *_: Any, **__: Any) -> bool:
    return bool(flags & WRITING)


def _has_writing_mode(file: Any, mode: str = "r", *_: Any, **__: Any) -> bool:
    return bool(set(mode) & set("wax+"))


def serve(module: ModuleType) -> dict[str, Any]:
    """Fork a child for each order of ``run_killed_at``; returns the order in that child, and never in this one."""
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            with Path(order["said"]).open("wb") as said, Path(os.devnull).open("rb") as nothing:
                for stream, number in ((nothing, 0), (said, 1), (said, 2)):
                    os.dup2(stream.fileno(), number)
            os.environ.clear()
            os.environ.update(order["environment"])
            return {"run": getattr(module, order["function"]), **order}
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Load a module, and in each child that is forked then arm it and run what was ordered."""
    order = serve(importlib.import_module(sys.argv[1]))
    arm(order["step"], order["moment"])
    end(status_of(lambda: order["run"](**order["arguments"])))


if __name__ == "__main__":
    main()
