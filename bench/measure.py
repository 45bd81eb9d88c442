"""Timing, and the table that ``./run bench`` prints."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
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


def in_turn(ours: Callable[[], Any], theirs: Callable[[], Any], *, times: int = 7) -> tuple[float, float]:
    """The shortest of several runs of each, in turn: what else the machine does meanwhile falls on both."""
    pairs = [(seconds(ours, times=1), seconds(theirs, times=1)) for _ in range(times)]
    return min(one for one, _ in pairs), min(other for _, other in pairs)


def print_table(rows: list[Row]) -> None:
    print(f"\n{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| step | Holdfast | alternative | ratio |")
    print("|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.step} | {row.ours:,.4g} {row.unit} | {row.theirs:,.4g} {row.unit} ({row.alternative}) "
            f"| {row.ratio:{',.2f' if row.ratio >= 0.1 else '.2g'}} |"
        )
