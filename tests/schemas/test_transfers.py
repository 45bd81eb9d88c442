"""Lists of records in lines: one spelling, read line by line, whatever their length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical import NotCanonicalError
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.merkle import CompactRange, root_of
from schemas.transfers import LONGEST_LINE, TOGETHER, ids_from, lines_of


def ids(number):
    return [Digest.of(str(one).encode()) for one in range(number)]


@given(st.integers(0, 2_500))
@settings(deadline=None, max_examples=30)
def test_a_list_is_read_back_as_it_was_written(number):
    written = list(lines_of(ids(number)))
    assert list(ids_from(written)) == ids(number)
    assert len(written) == -(-number // TOGETHER)
    assert max(map(len, written), default=0) < LONGEST_LINE
    tree = CompactRange().extend(ids(number))
    assert (tree.size, tree.root) == (number, root_of(ids(number)))


LINE = next(lines_of(ids(2)))
FULL = list(lines_of(ids(TOGETHER)))


@pytest.mark.parametrize(
    "lines",
    [
        [LINE[:-1]],
        [b"\n"],
        [b'{"records":[]}\n'],
        [LINE.replace(b":", b": ")],
        [LINE.replace(b'"records"', b'"others"')],
        [LINE.upper()],
        [LINE, LINE],
        [*FULL, b"{}\n"],
        [LINE[:-1] + b" \n"],
        [b'{"records":[' + b",".join(b'"%s"' % one.hex.encode() for one in ids(TOGETHER + 1)) + b"]}\n"],
    ],
)
def test_another_spelling_is_refused(lines):
    with pytest.raises(IntegrityError):
        list(ids_from(lines))


def test_a_line_that_was_cut_off_is_refused():
    with pytest.raises(NotCanonicalError, match="cut off"):
        list(ids_from([LINE[:50]]))
