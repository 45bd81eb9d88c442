"""WARC files whose destroyed natives are overwritten: gone everywhere, and every other slice where it lay."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.warc import (
    SHORTEST,
    Answer,
    Overwritten,
    Request,
    WarcWriter,
    field,
    overwrite,
    payload_holders,
    payload_of,
    read_warc,
)
from tests.judges import judged
from tests.storage.test_warc import AT, exchange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMIT = 1 << 26
SALT = bytes(range(32))
GONE = b'{"id": "7", "text": "what nobody may read"}'
STAYS = b'{"id": "8", "text": "what everybody may read"}'
LIST = b'{"items": [' + GONE + b", " + STAYS + b"]}" + b" " * 300


def writer(path: Path, *, salt: bytes = SALT) -> WarcWriter:
    """A writer whose file depends on nothing but what is written."""
    numbers = count(1)
    return WarcWriter(
        path,
        software="holdfast/0",
        operator="The district",
        salt=salt,
        now=lambda: AT,
        new_id=lambda: UUID(int=next(numbers)),
    )


def coded(body: bytes, coding: str) -> bytes:
    return {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "deflate, gzip": lambda content: gzip.compress(zlib.compress(content)),
    }[coding](body)


def encoded(body: bytes, coding: str, **changes: object) -> object:
    return exchange(coded(body, coding), headers=(("Content-Encoding", coding), ("X-Name", "kept")), **changes)


def done(path: Path, **what: object) -> tuple[Path, Overwritten]:
    """The overwritten copy of a file, and what was done."""
    target = path.with_name("overwritten.warc.gz")
    with path.open("rb") as source, target.open("wb") as file:
        told = overwrite(source, file, **{"natives": [[GONE]], "turn": "plan 1"} | what)  # type: ignore[arg-type]
    return target, told


def everything(path: Path) -> bytes:
    """The file decompressed, and every payload decoded."""
    with path.open("rb") as file:
        payloads = b"\n".join(record.payload(limit=LIMIT) for record in read_warc(file))
    content = path.read_bytes()
    return (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content) + payloads


def payload(path: Path, record: str) -> bytes:
    with path.open("rb") as file:
        return payload_of(file, record, limit=LIMIT)


@dataclass
class Read:
    """A record as it is in a file, with its gzip member."""

    type: str
    headers: tuple[tuple[str, str], ...]
    http: tuple[tuple[str, str], ...]
    member: bytes


def read(path: Path) -> dict[str, Read]:
    content = path.read_bytes()
    with path.open("rb") as file:
        found = [(one.id, one.offset, one.type, one.headers, one.http_headers) for one in read_warc(file)]
    ends = [offset for _, offset, *_ in found[1:]] + [len(content)]
    return {
        name: Read(kind, headers, http, content[offset:end])
        for (name, offset, kind, headers, http), end in zip(found, ends, strict=True)
    }


def test_a_destroyed_native_is_gone_and_its_neighbour_lies_where_it_lay(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name, other = warc.exchange(exchange(LIST)), warc.exchange(exchange(b"nothing of it"))
    before = read(path)

    target, told = done(path)

    assert told == Overwritten((name,), (), (), len(GONE), 0, unsalted=False)
    assert payload(target, name) == LIST.replace(GONE, b"*" * len(GONE))
    assert GONE not in everything(target)
    assert judged(target) == judged(path)
    after = read(target)
    assert list(after) == list(before)
    assert field(after[name].headers, "WARC-X-Overwritten") == str(len(GONE))
    assert field(after[name].headers, "WARC-Date") == str(AT)
    assert payload(target, other) == b"nothing of it"
    about = next(iter(before))
    assert {one for one in before if before[one].member != after[one].member} == {about, name}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate, gzip"])
def test_a_coded_body_is_stored_decoded_so_that_slices_keep_their_places(coding: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(encoded(LIST, coding))  # type: ignore[arg-type]
        again = warc.exchange(encoded(LIST, coding))  # type: ignore[arg-type]
        untouched = warc.exchange(encoded(b"nothing of it" * 40, coding))  # type: ignore[arg-type]
    target, told = done(path)
    for one in (name, again):
        assert payload(target, one) == LIST.replace(GONE, b"*" * len(GONE))
    after = read(target)
    assert after[name].http == (("X-Archive-Orig-Content-Encoding", coding), ("X-Name", "kept"))
    assert after[untouched].member == read(path)[untouched].member
    assert told.changed == (name, again)
    judged(target)


def test_a_native_that_compressed_bytes_spell_by_chance_is_gone_with_them(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(encoded(LIST, "gzip"))  # type: ignore[arg-type]
    native = coded(LIST, "gzip")[20:36]
    target, told = done(path, natives=[[native]])
    assert told.changed == (name,)
    assert payload(target, name) == LIST
    assert native not in everything(target)
    judged(target)


def test_what_is_overwritten_in_several_turns_is_counted_together(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(exchange(LIST))
    first, _ = done(path)
    path.write_bytes(first.read_bytes())
    target, told = done(path, natives=[[STAYS]])
    assert told.octets == len(STAYS)
    assert field(read(target)[name].headers, "WARC-X-Overwritten") == str(len(GONE) + len(STAYS))
    assert payload(target, name) == LIST.replace(GONE, b"*" * len(GONE)).replace(STAYS, b"*" * len(STAYS))
    judged(target)


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


def test_media_lose_their_payload_and_the_file_says_that_they_were_there(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    image, file = os.urandom(5000), os.urandom(300)
    with writer(path) as warc:
        headers = (("Content-Type", "image/png"), ("Content-Length", "5000"), ("Content-MD5", "AAAA"))
        first = warc.exchange(exchange(image, headers=headers))
        again = warc.exchange(exchange(image, headers=headers))
        kept = warc.exchange(exchange(LIST))
        named = warc.resource(uri="file:///a.png", at=AT, content_type="image/png", body=io.BytesIO(file))
    target, told = done(path, natives=[[]], drop=[again, named, "urn:uuid:elsewhere"])
    assert told == Overwritten((first, again, named), (), (), 5000 + 4 + 4 + 300, 0, unsalted=False)
    assert (payload(target, first), payload(target, again), payload(target, named)) == (b"", b"", b"")
    assert payload(target, kept) == LIST
    assert read(target)[first].http == (
        ("Content-Type", "image/png"),
        ("X-Archive-Orig-Content-Length", "5000"),
        ("Content-MD5", "****"),
    )
    assert image[:64] not in everything(target)
    judged(target)


def test_what_survives_is_not_touched_where_it_quotes_what_is_destroyed(tmp_path: Path) -> None:
    # Given a reply that quotes what is destroyed, and both again in a revisit by whose id the reply is known,
    path = tmp_path / "capture.warc.gz"
    reply = b'{"id": "9", "answers": ' + GONE + b"}"
    body = b"[" + GONE + b", " + reply + b"]" + b" " * 300
    with writer(path) as warc:
        name, again = (warc.exchange(exchange(body)) for _ in range(2))
    place = (body.index(reply), len(reply))
    # when it is overwritten, then it stays within the reply, and that is said.
    for kept in (name, again):
        target, told = done(path, kept={kept: [place]})
        assert payload(target, name) == body.replace(GONE, b"*" * len(GONE), 1)
        assert told.quoting == (name,)
        assert told.octets == len(GONE)
        judged(target)
    # And of a payload that is dropped, nothing else stays.
    target, told = done(path, drop=[name], kept={again: [place]})
    assert payload(target, name) == b"*" * place[0] + reply + b"*" * (len(body) - sum(place))
    judged(target)


def test_a_slice_that_goes_is_overwritten_whatever_it_holds_but_not_what_survives_in_it(tmp_path: Path) -> None:
    # Given a file and its revisit, with a record too short to be looked for, and one that survives within another,
    path = tmp_path / "capture.warc.gz"
    reply = b'{"id": "9"}'
    body = b"[" + GONE[:-1] + b', "replies": [' + reply + b"]}, {}, {}]" + b" " * 300
    with writer(path) as warc:
        first, again = (warc.exchange(exchange(body)) for _ in range(2))
    assert read(path)[again].type == "revisit"
    outer, inner = (1, body.index(b", {}, {}") - 1), (body.index(reply), len(reply))
    short = (body.index(b"{}, {}"), 2)

    # when both go, by either id, then the short one is gone there and nowhere else, and the one within is whole.
    target, told = done(path, natives=[[b"{}", b"{}"]], gone={first: [outer], again: [short]}, kept={again: [inner]})
    expected = bytearray(body)
    for offset, length in (outer, short):
        expected[offset : offset + length] = b"*" * length
    expected[inner[0] : sum(inner)] = reply
    assert payload(target, first) == payload(target, again) == bytes(expected)
    assert (told.changed, told.octets, told.short) == ((first, again), outer[1] + 2 - len(reply), 2)
    judged(target)
    # And what is said to go beyond the end of a payload, or of another file, changes nothing.
    _, told = done(path, natives=[], gone={first: [(len(body), 9)], "urn:uuid:elsewhere": [(0, 9)]})
    assert told.changed == ()


def test_a_native_across_a_slice_that_goes_is_found_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(exchange(LIST))
    target, _ = done(path, gone={name: [(0, LIST.index(GONE) + 20)]})
    end = LIST.index(GONE) + len(GONE)
    assert payload(target, name) == b"*" * end + LIST[end:]


def test_requests_headers_and_addresses_lose_it_too(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    name, gone = "ana.ruiz@parents", "*" * 16
    secret = name.encode()
    asked = Request("POST", f"/people/{name}?q=1", (("Host", "district.example"), ("X-For", name)), b"n=" + secret)
    with writer(path) as warc:
        first = warc.exchange(
            exchange(
                b"HTTP/1.1 is no word of " + secret,
                uri=f"https://district.example/people/{name}?q=1",
                request=asked,
                headers=(("Location", f"/people/{name}"), (name, "as a name")),
            )
        )
        warc.note(at=AT, fields={"outcome": f"no answer from {name}"}, uri=f"https://{name}.example/", about=first)
    target, told = done(path, natives=[[secret]])
    assert everything(target).replace(secret + b": as a name", b"").count(secret) == 0
    assert told.quoting == (first,)
    after = read(target)
    assert {field(one.headers, "WARC-Target-URI") for one in after.values()} == {
        None,
        f"https://district.example/people/{gone}?q=1",
        f"https://{gone}.example/",
    }
    assert after[first].http == (("Location", f"/people/{gone}"), (name, "as a name"))
    sent = f"POST /people/{gone}?q=1 HTTP/1.1\r\nHost: district.example\r\nX-For: {gone}\r\n\r\nn={gone}"
    assert sent.encode() in everything(target)
    judged(target)


def test_what_frames_a_body_stays_whatever_is_destroyed(tmp_path: Path) -> None:
    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        name = warc.exchange(encoded(b"quiet words", "gzip"))  # type: ignore[arg-type]
    natives = [b"Content-Encoding: gzip", b"HTTP/1.1 200 OK\r\n", b"https://district.", b"gzip\r\nX-Name: kept\r\n\r\n"]
    target, told = done(path, natives=[natives])
    assert payload(target, name) == b"quiet words"
    assert read(target)[name].http == (("Content-Encoding", "gzip"), ("X-Name", "****"))
    assert b"HTTP/1.1 200 **\r\n" in everything(target)
    assert told.quoting == (name,)
    judged(target)


# Whatever is written


def oracle(body: bytes, natives: Iterable[bytes]) -> set[int]:
    """The bytes of every occurrence, at every place, of natives that are looked for."""
    return {
        place
        for native in natives
        if len(native) >= SHORTEST
        for at in range(len(body))
        if body.startswith(native, at)
        for place in range(at, at + len(native))
    }


def places_of(slices: Mapping[str, list[tuple[int, int]]], held: Mapping[str, str]) -> dict[str, set[int]]:
    """The bytes in slices of a payload, by the ids of the records that hold it."""
    return {
        holder: {
            place
            for name, spans in slices.items()
            if held[name] == holder
            for offset, length in spans
            for place in range(offset, offset + length)
        }
        for holder in held.values()
    }


few = (st.text("ab*", min_size=1, max_size=5).map(str.encode) | st.binary(min_size=1, max_size=4)).map(
    lambda short: bytes(byte for byte in short for _ in range(6))
)
bodies = st.lists(few, max_size=30).map(b"".join)
slices = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=2)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_every_native_is_overwritten_at_its_length_and_all_else_stays(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        _check_whatever(data, Path(folder) / "capture.warc.gz")


def written_by(data: st.DataObject, path: Path) -> dict[str, bytes]:
    """Payloads of a file that is written, by their ids."""
    written: dict[str, bytes] = {}
    with writer(path) as warc:
        for body in data.draw(st.lists(bodies, min_size=1, max_size=4)):
            coding = data.draw(st.sampled_from(["", "gzip", "deflate", "deflate, gzip"]))
            one = encoded(body, coding) if coding else exchange(body, headers=())
            written[warc.exchange(one)] = body  # type: ignore[arg-type]
    return written


def _check_whatever(data: st.DataObject, path: Path) -> None:
    written = written_by(data, path)
    natives = data.draw(st.lists(few, max_size=5))
    long = [native for native in natives if len(native) >= SHORTEST]
    gone, kept = (data.draw(st.dictionaries(st.sampled_from(sorted(written)), slices)) for _ in range(2))

    target, told = done(path, natives=[natives], gone=gone, kept=kept)

    with path.open("rb") as file:
        held = {name: one.id for name, one in payload_holders(file, written)}
    stays, goes = (places_of(slices, held) for slices in (kept, gone))
    for name, body in written.items():
        after = payload(target, name)
        must = (oracle(body, natives) | goes[held[name]] & set(range(len(body)))) - stays[held[name]]
        changed = {place for place in range(len(body)) if after[place] != body[place]}
        assert len(after) == len(body)
        assert not changed & stays[held[name]]
        if not any(b"*" in native for native in long):
            assert changed == {place for place in must if body[place] != ord("*")}
            assert {after[place] for place in must} <= {ord("*")}
        if not stays[held[name]]:
            assert not any(native in after for native in long)
    assert told.short == len(natives) - len(long)
    assert [*read(target)] == [*read(path)]
    with target.open("rb") as file:
        assert {one.digests for one in read_warc(file)} == {"passed"}
    again = io.BytesIO()
    with target.open("rb") as file:
        assert overwrite(file, again, natives=[natives], turn="again", gone=gone, kept=kept).changed == ()
    assert again.getvalue() == target.read_bytes()


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_natives_in_groups_are_overwritten_as_those_in_one(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "capture.warc.gz"
        written = written_by(data, path)
        natives = data.draw(st.lists(few, max_size=6))
        what = {name: data.draw(st.dictionaries(st.sampled_from(sorted(written)), slices)) for name in ("gone", "kept")}
        together, told = done(path, natives=[natives], **what)
        expected = together.read_bytes()
        cut = data.draw(st.integers(0, len(natives)))

        parted, told_of_parts = done(path, natives=[natives[:cut], natives[cut:]], **what)

        assert told_of_parts == told
        assert parted.read_bytes() == expected


def test_one_group_of_natives_is_in_memory_at_a_time(tmp_path: Path) -> None:
    class Group(list[bytes]):
        pass

    class Read(Sequence[Group]):
        """Groups that are read when they are asked for, as from a disk."""

        def __init__(self) -> None:
            self.read: list[ref[Group]] = []

        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> Group:  # type: ignore[override]
            assert all(group() is None for group in self.read)
            group = Group([GONE, STAYS] if number == 1 else [b"nothing that is in it"])
            self.read.append(ref(group))
            return group

    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        warc.exchange(exchange(LIST))
    groups = Read()
    _, told = done(path, natives=groups)
    assert told.octets == len(GONE) + len(STAYS)
    assert len(groups.read) == 3
