"""What a search finds in other views than a list, over an archive with an edit and a deletion."""

from __future__ import annotations

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """A blog that was captured twice: between, one post was edited, and one deleted with its comments."""
    office = Holdfast(tmp_path_factory.mktemp("viewed") / "home").init()
    with BlogSite() as site:
        office.register(site.feed, "blog")
        office.capture("blog")
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        site.delete("budget-hearing")
        office.capture("blog")
    return office


def test_hits_are_counted_by_what_they_are_and_by_date(office: Holdfast):
    everything = "type:(post OR comment OR reply)"
    listed = office.json("search", everything, "--limit", "100")
    summary = office.json("search", everything, "--summary")
    assert summary["total"] == listed["total"] == 22
    counts = {name: {one["value"]: one["hits"] for one in facet["counts"]} for name, facet in summary["facets"].items()}
    assert counts["account"] == {"blog": 22}
    assert counts["type"]["post"] == office.json("search", "type:post", "--limit", "1")["total"]
    assert counts["absence"]["deleted"] == office.json("search", "is:deleted", "--limit", "1")["total"]
    assert summary["histogram"]["unit"] == "month"
    months = {bar["start"][:7]: bar["hits"] for bar in summary["histogram"]["bars"]}
    assert sum(months.values()) == 22
    assert office.json("search", "created:2026-02", "--limit", "1")["total"] == months["2026-02"]


def test_people_read_the_counts_in_words(office: Holdfast):
    answer = office.run("search", "is:deleted", "--summary")
    assert answer.status == 0
    assert "5 items found." in answer.out
    assert "By what became of them\n          5  deleted" in answer.out


def test_places_are_told_in_the_version_that_matched_and_shown_to_people(office: Holdfast):
    (hit,) = office.json("search", "elm w/3 route", "--type", "post")["hits"]
    shown = office.json("show", hit["matched"])["normalised"]
    assert hit["highlights"]
    for one in hit["highlights"]:
        assert shown[one["field"]][one["start"] : one["end"]] == one["words"]
    answer = office.run("search", "volcano type:post")
    assert "\x1b" not in answer.out
    assert "volcano" in answer.out


def test_words_that_were_edited_out_are_shown_where_they_stood(office: Holdfast):
    (hit,) = office.json("search", "elm w/3 route", "--type", "post")["hits"]
    assert hit["matched"] != hit["record"]
    answer = office.run("search", "elm w/3 route", "--type", "post")
    assert "In an earlier version: " in answer.out
    assert "Elm" in answer.out.splitlines()[2]


def test_hits_are_shown_by_the_conversations_that_they_are_part_of(office: Holdfast):
    found = office.json("search", "budget OR buses", "--threads")
    assert (found["total"], found["total_threads"]) == (4, 2)
    assert [(one["total"], one["items"]) for one in found["threads"]] == [(1, 5), (3, 5)]
    assert found["threads"][1]["title"].startswith("Budget hearing")
    assert all(hit["highlights"] for one in found["threads"] for hit in one["hits"])
    answer = office.run("search", "budget OR buses", "--threads")
    assert "Thread in blog: Budget hearing: 4.2 million for roofs and buses, by Office of Finance; 3 of 5" in answer.out
    assert "4 items found in 2 threads." in answer.out


def test_forms_of_words_are_looked_for_where_somebody_asks_for_them(office: Holdfast):
    assert office.json("search", "stops route type:post")["total"] == 1
    assert office.json("search", "stopped routes type:post")["total"] == 0
    found = office.json("search", "stopped routes type:post", "--forms", "english")
    assert found["total"] == 1
    assert found["forms"]["words"]["stopped"] == ["stop", "stopped", "stops"]
    assert found["hits"][0]["highlights"]


def test_two_views_at_once_are_refused(office: Holdfast):
    assert office.run("search", "budget", "--summary", "--threads").status == 2
    assert office.run("search", "budget", "--summary", "--export", "budget.csv").status == 2
