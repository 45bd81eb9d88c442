"""Productions of many records: pages for each second of a core, and what each process that prints takes of memory."""

from __future__ import annotations

import os
import resource
import secrets
from typing import TYPE_CHECKING

from bench.archives import filled
from bench.measure import Row
from ediscovery.commands import in_words, searchable
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from schemas.query import Query

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = int(os.environ.get("HOLDFAST_BENCH_RECORDS", "1000"))
PROCESSES = 2
GOAL = 9
LIMIT_MB = 350


def printing(folder: Path) -> list[Row]:
    """A production of every record of an archive, from the search that is done to the entry in the ledger."""
    archive = filled(folder, RECORDS)
    query = Query(accounts=frozenset({"x"}))
    with searchable(archive) as opened:
        hits = tuple(opened.hits(query))
        order = making.Order(secrets.token_hex(4), "Bench", "", "", in_words(query), "B")
        checkpoint = make(archive, nonce=system_nonce, name=False)
        started = _processor()
        made = making.produce(archive, opened, hits, order, signer_of(archive), checkpoint, processes=PROCESSES)
        taken = _processor() - started
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return [
        Row(f"print: {RECORDS:,} records", "pages/s and core", made.rendered.pages / taken, GOAL, "the goal"),
        Row("print: memory of a process", "MB", held, LIMIT_MB, "the limit", less=True),
    ]


def _processor() -> float:
    """Seconds of the processors, in this process and in those that ended."""
    return sum(
        one.ru_utime + one.ru_stime
        for one in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
