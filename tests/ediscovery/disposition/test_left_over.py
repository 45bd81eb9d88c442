"""What lies beside records: copies, productions, objects that no entry names, what a machine keeps for itself."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archiver.remembering import recalled, remember
from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.disposition.carrying_out import CopyIncompleteError
from ediscovery.disposition.condemning import Condemning, NoLongerDueError
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.disposition.planning import NothingDueError
from ediscovery.disposition.strays import strays_of
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from ediscovery.production.signed import SignedPdf
from ediscovery.retention.reading import read as read_schedule
from manifests.archive import open_archive
from manifests.audit import audit
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.console import system_clock
from manifests.decisions.decided import DAY
from manifests.forgetting import forget
from manifests.ledger import Ledger
from manifests.replication import CopyAheadError, copy_archive
from schemas.holds import Scope
from schemas.ledger import BatesAssigned, ClassificationAdopted, HoldPlaced
from schemas.production import BatesRange
from schemas.query import Query, Word
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import Content, StoreUnavailableError, read
from tests.ediscovery.disposition.offices import RULES, Office, comments, files_in, needles, silent, stored_in, traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from schemas.digest import Digest
    from schemas.ledger import Produced
    from storage.objects import ObjectStore

PRODUCTIONS = RULES.replace("[[rule]]", 'productions = ["ours/POSTS"]\n\n[[rule]]', 1)


@dataclass(frozen=True)
class Away:
    """A store in which an object cannot be read, and that is otherwise as it is."""

    store: ObjectStore
    key: str

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Give what is there, but for one object."""
        if key == self.key:
            raise StoreUnavailableError(f"{key} cannot be read.", do="Try again.", key=key)
        return self.store.open(key, version=version)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@pytest.fixture
def site() -> Iterator[BlogSite]:
    """A blog."""
    with BlogSite() as site:
        yield site


def founded(home: Path, site: BlogSite, *, rules: str = RULES) -> Office:
    """An office with a captured blog."""
    office = Office.founded(home, rules=rules)
    office.register("blog", site.feed)
    office.capture()
    return office


def produced(office: Office, query: Query) -> Produced:
    """Hand over what a query finds."""
    archive = office.archive
    order = making.Order(
        name=secrets.token_hex(6),
        matter="Request 14",
        requester="",
        query_typed="",
        query_words="",
        bates_prefix="X",
    )
    with searchable(archive) as opened:
        hits = tuple(opened.hits(query))
        checkpoint = make(archive, nonce=system_nonce, name=False)
        return making.produce(archive, opened, hits, order, signer_of(archive), checkpoint).act


def test_what_goes_goes_from_every_copy_and_nothing_is_certified_before(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    copies = {name: DirectoryStore(tmp_path / name, pinned=False) for name in ("vault", "county")}
    for name, store in copies.items():
        office.copies[name] = Ledger(store, origin=office.archive.ledger.origin)
        copy_archive(office.archive.ledger, office.copies[name], tell=silent)
    before = office.records()
    planned = office.destroy()
    gone = before.keys() - office.records().keys()
    assert len(gone) == planned.act.records
    for store in copies.values():
        for one in gone:
            assert not traces(stored_in(store), needles(before[one]))
    for name, target in office.copies.items():
        copy_archive(office.archive.ledger, target, tell=silent)
        assert audit(copies[name], now=office.archive.now(), copy=True).sound


def test_a_copy_that_is_away_keeps_the_plan_from_its_end(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    store = DirectoryStore(tmp_path / "vault", pinned=False)
    office.copies["vault"] = Ledger(store, origin=office.archive.ledger.origin)
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    office.begin(office.plan())
    (tmp_path / "vault").rename(tmp_path / "away")
    (tmp_path / "vault").write_text("a file where the copy was")
    with pytest.raises(StoreUnavailableError, match="vault"):
        office.go_on()
    assert office.archive.ledger.history.plans["p1"].destroyed == 0
    (tmp_path / "vault").unlink()
    (tmp_path / "away").rename(tmp_path / "vault")
    assert office.go_on().certificate is not None


def test_a_copy_that_lacks_what_is_left_keeps_everything_from_being_deleted(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    store = DirectoryStore(tmp_path / "vault", pinned=False)
    office.copies["vault"] = Ledger(store, origin=office.archive.ledger.origin)
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    office.begin(office.plan())
    place = next(iter(office.archive.ledger.history.places("blog")))
    for one in office.archive.ledger.history.places("blog"):
        store.put_new(layout.leaves(one.partition.stored.key, "p1"), Content.of(b"something else"))
    with pytest.raises(CopyIncompleteError):
        office.go_on()
    assert office.archive.ledger.history.plans["p1"].destroyed == 0
    assert office.archive.store.exists(place.partition.stored.key)
    assert store.exists(place.partition.stored.key)


def test_a_production_that_is_to_be_kept_after_all_stays(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site, rules=PRODUCTIONS)
    act = produced(office, Query(kinds=frozenset({"comment"})))
    later = office.archive.now().to_datetime().date() + timedelta(days=3 * 366)
    with pytest.raises(NothingDueError):
        office.plan(as_of=later, only=("ours/NONE",))
    planned = office.plan(as_of=later, only=("ours/POSTS",))
    assert planned.act.productions == (act.production,)
    office.begin(planned)
    kept: Any = read_schedule(RULES, name="test")
    office.append(ClassificationAdopted(classification=kept))  # it names no series for productions any more
    ahead = office.again(now=lambda: system_clock().plus(seconds=86_400 * (3 * 366 + 2)))
    with pytest.raises(NoLongerDueError):
        ahead.go_on()
    assert ahead.archive.store.exists(act.document.key)


def test_a_production_that_is_made_while_a_plan_runs_stops_it_and_keeps_what_it_shows(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    before = comments(office)
    office.begin(office.plan())
    act = produced(office, Query(kinds=frozenset({"comment"})))
    with pytest.raises(NoLongerDueError):
        office.go_on()
    history = office.archive.ledger.history
    assert (history.plans["p1"].state, history.plans["p1"].destroyed) == ("stopped", 0)
    assert comments(office) == before
    assert office.archive.store.exists(act.document.key)


def test_a_production_that_shows_something_of_a_held_account_is_in_no_plan(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site, rules=PRODUCTIONS)
    act = produced(office, Query(kinds=frozenset({"comment"})))
    shown = comments(office)
    later = office.archive.now().to_datetime().date() + timedelta(days=3 * 366)
    scope = Scope(accounts=("blog",), query="volcano")  # a post that the production does not show
    office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=scope))
    planned = office.plan(as_of=later)
    assert planned.act.productions == ()
    office.begin(planned)
    ahead = office.again(now=lambda: system_clock().plus(seconds=DAY * (3 * 366 + 2)))
    assert ahead.go_on().certificate is not None
    assert ahead.archive.store.exists(act.document.key)
    assert shown <= comments(ahead)
    ahead.release("case")
    assert ahead.plan("p2", as_of=later).act.productions == (act.production,)


@pytest.mark.parametrize(("seconds", "goes"), [(DAY - 600, False), (DAY + 600, True)])
def test_a_document_that_was_numbered_and_never_sealed_goes_when_a_day_has_passed(
    site: BlogSite, tmp_path: Path, seconds: int, *, goes: bool
):
    office = founded(tmp_path / "home", site)
    office.append(BatesAssigned(production="cut", bates=BatesRange(prefix="X", first=1, last=1)))
    document = layout.production("cut")
    office.archive.store.put_new(document, Content.of(b"%PDF with everything"))
    ahead = office.again(now=lambda: system_clock().plus(seconds=seconds))
    ahead.begin(ahead.plan())
    stored = ahead.go_on().certificate
    assert stored is not None
    assert ahead.archive.store.exists(document) is not goes
    handed = SignedPdf.read(read(ahead.archive.store, stored.key), at=ahead.archive.now())
    certificate = read_certificate(handed)
    assert bool([one for one in certificate.exceptions if "production" in one]) is not goes
    assert (document in {one.key for one in certificate.objects}) is goes
    assert audit(ahead.archive.store, now=ahead.archive.now()).sound


def test_what_no_entry_names_is_told_of_in_the_certificate(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    act = next(act for _, act in office.archive.ledger.history.captures("blog"))
    left = layout.exchanges(account="blog", capture="e" * 32)  # of a capture that may be in somebody's spool
    office.archive.store.put_new(left, Content.of(read(office.archive.store, act.exchanges[0].key)))
    office.begin(office.plan())
    stored = office.go_on().certificate
    assert stored is not None
    assert office.archive.store.exists(left)
    handed = SignedPdf.read(read(office.archive.store, stored.key), at=office.archive.now())
    (said,) = read_certificate(handed).exceptions
    assert said.startswith("1 objects of blog are named by no entry")


def test_a_copy_that_knows_more_than_its_archive_keeps_everything_from_being_deleted(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    store = DirectoryStore(tmp_path / "vault", pinned=False)
    office.copies["vault"] = Ledger(store, origin=office.archive.ledger.origin)
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    office.begin(office.plan())
    Condemning(office.archive, office.archive.ledger.history.plans["p1"].act, silent).condemn()
    before = {key for key, _ in stored_in(office.archive.store)}
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    # A hold is placed and copied; then somebody cuts it off from the archive.
    office.hold()
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    added = {key for key, _ in stored_in(office.archive.store)} - before
    for key in added:
        (office.archive.home / "archive" / key).unlink()
    shutil.rmtree(office.archive.home / "state")
    with pytest.raises(CopyAheadError):
        office.again().go_on()
    assert {key for key, _ in stored_in(office.archive.store)} == before
    assert before <= {key for key, _ in stored_in(store)}


def test_a_production_that_was_cut_off_is_told_of_in_the_certificate(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    bates = BatesRange(prefix="X", first=1, last=1)
    office.append(BatesAssigned(production="cut", bates=bates))
    office.archive.store.put_new(layout.production("cut"), Content.of(b"%PDF with everything"))
    office.begin(office.plan())
    stored = office.go_on().certificate
    assert stored is not None
    handed = SignedPdf.read(read(office.archive.store, stored.key), at=office.archive.now())
    assert [one for one in read_certificate(handed).exceptions if "production" in one]


def test_what_a_kept_production_shows_stays_with_its_thread(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    before = comments(office)
    with searchable(office.archive) as opened:
        one = next(hit for hit in opened.hits(Query(kinds=frozenset({"comment"}))))
        thread = {hit.record for hit in opened.thread(one.account, _thread_of(office, one.record))}
    act = produced(office, Query(kinds=frozenset({"comment"}), start=one.date, end=one.date.plus(seconds=1)))
    planned = office.plan()
    assert planned.produced >= 1
    office.begin(planned)
    office.go_on()
    left = comments(office)
    assert left == before & thread
    assert office.archive.store.exists(act.document.key)
    assert audit(office.archive.store, now=office.archive.now()).sound


def _thread_of(office: Office, record: Digest) -> str:
    found = msgspec.json.decode(office.records()[record].normalised)
    return found.get("thread") or found["item"]


def test_a_production_that_is_due_goes_with_what_it_shows(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site, rules=PRODUCTIONS)
    before = office.records()
    act = produced(office, Query(kinds=frozenset({"comment"})))
    pdf = read(office.archive.store, act.document.key)
    later = office.archive.now().to_datetime().date() + timedelta(days=3 * 366)
    planned = office.plan(as_of=later)
    assert planned.act.productions == (act.production,)
    office.begin(planned)
    assert office.go_on().comes is not None
    ahead = office.again(now=lambda: system_clock().plus(seconds=86_400 * (3 * 366 + 2)))
    assert ahead.go_on().certificate is not None
    assert not ahead.records()
    assert not traces(stored_in(ahead.archive.store), {"the document": pdf[:4096]})
    for record in before.values():
        assert not traces(stored_in(ahead.archive.store), needles(record))
    assert audit(ahead.archive.store, now=ahead.archive.now()).sound


def test_partitions_of_a_capture_that_was_sealed_twice_go_too(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    before = office.records()
    place = next(
        place for place in office.archive.ledger.history.places("blog") if "comments" in place.partition.stored.key
    )
    content = read(office.archive.store, place.partition.stored.key)
    stray = layout.partition(account="blog", series="ours-comments", period="2026-03", name="f" * 32)
    foreign = layout.partition(account="blog", series="ours-comments", period="2026-03", name="e" * 32)
    office.archive.store.put_new(stray, Content.of(content))
    office.archive.store.put_new(foreign, Content.of(b"no partition"))
    office.destroy()
    assert not office.archive.store.exists(stray)
    assert office.archive.store.exists(foreign)
    for one in before.keys() - office.records().keys():
        assert not traces(stored_in(office.archive.store), needles(before[one]))


def test_a_store_that_is_away_lets_no_stray_be_passed_over(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    place = next(iter(office.archive.ledger.history.places("blog")))
    stray = layout.partition(account="blog", series="ours-comments", period="2026-03", name="f" * 32)
    office.archive.store.put_new(stray, Content.of(read(office.archive.store, place.partition.stored.key)))
    assert list(strays_of(office.archive, "blog")) == [stray]
    away = replace(office.archive, store=Away(office.archive.store, stray))
    with pytest.raises(StoreUnavailableError):
        list(strays_of(away, "blog"))


def test_another_machine_forgets_with_its_next_command(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    with searchable(office.archive) as opened:
        assert opened.count(Query(term=Word("superintendent")))
    shutil.copytree(tmp_path / "home", tmp_path / "other", ignore=shutil.ignore_patterns("archive"))
    (tmp_path / "other" / "archive").symlink_to(tmp_path / "home" / "archive")
    before = office.records()
    office.destroy()
    other = open_archive(tmp_path / "other", now=system_clock, actor="other")
    remember(other.home, "blog", {"waiting": "https://x.example/snow-day#comment-7"}, capture="a")
    assert forget(other)
    assert not forget(other)
    assert recalled(other.home, "blog", {}, last="a") == {}
    for machine in ("home", "other"):
        assert not list((tmp_path / machine / "state" / "index").iterdir())
    for one in before.keys() - office.records().keys():
        assert not traces(files_in(tmp_path / "other" / "state"), needles(before[one]))


def test_a_deleted_comment_goes_with_what_says_that_it_was_deleted(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    site.delete("budget-hearing")
    office.capture()
    office.destroy()
    left = [msgspec.json.decode(record.normalised) for record in office.records().values()]
    assert {one["kind"] for one in left} >= {"post", "absence"}
    assert not any("comment" in one.get("item", "") for one in left if one["kind"] == "absence")


def test_nothing_of_another_account_goes(site: BlogSite, tmp_path: Path):
    office = founded(tmp_path / "home", site)
    with BlogSite() as second:
        office.register("second", second.feed)
        office.capture("second")
    office.destroy(as_of=date(2026, 11, 1))
    assert not comments(office)
    kinds = {msgspec.json.decode(one.provenance)["account"] for one in office.records().values()}
    assert kinds == {"blog", "second"}
    assert audit(office.archive.store, now=office.archive.now()).sound
