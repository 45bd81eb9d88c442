"""WARC files as they are written, held against two readers that are not ours."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.warc import (
    Answer,
    PayloadTooLargeError,
    WarcRecordMissingError,
    WarcTakenError,
    WarcUnwritableError,
    field,
    payload_holders,
    payload_of,
    read_warc,
    salvage,
)
from storage.warc.write import UNSYNCED_BYTES, UNSYNCED_RECORDS
from tests.judges import judged
from tests.storage.warc_files import AT, PAGE, exchange, writer, written

LIMIT = 1 << 20


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
from tests.storage.warc_files import exchange, writer
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
