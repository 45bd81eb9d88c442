"""Work spread over processes: its results in order, not far ahead of who takes them, and none that is lost."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from manifests.processes import ProcessLostError, spread

if TYPE_CHECKING:
    from collections.abc import Iterator


def squared(number: int) -> tuple[int, int]:
    """Return a number's square, and which process found it."""
    return number * number, os.getpid()


def killed_at_three(number: int) -> int:
    """End the process as the system does when memory is short."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_jobs_from_other_processes():
    found = list(spread(squared, range(20), processes=2))
    assert [(job, square) for job, (square, _) in found] == [(number, number * number) for number in range(20)]
    assert os.getpid() not in {process for _, (_, process) in found}


def test_no_more_jobs_are_begun_than_keep_the_processes_busy():
    begun: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(100):
            begun.append(number)
            yield number

    results = spread(squared, jobs(), processes=2)
    for taken in range(1, 20):
        next(results)
        assert len(begun) <= taken + 2 * 2
    results.close()


@pytest.mark.parametrize("jobs", [8, 500])
def test_a_process_that_is_killed_is_told_and_what_it_had_to_do_is_not_left_out(jobs: int):
    with pytest.raises(ProcessLostError):
        list(spread(killed_at_three, range(jobs), processes=2))
