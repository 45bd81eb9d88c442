"""The index of an archive on this machine: made from what is there, and again when it is damaged."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.evidence import places
from ediscovery.index import keeping
from ediscovery.index.reading import IndexDamagedError
from ediscovery.index.tiles import tiles
from schemas.query import Query, Word
from tests.ediscovery.disposition.offices import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@given(st.integers(0, 1 << 40))
def test_tiles_cover_a_ledger_once_and_in_order_and_are_few(size: int):
    made = list(tiles(size))
    assert [one.first for one in made] == [0, *(one.end for one in made[:-1])][: len(made)]
    assert (made[-1].end if made else 0) == size
    assert all(one.first % (one.end - one.first) == 0 for one in made)
    assert len(made) <= 15 * 11


@given(st.integers(0, 1 << 20), st.integers(1, 1 << 10))
def test_what_a_ledger_grows_by_leaves_its_tiles_as_they_are_or_joins_them(size: int, more: int):
    after = list(tiles(size + more))
    for one in tiles(size):
        assert one in after or any(other.first <= one.first < one.end <= other.end for other in after)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office with a captured blog, whose site goes on."""
    with BlogSite() as site:
        made = Office.founded(tmp_path / "home")
        made.register("blog", site.feed)
        made.capture()
        yield made


def segments(office: Office) -> AbstractContextManager[list[Path]]:
    archive = office.archive
    return keeping.segments(archive, places(archive), size=archive.ledger.head.size)


def count(office: Office, word: str) -> int:
    with searchable(office.archive) as opened:
        return opened.count(Query(term=Word(word)))


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no Parquet", "a file is missing"])
def test_a_damaged_segment_is_named_and_made_anew(office: Office, damage: str):
    before = count(office, "budget")
    assert before
    with segments(office) as (folder, *_):
        pass
    file = folder / "postings.parquet"
    content = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "overwritten":
            file.write_bytes(content[:4] + bytes(len(content) - 200) + content[-196:])
        case "no Parquet":
            file.write_text("this is none")
        case _:
            file.unlink()
    with pytest.raises(IndexDamagedError, match=folder.name):
        count(office, "budget")
    assert count(office, "budget") == before


def test_a_segment_that_somebody_reads_stays_until_he_has_read_it(office: Office):
    with segments(office) as held:
        office.capture()
        with segments(office) as anew:
            assert all(one.is_dir() for one in {*held, *anew})
    with segments(office) as last:
        assert set(last[0].parent.iterdir()) == set(last)


def test_what_is_no_segment_of_this_ledger_goes(office: Office):
    with segments(office) as held:
        names = {one.name for one in held}
        for one in held:
            shutil.copytree(one, one.with_name(f"{one.name}.copy"))
    with segments(office) as again:
        assert {one.name for one in again} == names
        assert {one.name for one in again[0].parent.iterdir()} == names
