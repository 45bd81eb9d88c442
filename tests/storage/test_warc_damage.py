"""WARC files that were cut off, changed, or never were any: noticed where it is, and what is whole is kept."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.warc import (
    ContentCodingError,
    WarcDamagedError,
    decoded,
    read_warc,
    salvage,
)
from tests.storage.warc_files import PAGE, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """A small file, and the offsets at which its records start."""
    path = tmp_path_factory.mktemp("warc") / "capture.warc.gz"
    written(path, PAGE, gzip.compress(os.urandom(300)))
    with path.open("rb") as stream:
        offsets = [record.offset for record in read_warc(stream)]
    return path.read_bytes(), offsets


def test_salvage_cuts_every_torn_tail_and_keeps_every_whole_record(
    three: tuple[bytes, list[int]], tmp_path: Path
) -> None:
    content, offsets = three
    path = tmp_path / "torn.warc.gz"
    for size in {
        *range(0, len(content), 23),
        *(end + step for end in offsets for step in (-1, 0, 1) if end),
        len(content),
    }:
        path.write_bytes(content[:size])
        assert salvage(path) == max([0, *(end for end in [*offsets, len(content)] if end <= size)])
        assert salvage(path) == path.stat().st_size


@pytest.mark.parametrize("tail", [bytes(5000), b"\x1f\x8b\x08garbage", os.urandom(5000)])
def test_salvage_cuts_what_a_power_cut_left(tail: bytes, three: tuple[bytes, list[int]], tmp_path: Path) -> None:
    content, _ = three
    path = tmp_path / "torn.warc.gz"
    path.write_bytes(content + tail)
    assert salvage(path) == len(content)


def test_salvage_leaves_a_file_alone_that_is_damaged_before_its_end(
    three: tuple[bytes, list[int]], tmp_path: Path
) -> None:
    content, offsets = three
    path = tmp_path / "rotten.warc.gz"
    rotten = bytearray(content)
    rotten[offsets[1] + 40] ^= 1
    path.write_bytes(rotten)
    with pytest.raises(WarcDamagedError):
        salvage(path)
    assert path.read_bytes() == rotten


def outcome(content: bytes) -> tuple[int, object]:
    """How many records are read, and where the damage is, if there is any."""
    seen = 0
    try:
        for _ in read_warc(io.BytesIO(content)):
            seen += 1
    except WarcDamagedError as error:
        return seen, error.facts["offset"]
    return seen, None


def test_every_flipped_byte_is_noticed_where_it_is_or_changes_no_content(three: tuple[bytes, list[int]]) -> None:
    content, offsets = three
    plain = gzip.decompress(content)
    unseen = 0
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 0x10
        before = sum(1 for end in offsets[1:] if end <= position)
        seen, offset = outcome(bytes(flipped))
        if offset is None:
            unseen += 1
            assert gzip.decompress(flipped) == plain
        else:
            assert (seen, offset) == (before, offsets[before])
    assert unseen < 10 * len(offsets)


def test_every_truncation_is_noticed_unless_it_ends_between_records(three: tuple[bytes, list[int]]) -> None:
    content, offsets = three
    for size in range(1, len(content)):
        if size in offsets:
            continue
        with pytest.raises(WarcDamagedError):
            list(read_warc(io.BytesIO(content[:size])))


def test_a_plain_file_that_ends_in_the_middle_of_a_payload_is_damaged(three: tuple[bytes, list[int]]) -> None:
    plain = gzip.decompress(three[0])
    assert len(list(read_warc(io.BytesIO(plain)))) == 5
    # Without its digest, only the length tells: the case that warcio passes over in silence.
    undigested = plain.replace(b"WARC-Block-Digest", b"X-ARC-Block-Digest").replace(b"WARC-Payload", b"X-ARC-Payload")
    with pytest.raises(WarcDamagedError, match="missing at its end"):
        list(read_warc(io.BytesIO(undigested[: undigested.index(PAGE) + 100])))


def test_several_records_in_one_gzip_member_are_refused(three: tuple[bytes, list[int]]) -> None:
    with pytest.raises(WarcDamagedError, match="more follows"):
        list(read_warc(io.BytesIO(gzip.compress(gzip.decompress(three[0])))))


def test_a_false_digest_is_refused_or_reported(three: tuple[bytes, list[int]]) -> None:
    forged = gzip.decompress(three[0]).replace(b"Hello", b"Hullo", 1)
    with pytest.raises(WarcDamagedError, match="digest is false"):
        list(read_warc(io.BytesIO(forged)))
    verdicts = [record.digests for record in read_warc(io.BytesIO(forged), mismatch="report")]
    assert verdicts == ["passed", "failed", "passed", "passed", "passed"]


CODED = {
    "gzip": gzip.compress(PAGE),
    "x-gzip": gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:]) + bytes(7),
    "deflate": zlib.compress(PAGE),
    "DEFLATE": zlib.compress(PAGE, wbits=-15),
    "gzip, identity, deflate": zlib.compress(gzip.compress(PAGE)),
    "identity": PAGE,
    "": PAGE,
    "br": PAGE,
    " gzip ": PAGE,
}


@pytest.mark.parametrize("encoding", CODED)
@given(data=st.data())
def test_a_body_decodes_to_the_same_payload_however_it_is_cut(encoding: str, data: st.DataObject) -> None:
    body = CODED[encoding]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert b"".join(decoded(chunks, encoding)) == PAGE


@given(position=st.integers(10, len(CODED["gzip"]) - 1), cut=st.integers(1, 200), torn=st.booleans())
def test_a_broken_body_decodes_to_the_same_bytes_however_it_is_cut(position: int, cut: int, torn: bool) -> None:
    broken = bytearray(CODED["gzip"])
    if torn:
        del broken[position:]
    else:
        broken[position] ^= 0x55

    def salvaged(step: int) -> bytes:
        plain = bytearray()
        chunks = decoded((bytes(broken[i : i + step]) for i in range(0, len(broken), step)), "gzip")
        with pytest.raises(ContentCodingError):
            plain.extend(chain.from_iterable(chunks))
        return bytes(plain)

    assert salvaged(cut) == salvaged(len(broken))
