"""Internet messages of ours, as Python's own reader of messages reads them."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from zipfile import ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ediscovery.packages.messages import group_of_nobody, message, unstructured, zipped
from ediscovery.packages.texts import one_line
from schemas.digest import Digest

HOSTILE = st.sampled_from(
    ("=?utf-8?q?x?=", "\r\nBcc: x", "\n", "\x00", ":;", '"', "<a@b>", "\u202e", "\U0001f68c", "(c)", "\\")
)
TEXTS = st.lists(HOSTILE | st.text(st.characters(exclude_categories=["Cs"]))).map(" ".join)
LONGEST = "X-RSMF-EventCollectionID"


def parsed(headers, text="", attached=b""):
    content = message(headers, text=text, name="rsmf.zip", attached=attached)
    assert max(len(line) for line in content.split(b"\r\n")) <= 76
    assert b"\n" not in content.replace(b"\r\n", b"")
    return message_from_bytes(content, policy=policy.default)


@given(TEXTS, st.sampled_from(["Subject", LONGEST]))
def test_a_header_says_its_value_in_one_line_whatever_is_in_it(value: str, name: str):
    mail = parsed([(name, unstructured(value, after=name)), ("X-After", "there")])
    assert mail[name] == one_line(value)
    assert mail["X-After"] == "there"
    assert mail["Bcc"] is None


def test_long_words_and_many_short_ones_are_folded():
    for value in ("x" * 500, "word " * 100, "ö" * 300, "a b"):
        assert parsed([(LONGEST, unstructured(value, after=LONGEST))])[LONGEST] == value.strip()
    assert unstructured("Maple Grove USD", after="Subject") == "Maple Grove USD"


@example("\xa0")
@given(TEXTS)
def test_a_sender_without_an_address_is_named_and_has_none(name: str):
    spelled = group_of_nobody(f"USD {name}", after="From")
    mail = parsed([("From", spelled)])
    (group,) = mail["From"].groups
    assert group.addresses == mail["From"].defects == ()
    words, _, nobody = str(make_header(decode_header(spelled))).rpartition(":")
    assert (words.rstrip(" "), nobody) == (one_line(f"USD {name}"), ";")


@pytest.mark.parametrize("name", ["Maple Grove USD", "Schulbezirk Nördliche Höhen", "St. John's, Inc."])
def test_a_sender_is_called_by_the_name(name: str):
    assert parsed([("From", group_of_nobody(name, after="From"))])["From"].groups[0].display_name == name


@given(TEXTS, st.binary())
def test_text_and_attachment_come_back(text: str, attached: bytes):
    mail = parsed([("Subject", "x")], text, attached)
    body, file = mail.iter_parts()
    assert body.get_content_type() == "text/plain"
    assert body.get_payload(decode=True).decode() == text
    assert [part.get_filename() for part in mail.iter_attachments()] == ["rsmf.zip"]
    assert file["Content-Transfer-Encoding"] == "base64"
    assert file.get_payload(decode=True) == attached
    assert mail.defects == body.defects == file.defects == []


def test_a_zip_is_of_no_day_and_of_no_machine():
    made = zipped("rsmf_manifest.json", b"{}")
    assert made == zipped("rsmf_manifest.json", b"{}")
    (entry,) = ZipFile(io.BytesIO(made)).infolist()
    assert (entry.filename, entry.date_time, entry.compress_type) == ("rsmf_manifest.json", (1980, 1, 1, 0, 0, 0), 0)
    # Whoever makes it anew on another machine, with another Python, must make these bytes.
    assert str(Digest.of(made)) == "601787d77c418d93b6d139c38ebfaca1342ee817fcc2fce380da66c805a230a1"
