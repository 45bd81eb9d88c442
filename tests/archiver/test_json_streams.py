"""Arrays that may be larger than memory: each element with its exact bytes, and what is broken told by its place."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.parsing.json_streams import Broken, Piece, find_member, pieces

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(values=st.lists(JSON, max_size=6), indent=st.sampled_from([None, 1]))
def test_each_element_of_an_array_is_found_with_its_bytes(values: list[Any], indent: int | None) -> None:
    content = json.dumps(values, indent=indent).encode()
    found = list(pieces(content))

    assert [one.value for one in found] == values
    assert all(json.loads(content[one.offset : one.offset + one.length]) == one.value for one in found)


@given(values=st.lists(JSON, max_size=4), before=JSON, after=JSON)
def test_a_path_leads_through_objects_to_the_elements_of_an_array(values: list[Any], before: Any, after: Any) -> None:
    content = json.dumps({"a": before, "x": {"b": before, "y": values, "z": after}, "c": after}).encode()

    assert [one.value for one in pieces(content, "x", "y")] == values
    assert [one.value for one in pieces(content, "*", "y")] == values + (
        before.get("y", []) if isinstance(before, dict) and isinstance(before.get("y"), list) else []
    ) or isinstance(before, dict | list) or isinstance(after, dict | list)  # fmt: skip


@given(content=st.binary(max_size=60) | st.text(alphabet='[]{}",: \\a1', max_size=40).map(str.encode))
def test_any_bytes_give_pieces_and_breaks_within_them(content: bytes) -> None:
    for path in ((), ("a",), ("*", "a")):
        for one in pieces(content, *path):
            assert one.offset >= 0
            assert one.offset + one.length <= len(content)
            if isinstance(one, Piece):
                find_member(one, "a")


@given(cut=st.integers(0, 200))
def test_what_stands_before_a_break_is_found_and_the_rest_told(cut: int) -> None:
    content = json.dumps({"posts": [{"id": number, "text": "a" * 10} for number in range(5)]}).encode()[:cut]
    found = list(pieces(content, "posts"))
    whole = [one for one in found if isinstance(one, Piece)]

    assert [one.value["id"] for one in whole] == list(range(len(whole)))
    assert (len(whole) == 5) or any(isinstance(one, Broken) for one in found)


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b'{"a":' * 100_000, b'["' + b"\\" * 300_000, b'[{"a":"' + b"x" * 9_999_999]
)
def test_what_is_made_to_be_slow_or_deep_is_broken_at_once(content: bytes) -> None:
    started = time.perf_counter()
    for path in ((), ("a",), ("*",)):
        assert all(isinstance(one, Broken) for one in pieces(content, *path))
    assert time.perf_counter() - started < 5


def test_a_member_of_a_piece_is_found_in_the_whole_document() -> None:
    content = b'x = [ {"tweet" : {"id": 1} } ]'
    (piece,) = pieces(content, start=4)
    offset, length = find_member(piece, "tweet")

    assert content[offset : offset + length] == b'{"id": 1}'
    assert find_member(piece, "tweet", "none") is None
