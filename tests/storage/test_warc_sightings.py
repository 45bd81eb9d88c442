"""Notes of where items lie in an exchange: whatever their ids hold, they are read back, and can be overwritten."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from storage.warc import SIGHTED, overwrite, payload_of, read_sightings, spell_sighting
from tests.judges import judged
from tests.storage.warc_files import AT, exchange, writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOSTILE = ("42", 'a\r\nsighted: 0 9 "x"\r\n', "\x85\u2028\x00\\", '"', "ünïcode 🦘", "")


def noted(path: Path, items: Sequence[tuple[int, int, str]], body: bytes = b"x" * 300) -> str:
    """Write a file with an exchange and a note about it; return the exchange's id."""
    with writer(path) as file:
        file.exchange(exchange(b"another"))
        about = file.exchange(exchange(body))
        file.note(at=AT, fields=[(SIGHTED, spell_sighting(*one)) for one in items], about=about)
        file.note(at=AT, fields=[("failure-1", "sighted: 0 1 is no note of it")])
    return about


def test_what_was_noted_is_read_back_whatever_the_ids_hold(tmp_path: Path) -> None:
    items = [(number, 7, item) for number, item in enumerate(HOSTILE)]
    about = noted(tmp_path / "a.warc.gz", items)
    with (tmp_path / "a.warc.gz").open("rb") as stream:
        read = list(read_sightings(stream))
        assert stream.tell() == 0
    assert [(one.offset, one.length, one.item) for one in read] == items
    assert {one.exchange for one in read} == {about}


@given(st.text())
def test_a_note_is_one_line_and_says_what_it_was_told(item: str) -> None:
    line = spell_sighting(1, 2, item)
    assert "\r" not in line
    assert "\n" not in line
    line.encode()


def test_an_overwritten_id_is_no_more_and_the_others_are_where_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    about = noted(path, [(0, 10, "gone-ü"), (20, 10, "left"), (40, 10, '"')])
    left = tmp_path / "left.warc.gz"
    with path.open("rb") as source, left.open("wb") as target:
        first, _, third = read_sightings(source)
        gone = {about: [(0, 10)], first.note: [first.named, third.named]}
        told = overwrite(source, target, natives=[[]], turn="p", gone=gone)
    assert set(told.changed) == {about, first.note}
    assert judged(left)["metadata"] == 2
    with left.open("rb") as stream:
        assert [(one.item, one.offset) for one in read_sightings(stream)] == [(7 * "*", 0), ("left", 20), ("**", 40)]
        stream.seek(0)
        lines = b'sighted: 0 10 "*******"\r\nsighted: 20 10 "left"\r\nsighted: 40 10 "**"\r\n'
        assert payload_of(stream, first.note, limit=1_000) == lines


def test_what_is_no_note_of_ours_names_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with writer(path) as file:
        about = file.exchange(exchange())
        values: tuple[str, ...] = (
            "1 2",
            '1 2 "a',
            '-1 2 "a"',
            "1 2 3",
            '1 2 "\\ud800"',
            '1 2 "a" "b"',
            '1 2 "\\x"',
            '12345678901234567 2 "a"',
        )
        file.note(at=AT, fields=[(SIGHTED, value) for value in values], about=about)
        file.note(at=AT, fields=[(SIGHTED, '1 2 "about nothing"')])
    with path.open("rb") as stream:
        assert list(read_sightings(stream)) == []
    assert list(read_sightings(io.BytesIO())) == []
