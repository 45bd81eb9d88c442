"""Many strings looked for at once: every occurrence, wherever it lies and whatever it lies in."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.warc.beginnings import NEAR
from storage.warc.sought import HEAD, WINDOW, Sought


def places(content: bytes, strings: list[bytes]) -> list[tuple[int, int]]:
    return list(Sought(strings).places(io.BytesIO(content)))


def covered(content: bytes, strings: list[bytes]) -> list[int]:
    """The bytes that occurrences cover, found one by one."""
    found = {
        place
        for string in strings
        for at in range(len(content))
        if string and content.startswith(string, at)
        for place in range(at, at + len(string))
    }
    return sorted(found)


few = st.text("ab", max_size=40).map(str.encode)


@settings(deadline=None, max_examples=500)
@given(st.lists(few, max_size=12), st.lists(few, max_size=30).map(b"".join))
def test_what_is_found_is_what_a_search_for_each_finds(strings: list[bytes], content: bytes) -> None:
    parts = places(content, strings)
    assert [place for start, end in parts for place in range(start, end)] == covered(content, strings)
    assert all(end < start for (_, end), (start, _) in pairwise(parts))


@pytest.mark.parametrize("length", [1, 2, HEAD - 1, HEAD, HEAD + 1, NEAR, NEAR + 1, 5 * NEAR, WINDOW + 1])
@pytest.mark.parametrize("at", [0, WINDOW - NEAR, WINDOW - HEAD, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW - 1])
def test_an_occurrence_across_the_windows_in_which_a_file_is_read_is_found_once(at: int, length: int) -> None:
    string = (b"abc" * WINDOW)[:length]
    content = b"-" * at + string + b"-" * WINDOW
    assert places(content, [string, b"abd", b"z" * 99]) == [(at, at + length)]


def test_the_longest_of_many_that_begin_alike_is_found_and_those_within_it() -> None:
    # Strings that begin alike for longer than is looked at first, some of them the beginning of others,
    alike = b"<!doctype html>" + b"<meta>" * 2000
    strings = [alike + b"%d" % number for number in range(300)] + [alike[:size] for size in (20, 300, 5000)]
    assert places(b"--" + alike + b"299" + b"--", strings) == [(2, 2 + len(alike) + 3)]
    assert places(b"--" + alike[:4999] + b"--", strings) == [(2, 302)]
    assert places(b"--" + alike[:19] + b"--", strings) == []


@settings(deadline=None, max_examples=300)
@given(st.lists(few, max_size=12), st.lists(few, max_size=30).map(b"".join), st.tuples(*[st.integers(0, 500)] * 2))
def test_within_a_part_only_what_lies_in_it_whole_is_found(
    strings: list[bytes], content: bytes, part: tuple[int, int]
) -> None:
    start, end = sorted(min(one, len(content)) for one in part)
    found = Sought(strings).places(io.BytesIO(content), within=(start, end))
    inside = [place for first, last in found for place in range(first, last)]
    assert [place - start for place in inside] == covered(content[start:end], strings)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_what_repeats_itself_is_found_as_by_a_search_for_each(data: st.DataObject) -> None:
    # Runs of few bytes, broken here and there, as strings and as the content that they lie in.
    pieces = data.draw(st.lists(st.text("ab", min_size=1, max_size=3).map(str.encode), min_size=1, max_size=3))
    repeated = st.tuples(st.sampled_from(pieces), st.integers(1, 60)).map(lambda one: one[0] * one[1])
    runs = st.lists(repeated, min_size=1, max_size=4).map(b"".join)
    strings = data.draw(st.lists(runs, min_size=1, max_size=8))
    content = b"".join(data.draw(st.lists(runs | st.sampled_from(strings), max_size=6)))
    found = [place for start, end in places(content, strings) for place in range(start, end)]
    assert found == covered(content, strings)


def test_what_is_remembered_of_strings_may_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.warc.beginnings.REMEMBERED", 3)
    half = b"a" * 300 + b"b" + b"a" * 300
    strings = [half + b"c", b"a" * 50 + b"d", b"ab" * 40]
    content = half + b"d" + half + b"c" + b"ab" * 60 + b"a" * 49 + b"d"
    found = [place for start, end in places(content, strings) for place in range(start, end)]
    assert found == covered(content, strings)


@pytest.mark.parametrize(
    ("string", "content"),
    [
        (b"a" * 60_000, b"a" * 120_000),
        (b"a" * 60_000 + b"b" + b"a" * 60_000, b"a" * 150_000),
        (b"a" * 60_000 + b"b" + b"a" * 60_000 + b"c", (b"a" * 60_000 + b"b") * 2),
    ],
    ids=["a run in a longer one", "a break in the middle", "the same beginning twice"],
)
def test_what_repeats_itself_is_not_compared_again_and_again(string: bytes, content: bytes) -> None:
    # Given a string that counts which of its bytes are looked at,
    compared = 0

    class Counted(bytes):
        def __getitem__(self, key):  # type: ignore[no-untyped-def, override]
            nonlocal compared
            part = super().__getitem__(key)
            compared += len(part) if isinstance(key, slice) else 1
            return part

    # when it is looked for, then each byte was looked at some hundred times at most, not 60,000 times.
    places(content, [Counted(string)])
    assert compared < 600 * (len(string) + len(content))


def test_nothing_is_found_where_nothing_is_sought() -> None:
    assert places(b"content", []) == places(b"content", [b""]) == places(b"", [b"content"]) == []
