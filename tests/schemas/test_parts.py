"""A record's id and its parts, held against FORMAT 3.2 as somebody else would write it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from schemas.parts import MOST_PIECES, parts_of, pieces
from tests.storage.records import records

if TYPE_CHECKING:
    from schemas.record import Record

TEXTS = st.text(st.sampled_from("ab .!?\n\u3002\uff01\uff1fé"), max_size=60)
OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9) | st.text(max_size=3), max_size=4)


def id_of(record: Record) -> str:
    """FORMAT 3.2, by itself."""
    parts = [("native", hashlib.sha256(record.native).digest())]
    for kind, content in (("normalised", record.normalised), ("provenance", record.provenance)):
        for name, value in json.loads(content).items():
            if (kind, name) == ("normalised", "text"):
                parts += [("normalised.text", piece.encode()) for piece in split(value)]
            else:
                spelled = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
                parts.append((f"{kind}.{name}", spelled.encode()))
    whole = b"\x00holdfast-record/v2\x00"
    for number, (name, value) in enumerate(parts):
        nonce = hashlib.sha256(record.salt + number.to_bytes(4, "big")).digest()
        whole += hashlib.sha256(nonce + name.encode() + b"\x00" + value).digest()
    return hashlib.sha256(whole).hexdigest()


def split(text: str) -> list[str]:
    """FORMAT 3.2.1, letter by letter."""
    found, piece = [], ""
    for place, letter in enumerate(text):
        piece += letter
        following = text[place + 1 : place + 2]
        after_stop = re.search("[.!?] +$", piece) and following != " "
        if len(found) < MOST_PIECES - 1 and (letter in "\n\u3002\uff01\uff1f" or after_stop):
            found.append(piece)
            piece = ""
    return [*found, piece] if piece or not found else found


@given(record=records)
def test_the_id_of_a_record_is_that_of_the_format(record: Record) -> None:
    assert record.id.hex == id_of(record)


@given(text=TEXTS)
def test_pieces_are_lines_and_sentences_and_join_to_the_text(text: str) -> None:
    assert pieces(text) == split(text)
    assert "".join(pieces(text)) == text


def test_a_text_has_pieces_without_end_and_at_most_a_thousand() -> None:
    many = pieces("a\n" * 5_000)
    assert (len(many), many[0], len(many[-1])) == (MOST_PIECES, "a\n", 2 * (5_000 - MOST_PIECES + 1))


@given(one=OBJECTS, other=OBJECTS)
def test_two_texts_have_the_same_parts_only_if_they_are_the_same(one: dict, other: dict) -> None:
    first, second = (json.dumps(value, separators=(",", ":")).encode() for value in (one, other))
    assert (parts_of(b"", first, b"{}") == parts_of(b"", second, b"{}")) == (first == second)


def test_what_is_spelled_otherwise_or_is_no_object_has_parts_of_its_own() -> None:
    texts = (
        b'{"text":"a"}',
        b'{"text":"\\u0061"}',
        b'{"text": "a"}',
        b'{"text":"b","text":"a"}',
        b"[]",
        b"",
        b'{"text":1}',
        b"{",
    )
    several = [tuple(parts_of(b"", text, b"{}")) for text in texts]
    assert len({*several}) == len(texts)
    assert several[4][1:] == (b"normalised\x00[]",)
