"""Overwriting at its limits: what cannot be read, damaged and large files, natives that leave no filler."""

from __future__ import annotations

import gzip
import io
import os
import random
from typing import TYPE_CHECKING

import pytest

from storage.warc import (
    Answer,
    NativesCoverAllError,
    Overwritten,
    WarcDamagedError,
    field,
    overwrite,
)
from tests.judges import judged
from tests.storage.overwritten import GONE, LIST, done, payload, read, writer
from tests.storage.test_parquet import peak
from tests.storage.warc_files import AT, exchange

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("headers", "body", "truncated"),
    [
        ((("Content-Encoding", "br"),), b"\x0b\x02\x80hello\x03", None),
        ((("Content-Encoding", "gzip, br"),), b"\x0b\x02\x80hello\x03", None),
        ((("Content-Encoding", "gzip"),), gzip.compress(os.urandom(900))[:-300], None),
        ((), b"the beginning of what nobod", "length"),
    ],
    ids=["br", "gzip, br", "broken", "cut off"],
)
def test_what_cannot_be_searched_is_named_or_dropped_and_never_kept_in_silence(
    headers: tuple[tuple[str, str], ...], body: bytes, truncated: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(exchange(body, headers=headers, truncated=truncated))
    target, told = done(path)
    assert (told.changed, told.unread) == ((), (name,))
    assert target.read_bytes() == path.read_bytes()
    target, told = done(path, drop=[name])
    assert (told.changed, told.unread, payload(target, name)) == ((name,), (), b"")
    judged(target)


def test_of_a_broken_body_the_part_that_decodes_is_searched_and_the_rest_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    body = LIST + random.Random(1).randbytes(4000)
    with writer(path) as warc:
        name = warc.exchange(exchange(gzip.compress(body)[:-1000], headers=(("Content-Encoding", "gzip"),)))
    before = payload(path, name)
    target, told = done(path)
    assert payload(target, name) == before.replace(GONE, b"*" * len(GONE))
    assert told.unread == ()
    judged(target)


def test_a_damaged_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        for number in range(3):
            warc.exchange(exchange(LIST + b"%d" % number))
    whole = path.read_bytes()
    for position in random.Random(3).sample(range(len(whole)), 60):
        flipped = bytearray(whole)
        flipped[position] ^= 0x10
        target = io.BytesIO()
        try:
            overwrite(io.BytesIO(flipped), target, natives=[[GONE]], turn="plan 1")
        except WarcDamagedError:
            assert target.getvalue() == b""
        else:  # a byte of gzip's own header that says nothing
            assert gzip.decompress(flipped) == gzip.decompress(whole)


def test_a_file_that_is_not_compressed_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        names = [warc.exchange(exchange(LIST + b"%d" % number)) for number in range(3)]
        other = warc.exchange(exchange(b"nothing of it"))
    path.write_bytes(gzip.decompress(path.read_bytes()))
    target, told = done(path)
    assert told.changed == tuple(names)
    assert GONE not in target.read_bytes()
    assert payload(target, other) == b"nothing of it"
    assert read(target)[other].member == read(path)[other].member
    judged(target)


def test_bytes_of_media_that_contain_every_filler_are_overwritten_all_the_same(tmp_path: Path) -> None:
    # Given natives in which every byte occurs, and what makes one out of what is written, and that yet another,
    path = tmp_path / "capture.warc.gz"
    media, arises = bytes(range(256)), b"the w**ds of a boy"
    body = b"<" + media + b">[the words of a boy]" + b" " * 300
    with writer(path) as warc:
        first, again = (warc.exchange(exchange(body)) for _ in range(2))
    letters = (body.index(b"ords"), 2)
    # when two letters go,
    target, told = done(path, natives=[[media, arises], [b"[" + b"*" * len(arises) + b"]"]], gone={first: [letters]})
    # then so does all that they would have spelled, and what that would have.
    assert payload(target, first) == b"<" + b"*" * 256 + b">" + b"*" * (len(arises) + 2) + b" " * 300
    assert told == Overwritten((first, again), (), (), 255 + len(arises) + 2, 0, unsalted=False)
    assert field(read(target)[first].headers, "WARC-X-Overwritten") == str(told.octets)
    judged(target)


MEASURED = """
import io, sys
from storage.warc import overwrite
with open(sys.argv[1], "rb") as source, open(sys.argv[1] + ".out", "wb") as target:
    told = overwrite(source, target, natives=[[b"needle number %03d" % n for n in range(1000)]], turn="plan 1")
assert len(told.changed) == 1, told
"""


def test_a_large_payload_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    def made(megabytes: int) -> str:
        path = tmp_path / f"{megabytes}.warc.gz"
        with writer(path) as warc, (tmp_path / f"{megabytes}.body").open("w+b") as body:
            for number in range(megabytes):
                body.write((b"needle number %03d, " % number).ljust(1 << 20, b"."))
            body.seek(0)
            warc.exchange(exchange(answer=Answer(200, "OK", (), body)))
        return str(path)

    assert peak(MEASURED, made(160)) - peak(MEASURED, made(4)) < 20 << 20


def test_natives_that_leave_no_byte_to_write_are_refused() -> None:
    with pytest.raises(NativesCoverAllError):
        overwrite(io.BytesIO(), io.BytesIO(), natives=[[bytes([code]) * 16 for code in range(256)]], turn="plan 1")


def test_an_empty_file_and_empty_natives_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    path.write_bytes(b"")
    assert done(path)[1] == Overwritten((), (), (), 0, 0, unsalted=False)
    path.unlink()
    with writer(path) as warc:
        warc.exchange(exchange(LIST))
    target, told = done(path, natives=[[b""]])
    assert told == Overwritten((), (), (), 0, 0, unsalted=False)
    assert target.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("media_type", ["application/gzip", "application/zip"])
def test_a_compressed_file_that_was_imported_is_named_as_one_that_may_hold_what_goes(
    media_type: str, tmp_path: Path
) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        page = warc.resource(uri="file:///a#1", at=AT, content_type="text/html", body=io.BytesIO(LIST))
        body = io.BytesIO(gzip.compress(LIST))
        whole = warc.resource(uri="file:///a", at=AT, content_type=media_type, body=body)
        plain = warc.resource(uri="file:///b", at=AT, content_type="application/warc", body=io.BytesIO(LIST))
    _, told = done(path)

    assert (told.changed, told.unread) == ((page, plain), (whole,))
