"""The series that three states publish become schedules; what is not understood is kept, and nothing is lost."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.retention.importing import Imported, PublishedUnreadableError, import_published
from ediscovery.retention.reading import LARGEST, read_schedule
from ediscovery.retention.writing import write_schedule
from tests.corpora import ROOT, corpus

FOLDER = "retention"


@pytest.fixture(scope="module")
def published():
    """Every file of the corpus by its path: its rows, and the schedule that came of it, or none."""
    found = {}
    for path in sorted(corpus(FOLDER).rglob("*.json")):
        content = path.read_bytes()
        try:
            imported = import_published(content, name=path.stem)
        except PublishedUnreadableError:
            imported = None
        rows = json.loads(content)
        found[path.relative_to(ROOT).as_posix()] = (rows if isinstance(rows, list) else [rows], imported)
    return found


@pytest.fixture(scope="module")
def pairs(published):
    """Every row of a file that was read, with its series and what became of it."""
    return [
        pair
        for rows, imported in published.values()
        if imported is not None
        for pair in zip(rows, imported.schedule.series, imported.rows, strict=True)
    ]


def expected():
    return json.loads(corpus("EXPECTED.json").read_text(encoding="utf-8"))["retention_files"]


def duration(row):
    rules = row.get("retention_rules")
    keys = ("duration_years", "duration_months") if rules else ("retention_years", "retention_months")
    held = rules or row
    return [held.get(key) for key in keys]


def test_every_file_claims_as_many_series_as_it_should(published):
    assert {path: len(rows) for path, (rows, _) in published.items()} == {
        path: one["series"] for path, one in expected().items()
    }
    assert sum(len(rows) for rows, _ in published.values()) == 6238


def test_only_files_without_series_are_refused_whole(published):
    for path, (rows, imported) in published.items():
        if imported is None:
            assert rows == [] or path.endswith("repository.json")
        else:
            assert sum(imported.counts.values()) == len(rows)


def test_what_the_corpus_counts_as_without_years_or_permanent_is_what_is_found(published):
    for path, (rows, _) in published.items():
        ruled = [row for row in rows if "retention_rules" in row]
        assert (
            sum(row["retention_rules"]["duration_years"] is None for row in ruled) == expected()[path]["without_years"]
        )
        permanent = sum("permanent" in json.dumps(row, ensure_ascii=False).casefold() for row in ruled)
        assert permanent == expected()[path]["mentions_permanent"]


def test_no_series_that_mentions_permanent_or_has_no_duration_can_be_destroyed(pairs):
    doubtful = [
        (series, row)
        for row, series, _ in pairs
        if "permanent" in json.dumps(row, ensure_ascii=False).casefold()
        or not any(one not in (None, "") for one in duration(row))
    ]
    assert len(doubtful) > 3000
    for series, _ in doubtful:
        assert (series.disposal, series.terms) == ("keep", ())


def test_a_series_has_the_number_that_was_published_or_is_kept(pairs):
    for row, series, became in pairs:
        if series.disposal == "keep":
            assert not series.terms
            assert bool(became.why) == (became.state == "refused")
            continue
        (one,) = series.terms
        assert [one.period.years, one.period.months] == [number or 0 for number in duration(row)]
        assert one.period.days == 0


def test_enough_is_understood_to_be_of_use_and_all_else_says_why(pairs):
    states = Counter(became.state for _, _, became in pairs)
    assert states == {"destroy": 1530, "review": 224, "for ever": 802, "refused": 3679}


def test_every_schedule_is_read_back_from_its_text(published):
    for path, (_, imported) in published.items():
        if imported is not None:
            assert read_schedule(write_schedule(imported.schedule), name=path) == imported.schedule


def row(**more):
    plain = {
        "schedule_metadata": {"state": "va", "agency_name": "Office", "schedule_id": "1", "url": None},
        "series_metadata": {"series_id": "1", "series_title": "Minutes", "series_description": None},
        "retention_rules": {
            "trigger_event": "closed",
            "duration_years": 3,
            "disposition_method": "Confidential Destruction",
        },
        "tracking_data": {"last_checked": "2026-03-30"},
    }
    return {**plain, **more}


def imported(*rows) -> Imported:
    return import_published(json.dumps(rows).encode(), name="file")


def test_a_number_that_stands_twice_belongs_to_neither():
    found = imported(row(), row())
    assert [one.item for one in found.rows] == ["row 1", "row 2"]
    assert {one.state for one in found.rows} == {"refused"}


def test_a_row_of_no_known_shape_is_kept_and_named():
    found = imported(row(), {"series_id": "2"}, 3, row(retention_rules=[]), row(series_metadata={"series_id": 4}))
    assert [one.state for one in found.rows] == ["destroy", "refused", "refused", "refused", "refused"]
    assert {one.why for one in found.rows[1:]} == {"unreadable"}


def test_a_number_that_cannot_be_one_here_is_replaced_by_the_place_in_the_file():
    numbers = ["§ 1", "row 1", "", "x" * 64, "a\u0000b"]
    found = imported(*(row(series_metadata={"series_id": number, "series_title": "T"}) for number in numbers))
    assert [one.item for one in found.schedule.series] == ["row 1", "row 2", "row 3", "row 4", "a b"]
    assert read_schedule(write_schedule(found.schedule), name="x") == found.schedule


STRANGE = {
    "empty": b"",
    "object": b"{}",
    "nothing": b"[]",
    "number": b"[1]",
    "nested": b"[" * 100_000,
    "bytes": b"\xff",
    "large": b" " * (LARGEST + 1),
    "state": json.dumps([row(schedule_metadata={"state": "tx"})]).encode(),
    "undated": json.dumps([row(tracking_data={})]).encode(),
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_what_is_no_list_of_series_is_refused_whole(content):
    with pytest.raises(PublishedUnreadableError) as caught:
        import_published(content, name="file")
    assert caught.value.what.startswith(("file ", "The series of file ", "No series of file "))


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just({}) | st.just([])
PLACES = [(part, key) for part, keys in row().items() for key in keys]


@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), max_size=4))
def test_whatever_stands_in_a_row_a_schedule_comes_of_it_that_can_be_read(changes):
    sound, changed = row(), json.loads(json.dumps(row()))
    for (part, key), value in changes:
        changed[part][key] = value
    try:
        found = imported(sound, changed)
    except PublishedUnreadableError:
        return
    assert len(found.rows) == 2
    assert read_schedule(write_schedule(found.schedule), name="x") == found.schedule
