"""E-mail of anybody: each message with its bytes, however it is folded, quoted, nested or broken."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.imports.format import Asked, Unpacked
from archiver.imports.known import format_of
from archiver.imports.refusals import Refused
from archiver.platforms.objects import Item
from schemas.account import Account
from schemas.errors import InputError
from schemas.record import Normalised
from tests.archiver.imports.exports.export import JPEG
from tests.archiver.imports.exports.mail import FIRST_MAIL, SECOND_MAIL

ACCOUNT = Account(name="a", platform="email", url="https://x.example/", title="a")
LINE = b"From ana@town.example Wed Sep  9 12:00:00 2020\n"


def read(path: str, content: bytes) -> tuple[list[Item], list[Unpacked], list[Refused]]:
    """What the reader of a mailbox finds."""
    found = list(format_of([path], "email").find_file(path).read(content, Asked(path, ACCOUNT)))
    items = [one for one in found if isinstance(one, Item)]
    for item in items:
        Normalised.from_bytes(item.normalised.to_bytes())
    return (
        items,
        [one for one in found if isinstance(one, Unpacked)],
        [one for one in found if isinstance(one, Refused)],
    )


def test_a_message_says_who_wrote_to_whom_when_and_about_what() -> None:
    (item,), (unpacked,), _ = read("a.eml", FIRST_MAIL)
    view = item.normalised

    assert (view.author.name, view.author.handle) == ("Ana Ruíz", "ana@town.example")
    assert view.mentions == ("clerk@district.example", "board@district.example")
    assert (view.title, str(view.created)) == ("Schnee ☃", "2020-09-09T12:00:00.000000Z")
    assert (unpacked.content, unpacked.media_type, view.attachments[0].alt) == (JPEG, "image/jpeg", "../../snow.jpg")
    assert ".." not in unpacked.name
    (answer,), _, _ = read("b.eml", SECOND_MAIL)
    assert (answer.normalised.parent, answer.normalised.thread) == ("one@town.example", "zero@town.example")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@given(bodies=st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_every_message_of_a_mailbox_has_its_exact_bytes(bodies: list[str], end: bytes) -> None:
    messages = [
        b"Subject: one" + end + end + body.replace("\n", " ").replace("\r", " ").encode() + end for body in bodies
    ]
    content = b"".join(LINE.replace(b"\n", end) + message + end for message in messages)
    items, _, refused = read("a.mbox", content)

    assert [content[item.offset : item.offset + item.length] for item in items] == messages
    assert refused == []


def test_lines_that_begin_with_from_without_a_time_are_the_message_itself() -> None:
    message = b"Subject: trip\n\nWe go\n\nFrom here on by bus.\n"
    items, _, _ = read("a.mbox", LINE + message)

    assert [item.length for item in items] == [len(message)]


def test_a_message_that_is_none_is_refused_at_its_place_and_the_others_are_read() -> None:
    good = b"Subject: good\n\nbody\n"
    content = LINE + good + b"\n" + LINE + b"no header here\n\nbody\n\n" + LINE + good
    items, _, refused = read("a.mbox", content)

    assert len(items) == 2
    assert refused[0].offset == content.index(b"no header here")
    assert refused[0].error.facts["line"] == 7
    with pytest.raises(InputError, match="mailbox"):
        read("a.mbox", b"\x00\x01 something else")


@given(at=st.integers(0, 900), change=st.binary(max_size=8), path=st.sampled_from(["a.eml", "a.mbox"]))
@settings(max_examples=150, deadline=None)
def test_mail_that_was_changed_anywhere_is_read_or_refused(at: int, change: bytes, path: str) -> None:
    content = bytearray(LINE + FIRST_MAIL + b"\n" + LINE + SECOND_MAIL)
    content[at : at + len(change)] = change
    try:
        items, _, refused = read(path, bytes(content))
    except InputError:
        return
    for one in (*items, *refused):
        assert 0 <= one.offset <= one.offset + one.length <= len(content)


def nested(depth: int) -> bytes:
    """A message of parts in parts."""
    return b"Subject: deep\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth)
    )


HOSTILE = {
    "deep": nested(100_000),
    "deep-enough-to-be-read": nested(199) + b"x\n" * 500_000,
    "messages": b"Subject: deep\n" + b"Content-Type: message/rfc822\n\n" * 100_000,
    "folded": b"Subject: a\n" + b" b\n" * 1_000_000 + b"\nbody",
    "field": b"To: " + b"(" * 3_900 + b"\n\nbody",
    "addresses": b"To: " + b"a@b.example, " * 200_000 + b"\n\nbody",
    "encoded": b"Subject: " + b"=?utf-8?q?a?= " * 250 + b"\n\nbody",
    "parameters": b"Content-Type: text/plain; " + b"a*1*=x; " * 20_000 + b"\n\nx",
    "described": b"Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n"
    + (b"--b\nContent-Type: text/plain; " + b"a*1*=x; " * 400 + b"\n\nx\n") * 3_000,
    "charset": b"Content-Type: text/plain; charset='\xff\x00idna'\nSubject: a\n\nbody",
    "headers": b"X: y\n" * 1_000_000 + b"\nbody",
    "lines": b"Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 1_000_000,
    "html": b"Subject: a\nContent-Type: text/html\n\n" + b"<div>" * 1_000_000,
    "base64": b"Subject: a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
    "uuencode": b"Subject: a\nContent-Type: a/b\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n\xff\xff\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_message_that_is_made_to_be_costly_is_kept_with_its_bytes_in_time(name: str) -> None:
    started = time.perf_counter()
    items, _, refused = read("a.eml", HOSTILE[name])

    assert [(one.offset, one.length) for one in (*items, *refused)] == [(0, len(HOSTILE[name]))]
    assert time.perf_counter() - started < 10


def test_a_message_with_more_parts_than_are_read_says_so_and_has_its_headers() -> None:
    (item,), unpacked, _ = read("a.eml", HOSTILE["deep"])

    assert (item.normalised.title, item.normalised.flags, unpacked) == ("deep", ("unread",), [])


def test_a_message_in_a_message_and_text_in_an_attachment_are_attachments() -> None:
    inner = base64.b64encode(b"minutes of the board").decode()
    content = (
        "Subject: forward\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee below\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nsecret\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=m.txt\n"
        f"Content-Transfer-Encoding: base64\n\n{inner}\n--b--\n"
    ).encode()
    (item,), unpacked, _ = read("a.eml", content)

    assert item.normalised.text == "See below"
    assert [one.media_type for one in unpacked] == ["message/rfc822", "text/plain"]
    assert b"secret" in unpacked[0].content
    assert unpacked[1].content == b"minutes of the board"


@pytest.mark.parametrize("charset", [b'"a\x00b"', b"idna", b"x-none", b'"utf-8\n"'])
def test_a_message_in_a_character_set_that_there_is_not_is_read_as_far_as_it_goes(charset: bytes) -> None:
    head = b"From: a@x.example\nSubject: Bus\nContent-Transfer-Encoding: 8bit\nContent-Type: text/plain; charset="
    (item,), _, refused = read("a.eml", head + charset + b"\n\nNo bus, Ru\xefz\n")
    assert (item.normalised.title, refused) == ("Bus", [])
    assert "No bus" in (item.normalised.text or "")
