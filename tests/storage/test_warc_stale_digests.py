"""What a WARC file says elsewhere of a payload that was overwritten: revisits, digests, proofs, segments."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest

from storage.warc import (
    Answer,
    Request,
    field,
)
from tests.judges import judged
from tests.storage.overwritten import (
    GONE,
    LIST,
    done,
    everything,
    payload,
    read,
    writer,
)
from tests.storage.warc_files import exchange

if TYPE_CHECKING:
    from pathlib import Path


def test_revisits_resolve_and_name_the_digest_that_their_payload_has_now(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        first, again = (warc.exchange(exchange(LIST, headers=(("ETag", '"f00d"'),))) for _ in range(2))
    before = read(path)
    assert before[again].type == "revisit"
    target, told = done(path)
    after = read(target)
    assert told.changed == (first, again)
    assert payload(target, again) == payload(target, first) != LIST
    digests = {field(after[one].headers, "WARC-Payload-Digest") for one in (first, again)}
    assert len(digests) == 1
    # What a server had computed from the body would confirm a guess at what is gone.
    assert {field(after[one].http, "ETag") for one in (first, again)} == {"*" * 6}
    assert field(before[first].headers, "WARC-Payload-Digest").encode() not in everything(target)  # type: ignore[union-attr]
    judged(target)


def reordered(path: Path, *, without: tuple[str, ...] = ()) -> None:
    """Put a file's revisits first, as others may write them, with less about what they refer to."""
    records = read(path)
    plain = [
        gzip.decompress(records[name].member)
        for name in sorted(
            records,
            key=lambda name: (
                ("warcinfo", "revisit").index(records[name].type)
                if records[name].type in {"warcinfo", "revisit"}
                else 2
            ),
        )
    ]
    for header in without:
        plain = [
            b"\r\n".join(line for line in one.split(b"\r\n") if not line.startswith(header.encode() + b":"))
            for one in plain
        ]
    path.write_bytes(b"".join(gzip.compress(one) for one in plain))


@pytest.mark.parametrize(
    "without",
    [
        (),
        ("WARC-Refers-To",),
        ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"),
    ],
    ids=["by id", "by address and date", "by digest"],
)
def test_a_revisit_before_what_it_refers_to_is_found_by_all_that_it_may_say(
    without: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        first, again = (warc.exchange(exchange(LIST)) for _ in range(2))
    reordered(path, without=without)
    target, told = done(path)
    assert told.changed == (again, first)
    headers = [field(read(target)[one].headers, "WARC-Payload-Digest") for one in (first, again)]
    assert headers[0] == headers[1] != field(read(path)[first].headers, "WARC-Payload-Digest")


def test_a_revisit_of_another_file_or_of_a_revisit_is_told_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        first, again, third = (warc.exchange(exchange(LIST)) for _ in range(3))
    plain = [gzip.decompress(one.member) for one in read(path).values()]
    refers = b"WARC-Refers-To: <%s>" % first.encode()
    referring = [number for number, one in enumerate(plain) if refers in one]
    for number, other in zip(referring, ("urn:uuid:elsewhere", again), strict=True):
        plain[number] = plain[number].replace(refers, b"WARC-Refers-To: <%s>" % other.encode())
    path.write_bytes(b"".join(gzip.compress(one) for one in plain))
    old = field(read(path)[first].headers, "WARC-Payload-Digest")
    assert old
    target, told = done(path)
    assert told.changed == (first, again, third)
    assert old.encode() not in everything(target)


def test_what_a_server_computed_from_a_body_is_gone_where_it_is_said_again(tmp_path: Path) -> None:
    # Given an answer that was asked for again, which had not changed, and another one with a validator of its own,
    path = tmp_path / "capture.warc.gz"
    posted = Request("POST", "/page", (("If-Match", '"f00d"'),), b"q=" + GONE)
    asked = Request("GET", "/page", (("If-None-Match", 'W/"beef", "f00d"'), ("Host", "district.example")))
    with writer(path) as warc:
        early = warc.exchange(exchange(b"", answer=Answer(304, "Not Modified", (("ETag", '"f00d"'),), io.BytesIO())))
        first = warc.exchange(exchange(LIST, request=posted, headers=(("ETag", 'W/"f00d"'),)))
        late = warc.exchange(
            exchange(request=asked, answer=Answer(304, "Not Modified", (("ETag", '"f00d"'),), io.BytesIO()))
        )
        other = warc.exchange(exchange(b"nothing of it", headers=(("ETag", '"beef"'),)))
    before = read(path)
    target, told = done(path)
    after = read(target)
    assert b"f00d" not in everything(target)
    assert {field(after[one].http, "ETag") for one in (early, first, late)} == {"*" * 6, "*" * 8}
    assert b"If-None-Match: %s\r\nHost: district.example" % (b"*" * 16) in everything(target)
    assert after[other].member == before[other].member
    assert len(told.changed) == 5
    judged(target)


def test_no_segment_of_a_payload_tells_the_digest_of_what_it_was_as_a_whole(tmp_path: Path) -> None:
    def segment(number: int, name: str, body: bytes, *more: bytes) -> bytes:
        lines = (
            b"WARC/1.1",
            b"WARC-Type: " + (b"resource" if number == 1 else b"continuation"),
            b"WARC-Record-ID: <" + name.encode() + b">",
            b"WARC-Date: 2026-11-21T09:30:00Z",
            b"WARC-Segment-Number: %d" % number,
            b"Content-Length: %d" % len(body),
            *more,
        )
        return b"\r\n".join((*lines, b"", body, b"", b""))

    whole = b"WARC-Payload-Digest: sha256:" + b"A" * 52 + b"===="
    first, second = "urn:uuid:00000000-0000-0000-0000-000000000001", "urn:uuid:00000000-0000-0000-0000-000000000002"
    path = tmp_path / "capture.warc"
    path.write_bytes(
        segment(1, first, b"the beginning", whole)
        + segment(2, second, b" and " + GONE, b"WARC-Segment-Origin-ID: <" + first.encode() + b">", whole)
    )
    target, told = done(path)
    assert told.changed == told.unread == (first, second)
    assert whole not in target.read_bytes()
    assert GONE not in target.read_bytes()
