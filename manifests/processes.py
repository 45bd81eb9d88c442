"""Work spread over processes, its results in order, and no more of it on the way than keeps them busy.

Processes are started anew (``spawn``): what threads, connections and locks their parent has at that moment does not
matter then. They take about a second to start.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

Job = TypeVar("Job")
Result = TypeVar("Result")


class ProcessLostError(UnavailableError):
    """A process ended before its work: killed, or out of memory."""

    code = "PROCESS_LOST"


def _nothing() -> None:
    pass


def spread(
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    processes: int,
    prepare: Callable[[], None] = _nothing,
) -> Iterator[tuple[Job, Result]]:
    """Yield jobs with their results, in their order; what jobs, results and functions are is sent between processes.

    In each process ``prepare`` is called first.

    Raises:
        ProcessLostError: a process ended before its work was done.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, prepare) as pool:
        waiting: deque[tuple[Job, Future[Result]]] = deque()
        for job in jobs:
            with _none_lost(), _without_program():
                waiting.append((job, pool.submit(work, job)))
            # Enough that no process waits, and no more: what waits is in memory.
            if len(waiting) > processes + 1:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())


def _done(job: Job, future: Future[Result]) -> tuple[Job, Result]:
    with _none_lost():
        return job, future.result()


@contextmanager
def _none_lost() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise ProcessLostError(
            "A process ended before its work was done.", do="Find out what ended it (memory?), then try again."
        ) from error


@contextmanager
def _without_program() -> Iterator[None]:
    """Hide the program that runs from processes that start now, which else import all of it: half their memory."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
