"""How content is parted, and which uploads may be continued: rules over data."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import Instant
from schemas.stored import Lock
from storage.objects import Content, ObjectAlteredError, StoreUnavailableError
from storage.s3.locking import longer, whole_second
from storage.s3.parts import MIB, MOST_PARTS, PART, Arrived, Part, in_parts, is_ours, part_size, read_whole

TERA = 1 << 40
PARTS = tuple(Part.of(number, bytes([number]) * 9) for number in (1, 2, 3))
ARRIVED = {part.number: Arrived(part.size, part.md5.hex()) for part in PARTS}
instants = st.integers(0, 10**16).map(Instant)
modes = st.sampled_from(["compliance", "governance"])


@given(st.integers(1, 5 * TERA))
def test_parts_are_large_enough_and_not_too_many(size):
    assert part_size(size) >= PART
    assert part_size(size) % MIB == 0
    assert -(-size // part_size(size)) <= MOST_PARTS


@given(st.sets(st.sampled_from([1, 2, 3])))
def test_an_upload_is_continued_if_something_arrived_and_all_of_it_is_ours(numbers):
    arrived = {number: ARRIVED[number] for number in numbers}
    assert is_ours(PARTS, arrived) is bool(numbers)
    for number in numbers:
        assert not is_ours(PARTS, arrived | {number: replace(ARRIVED[number], size=8)})
        assert not is_ours(PARTS, arrived | {number: replace(ARRIVED[number], etag="0" * 32)})
    assert not is_ours(PARTS, arrived | {4: ARRIVED[3]})


def read_in_parts(key, content):
    return tuple(part for part, _ in in_parts(key, content))


@pytest.mark.parametrize("read", [read_whole, read_in_parts])
def test_a_source_may_be_slow_and_must_not_break_or_be_longer(read):
    class Slow(io.RawIOBase):
        def __init__(self):
            self.rest = b"slow"

        def readable(self):
            return True

        def readinto(self, buffer):
            some, self.rest = self.rest[:1], self.rest[1:]
            buffer[: len(some)] = some
            return len(some)

    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise OSError(5, "the disk is broken")

    assert read("a", Content(Slow, 4, Content.of(b"slow").sha256)) in (b"slow", (Part.of(1, b"slow"),))
    with pytest.raises(StoreUnavailableError, match="the disk is broken"):
        read("a", Content(Broken, 4, Content.of(b"slow").sha256))
    with pytest.raises(ObjectAlteredError):
        read("a", Content(lambda: io.BytesIO(b"slow"), 3, Content.of(b"slow").sha256))


@given(
    lock=st.one_of(st.none(), st.builds(Lock, modes, instants.map(whole_second))),
    until=instants,
    mode=modes,
    over=st.booleans(),
)
def test_a_lock_is_never_shortened_and_one_that_holds_never_changes_its_mode(lock, until, mode, over):
    extended = longer(lock, until=until, mode=mode, over=over)
    assert extended.until >= until
    assert extended.until.micros % 1_000_000 == 0
    assert extended.until == max(filter(None, [whole_second(until), lock and lock.until]))
    assert extended.mode == (lock.mode if lock and not over else mode)
