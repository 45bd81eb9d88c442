"""Which of the records that are due a plan takes, of judgements and places that are made here."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import pyarrow as pa

from ediscovery.disposition.choosing import choose, may_go
from ediscovery.retention.eligible import REASONS
from manifests.history import Place
from schemas.digest import Digest
from schemas.partition import Partition
from schemas.retention import DISPOSALS
from schemas.stored import StoredObject
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ediscovery.disposition.choosing import Chosen

KEY = layout.partition(account="blog", series="s", period="2026-03", name="a")
STORED = StoredObject(key=KEY, size=1, sha256=Digest.of(b"a"))
PARTITION = Partition(account="blog", series="s", period="2026-03", rows=1, root=Digest.of(b"r"), stored=STORED)
PLACES = {KEY: Place(PARTITION, 1, STORED, 1)}
DUE = date(2026, 1, 1)
JUDGED = tuple(product(REASONS, (*DISPOSALS, None), (False, True)))
"""Every reason, with every disposal, of records that an archives has and of those that it has not."""


def words(values: Sequence[str | None], of: Sequence[str]) -> pa.DictionaryArray:
    numbers = pa.array([None if value is None else of.index(value) for value in values], pa.int8())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(of))


def record(number: int) -> Digest:
    return Digest.of(b"%d" % number)


def batch() -> pa.RecordBatch:
    """What ``eligible`` says of a record for each of ``JUDGED``."""
    count = len(JUDGED)
    return pa.RecordBatch.from_pydict(
        {
            "record": pa.array([record(number).raw for number in range(count)], pa.binary()),
            "key": pa.array([KEY] * count),
            "row": pa.array(range(count), pa.int64()),
            "series": words(["s/1, s/2"] * count, ["s/1, s/2"]),
            "due": pa.array([DUE] * count, pa.date32()),
            "disposal": words([disposal for _, disposal, _ in JUDGED], list(DISPOSALS)),
            "reason": words([reason for reason, _, _ in JUDGED], list(REASONS)),
            "tells": pa.nulls(count, pa.int64()),
            "told": pa.nulls(count, pa.string()),
        }
    )


SENT = frozenset(record(number) for number, (_, _, sent) in enumerate(JUDGED) if sent)
GOING = {
    record(number)
    for number, (reason, disposal, sent) in enumerate(JUDGED)
    if reason == "due" and (disposal == "destroy" or (disposal == "transfer" and sent))
}


def ids_in(chosen: Chosen) -> list[Digest]:
    """The records of a list, in its order."""
    return [one for line in chosen.lines() for one in line.records]


def test_what_is_due_goes_if_it_is_to_be_destroyed_or_is_for_transfer_and_an_archives_has_it():
    chosen = choose([batch()], PLACES, transferred=SENT, produced=(), most=100)
    assert {one for line in chosen.lines() for one in line.records} == GOING
    assert len(chosen) == len(GOING) == 3
    again = may_go([batch()], transferred=SENT)
    assert {Digest(one) for one in again} == GOING


def test_what_goes_is_counted_by_series_disposal_and_month_as_far_as_a_plan_takes_it():
    chosen = choose([batch()], PLACES, transferred=SENT, produced=(), most=100)
    series = ("s/1", "s/2")
    assert chosen.counted() == Counter({(series, "destroy", "2026-03"): 2, (series, "transfer", "2026-03"): 1})
    fewer = choose([batch()], PLACES, transferred=SENT, produced=(), most=1)
    assert fewer.counted().total() == 1
    nothing = choose([], PLACES, transferred=SENT, produced=(), most=1)
    assert not nothing.counted()


def test_a_plan_takes_the_same_first_records_in_whatever_batches_they_come():
    rows = [batch().slice(number, 1) for number in range(batch().num_rows)]
    every = ids_in(choose([batch()], PLACES, transferred=SENT, produced=(), most=100))
    for most in range(len(every) + 1):
        for batches in ([batch()], rows, rows[::-1]):
            chosen = choose(batches, PLACES, transferred=SENT, produced=SENT, most=most)
            assert ids_in(chosen) == [one for one in every if one not in SENT][:most]
            assert chosen.produced == len(GOING & SENT)


def test_what_a_production_needs_stays_also_if_an_archives_has_it():
    chosen = choose([batch()], PLACES, transferred=SENT, produced=SENT, most=100)
    gone = {one for line in chosen.lines() for one in line.records}
    assert gone == GOING - SENT
    assert chosen.produced == len(GOING & SENT) == 2
