"""One line of a record: the first place of what was asked for is in it, marked, and nothing steers a terminal."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.language.parsing import parse
from ediscovery.views.highlighting import Highlight, highlights
from ediscovery.views.snippets import snippet
from schemas.record import Attachment, Author, Normalised

WIDTH = 100


def line(query: str, **given) -> str:
    """The line of a record, with what is marked in brackets."""
    view = Normalised(kind="post", type="Note", item="1", **given)
    term = parse(query, UTC)
    assert term is not None
    return "".join(f"[{one.text}]" if one.marked else one.text for one in snippet(view, highlights(term, view), WIDTH))


@pytest.mark.parametrize(
    ("query", "given", "shown"),
    [
        ("levy", {"title": "Budget", "text": "The levy\n\n is due"}, "Budget — The [levy] is due"),
        ("budget", {"title": "Budget", "text": "The levy"}, "[Budget] — The levy"),
        ("type:post", {"title": "Budget", "text": "The levy"}, "Budget — The levy"),
        ("snow", {"attachments": (Attachment(url="/1", alt="A snowman in snow"),)}, "picture: A snowman in [snow]"),
        ("author:ana", {"text": "Hello", "author": Author(name="Ana Ruiz")}, "by [Ana] Ruiz"),
        ("#snow", {"text": "Hello", "tags": ("Snow",)}, "tag: [Snow]"),
        ("link:x.example", {"text": "Hello", "links": ("https://x.example/a",)}, "link: https://[x.example]/a"),
        ("budget", {"text": "\x1b[31m budget\x07 \u202e!"}, "[31m [budget] !"),
        ('"a b" OR "b c"', {"text": "a b c"}, "[a b][ c]"),
        ("type:post", {}, ""),
    ],
)
def test_a_line_shows_where_stands_what_was_asked_for(query, given, shown):
    assert line(query, **given) == shown


def test_a_place_far_into_a_text_is_shown_with_what_is_around_it():
    shown = line("levy", title="A title that is longer than what is shown of it here", text=f"{'word ' * 500}levy, so")
    assert shown.startswith("A title that is longer than what is show… — …word word")
    assert shown.endswith("word [levy], so")
    assert len(shown) <= WIDTH + 5


@given(
    st.text(),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=4),
    st.none() | st.text(max_size=100),
)
def test_a_line_is_short_and_can_be_printed_whatever_is_marked(text, stretches, title):
    found = [
        Highlight("text", "/text", start, min(start + size, len(text)))
        for start, size in stretches
        if start < len(text)
    ]
    parts = snippet(Normalised(kind="post", type="Note", item="1", text=text, title=title), found, WIDTH)
    shown = "".join(part.text for part in parts)
    assert len(shown) <= WIDTH * 4 // 3 + 10
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
