"""WARC files whose destroyed natives are overwritten: gone everywhere, and every other slice where it lay."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from storage.warc import (
    Overwritten,
    Request,
    field,
)
from tests.judges import judged
from tests.storage.overwritten import (
    GONE,
    LIST,
    STAYS,
    coded,
    done,
    encoded,
    everything,
    payload,
    read,
    writer,
)
from tests.storage.warc_files import AT, exchange

if TYPE_CHECKING:
    from pathlib import Path


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
        warc.note(at=AT, fields=[("outcome", f"no answer from {name}")], uri=f"https://{name}.example/", about=first)
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
