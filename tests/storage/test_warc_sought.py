"""Many strings looked for at once: every occurrence, wherever it lies and whatever it lies in."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.warc.sought import HEAD, NEAR, WINDOW, Sought


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


def test_a_part_may_be_overwritten_as_soon_as_it_is_yielded() -> None:
    strings = [b"abab", b"bc", b"cdcdcdcdcdcdcdcdcdcdcd", b"aba"]
    content = b"abababc-ababa-cdcdcdcdcdcdcdcdcdcdcdcd-bc" * 50
    expected = places(content, strings)
    file = io.BytesIO(content)
    found = []
    for start, end in Sought(strings).places(file):
        found.append((start, end))
        file.seek(start)
        file.write(b"*" * (end - start))
    assert found == expected


def test_nothing_is_found_where_nothing_is_sought() -> None:
    assert places(b"content", []) == places(b"content", [b""]) == places(b"", [b"content"]) == []
