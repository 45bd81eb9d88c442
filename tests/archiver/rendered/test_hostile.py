"""Pages that will not be taken: they go away under the reader, take themselves apart, or never have enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archiver.rendered.looks import MARKS, Look
from tests.archiver.scripted_site import html
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Server

pytestmark = MARKS
HOSTILE = {
    "reloads": "setTimeout(() => location.reload(), 1000)",
    "leads-away": "setTimeout(() => { location = '/elsewhere' }, 1000)",
    "apart": "onload = () => document.documentElement.remove()",
    "for-nothing": "setTimeout(() => { location = 'about:blank' }, 800)",
    "long": "for (let n = 0; n < 5; n++) fetch(`/x${n}?` + 'a'.repeat(1 << 20), {method: 'PUT'})",
    "calls-itself": "history.replaceState(null, '', '/' + 'a'.repeat(100000))",
    "many": "for (let n = 0; n < 40; n++) fetch(`/hangs?${n}`)",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Look]]:
    """A site of such pages, and one look at all of them."""
    pages = {
        f"/{name}": html(f"<p>Agenda</p><div style='height:9000px'></div><script>{script}</script>")
        for name, script in HOSTILE.items()
    }
    links = "".join(f"<a href={path}>x</a>" for path in (*pages, "/after"))
    others = {"/elsewhere": html("<p>Elsewhere</p>"), "/after": html("<p>After</p>"), "/hangs": Answer(hang="before")}
    with serving({"/": html(f"<p>Start</p>{links}"), **pages, **others}) as server:
        yield server, Look(server.url("/"), tmp_path_factory.mktemp("look"), max_pages=20, seconds=4)


def failures_of(server: Server, look: Look, path: str) -> list[str]:
    return [failure for failure in look.found.failures if failure.startswith(server.url(path))]


@pytest.mark.parametrize("path", ["/reloads", "/leads-away"])
def test_a_page_that_goes_away_while_it_is_taken_is_taken_as_it_was(site: tuple[Server, Look], path: str) -> None:
    server, look = site
    assert look.view(server.url(path)).text == "Agenda"
    assert server.url("/elsewhere") not in look.pages


@pytest.mark.parametrize("path", ["/apart", "/for-nothing"])
def test_a_page_that_takes_itself_apart_is_a_failure_of_its_own(site: tuple[Server, Look], path: str) -> None:
    server, look = site
    assert server.url(path) not in look.pages
    (failure,) = failures_of(server, look, path)
    assert "PAGE_UNRENDERED" in failure


def test_what_a_page_still_asks_for_when_its_time_is_up_is_not_fetched_any_more(site: tuple[Server, Look]) -> None:
    server, look = site
    assert look.view(server.url("/many")).text == "Agenda"
    assert 0 < sum(request.path.startswith("/hangs") for request in server.requests) <= 12


def test_an_address_of_any_length_that_is_refused_is_told_by_its_beginning(site: tuple[Server, Look]) -> None:
    _, look = site
    assert look.notes().count("PUT may change something") == 5
    assert len(look.notes()) < 200_000


def test_a_page_that_calls_itself_by_an_endless_address_is_no_record(site: tuple[Server, Look]) -> None:
    server, look = site
    assert not [item for item in look.pages if len(item) > 1_000]
    (failure,) = failures_of(server, look, "/calls-itself")
    assert "more than 8192 characters" in failure


def test_whatever_these_pages_do_the_next_one_is_read(site: tuple[Server, Look]) -> None:
    server, look = site
    assert look.view(server.url("/after")).text == "After"
    assert look.found.sanity == "plausible"
