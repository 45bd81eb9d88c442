"""Leases and holds against a store whose guards can be anything: what the ledger promises, what an audit then says."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec
import pytest

from manifests import chain
from manifests.audit.guards import check_guards, lasting
from manifests.audit.inventory import take_inventory
from manifests.audit.walking import Walk
from manifests.locking import held_accounts, leases, promises
from manifests.signing import SigningKey
from schemas.digest import Digest
from schemas.holds import Scope
from schemas.ledger import Captured, Entry, HoldPlaced, HoldReleased, LocksRenewed
from schemas.stored import Lock, StoredObject
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Guard, Version
from tests.manifests.archives import ORIGIN, START, captured, registered

if TYPE_CHECKING:
    from typing import BinaryIO

    from schemas.instant import Instant
    from schemas.ledger import Act

DAY = 86_400
KEY = SigningKey.generate(f"{ORIGIN}/entry")
LEASE = Lock(mode="compliance", until=START.plus(seconds=60 * DAY))
LONG = Lock(mode="compliance", until=START.plus(seconds=3650 * DAY))


@dataclass
class Guarding:
    """A store that says of each key what it is told to say."""

    guards: dict[str, Guard] = field(default_factory=dict)

    def guard_of(self, key: str, *, version: str | None = None) -> Guard:
        assert version in (None, "v")
        return self.guards[key]

    def retain(self, key: str, *, version: str | None = None, until: Instant) -> Lock:
        raise AssertionError("an audit changes nothing")

    def hold(self, key: str, *, version: str | None = None, on: bool) -> None:
        raise AssertionError("an audit changes nothing")


@dataclass
class Listing(MemoryStore):
    """A store that lists the versions that it is told to list, and holds these bytes in them."""

    listed: tuple[Version, ...]
    held: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def versions(self, prefix: str, *, after: str = "") -> tuple[Version, ...]:
        assert not after
        return tuple(version for version in self.listed if version.key.startswith(prefix))

    def open_version(self, key: str, version: str) -> BinaryIO:
        return BytesIO(self.held[version])


def stored(name: str, lock: Lock | None = LEASE) -> StoredObject:
    return StoredObject(key=f"exchanges/blog/{name}", sha256=Digest.of(b""), size=0, version="v", lock=lock)


def history_of(*acts: Act) -> Walk:
    """A ledger of one act an entry, walked to its end."""
    walk = Walk()
    for index, act in enumerate(acts):
        entry = Entry(index=index, at=START, clock=START, actor="x", software="x", root=Digest.of(b""), acts=(act,))
        content = chain.sign(ORIGIN, entry, KEY)
        walk.take(entry, content, signature=chain.parse_entry(content)[2].signatures[0])
    return walk


def with_objects(capture: Captured, *objects: StoredObject) -> Captured:
    return msgspec.structs.replace(capture, exchanges=objects)


def found(
    expected: Walk, *, lock: Lock | None = LEASE, hold: bool = False, days: float = 0, ledger: Lock | None = LONG
) -> set[tuple[str, str]]:
    """What an audit so many days later finds when every object and every entry is guarded so."""
    register, key = expected.register, layout.checkpoint(2)
    first, over = (Version(key, name, 9, marker=False, modified=START) for name in ("v", "over"))
    listed = Listing((first, over, Version(key, "marker", 0, marker=True, modified=START)))
    guards = {one.stored.key: Guard(lock, hold) for one in register.objects()}
    record = list(lasting(listed, register.entries()))
    guards |= {one.key: Guard(ledger, hold=False) for one in record}
    assert len(record) == register.entry_count + 1
    now = START.plus(seconds=days * DAY)
    watch = check_guards(Guarding(guards), expected, record, now=now, tell=lambda *_: None)
    return {(finding.code, finding.key.split("/")[0]) for finding in watch.found.findings}


@pytest.fixture
def expected() -> Walk:
    """An account with one captured object."""
    return history_of(registered(), with_objects(captured("c1"), stored("a")))


def test_guards_that_are_as_promised_are_no_finding(expected: Walk):
    assert found(expected) == set()
    assert found(expected, lock=LONG, hold=True) == set()


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        (None, "LOCK_GONE"),
        (Lock(mode="compliance", until=START.plus(seconds=59 * DAY)), "LOCK_SHORTENED"),
        (Lock(mode="governance", until=LEASE.until), "LOCK_WEAKENED"),
    ],
)
def test_a_lock_that_is_less_than_promised_is_named(expected: Walk, lock: Lock | None, code: str):
    assert found(expected, lock=lock) == {(code, "exchanges")}


@pytest.mark.parametrize(
    ("days", "codes"), [(45, set()), (47, {"LOCK_ENDING"}), (60, {"LOCK_ENDING"}), (61, {"LOCK_LAPSED"})]
)
def test_a_lease_rings_before_it_ends(expected: Walk, days: float, codes: set[str]):
    assert found(expected, days=days) == {(code, "exchanges") for code in codes}


@pytest.mark.parametrize(
    ("ledger", "codes"),
    [
        (None, {"LOCK_GONE"}),
        (Lock(mode="compliance", until=START.plus(seconds=300 * DAY)), {"LOCK_SHORTENED"}),
        (Lock(mode="compliance", until=START.plus(seconds=366 * DAY)), set()),
    ],
)
def test_entries_and_checkpoints_are_locked_for_a_year_at_least(expected: Walk, ledger: Lock | None, codes: set[str]):
    assert found(expected, ledger=ledger) == {(code, place) for code in codes for place in ("ledger", "checkpoints")}


def test_a_renewal_is_a_promise_for_everything_before_it_and_nothing_after():
    until = START.plus(seconds=90 * DAY)
    expected = history_of(
        registered(),
        with_objects(captured("c1"), stored("a"), stored("unlocked", lock=None)),
        LocksRenewed(size=2, until=until, objects=2),
        with_objects(captured("c2", base=1), stored("b")),
    )
    assert {one.stored.key[-1]: one.until for one in promises(expected.history)} == {
        "a": until,
        "d": until,
        "b": LEASE.until,
    }
    assert leases(expected.history).first_end == LEASE.until
    assert found(expected) == {("LOCK_SHORTENED", "exchanges")}
    assert found(expected, lock=Lock(mode="compliance", until=until)) == set()


def test_a_hold_covers_its_accounts_until_it_is_released():
    place = HoldPlaced(hold="case", reason="x", scope=Scope(accounts=("blog",)))
    acts = (registered(), with_objects(captured("c1"), stored("a")), place)
    assert held_accounts(history_of(*acts).history) == {"blog"}
    assert found(history_of(*acts), days=1) == set()  # the daily sweep may still come
    assert found(history_of(*acts), days=3) == {("HOLD_NOT_MIRRORED", "exchanges")}
    assert found(history_of(*acts), days=3, hold=True) == set()
    assert found(history_of(*acts, HoldReleased(hold="case", decision="")), days=3) == set()


def test_an_archive_that_promises_no_locks_is_not_asked_for_them():
    expected = history_of(registered(), with_objects(captured("c1"), stored("a", lock=None)))
    assert found(expected, lock=None, ledger=None) == set()
    assert leases(expected.history).without == 1


def versions_found(expected: Walk, *names: str, copy: bool = False) -> list[tuple[str, str]]:
    """What an audit finds when an object has these versions, from oldest to newest, of sizes that are not its own."""
    (key,) = (one.stored.key for one in expected.register.objects())
    store = Listing(tuple(Version(key, name, 9, marker=False, modified=START) for name in names))
    inventory = take_inventory(store, expected, copy=copy, tell=lambda *_: None)
    return [(finding.code, finding.severity) for finding in inventory.several.findings]


def test_a_version_that_is_older_than_the_ledgers_is_named_and_so_is_what_it_holds(expected: Walk):
    assert versions_found(expected, "v") == []
    assert versions_found(expected, "v", "later") == [("EXTRA_VERSION", "fault")]
    assert versions_found(expected, "promoted", "v") == [
        ("VERSION_NOT_OLDEST", "fault"),
        ("EXTRA_VERSION", "fault"),
    ]


def test_in_a_copy_whose_versions_have_other_names_the_oldest_is_the_object(expected: Walk):
    assert versions_found(expected, "its own", copy=True) == []
    assert versions_found(expected, "its own", "later", copy=True) == [("EXTRA_VERSION", "fault")]


def test_what_is_put_over_a_checkpoint_is_named_and_the_same_bytes_again_are_noted(expected: Walk):
    held = {"first": b"the note", "again": b"the note", "other": b"a note, "}
    key = layout.checkpoint(2)
    listed = tuple(Version(key, name, len(one), marker=False, modified=START) for name, one in held.items())
    inventory = take_inventory(Listing(listed, held), expected, copy=False, tell=lambda *_: None)
    assert [(one.code, one.severity, one.key) for one in inventory.several.findings] == [
        ("WRITTEN_AGAIN", "notice", key),
        ("EXTRA_VERSION", "fault", key),
    ]
