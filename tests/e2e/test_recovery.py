"""What cannot be sealed now waits, and is sealed by the next run: a clock that went back, a race that was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archiver import registry, rounds
from archiver.held import held_of
from demo.site import BlogSite
from manifests.archive import Archive, open_archive
from manifests.audit import audit
from manifests.console import system_clock
from schemas.account import Account
from tests.manifests.archives import Clock, archive_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site() -> Iterator[BlogSite]:
    """The blog, served."""
    with BlogSite() as served:
        yield served


@pytest.fixture
def archive(tmp_path: Path, site: BlogSite) -> Archive:
    """A new archive with the blog registered."""
    made = archive_in(tmp_path)
    account = Account(name="blog", platform="feed", url=site.feed, title="blog", private_network=True)
    registry.register(made, account)
    return made


def test_a_capture_under_a_clock_that_went_back_waits_until_the_clock_is_right(archive: Archive):
    account, chance = archive.ledger.history.accounts["blog"], rounds.system_chance()
    late = replace(archive, now=Clock())  # months before the archive was made
    (result,) = rounds.capture_all(late, [account], chance, environment={})
    assert result.error is not None
    assert result.error.code == "CLOCK_BEHIND"
    assert archive.ledger.head.size == 2
    (act,) = rounds.recover(archive, chance)
    assert act.new == 22
    assert audit(archive.store, now=archive.now()).sound


def test_two_captures_of_one_account_at_once_double_nothing(archive: Archive, site: BlogSite):
    account, chance = archive.ledger.history.accounts["blog"], rounds.system_chance()
    other = open_archive(archive.home, now=system_clock, actor="other")
    (first,) = rounds.capture_all(archive, [account], chance, environment={})
    # The other one still sees the ledger as it was; its capture is compared anew when it comes to be sealed.
    (second,) = rounds.capture_all(other, [account], chance, environment={})
    assert first.act is not None
    assert second.act is not None
    assert (first.act.new, second.act.new) == (22, 0)
    assert second.act.base == other.ledger.history.find_capture(first.act.poll.capture)
    versions = held_of(other, "blog").versions
    assert all(len(one) == 1 for one in versions.values())
    assert audit(archive.store, now=archive.now()).sound


def test_a_defect_in_reading_one_account_is_recorded_and_the_others_are_still_read(
    archive: Archive, site: BlogSite, monkeypatch: pytest.MonkeyPatch
):
    good = Account(name="site", platform="website", url=f"{site.url}/about", title="s", private_network=True)
    registry.register(archive, good)

    def broken(*_: object, **__: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr("archiver.collectors.feed.collector.read_feed", broken)
    accounts = archive.ledger.history.accounts
    results = list(
        rounds.capture_all(archive, [accounts["blog"], accounts["site"]], rounds.system_chance(), environment={})
    )
    assert results[0].error is not None
    assert results[0].error.code == "COLLECTOR_DEFECT"
    assert results[0].act is not None
    assert results[0].act.poll.outcome == "failed"
    assert results[0].act.exchanges
    assert results[1].error is None
    assert audit(archive.store, now=archive.now()).sound
