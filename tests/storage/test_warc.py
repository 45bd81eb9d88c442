"""WARC files, held against two readers that are not ours and against files that nobody here wrote."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import Instant
from storage.warc import (
    Answer,
    ContentCodingError,
    Exchange,
    PayloadTooLargeError,
    Request,
    WarcDamagedError,
    WarcRecordMissingError,
    WarcTakenError,
    WarcUnwritableError,
    WarcWriter,
    decoded,
    field,
    payload_holders,
    payload_of,
    read_warc,
    salvage,
)
from storage.warc.write import UNSYNCED_BYTES, UNSYNCED_RECORDS
from tests.judges import judged

AT = Instant.from_text("2026-11-21T09:30:00.123456Z")
PAGE = b"<p>Hello, district.</p>" * 40
LIMIT = 1 << 20


def writer(path: Path) -> WarcWriter:
    return WarcWriter(
        path,
        software="holdfast/0",
        operator="The district",
        salt=bytes(range(32)),
        now=lambda: AT,
        user_agent="holdfast",
    )


def exchange(body: bytes = PAGE, **changes: object) -> Exchange:
    headers = changes.pop("headers", (("Content-Type", "text/html"), ("X-Name", "Zo\xeb")))
    asked = Request("GET", "/page", (("Host", "district.example"),))
    answer = Answer(200, "OK", headers, io.BytesIO(body))  # type: ignore[arg-type]
    known: dict[str, object] = {"uri": "https://district.example/page", "at": AT, "ip": "192.0.2.7"}
    return Exchange(**known | {"request": asked, "answer": answer} | changes)  # type: ignore[arg-type]


def records(path: Path) -> list[str]:
    with path.open("rb") as stream:
        return [record.type for record in read_warc(stream)]


def written(path: Path, *bodies: bytes) -> list[str]:
    with writer(path) as warc:
        return [warc.exchange(exchange(body)) for body in bodies]


def test_every_kind_of_record_passes_readers_that_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        first = warc.exchange(exchange())
        again = warc.exchange(exchange())
        cut = warc.exchange(exchange(b"half a", truncated="length"))
        note = warc.note(
            at=AT, fields=[("outcome", "no answer\r\nforged: yes")], uri="https://district.example/", about=first
        )
        file = warc.resource(uri="file:///posts.json", at=AT, content_type="application/json", body=io.BytesIO(b"[]"))

    assert judged(path) == Counter(warcinfo=1, response=2, revisit=1, request=3, metadata=1, resource=1)
    with path.open("rb") as stream:
        read = {record.id: (record.type, record.date, record.digests, record.truncated) for record in read_warc(stream)}
    assert read[first] == ("response", AT, "passed", None)
    assert read[again] == ("revisit", AT, "passed", None)
    assert read[cut] == ("response", AT, "passed", "length")
    assert read[note][0] == "metadata"
    assert read[file][0] == "resource"


def test_a_file_says_who_wrote_it_and_how(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    written(path)
    with path.open("rb") as stream:
        (info,) = ((record.headers, record.payload(limit=LIMIT)) for record in read_warc(stream))
    assert field(info[0], "WARC-Filename") == "capture.warc.gz"
    assert info[1].splitlines() == [
        b"software: holdfast/0",
        b"format: WARC File Format 1.1",
        b"conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        b"operator: The district",
        b"http-header-user-agent: holdfast",
        b"salt: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    ]


def test_request_and_response_name_each_other_and_keep_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    (name,) = written(path, PAGE)
    with gzip.open(path) as stream:
        content = stream.read()
    head = content.partition(b"HTTP/1.1 200 OK\r\n")[2]
    assert head.startswith(b"Content-Type: text/html\r\nX-Name: Zo\xeb\r\n\r\n" + PAGE)
    assert b"GET /page HTTP/1.1\r\nHost: district.example\r\n\r\n" in content
    assert f"WARC-Concurrent-To: <{name}>".encode() in content
    assert content.count(b"WARC-IP-Address: 192.0.2.7") == 2
    assert content.count(b"WARC-Date: 2026-11-21T09:30:00.123456Z") == 3


def test_chunk_framing_that_is_gone_is_not_claimed(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(exchange(b"5\r\nno frame", headers=(("Transfer-Encoding", "chunked"),)))
    with path.open("rb") as stream:
        assert payload_of(stream, name, limit=LIMIT) == b"5\r\nno frame"


def test_small_truncated_and_differently_coded_payloads_are_not_revisits(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    coded = gzip.compress(os.urandom(400))
    with writer(path) as warc:
        for body in (b"small", PAGE):
            warc.exchange(exchange(body, truncated="time" if body is PAGE else None))
            warc.exchange(exchange(body))
        as_gzip_file = warc.exchange(exchange(coded, headers=()))
        as_coding = warc.exchange(exchange(coded, headers=(("Content-Encoding", "gzip"),)))
    assert "revisit" not in judged(path)
    with path.open("rb") as stream:
        assert payload_of(stream, as_gzip_file, limit=LIMIT) == coded
        stream.seek(0)
        assert payload_of(stream, as_coding, limit=LIMIT) == gzip.decompress(coded)


def test_a_revisit_has_the_payload_of_what_it_refers_to(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    first, other, again = written(path, PAGE, b"another page" * 30, PAGE)
    with path.open("rb") as stream:
        held = {
            name: (record.id, record.payload(limit=LIMIT)) for name, record in payload_holders(stream, {again, other})
        }
    assert held == {again: (first, PAGE), other: (other, b"another page" * 30)}
    with path.open("rb") as stream, pytest.raises(WarcRecordMissingError, match="urn:uuid:none"):
        payload_of(stream, "urn:uuid:none", limit=LIMIT)


def test_the_payload_is_decoded_and_read_in_parts_or_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    bomb = gzip.compress(b"0123456789" * 1_000_000)
    with writer(path) as warc:
        name = warc.exchange(exchange(bomb, headers=(("Content-Encoding", "gzip"),)))
    with path.open("rb") as stream:
        for record in read_warc(stream):
            if record.id == name:
                assert record.part(offset=5_000_003, length=4) == b"3456"
                assert record.part(offset=9_999_999, length=4) == b"9"
                with pytest.raises(PayloadTooLargeError):
                    record.payload(limit=9_999_999)
                assert len(record.payload(limit=10_000_000)) == 10_000_000


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    written(path)
    with pytest.raises(WarcTakenError):
        writer(path)
    with pytest.raises(WarcUnwritableError):
        writer(tmp_path / "absent" / "capture.warc.gz")


def test_threads_share_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc, ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda n: warc.exchange(exchange(b"%d " % (n % 50) * 200)), range(200)))
    assert len(names) == 200
    counts = judged(path)
    assert counts["response"] == 50
    assert counts["revisit"] == 150


class FullDisk(io.BytesIO):
    """A body whose second reading fails half-way, as a write to a full disk does."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > 4:
            raise OSError(28, "No space left on device")
        return super().read(min(size or -1, 1 << 15))


def test_a_write_that_fails_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        warc.exchange(exchange())
        whole = path.read_bytes()
        failing = exchange(answer=Answer(200, "OK", (), FullDisk(os.urandom(80_000))))
        with pytest.raises(WarcUnwritableError, match="No space left"):
            warc.exchange(failing)
        assert path.read_bytes() == whole
        warc.exchange(exchange(b"later" * 100))
    assert judged(path) == Counter(warcinfo=1, response=2, request=2)


KILLED = """
import io, os, sys
from pathlib import Path
from tests.storage.test_warc import exchange, writer
warc = writer(Path(sys.argv[1]))
while True:
    print(warc.exchange(exchange(os.urandom(200_000))), flush=True)
"""


def test_what_was_returned_before_kill_9_is_in_the_salvaged_file(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    command = [sys.executable, "-c", KILLED, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout
        told = [process.stdout.readline().strip() for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().split()

    kept = salvage(path)

    assert kept == path.stat().st_size
    judged(path)
    with path.open("rb") as stream:
        assert set(told) <= {record.id for record in read_warc(stream)}


def test_power_costs_the_last_records_at_most_and_none_of_a_closed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "capture.warc.gz"
    on_disk: list[int] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        fsync(descriptor)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            on_disk.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", noted)
    with writer(path) as warc:
        for _ in range(UNSYNCED_RECORDS - 1):
            warc.exchange(exchange())
        assert len(on_disk) == 1  # what the file says of itself
        warc.exchange(exchange())
        assert on_disk[-1] == path.stat().st_size
        warc.exchange(exchange(os.urandom(UNSYNCED_BYTES)))
        assert on_disk[-1] == path.stat().st_size
        warc.exchange(exchange())
        assert on_disk[-1] < path.stat().st_size
    assert on_disk[-1] == path.stat().st_size


def test_a_disk_that_does_not_take_what_was_written_is_told_when_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: int) -> None:
        raise OSError(28, "No space left on device")

    warc = writer(tmp_path / "capture.warc.gz")
    warc.exchange(exchange())
    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(WarcUnwritableError):
        warc.close()
    warc.close()


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
