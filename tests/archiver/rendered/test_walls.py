"""What stands in front of a page, or instead of it, is no version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.fetch.failures import HostUnreachableError, NotFoundError, ServerFailedError
from tests.archiver.scripted_site import HTML, html, picture
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

from tests.archiver.rendered.looks import MARKS, Look

pytestmark = MARKS


@pytest.mark.parametrize(
    ("wall", "words"),
    [
        (html("<h1>Sign in</h1><form><input type=email><input type=password></form>"), "login"),
        (html("<p>Please verify you are human.</p>"), "notice"),
        (html("<div id=app></div><script>throw new Error('no')</script>"), "shows nothing"),
    ],
)
def test_what_stands_in_front_of_a_site_is_suspect_and_no_version(tmp_path: Path, wall: Answer, words: str) -> None:
    with serving({"/": wall}) as server:
        look = Look(server.url("/"), tmp_path)

        assert (look.found.items, look.found.listed, look.found.sanity) == ((), None, "suspect")
        assert any(words in failure for failure in look.found.failures)
        assert f"urn:fullPage:{server.url('/')}" in look.kept("resource")


def test_a_page_that_had_text_and_shows_none_is_suspect(tmp_path: Path) -> None:
    start = html("<p>Start</p><a href=/news>news</a>")
    empty = html("<img src=/p.png>")
    with serving({"/": start, "/news": [html("<p>News</p>"), empty], "/p.png": picture(1, 1, 1)}) as server:
        first = Look(server.url("/"), tmp_path, max_pages=5)
        second = Look(server.url("/"), tmp_path, max_pages=5, cursor=first.found.cursor)

        assert server.url("/news") in first.pages
        assert server.url("/news") not in second.pages
        assert server.url("/news") in (second.found.listed or ())
        assert second.found.sanity == "suspect"
        assert second.found.cursor == first.found.cursor


def test_an_error_instead_of_the_start_page_is_its_error(tmp_path: Path) -> None:
    with serving({"/gone": Answer(404, HTML, b"<p>Gone"), "/broken": Answer(500, HTML, b"<p>Broken")}) as server:
        with pytest.raises(NotFoundError):
            Look(server.url("/gone"), tmp_path)
        with pytest.raises(ServerFailedError):
            Look(server.url("/broken"), tmp_path)
    with pytest.raises(HostUnreachableError):
        Look("http://nowhere.example/", tmp_path)
