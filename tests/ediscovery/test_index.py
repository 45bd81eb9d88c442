"""The index of an archive on this machine: made from what is there, and again when it is damaged."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.engine import Means
from ediscovery.evidence import sealed_places
from ediscovery.index import building, keeping
from ediscovery.index.building import build
from ediscovery.index.evaluating import number_of
from ediscovery.index.files import FILES, Files, IndexDamagedError
from ediscovery.index.items import Items
from ediscovery.index.merging import merge
from ediscovery.index.regathering import regather
from ediscovery.index.segments import ITEMS
from ediscovery.index.tiles import tiles
from ediscovery.index.versions import gather
from ediscovery.partitions import PartitionUnreadableError
from schemas.query import Query, Word
from tests.ediscovery.disposition.offices import Office
from tests.ediscovery.partitions import MEMORY, Version, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@given(st.integers(0, 1 << 40))
def test_tiles_cover_a_ledger_once_and_in_order_and_are_few(size: int):
    made = list(tiles(size))
    assert [one.first for one in made] == [0, *(one.end for one in made[:-1])][: len(made)]
    assert (made[-1].end if made else 0) == size
    assert all(one.first % (one.end - one.first) == 0 for one in made)
    assert len(made) <= 3 * 21


@given(st.integers(0, 1 << 20), st.integers(1, 1 << 10))
def test_what_a_ledger_grows_by_leaves_its_tiles_as_they_are_or_joins_them(size: int, more: int):
    after = list(tiles(size + more))
    for one in tiles(size):
        assert one in after or any(other.first <= one.first < one.end <= other.end for other in after)


def test_merged_segments_are_to_the_byte_what_is_built_from_all_their_partitions(tmp_path: Path):
    texts = ["budget #hearing", "預算 hearing", "@city budget", "snow 🌨 day", "hearing"]
    made = [
        Version(
            item=f"item-{n % 70}", text=texts[n % 5], tags=("a",) if n % 3 else (), created=n % 11 or None, captured=n
        )
        for n in range(120)
    ]
    sources = write(tmp_path, made, rows=30)
    folders = [tmp_path / name for name in ("first", "second", "third", "fourth", "merged", "built")]
    for folder in folders:
        folder.mkdir()
    *parts, merged, built = folders
    means = Means(2, MEMORY, tmp_path)
    for number, folder in enumerate(parts):
        build(sources[number : number + 1], folder, first=1_000 + 30 * number, means=means)
    merge(Files(parts), merged, first=1_000, means=means)
    build(sources, built, first=1_000, means=means)
    for name in FILES:
        assert (merged / f"{name}.parquet").read_bytes() == (built / f"{name}.parquet").read_bytes()


def test_a_bit_that_flipped_is_found_before_segments_are_merged(tmp_path: Path):
    means, folders = Means(1, MEMORY, tmp_path), [tmp_path / name for name in ("first", "second", "merged")]
    for folder in folders:
        folder.mkdir()
    for number, source in enumerate(write(tmp_path, [Version(f"i{n}", f"word{n}") for n in range(40)], rows=20)):
        build([source], folders[number], first=20 * number, means=means)
    file = folders[0] / "postings.parquet"
    content = bytearray(file.read_bytes())
    about = pq.read_metadata(file).row_group(0).column(0)
    content[about.dictionary_page_offset + about.total_compressed_size // 2] ^= 0x20
    file.write_bytes(content)
    with pytest.raises(IndexDamagedError, match="first"):
        merge(Files(folders[:2]), folders[2], first=0, means=means)
    assert not folders[0].exists()


sealed = st.builds(
    Version,
    item=st.sampled_from("uvwxyz"),
    kind=st.sampled_from(["post", "comment", "absence", "list"]),
    verdict=st.none() | st.sampled_from(["deleted", "hidden", "present"]),
    captured=st.integers(0, 4),
    salt=st.integers(),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(sealed, min_size=1, max_size=4), min_size=3, max_size=5), st.data())
def test_what_is_said_of_items_anew_is_to_the_byte_what_is_said_of_all_at_once(
    made: list[list[Version]], data: st.DataObject
):
    kept = data.draw(st.integers(1, len(made) - 2))
    with tempfile.TemporaryDirectory() as name:
        home, means = Path(name), Means(1, MEMORY, Path(name))
        folders, first = [], 0
        for number, versions in enumerate(made):
            (folder := home / f"segment-{number}").mkdir()
            partitions = home / f"partitions-{number}"
            partitions.mkdir()
            first += build(write(partitions, versions), folder, first=first, means=means)
            folders.append(folder)
        before, after = folders[:-1], folders
        if data.draw(st.booleans()):
            # All that came after those that are kept are merged.
            (merged := home / "merged").mkdir()
            merge(Files(folders[kept:]), merged, first=sum(map(len, made[:kept])), means=means)
            after = [*folders[:kept], merged]
        gather(Files(before), home / "before", means=means)
        gather(Files(after), home / "all", means=means)
        regather(home / "before", after[:kept], after[kept:], home / "anew", means=means)
        assert (home / "anew").read_bytes() == (home / "all").read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
def test_how_the_work_is_parted_shows_in_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int):
    made = [Version(item=f"item-{n % 70}", text=f"budget {n} #hearing", created=n % 11) for n in range(120)]
    sources = write(tmp_path, made, rows=50)
    at_once, parted = tmp_path / "at-once", tmp_path / "parted"
    for folder in (at_once, parted):
        folder.mkdir()
    assert build(sources, at_once, first=7, means=Means(1, MEMORY, tmp_path)) == len(made)
    monkeypatch.setattr(building, "TOGETHER", 8)
    monkeypatch.setattr(building, "LARGEST", 16)
    monkeypatch.setattr(building, "WORTH_STARTING", 0)
    told: list[int] = []
    assert build(sources, parted, first=7, means=Means(processes, MEMORY, tmp_path), tell=told.append) == len(made)
    assert told[-1] == len(made)
    assert told == sorted(set(told))
    assert len(told) > len(made) // 16
    for name in FILES:
        assert (parted / f"{name}.parquet").read_bytes() == (at_once / f"{name}.parquet").read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_partition_that_has_other_rows_than_the_ledger_says_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
):
    monkeypatch.setattr(building, "WORTH_STARTING", 0)
    first, second = write(tmp_path, [Version(item=f"item-{n}", text="budget") for n in range(20)], rows=10)
    (folder := tmp_path / "made").mkdir()
    for rows in (9, 11):
        with pytest.raises(PartitionUnreadableError, match=second.key):
            build([first, replace(second, rows=rows)], folder, first=0, means=Means(processes, MEMORY, tmp_path))


def test_items_may_have_become_more_things_than_a_byte_tells_apart():
    words = [f"verdict-{number:03}" for number in range(300)]
    docs = list(range(300))
    items = Items(pa.table([docs, docs, [1] * 300, [2] * 300, words, words], schema=ITEMS))
    hits = items.hits(np.arange(300), beside=["verdict-130"], folded=True)
    assert [hits.verdicts[number] for number in hits.verdict] == words[:130] + words[131:]
    assert items.judged([words[299]]).tolist() == [299]


@pytest.fixture
def site() -> Iterator[BlogSite]:
    """A blog's site."""
    with BlogSite() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, site: BlogSite) -> Office:
    """An office with the captured blog."""
    made = Office.founded(tmp_path / "home")
    made.register("blog", site.feed)
    made.capture()
    return made


def segments(office: Office) -> AbstractContextManager[Files]:
    archive = office.archive
    return keeping.segments(archive, sealed_places(archive), size=archive.ledger.head.size)


def count(office: Office, word: str) -> int:
    with searchable(office.archive) as opened:
        return opened.count(Query(term=Word(word)))


def everything(files: Files) -> dict[Path, bytes]:
    """All files of an index, with their content."""
    return {path: path.read_bytes() for path in files.all}


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no Parquet", "a file is missing"])
@pytest.mark.parametrize("part", ["postings", "items"])
def test_a_damaged_part_is_named_and_made_anew(office: Office, damage: str, part: str):
    before = count(office, "budget")
    assert before
    with segments(office) as files:
        (file,) = files.named[part]
    content = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "overwritten":
            half = len(content) // 2
            file.write_bytes(content[:4] + bytes(half - 4) + content[half:])
        case "no Parquet":
            file.write_text("this is none")
        case _:
            file.unlink()
    with pytest.raises(IndexDamagedError, match=file.parent.name):
        count(office, "budget")
    assert count(office, "budget") == before


def test_an_index_is_made_to_the_same_bytes_again(office: Office, site: BlogSite):
    for number in range(6):
        # What is said of items is made anew of what was said before, whatever is edited and is merged meanwhile.
        with segments(office):
            pass
        site.edit("bus-routes", paragraphs=(f"Earthquake drill {number}.",))
        office.capture()
    with segments(office) as files:
        before = everything(files)
    assert len(before) > len(FILES)
    shutil.rmtree(files.items.parent.parent)
    with segments(office) as files:
        assert everything(files) == before


def test_a_segment_that_somebody_reads_stays_until_he_has_read_it(office: Office):
    with segments(office) as held:
        office.capture()
        with segments(office) as anew:
            assert all(one.is_file() for one in {*held.all, *anew.all})
    with segments(office) as last:
        pass
    assert set(last.items.parent.parent.iterdir()) == {*last.segments, last.items.parent}


def test_an_item_is_found_by_its_name_whatever_number_that_has(office: Office):
    with searchable(office.archive) as opened:
        hits = list(opened.hits(Query()))
        assert len({number_of(hit.item) >> 53 for hit in hits}) > 2  # more than a float tells apart
        assert [len(opened.versions(hit.account, hit.item)) for hit in hits] == [1] * len(hits)


def test_a_partition_is_copied_when_it_holds_what_is_shown(office: Office, site: BlogSite):
    assert count(office, "budget")
    site.edit("bus-routes", paragraphs=("Earthquake drill.",))
    sealed = office.capture()
    assert count(office, "earthquake") == 1
    cache = office.archive.cache
    assert len(list(cache.folder.iterdir())) > 1
    cache.clear()
    with searchable(office.archive) as opened:
        query = Query(term=Word("earthquake"))
        assert opened.count(query) == 1
        assert not any(cache.folder.iterdir())
        (hit,) = opened.hits(query)
    assert hit.text == "Earthquake drill."
    assert hit.key in {one.stored.key for one in sealed.partitions}
    assert [one.name for one in cache.folder.iterdir()] == [
        one.stored.sha256.hex for one in sealed.partitions if one.stored.key == hit.key
    ]


def test_what_is_no_part_of_this_ledgers_index_goes(office: Office):
    with segments(office) as held:
        parts = [*held.segments, held.items.parent]
        names = {one.name for one in parts}
        for one in parts:
            shutil.copytree(one, one.with_name(f"{one.name}.copy"))
        shutil.copytree(held.items.parent, held.items.parent.with_name("items-0"))
    with segments(office) as again:
        assert {one.name for one in again.segments} == names - {again.items.stem}
    assert {one.name for one in again.items.parent.parent.iterdir()} == names
