"""Which file another file means: the nearest that is called so, found in time however many there are."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from archiver.containers.places import Places

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PLACES = st.tuples(st.sampled_from(["one", "two"]), PATHS)


def places(*known: tuple[str, str]) -> Places:
    """Files of parts."""
    made = Places()
    for part, path in known:
        made.add(part, path)
    return made


def test_of_two_exports_in_one_folder_each_finds_its_own_files() -> None:
    made = places(("all", "city/media/snow.jpg"), ("all", "district/media/snow.jpg"))

    for account in ("city", "district"):
        assert made.find(("all", f"{account}/items.jsonl"), "media/snow.jpg") == ("all", f"{account}/media/snow.jpg")


def test_of_two_parts_each_finds_its_own_files_and_then_those_of_the_other() -> None:
    made = places(("1.wacz", "archive/data.warc.gz"), ("2.wacz", "archive/data.warc.gz"), ("1.wacz", "pages/p.jsonl"))

    assert made.find(("2.wacz", "datapackage.json"), "archive/data.warc.gz") == ("2.wacz", "archive/data.warc.gz")
    assert made.find(("2.wacz", "datapackage.json"), "./pages/p.jsonl") == ("1.wacz", "pages/p.jsonl")
    assert made.find(("2.wacz", "datapackage.json"), "pages") is None


@given(known=st.lists(PLACES, max_size=12), place=PLACES, wanted=PATHS)
def test_what_is_found_ends_as_it_is_called_and_what_ends_so_is_found(
    known: list[tuple[str, str]], place: tuple[str, str], wanted: str
) -> None:
    ending = [one for one in known if f"/{one[1]}".endswith(f"/{wanted}")]
    found = places(*known).find(place, wanted)

    assert (found in ending) if ending else found is None
    if found and any(part == place[0] for part, _ in ending):
        assert found[0] == place[0]


def test_a_hundred_thousand_files_of_one_name_are_found_in_time() -> None:
    made = places(*(("1", f"x/{number}/snow.jpg") for number in range(100_000)))
    started = time.perf_counter()
    for number in range(20_000):
        assert made.find(("2", "items.jsonl"), f"{number}/snow.jpg") == ("1", f"x/{number}/snow.jpg")
        assert made.find(("2", "items.jsonl"), f"y{number}/snow.jpg") is None

    assert time.perf_counter() - started < 10
