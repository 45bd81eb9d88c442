"""How platforms lead to the next page, where what they say is no address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.platforms.paging import by_address, by_link
from archiver.platforms.reading import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = "https://town.example/api?limit=5"


def answer(value: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(Question("posts", HERE), value, 200, headers or {})


@pytest.mark.parametrize("target", ["http://[", "https://town.example:x[/", "//["])
def test_a_next_page_whose_address_is_none_is_no_next_page(target: str):
    assert by_link(answer(headers={"Link": f'<{target}>; rel="next"'})) is None
    assert by_address("next")(answer({"next": target})) is None


def test_a_next_page_is_joined_to_this_one_and_an_address_in_an_answer_stays_on_its_origin():
    assert by_link(answer(headers={"Link": '<?page=2>; rel="next"'})) == "https://town.example/api?page=2"
    assert by_address("next")(answer({"next": "/api?page=2"})) == "https://town.example/api?page=2"
    assert by_address("next")(answer({"next": "https://evil.example/api?page=2"})) is None
