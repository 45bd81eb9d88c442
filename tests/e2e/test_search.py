"""The language of searches as legal staff type it, over an archive with an edit, a deletion and a production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """A blog that was captured twice: between, one post was edited, and one deleted with its comments."""
    folder = tmp_path_factory.mktemp("searched")
    office = Holdfast(folder / "home").init()
    with BlogSite() as site:
        office.register(site.feed, "blog")
        office.capture("blog")
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        site.delete("budget-hearing")
        office.capture("blog")
    office.json("produce", "volcano", "--matter", "Request 1", "--out", str(folder / "volcano.pdf"))
    return office


def found(office: Holdfast, query: str, *options: str) -> set[str]:
    """The titles, or texts, of what a query finds."""
    answer = office.json("search", query, *options)
    assert answer["total"] == len(answer["hits"])
    return {hit["title"] or hit["text"] for hit in answer["hits"]}


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Route w/3 Elm*", "New bus routes from March 2"),
        ('"Route 7" pre/4 Stre?t', "New bus routes from March 2"),
        ("author:communications title:welcome", "Welcome to the district blog"),
        ("is:deleted type:post", "Budget hearing: 4.2 million for roofs and buses"),
        ("is:edited type:post", "New bus routes from March 2"),
        ("bates:MG0000001..MG0000099 type:post", "Science fair: forty projects and a volcano"),
    ],
)
def test_a_query_finds_the_one_post_that_it_describes(office: Holdfast, query: str, title: str):
    assert found(office, query) == {title}


def test_dates_types_and_classes_divide_the_archive(office: Holdfast):
    everything = office.json("search", "type:(post OR comment OR reply)", "--limit", "100")
    assert everything["total"] == 22
    for parts in (
        ("created:2026-01", "created:2026-02", "created:>=2026-03-01"),
        ("type:post", "type:(comment OR reply)"),
        ("class:public", "class:official type:post"),
        ("moderation:removed", "moderation:visible type:(post OR comment OR reply)"),
        ("account:blog", "account:bl* -account:blog"),
    ):
        totals = [office.json("search", part, "--limit", "100")["total"] for part in parts]
        assert sum(totals) == 22, (parts, totals)


def test_the_index_is_put_into_the_store_once_and_the_archive_is_as_sound_as_before(tmp_path: Path):
    office = Holdfast(tmp_path / "home").init()
    with BlogSite() as site:
        office.register(site.feed, "blog")
        office.capture("blog")
    first, again = office.json("index"), office.json("index")
    assert first["new"] == first["parts"] > 1
    assert again == {"parts": first["parts"], "new": 0, "deleted": 0}
    assert office.json("verify")["findings"] == []


def test_a_fault_is_shown_where_it_is_with_what_to_write(office: Holdfast):
    answer = office.run("search", "town hall w/5 budget")
    assert answer.status != 0
    assert "Column 6" in answer.err
    assert '"town hall" w/5 budget' in answer.err


def test_the_index_may_be_deleted_at_any_time_and_is_made_again_to_the_same_bytes(office: Holdfast, tmp_path: Path):
    index = office.home / "state" / "index"

    def contents() -> dict[str, bytes]:
        return {str(one.relative_to(index)): one.read_bytes() for one in index.rglob("*.parquet")}

    before, segments = office.json("search", "budget w/10 hearing")["hits"], contents()
    assert segments
    index.rename(tmp_path / "away")
    assert office.json("search", "budget w/10 hearing")["hits"] == before
    assert contents() == segments
