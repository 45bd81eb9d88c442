"""Timing, and the table that ``./run bench`` prints."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: our rate and the alternative's, both in ``unit``; more is better, unless ``less`` is."""

    step: str
    unit: str
    ours: float
    theirs: float
    alternative: str
    less: bool = False

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours if self.less else self.ours / self.theirs


def seconds(run: Callable[[], Any], *, times: int = 3) -> float:
    """The shortest of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def in_turn(
    ours: Callable[[], Any], theirs: Callable[[], Any], *, clock: Callable[[], float], times: int = 7
) -> tuple[float, float]:
    """The middle of several runs of each, in turn: what else the machine does meanwhile falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for run, times_of in zip((ours, theirs), taken, strict=True):
            start = clock()
            run()
            times_of.append(clock() - start)
    return median(taken[0]), median(taken[1])


def print_table(rows: list[Row]) -> None:
    print(f"\n{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| step | Holdfast | alternative | ratio |")
    print("|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.step} | {row.ours:,.4g} {row.unit} | {row.theirs:,.4g} {row.unit} ({row.alternative}) "
            f"| {row.ratio:{',.2f' if row.ratio >= 0.1 else '.2g'}} |"
        )
