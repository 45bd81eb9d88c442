"""How a record is packed: whatever its size, and however it comes, it is one gzip member that holds it."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from storage.warc.coding import STEP
from storage.warc.spelling import SMALL, packed

SIZES = st.lists(st.sampled_from([0, 1, 100, SMALL - 1, SMALL, SMALL + 1, STEP]), max_size=5)


@given(SIZES, st.randoms(use_true_random=False))
def test_a_record_is_one_member_however_it_comes(sizes: list[int], chance):
    pieces = [chance.randbytes(size) for size in sizes]
    member = b"".join(packed(pieces))
    inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
    assert inflater.decompress(member) == b"".join(pieces)
    assert inflater.eof
    assert inflater.unused_data == b""


def test_what_is_small_is_packed_as_well_as_with_all_of_zlibs_memory():
    head = b"".join(b"Header-%d: value %d of a header\r\n" % (number, number % 7) for number in range(100))
    assert len(head) < SMALL
    whole = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    assert b"".join(packed([head])) == whole.compress(head) + whole.flush()
