"""Sections printed some at a time, by this process or by several: what is laid out at once bounds the memory.

How many pages come before a batch is known when those before it are laid out, not when they are printed. So a process
lays its batch out, waits for the number of its first page, leaves the number after its last one to the next, and
prints. Batches are the same however many processes there are, and so is every byte.
"""

from __future__ import annotations

import gc
import multiprocessing
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from threading import BrokenBarrierError
from typing import TYPE_CHECKING

from ediscovery.production.typesetting import OutsideContentError, Press
from manifests.processes import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ediscovery.production.gathering import Gathering
    from schemas.instant import Instant

MOST_SECTIONS = 40
"""How many sections are laid out at once."""
LONGEST = 150_000
"""How many characters of HTML are, but for a section that has more."""
WORTH_STARTING = 256
"""Pages from which on it is worth to start processes: each prints some twenty while it starts."""
BROKEN_OFF = -1
LAID_OUT_AT = 1
"""The number of its first page that every section is laid out with."""


@dataclass(frozen=True, slots=True)
class PrintedBatch:
    """A gathering of some sections, and how many pages each of them has."""

    gathering: Gathering
    pages: tuple[int, ...]


class Presses:
    """Presses of one style, in ``processes`` processes; ``own`` is the one of this process.

    Raises:
        TypesettingUnavailableError, FontMissingError: what lays out text is not installed.
    """

    def __init__(self, css: str, *, at: Instant, processes: int) -> None:
        self.own = Press(css)
        self._css, self._at, self._processes = css, at, processes

    def printed(self, sections: Iterable[str], *, first: int, estimated: int) -> Iterator[PrintedBatch]:
        """Yield the sections in batches, laid out with page number 1 and printed with numbers from ``first`` on.

        About as many pages as ``estimated`` are expected.

        Raises:
            OutsideContentError: a section refers to a file or an address.
            ProcessLostError: a process ended before its work was done.
        """
        batches = enumerate(batched(sections))
        if self._processes == 1 or estimated < WORTH_STARTING:
            for _, batch in batches:
                printed = _print(self.own, batch, at=self._at, start=partial(_known, first))
                first += sum(printed.pages)
                yield printed
            return
        prepare = partial(_prepare, self._css, self._at, _Numbers(first))
        for _, done in spread(_print_there, batches, processes=self._processes, prepare=prepare):
            if isinstance(done, _Refused):
                raise OutsideContentError(done.what, do=done.do)
            yield done


def batched(sections: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield as many sections at a time as are laid out at once."""
    batch: list[str] = []
    length = 0
    for section in sections:
        if batch and (len(batch) == MOST_SECTIONS or length + len(section) > LONGEST):
            yield tuple(batch)
            batch, length = [], 0
        batch.append(section)
        length += len(section)
    if batch:
        yield tuple(batch)


class _Numbers:
    """The number of the next page, handed from batch to batch in their order, over processes."""

    def __init__(self, first: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._turn, self._next = context.Value("q", 0, lock=False), context.Value("q", first, lock=False)
        self._changed = context.Condition()

    def take(self, batch: int, pages: int) -> int:
        """Wait for this batch's turn; return the number of its first page.

        Raises:
            BrokenBarrierError: it will never be its turn.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._turn.value in (batch, BROKEN_OFF))
            if self._turn.value == BROKEN_OFF:
                raise BrokenBarrierError
            first = int(self._next.value)
            self._turn.value, self._next.value = batch + 1, first + pages
            self._changed.notify_all()
            return first

    def break_off(self) -> None:
        """Let nobody wait: there will be no more numbers."""
        with self._changed:
            self._turn.value = BROKEN_OFF
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class _There:
    """What a process has: its press, and what it shares with the others."""

    press: Press
    at: Instant
    numbers: _Numbers


_there: list[_There] = []


def _prepare(css: str, at: Instant, numbers: _Numbers) -> None:
    with _broken_off(numbers):
        _there.append(_There(Press(css), at, numbers))


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a batch is not printed: an error of ours is not sent between processes."""

    what: str
    do: str


def _print_there(numbered: tuple[int, tuple[str, ...]]) -> PrintedBatch | _Refused:
    place, batch = numbered
    there = _there[0]
    try:
        with _broken_off(there.numbers):
            return _print(there.press, batch, at=there.at, start=partial(there.numbers.take, place))
    except OutsideContentError as error:
        return _Refused(error.what, error.do)


def _known(first: int, _pages: int) -> int:
    return first


@contextmanager
def _broken_off(numbers: _Numbers) -> Iterator[None]:
    try:
        yield
    except BaseException:
        numbers.break_off()
        raise


def _print(press: Press, batch: Sequence[str], *, at: Instant, start: Callable[[int], int]) -> PrintedBatch:
    """Lay a batch out and print it; ``start`` is told how many pages it has, and says the number of the first."""
    # Laid-out pages are a million objects, and nobody drops any meanwhile. To look through them for circles again and
    # again takes a quarter of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        laid_out = [press.lay_out(section) for section in batch]
        pages = tuple(section.pages for section in laid_out)
        starts = accumulate(pages, initial=start(sum(pages)) - LAID_OUT_AT)
        return PrintedBatch(press.print(laid_out, at=at, later=tuple(starts)[:-1]), pages)
    finally:
        laid_out = []
        gc.collect()
        if collecting:
            gc.enable()
