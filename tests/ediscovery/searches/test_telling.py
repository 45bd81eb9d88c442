"""Alerts of saved searches: what is new is told once, wherever the program ends, and nothing is left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ediscovery.searches import keeping
from ediscovery.searches.keeping import (
    SearchesBusyError,
    SearchExistsError,
    SearchUnknownError,
    SearchUnreadableError,
    shelf,
)
from ediscovery.searches.saved import MailAddressError, SavedSearch, SearchNameError, demand_addresses
from ediscovery.searches.telling import SHOWN, alerts, found_now
from schemas.query import Query, Word
from tests.ediscovery.partitions import MONDAY, Version, opened, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.search import Search
    from schemas.digest import Digest

SNOW = Query(term=Word("snow"))
SAVED = SavedSearch(name="snow", words="snow", saved=MONDAY, by="clerk@office")
OLD = [Version("1", "snow"), Version("2", "snow"), Version("3", "rain")]
NEW = [Version("1", "snow, edited", captured=1), Version("3", "rain and snow", captured=1), Version("4", "snow")]


class EndedError(Exception):
    """The program ended here."""


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Iterator[Search]:
    with opened(write(tmp_path_factory.mktemp("before"), OLD)) as search:
        yield search


@pytest.fixture(scope="module")
def after(tmp_path_factory) -> Iterator[Search]:
    with opened(write(tmp_path_factory.mktemp("after"), [*OLD, *NEW])) as search:
        yield search


def ids(*versions: Version) -> frozenset[Digest]:
    return frozenset(version.record.id for version in versions)


@pytest.fixture
def home(tmp_path: Path, before: Search) -> Path:
    """A home with a search that was saved before anything new came."""
    with shelf(tmp_path) as held:
        held.add(SAVED, found_now(before, SNOW))
    return tmp_path


def tell(home: Path, search: Search, told: list[tuple[str, frozenset[Digest]]]) -> None:
    """Tell whatever is new."""
    with shelf(home) as held:
        for alert in alerts(held, held.search("snow"), search, SNOW, origin="x.example/1"):
            told.append((alert.number, alert.records))
            held.end("snow", alert.number, alert.records)


def test_what_was_there_is_known_and_what_is_new_or_edited_is_told_once(home, before, after):
    told: list = []
    tell(home, before, told)
    assert told == []
    tell(home, after, told)
    tell(home, after, told)
    assert [records for _, records in told] == [ids(*NEW)]


def test_a_hit_that_went_away_and_comes_back_is_not_told_again(home, before, after):
    told: list = []
    for search in (after, before, after):
        tell(home, search, told)
    # The older version of the item that was edited is what the older archive shows of it.
    assert [records for _, records in told] == [ids(*NEW)]


def test_wherever_the_program_ends_all_is_told_and_a_second_time_under_its_number_alone(home, after, monkeypatch):
    ends = 0
    while True:
        told: list = []
        copy = home / f"copy-{ends}"
        with shelf(copy) as held:
            held.add(SAVED, ids(*OLD))
        with monkeypatch.context() as patched:
            count = _ending(patched, ends)
            try:
                tell(copy, after, told)
            except EndedError:
                pass
            else:
                break
        assert count["done"] == ends
        tell(copy, after, told)
        assert {records for _, records in told} == {ids(*NEW)}
        assert len({number for number, _ in told}) == 1
        tell(copy, after, told)
        assert len(told) <= 2
        ends += 1
    assert ends > 6
    assert len(told) == 1


def _ending(patched: pytest.MonkeyPatch, at: int) -> dict[str, int]:
    """End the program before so many things were done to the disk."""
    count = {"done": 0}

    def counted(what):
        def done(*arguments, **named):
            if count["done"] == at:
                raise EndedError
            count["done"] += 1
            return what(*arguments, **named)

        return done

    for owner, name in ((Path, "write_bytes"), (Path, "rename"), (Path, "unlink"), (keeping.disk, "synchronise")):
        patched.setattr(owner, name, counted(getattr(owner, name)))
    return count


def test_what_could_not_be_told_is_told_by_itself_and_what_came_since_apart(home, before, after):
    with shelf(home) as held:
        held.begin("snow", "0123456789abcdef", ids(NEW[0]))
        first, second = alerts(held, SAVED, after, SNOW, origin="x.example/1")
        assert (first.number, first.records, first.again) == ("0123456789abcdef", ids(NEW[0]), True)
        assert (second.records, second.again) == (ids(*NEW[1:]), False)
        # What was destroyed meanwhile is counted, and cannot be shown.
        (first, second) = alerts(held, SAVED, before, SNOW, origin="x.example/1")
        assert (first.hits, first.records) == ((), ids(NEW[0]))
        assert second.hits == ()


def test_of_many_new_hits_the_first_are_shown_and_all_are_named(tmp_path):
    held = [Version(str(n), "snow", created=n) for n in range(SHOWN + 5)]
    with opened(write(tmp_path, held)) as search, shelf(tmp_path / "home") as own:
        own.add(SAVED, ())
        (alert,) = alerts(own, SAVED, search, SNOW, origin="x.example/1")
    assert alert.records == ids(*held)
    assert [hit.item for hit in alert.hits] == [str(n) for n in range(SHOWN)]


def test_two_never_tell_at_the_same_time(home):
    with shelf(home), pytest.raises(SearchesBusyError), shelf(home):
        pass


def test_a_name_is_taken_once_and_free_again_when_its_search_is_removed(home):
    with shelf(home) as held:
        with pytest.raises(SearchExistsError):
            held.add(SAVED, ())
        held.remove("snow")
        assert held.names() == []
        for missing in (held.search, held.remove):
            with pytest.raises(SearchUnknownError):
                missing("snow")
        held.add(SAVED, ids(OLD[0]))
        assert (held.search("snow"), held.told("snow")) == (SAVED, ids(OLD[0]))


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "x" * 65, "-a", ".snow", "snow\n"])
def test_a_name_never_leaves_the_folder(home, name):
    with shelf(home) as held, pytest.raises(SearchNameError):
        held.remove(name)


@pytest.mark.parametrize("file", ["search.json", "told"])
def test_a_damaged_search_is_named_with_what_to_do(home, after, file):
    path = home / "searches" / "snow" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SearchUnreadableError, match="snow"):
        tell(home, after, [])


@pytest.mark.parametrize("address", ["", "clerk", "a@b@c", "a b@c.example", "a@b\nBcc: c@d", "a@\u2028b", "<a@b>"])
def test_what_is_no_address_of_mail_is_refused(address):
    with pytest.raises(MailAddressError):
        demand_addresses(["clerk@city.example", address])
