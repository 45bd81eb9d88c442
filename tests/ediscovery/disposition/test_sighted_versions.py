"""Which version an answer showed, told by when versions were sealed."""

from __future__ import annotations

from ediscovery.disposition.sighted import Versions


def shown(versions: Versions, *, sealing: bool = True) -> list[int]:
    """In which of ten captures what was shown of the item goes."""
    return [entry for entry in range(10) if versions.goes("x", entry=entry, sealing=sealing)]


def test_where_every_version_goes_everything_that_was_shown_goes_and_the_name_too():
    versions = Versions([("x", 3, False), ("x", 5, False), ("x", 3, False)], [("y", 4, False)])
    assert shown(versions) == list(range(10))
    assert not versions.stays("x")


def test_of_an_item_of_which_nothing_goes_nothing_goes():
    versions = Versions([("y", 3, False)], [("x", 3, False)])
    assert shown(versions) == []
    assert versions.stays("x")


def test_a_version_is_shown_from_its_capture_to_that_of_the_next():
    older, newer = Versions([("x", 2, False)], [("x", 5, False)]), Versions([("x", 5, False)], [("x", 2, False)])
    assert shown(older) == [2, 3, 4, 5]
    assert shown(newer) == [5, 6, 7, 8, 9]
    assert older.stays("x")


def test_between_two_that_stay_one_that_goes_takes_what_showed_it():
    assert shown(Versions([("x", 4, False)], [("x", 2, False), ("x", 7, False)])) == [4, 5, 6, 7]


def test_a_capture_that_sealed_nothing_may_have_shown_what_was_sealed_next():
    assert shown(Versions([("x", 5, False)], [("x", 2, False)]), sealing=False) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert shown(Versions([("x", 2, False)], [("x", 5, False)]), sealing=False) == [0, 1, 2, 3, 4, 5]


def test_two_versions_in_one_capture_go_together_where_one_goes():
    assert shown(Versions([("x", 4, False)], [("x", 4, False), ("x", 6, False)])) == [4, 5, 6]


def test_while_an_item_is_away_a_look_up_may_show_it_as_it_was_before():
    assert shown(Versions([("x", 2, False)], [("x", 4, True)])) == [2, 3, 4, 5, 6, 7, 8, 9]
    # Back again it is another version, and that one stays.
    assert shown(Versions([("x", 2, False)], [("x", 4, True), ("x", 6, False)])) == [2, 3, 4, 5, 6]
    assert shown(Versions([("x", 4, True)], [("x", 2, False), ("x", 6, False)])) == [4, 5, 6]


def test_after_an_import_what_is_shown_may_be_what_was_captured_before_it_or_what_the_file_said():
    assert shown(Versions([("x", 2, False)], [("x", 4, True)])) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert shown(Versions([("x", 4, True)], [("x", 2, False), ("x", 6, False)])) == [4, 5, 6]
