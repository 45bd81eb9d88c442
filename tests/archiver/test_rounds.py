"""A round over many accounts: few entries, nothing lost, nothing doubled, whatever fails in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from archiver import registry, rounds, spool
from archiver.planning import plan_of
from archiver.remembering import recalled, remember
from archiver.rounds import capture_all, recover, system_chance
from manifests.audit import audit
from manifests.ledger import Ledger
from schemas.account import Account
from schemas.settings import PlatformSettings
from storage.directory import DirectoryStore
from storage.objects import Content, StoreUnavailableError
from tests.manifests.archives import archive_in, captures_of
from tests.servers import Answer, Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.account import Platform
    from schemas.stored import StoredObject

ACCOUNTS = 30
ITEM = "<item><guid>{0}-1</guid><title>News {0}</title></item>"
FEED = f'<rss version="2.0"><channel><title>{{0}}</title>{ITEM}</channel></rss>'


@pytest.fixture
def site() -> Iterator[Server]:
    """As many feeds as accounts."""
    feed = {"Content-Type": "application/rss+xml"}
    with serving({f"/{n}.xml": Answer(headers=feed, body=FEED.format(n).encode()) for n in range(ACCOUNTS)}) as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, site: Server) -> Archive:
    """An archive with all of them registered."""
    made = archive_in(tmp_path)
    for number in range(ACCOUNTS):
        url = site.url(f"/{number}.xml")
        account = Account(name=f"feed-{number}", platform="feed", url=url, title="feed", private_network=True)
        registry.register(made, account)
    return made


def all_of(archive: Archive) -> list[Account]:
    return list(archive.ledger.history.accounts.values())


def test_many_accounts_are_committed_in_one_entry(archive: Archive):
    before = archive.ledger.head.size
    results = list(capture_all(archive, all_of(archive), system_chance(), environment={}))
    assert archive.ledger.head.size == before + 1
    assert [result.account for result in results] == [account.name for account in all_of(archive)]
    assert all(result.error is None and result.act is not None and result.act.new == 1 for result in results)
    report = audit(archive.store, now=archive.now())
    assert (report.sound, report.findings, report.records) == (True, (), 2 * ACCOUNTS)
    assert list(archive.spool.iterdir()) == []


def test_who_waited_longest_is_read_first(archive: Archive):
    names = [account.name for account in registry.in_turn(archive, ("feed",))]
    assert sorted(names) == sorted(account.name for account in all_of(archive))
    first, last = names[: ACCOUNTS // 2], names[ACCOUNTS // 2 :]
    for name in reversed(first):
        list(capture_all(archive, [registry.account_named(archive, name)], system_chance(), environment={}))
    assert [one.name for one in registry.in_turn(archive, ("feed",))] == [*last, *reversed(first)]
    assert registry.in_turn(archive, ("website",)) == []


def test_a_group_larger_than_an_entry_may_be_takes_several(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archiver.sealing.LARGEST_GROUP", 8_000)
    before = archive.ledger.head.size
    results = list(capture_all(archive, all_of(archive), system_chance(), environment={}))
    assert 3 < archive.ledger.head.size - before < ACCOUNTS
    assert all(result.act for result in results)
    assert audit(archive.store, now=archive.now()).findings == ()


def test_a_long_round_commits_what_it_has_while_it_goes_on(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds, "MOST_IN_GROUP", 10)
    going = capture_all(archive, all_of(archive), system_chance(), environment={})
    first = next(going)
    assert first.act is not None
    assert len(list(archive.spool.glob("[!.]*"))) == 0
    assert len(captures_of(archive.ledger)) == 10
    assert len([first, *going]) == ACCOUNTS


def test_one_account_that_fails_keeps_no_other_from_being_committed(archive: Archive, site: Server):
    gone = Account(name="gone", platform="feed", url=site.url("/none"), title="gone", private_network=True)
    registry.register(archive, gone)
    results = {
        result.account: result for result in capture_all(archive, all_of(archive), system_chance(), environment={})
    }
    assert results["gone"].error is not None
    assert results["gone"].act is not None
    assert results["gone"].act.poll.outcome == "failed"
    assert sum(result.error is None for result in results.values()) == ACCOUNTS


def test_what_waits_is_remembered_over_a_look_that_was_cut_short(archive: Archive):
    account = registry.account_named(archive, "feed-0")
    (done,) = capture_all(archive, [account], system_chance(), environment={})
    assert done.act is not None
    remember(archive.home, "feed-0", {"waiting": "these"}, capture=done.act.poll.capture)
    plan = plan_of(archive, account, system_chance(), method="feed", collector="feed/1")
    with spool.begin(archive.spool, plan):
        pass  # the process ends here
    (cut,) = recover(archive, system_chance())
    assert cut.poll.outcome == "interrupted"
    assert recalled(archive.home, "feed-0", {}, last=cut.poll.capture) == {"waiting": "these"}


@pytest.mark.parametrize(
    ("platform", "chosen"), [("x", PlatformSettings()), ("mastodon", PlatformSettings(options=("faster",)))]
)
def test_a_setting_that_is_missing_or_unknown_is_a_failed_poll_and_no_silence(
    tmp_path: Path, platform: Platform, chosen: PlatformSettings
):
    made = archive_in(tmp_path)
    archive = replace(made, settings=msgspec.structs.replace(made.settings, platform={platform: chosen}))
    account = Account(name="maple", platform=platform, url="https://platform.example/@maple", title="Maple")
    registry.register(archive, account)
    (result,) = capture_all(archive, all_of(archive), system_chance(), environment={})
    assert result.error is not None
    assert result.act is not None
    poll = result.act.poll
    assert (poll.outcome, poll.code, poll.reason) == ("failed", result.error.code, result.error.what)
    assert list(captures_of(archive.ledger)) == [poll.capture]


def test_a_store_that_fails_leaves_the_group_in_the_spool_for_the_next_run(archive: Archive):
    class Failing(DirectoryStore):
        left = 25

        def put_new(self, key: str, content: Content) -> StoredObject:
            self.left -= 1
            if not self.left:
                raise StoreUnavailableError("The store is away.", do="Try again.")
            return super().put_new(key, content)

    failing = replace(archive, store=Failing(archive.store.root))  # type: ignore[attr-defined]
    results = list(capture_all(failing, all_of(archive), system_chance(), environment={}))
    assert all(result.act is None and result.error is not None for result in results)
    assert len(recover(archive, system_chance())) == ACCOUNTS
    report = audit(archive.store, now=archive.now())
    assert (report.sound, report.records) == (True, 2 * ACCOUNTS)


def test_a_lost_race_stores_no_object_twice(archive: Archive, tmp_path: Path):
    class Racing(DirectoryStore):
        puts: list[str] = []  # noqa: RUF012

        def put_new(self, key: str, content: Content) -> StoredObject:
            self.puts.append(key)
            if key.startswith("ledger/") and sum(one.startswith("ledger/") for one in self.puts) == 1:
                other = Account(name="other", platform="feed", url="https://other.example/", title="other")
                registry.register(archive, other)  # somebody else commits first
            return super().put_new(key, content)

    store = Racing(archive.store.root)  # type: ignore[attr-defined]
    racing = replace(archive, store=store, ledger=Ledger(store))
    results = list(capture_all(racing, all_of(archive)[:5], system_chance(), environment={}))
    assert all(result.act for result in results)
    kinds = [key.split("/")[0] for key in store.puts]
    assert (kinds.count("ledger"), kinds.count("partitions"), kinds.count("exchanges")) == (2, 5, 5)
    assert audit(archive.store, now=archive.now()).findings == ()
