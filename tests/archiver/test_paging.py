"""How platforms lead to the next page, where what they say is no address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.platforms.graph import by_after
from archiver.platforms.paging import NextPageUnusableError, by_address, by_link
from archiver.platforms.reading import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = "https://town.example/api?limit=5"


def answer(value: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(Question("posts", HERE), value, 200, headers or {})


@pytest.mark.parametrize("target", ["http://[", "https://town.example:x[/", "//[", "mailto:x@example.org"])
def test_a_next_page_whose_address_is_none_is_no_end(target: str):
    with pytest.raises(NextPageUnusableError):
        by_link(answer(headers={"Link": f'<{target}>; rel="next"'}))
    with pytest.raises(NextPageUnusableError):
        by_address("next")(answer({"next": target}))


def test_a_next_page_is_joined_to_this_one():
    assert by_link(answer(headers={"Link": '<?page=2>; rel="next"'})) == "https://town.example/api?page=2"
    assert by_address("next")(answer({"next": "/api?page=2"})) == "https://town.example/api?page=2"
    assert by_address("next")(answer({"next": ""})) is None


def test_an_address_in_an_answer_stays_on_its_origin():
    with pytest.raises(NextPageUnusableError, match="another origin"):
        by_address("next")(answer({"next": "https://evil.example/api?page=2"}))


def test_a_next_page_of_the_graph_api_that_is_no_address_is_no_end():
    with pytest.raises(NextPageUnusableError):
        by_after(answer({"paging": {"next": "http://["}}))
