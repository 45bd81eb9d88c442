"""Rows of a segment are found by their terms, however long these are and however many a row group has."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from ediscovery.index import segments
from ediscovery.index.opened import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def opened(path: Path, terms: Sequence[str]) -> Columns:
    """Postings of terms, of each one in document 0, 1 or both."""
    rows = [(term, doc) for number, term in enumerate(terms) for doc in ((0,), (1,), (0, 1))[number % 3]]
    batch = pa.record_batch(
        [[term for term, _ in rows], [doc for _, doc in rows], [[doc] for _, doc in rows]], schema=segments.POSTINGS
    )
    segments.write_postings(path, [batch])
    return Columns(path, segments.POSTINGS)


@pytest.mark.parametrize(
    ("length", "number"),
    [(5, 20_000), (60, 50_000), (5_000, 300)],
    ids=["short", "a large dictionary", "no statistics"],
)
def test_every_term_is_found_where_it_is_and_none_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, number: int
):
    monkeypatch.setattr(segments, "POSTING_ROWS", max(number // 3, 7))
    chance = random.Random(number)
    terms = sorted({f"{chance.getrandbits(64):016x}".rjust(length, "ü")[-length:] for _ in range(number)})
    columns = opened(tmp_path / "postings.parquet", terms)
    both = dict.fromkeys([*chance.sample(terms, len(terms) // 3), "", "nowhere", "\U0010ffff"])
    each = [(term, one) for term, one in columns.each(sorted(both))]
    assert each == [(term, one) for term in sorted(both) for one in columns.stretches(term, term + "\0")]
    asked = {0, 1, len(terms) - 2, len(terms) - 1, *chance.sample(range(len(terms)), 150)}
    for at in asked:
        found = [
            doc
            for one in columns.stretches(terms[at], terms[at] + "\0")
            for doc in columns.column(one.group, "doc").to_pylist()[one.start : one.stop]
        ]
        assert found == [[0], [1], [0, 1]][at % 3]
        assert not list(columns.stretches(terms[at] + "\0", terms[at] + "\1"))
    for low in chance.sample(range(len(terms)), 20):
        high = chance.randrange(low, len(terms))
        rows = sum(one.rows for one in columns.stretches(terms[low], terms[high]))
        assert rows == sum((1, 1, 2)[at % 3] for at in range(low, high))
