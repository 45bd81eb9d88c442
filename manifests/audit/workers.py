"""Acts checked in parallel: processes for the work, which open the store themselves, and threads for its delays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from manifests.audit.captures import check_act
from manifests.processes import ProcessLostError, spread
from schemas.errors import UnavailableError
from storage.objects import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from manifests.audit.captures import Checked
    from manifests.audit.register import NamedAct, Work
    from storage.objects import ObjectStore

BATCH_WEIGHT = 16 << 20
BATCH_ACTS = 256
WORTH_STARTING = 256 << 20
"""From which weight on it is worth to start processes: they need as long to start as this takes, about a second."""
THREADS = 8


class WorkerLostError(UnavailableError):
    """A process of the audit ended before its work: killed, or out of memory."""

    code = "AUDIT_WORKER_LOST"


@dataclass(frozen=True, slots=True)
class Workers:
    """How many processes, and how each opens the store; ``open_store`` must be picklable, as ``partial`` is."""

    processes: int
    open_store: Callable[[], ObjectStore]


def check_acts(
    store: ObjectStore, acts: Iterable[NamedAct], *, weight: int, workers: Workers | None
) -> Iterator[list[tuple[NamedAct, Checked]]]:
    """Yield the acts with what was found of each, some at a time. ``weight`` is that of all of them.

    Raises:
        UnavailableError: the store cannot be read.
    """
    batches = _batched(acts)
    if workers is None or workers.processes < 2 or weight < WORTH_STARTING:  # noqa: PLR2004 - one is no parallel work
        for batch in batches:
            yield list(zip(batch, _check(store, [one.work for one in batch]), strict=True))
        return
    try:
        opening = partial(_open, workers.open_store)
        for batch, checked in spread(_check_there, batches, processes=workers.processes, prepare=opening):
            yield list(zip(batch, checked, strict=True))
    except ProcessLostError as error:
        raise WorkerLostError(
            "A process of the audit ended before its work was done.",
            do="Find out what ended it (memory?), then run the audit again; with --resume it goes on.",
        ) from error


def _batched(acts: Iterable[NamedAct]) -> Iterator[list[NamedAct]]:
    batch: list[NamedAct] = []
    weight = 0
    for one in acts:
        batch.append(one)
        weight += one.weight
        if weight >= BATCH_WEIGHT or len(batch) == BATCH_ACTS:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _check(store: ObjectStore, works: list[Work]) -> list[Checked]:
    if not isinstance(store, Versions):
        return [check_act(store, work) for work in works]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda work: check_act(store, work), works))


_opened: list[ObjectStore] = []  # a process's own store, opened when the process starts


def _open(open_store: Callable[[], ObjectStore]) -> None:
    _opened.append(open_store())


def _check_there(batch: list[NamedAct]) -> list[Checked]:
    return _check(_opened[0], [one.work for one in batch])
